/** Edges with their labels. */
import type { DiagramEdge } from '../chart-diagram.js';
import type { PlacedEdge, PlacedLabel } from '../laid-out-chart.js';
import { textWidth } from '../layout/text-width.js';
import { drawText } from './draw-state.js';
import { arrowHead, roundedPath } from './lines.js';
import type { Paint } from './paint.js';
import { edgeTooltip } from './tooltip.js';
import { element } from './xml.js';

export function drawEdge(edge: DiagramEdge, { paths, label }: PlacedEdge, paint: Paint): string {
  return element(
    'g',
    { class: `edge ${edge.kind}${paint.classes}`, 'data-id': edge.id },
    element('title', {}, edgeTooltip(edge, paint.count)),
    ...paths.flatMap((path) => [
      element('path', { class: 'line', d: roundedPath(path) }),
      element('path', { class: 'head', d: arrowHead(path) }),
    ]),
    ...(label === null ? [] : drawLabel(label, paths.length > 0, paint.count)),
  );
}

function drawLabel(label: PlacedLabel, halo: boolean, count: number | null): string[] {
  const texts = label.texts.map((text) => drawText(text, halo ? ' halo' : ''));
  const first = label.texts[0];
  if (count === null || first === undefined) return texts;
  const text = `×${count}`;
  const x = first.x - textWidth(`${text} `, 'note');
  return [...texts, element('text', { class: 'note count halo', x, y: first.y }, text)];
}
