/** A chart in any of the formats. */
import type { ChartDiagram } from './chart-diagram.js';
import { chartAsDot } from './dot.js';
import { chartAsJson } from './json.js';
import { layOut } from './layout/index.js';
import { chartAsMermaid, type RenderOptions } from './mermaid.js';
import { checkOverlay } from './overlay.js';
import { chartAsPlantUml } from './plantuml.js';
import { chartAsScxml } from './scxml.js';
import { chartAsSvg } from './svg/index.js';

export const DIAGRAM_FORMATS = ['mermaid', 'svg', 'dot', 'scxml', 'plantuml', 'json'] as const;
export type DiagramFormat = (typeof DIAGRAM_FORMATS)[number];

/**
 * The text of a diagram, ending with a line break; the same chart gives the same text.
 *
 * @throws DiagramError for an overlay that does not fit and for what the format cannot hold
 * @example await renderChart(readChart(door), 'svg', { theme: 'dark' })
 */
export async function renderChart(
  chart: ChartDiagram,
  format: DiagramFormat,
  options: RenderOptions = {},
): Promise<string> {
  switch (format) {
    case 'mermaid':
      return chartAsMermaid(chart, options);
    case 'dot':
      return chartAsDot(chart, options);
    case 'plantuml':
      return chartAsPlantUml(chart, options);
    case 'scxml':
      return chartAsScxml(chart, options);
    case 'json':
      return chartAsJson(chart, options);
    case 'svg': {
      const { overlay, theme = 'auto' } = options;
      if (overlay !== undefined) checkOverlay(chart, overlay);
      return chartAsSvg(await layOut(chart), { theme, ...(overlay === undefined ? {} : { overlay }) });
    }
  }
}
