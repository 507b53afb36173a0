/** A chart as one SVG file: no script, no font, no reference to anywhere. */
import type { Overlay } from '../../../runtime/checker/paths/index.js';
import type { ChartDiagram, DiagramState } from '../chart-diagram.js';
import type { LaidOutChart } from '../laid-out-chart.js';
import { drawEdge } from './draw-edge.js';
import { drawHead, drawState, type StateContext } from './draw-state.js';
import { type Highlight, Painter } from './paint.js';
import { styleSheet, type Theme } from './style.js';
import { element, escapeXml } from './xml.js';

export interface SvgOptions {
  /** `auto`, the default, follows the reader's preference. Printed, each is black on white. */
  readonly theme?: Theme;
  /** Transitions get the number of times they were covered; those never covered are dashed. */
  readonly overlay?: Overlay;
  readonly highlight?: Highlight;
}

/** @example await writeFile('chart.svg', chartAsSvg(await layOut(readChart(machine)))) */
export function chartAsSvg(chart: LaidOutChart, options: SvgOptions = {}): string {
  const { diagram, width, height } = chart;
  const { theme = 'auto', overlay, highlight } = options;
  const painter = new Painter(highlight, overlay);
  const contexts = contextsOf(diagram);
  const states = new Map(diagram.states.map((state) => [state.id, state]));
  const edges = new Map(diagram.edges.map((edge) => [edge.id, edge]));
  const body = [
    element('rect', { class: 'paper', width, height }),
    ...chart.states.map((place) =>
      drawState(states.get(place.id)!, place, contexts.get(place.id)!, painter.state(place.id)),
    ),
    ...chart.states
      .filter(({ id }) => contexts.get(id)!.composite)
      .map((place) => drawHead(states.get(place.id)!, place)),
    ...chart.edges.map((place) => drawEdge(edges.get(place.id)!, place, painter.edge(place.id))),
  ];
  return svgDocument({
    width,
    height,
    theme,
    title: `State chart ${diagram.id}`,
    desc: inWords(diagram),
    body,
  });
}

export interface SvgDocument {
  readonly width: number;
  readonly height: number;
  readonly theme: Theme;
  readonly title: string;
  readonly desc: string;
  /** Elements, one a line. */
  readonly body: readonly string[];
}

export function svgDocument({ width, height, theme, title, desc, body }: SvgDocument): string {
  const name = title.replace(/[^\w-]+/g, '-');
  const attributes = {
    xmlns: 'http://www.w3.org/2000/svg',
    width,
    height,
    viewBox: `0 0 ${width} ${height}`,
    role: 'img',
    'aria-labelledby': `${name}-title ${name}-desc`,
  };
  const lines = [
    element('title', { id: `${name}-title` }, escapeXml(title)),
    element('desc', { id: `${name}-desc` }, escapeXml(desc)),
    element('style', {}, escapeXml(styleSheet(theme))),
    HATCH,
    ...body,
  ];
  return `${element('svg', attributes, `\n${lines.join('\n')}\n`)}\n`;
}

/** What is active, in print. */
const HATCH = element(
  'defs',
  {},
  element(
    'pattern',
    { id: 'hatch', width: 6, height: 6, patternUnits: 'userSpaceOnUse', patternTransform: 'rotate(45)' },
    element('rect', { width: 6, height: 6, fill: '#fff' }),
    element('path', { d: 'M0 0V6', stroke: '#888', 'stroke-width': 1.5 }),
  ),
);

function contextsOf({ states }: ChartDiagram): ReadonlyMap<string, StateContext> {
  const byId = new Map(states.map((state) => [state.id, state]));
  const parents = new Set(states.map(({ parent }) => parent));
  const depth = ({ parent }: DiagramState): number => {
    const above = parent === null ? undefined : byId.get(parent);
    return above === undefined ? 0 : depth(above) + 1;
  };
  return new Map(
    states.map((state) => [
      state.id,
      {
        depth: depth(state),
        composite: parents.has(state.id),
        region: byId.get(state.parent ?? '')?.kind === 'parallel',
      },
    ]),
  );
}

function inWords({ description, states, edges }: ChartDiagram): string {
  const start = states[0]?.initial?.target;
  const counts = `${states.length} states and ${edges.length} transitions`;
  return [description ?? '', `${counts}${start === undefined ? '' : `, starting in ${start}`}.`]
    .join(' ')
    .trim();
}
