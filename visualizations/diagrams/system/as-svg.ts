/** The system as one SVG file. */
import type { Box } from '../laid-out-chart.js';
import { setText, type TextBlock } from '../layout/text-block.js';
import { svgDocument, type Theme } from '../svg/index.js';
import { arrowHead, roundedPath } from '../svg/lines.js';
import { drawText, plate } from '../svg/shapes.js';
import { element, escapeXml } from '../svg/xml.js';
import {
  type LaidOutSystem,
  layOutSystem,
  type PlacedFrame,
  type PlacedPart,
  type PlacedWay,
} from './lay-out-system.js';
import { systemPicture } from './picture.js';
import type { LinkKind, SystemDiagram } from './system-diagram.js';

const LEGEND_PX = 32;
const MARGIN_PX = 20;
const LID_PX = 5;
const LEGEND: readonly (readonly [LinkKind, string])[] = [
  ['rpc', 'request over the network'],
  ['event', 'event in the process'],
  ['effect', 'effect, over a port'],
  ['starts', 'holds the life of'],
];

/**
 * Draws what a reader needs at first sight, and says in words what it leaves out.
 *
 * @example await writeFile('system.svg', await systemAsSvg(systemDiagram()))
 */
export async function systemAsSvg(
  system: SystemDiagram,
  { theme = 'auto' }: { theme?: Theme } = {},
): Promise<string> {
  const picture = systemPicture(system);
  const places = await layOutSystem(picture);
  const { width } = places;
  const words = `Not drawn, but in the Mermaid and DOT texts: ${picture.leftOut.join('; ')}.`;
  const remark = setText([[{ text: words, role: 'note' }]], width - 2 * MARGIN_PX);
  const height = places.height + LEGEND_PX + remark.height + MARGIN_PX;
  return svgDocument({
    width,
    height,
    theme,
    title: 'Who sends what to whom in a duplication',
    desc: `${picture.parts.length} parts in ${system.processes.length} processes, and ${picture.ways.length} ways between them. ${words}`,
    body: [
      element('rect', { class: 'paper', width, height }),
      ...drawing(places),
      ...legend(places.height, new Set(picture.ways.map(({ kind }) => kind))),
      drawRemark(remark, places.height + LEGEND_PX),
    ],
  });
}

const drawRemark = ({ texts }: TextBlock, top: number): string =>
  element(
    'g',
    { class: 'remark' },
    ...texts.map((text) => drawText({ ...text, x: text.x + MARGIN_PX, y: text.y + top })),
  );

const drawing = ({ frames, parts, ways }: LaidOutSystem): string[] => [
  ...frames.map(drawFrame),
  ...ways.map(drawWay),
  ...parts.map(drawPart),
  ...frames.map(({ texts }) => texts.map((text) => drawText(text, ' halo')).join('')),
  ...ways.map(drawLabel),
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

function drawWay({ way, path }: PlacedWay): string {
  return element('g', { class: `way ${way.kind}` }, ...wayShapes(path, way.bothWays));
}

const wayShapes = (path: PlacedWay['path'], bothWays: boolean): string[] => [
  element('path', { class: 'line', d: roundedPath(bothWays ? shortened(path) : path) }),
  element('path', { class: 'head', d: arrowHead(path) }),
  ...(bothWays ? [element('path', { class: 'head', d: arrowHead(path.toReversed()) })] : []),
];

const HEAD_PX = 7;

/** By the length of a head, at its beginning. */
function shortened([first, second, ...rest]: PlacedWay['path']): PlacedWay['path'] {
  if (first === undefined || second === undefined) return [];
  const length = Math.hypot(second.x - first.x, second.y - first.y) || 1;
  const share = Math.min(1, HEAD_PX / length);
  const begin = { x: first.x + (second.x - first.x) * share, y: first.y + (second.y - first.y) * share };
  return [begin, second, ...rest];
}

function drawLabel({ way, label }: PlacedWay): string {
  const words = [`${way.from} → ${way.to}`, ...way.lines.map(({ text }) => text)].join('\n');
  return element(
    'g',
    { class: `label ${way.kind}` },
    element('title', {}, escapeXml(words)),
    plate(label),
    ...label.texts.map((text) => drawText(text)),
  );
}

const SAMPLE_PX = { line: 44, gap: 8, column: 240 } as const;

/** Below the picture, one sample of each kind of line that is in it. */
function legend(top: number, kinds: ReadonlySet<LinkKind>): string[] {
  const y = top + LEGEND_PX / 2;
  return LEGEND.filter(([kind]) => kinds.has(kind)).map(([kind, words], i) => {
    const x = MARGIN_PX + i * SAMPLE_PX.column;
    const path = [
      { x, y },
      { x: x + SAMPLE_PX.line, y },
    ];
    return element(
      'g',
      { class: `way ${kind}` },
      ...wayShapes(path, false),
      element('text', { class: 'action', x: x + SAMPLE_PX.line + SAMPLE_PX.gap, y: y + 4 }, words),
    );
  });
}
