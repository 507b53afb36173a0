/** The system as one SVG file. */
import type { Box } from '../laid-out-chart.js';
import { svgDocument, type Theme } from '../svg/index.js';
import { arrowHead, roundedPath } from '../svg/lines.js';
import { drawText, plate } from '../svg/shapes.js';
import { element, escapeXml } from '../svg/xml.js';
import {
  type LaidOutSystem,
  layOutSystem,
  type PlacedFrame,
  type PlacedLink,
  type PlacedPart,
} from './lay-out-system.js';
import { linkLines } from './link-words.js';
import type { LinkKind, SystemDiagram } from './system-diagram.js';

const LEGEND_PX = 44;
const LID_PX = 5;
const LEGEND: readonly (readonly [LinkKind, string])[] = [
  ['rpc', 'request over the network'],
  ['event', 'event to an actor of the same process'],
  ['effect', 'effect, over a port'],
  ['starts', 'holds the life of'],
];

/** @example await writeFile('system.svg', await systemAsSvg(systemDiagram())) */
export async function systemAsSvg(
  system: SystemDiagram,
  { theme = 'auto' }: { theme?: Theme } = {},
): Promise<string> {
  const places = await layOutSystem(system);
  const { width } = places;
  const height = places.height + LEGEND_PX;
  return svgDocument({
    width,
    height,
    theme,
    title: 'Who sends what to whom in a duplication',
    desc: `${system.parts.length} parts in ${system.processes.length} processes, and ${system.links.length} ways between them.`,
    body: [element('rect', { class: 'paper', width, height }), ...drawing(places), ...legend(places.height)],
  });
}

const drawing = ({ frames, parts, links }: LaidOutSystem): string[] => [
  ...frames.map(drawFrame),
  ...links.map(drawWay),
  ...parts.map(drawPart),
  ...frames.map(({ texts }) => texts.map((text) => drawText(text, ' halo')).join('')),
  ...links.map(drawLabel),
];

const drawFrame = ({ x, y, width, height, nested }: PlacedFrame): string =>
  element('rect', { class: `box ${nested ? 'nested' : 'cluster'}`, x, y, width, height, rx: 10 });

function drawPart({ part, texts, ...box }: PlacedPart): string {
  return element(
    'g',
    { class: `part ${part.kind}`, 'data-id': part.id },
    element('title', {}, escapeXml(`${part.name}, in ${part.process}`)),
    ...outline(part.kind, box),
    ...texts.map((text) => drawText(text)),
  );
}

function outline(kind: PlacedPart['part']['kind'], { x, y, width, height }: Box): string[] {
  const box = { class: 'box', x, y, width, height };
  if (kind === 'store') return cylinder({ x, y, width, height });
  if (kind === 'service') return [element('rect', box)];
  return [
    element('rect', {
      ...box,
      class: kind === 'actor' ? 'box region' : 'box',
      rx: kind === 'person' ? height / 2 : 8,
    }),
  ];
}

function cylinder({ x, y, width, height }: Box): string[] {
  const arc = (to: number, sweep: 0 | 1) => `A${width / 2} ${LID_PX} 0 0 ${sweep} ${to}`;
  const d = `M${x} ${y + LID_PX}${arc(x + width, 1)} ${y + LID_PX}V${y + height - LID_PX}${arc(x, 1)} ${y + height - LID_PX}Z`;
  const lid = `M${x} ${y + LID_PX}${arc(x + width, 0)} ${y + LID_PX}`;
  return [element('path', { class: 'box', d }), element('path', { class: 'inner', d: lid })];
}

function drawWay({ link, path }: PlacedLink): string {
  return element('g', { class: `way ${link.kind}` }, ...wayShapes(path));
}

const wayShapes = (path: PlacedLink['path']): string[] => [
  element('path', { class: 'line', d: roundedPath(path) }),
  element('path', { class: 'head', d: arrowHead(path) }),
];

function drawLabel({ link, label }: PlacedLink): string {
  const words = [`${link.from} → ${link.to}`, ...linkLines(link).map(({ text }) => text)].join('\n');
  return element(
    'g',
    { class: `label ${link.kind}` },
    element('title', {}, escapeXml(words)),
    plate(label),
    ...label.texts.map((text) => drawText(text)),
  );
}

/** Below the picture, one sample of each kind of line. */
function legend(top: number): string[] {
  const y = top + LEGEND_PX / 2;
  return LEGEND.map(([kind, words], i) => {
    const x = 24 + i * 290;
    const path = [
      { x, y },
      { x: x + 44, y },
    ];
    return element(
      'g',
      { class: `way ${kind}` },
      ...wayShapes(path),
      element('text', { class: 'action', x: x + 52, y: y + 4 }, words),
    );
  });
}
