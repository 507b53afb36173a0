/** Edges with their labels. */
import type { DiagramEdge } from '../chart-diagram.js';
import type { PlacedEdge, PlacedLabel } from '../laid-out-chart.js';
import { textWidth } from '../layout/text-width.js';
import type { Paint } from './paint.js';
import { drawLine, drawText, plate } from './shapes.js';
import { edgeTooltip } from './tooltip.js';
import { element } from './xml.js';

export function drawEdge(edge: DiagramEdge, { paths, label }: PlacedEdge, paint: Paint): string {
  return element(
    'g',
    { class: `edge ${edge.kind}${paint.classes}`, 'data-id': edge.id },
    element('title', {}, edgeTooltip(edge, paint.count)),
    ...paths.map(drawLine),
    ...(label === null
      ? []
      : [...(paths.length > 0 ? [plate(label)] : []), ...drawLabel(label, paint.count)]),
  );
}

function drawLabel(label: PlacedLabel, count: number | null): string[] {
  const texts = label.texts.map((text) => drawText(text));
  if (count === null) return texts;
  const text = `×${count}`;
  const width = textWidth(text, 'title') + 6;
  const x = label.x + label.width - width / 2;
  const y = label.y - 6;
  return [
    ...texts,
    element('rect', { class: 'tally', x, y, width, height: 14, rx: 7 }),
    element('text', { class: 'note count', x: x + width / 2, y: y + 10.5, 'text-anchor': 'middle' }, text),
  ];
}
