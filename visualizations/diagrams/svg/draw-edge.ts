/** Edges with their labels. */
import type { DiagramEdge } from '../chart-diagram.js';
import type { PlacedEdge, PlacedLabel } from '../laid-out-chart.js';
import type { Paint } from './paint.js';
import { drawLine, drawText, plate, tally } from './shapes.js';
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
      : [...(paths.length > 0 ? [plate(label)] : []), ...drawLabel(label, paths.length > 0, paint.count)]),
  );
}

function drawLabel(label: PlacedLabel, onLine: boolean, count: number | null): string[] {
  const texts = label.texts.map((text) => drawText(text));
  if (count === null) return texts;
  const { x, y, width, height } = label;
  // As a bead on the line where it enters the label; behind the text where there is no line.
  const place = onLine ? { x: x + width / 2, y: y - 4 } : { x: x + width + 12, y: y + height / 2 };
  return [...texts, tally(place, count)];
}
