/**
 * Places for the picture of the system. Its order is fixed, so that it reads from left to right:
 *
 *   operator
 *   source cluster    follower cluster
 *     meta server       meta server
 *     replica servers   replica servers
 *   clients
 */
import type { Box, PlacedLabel, PlacedText, Point } from '../laid-out-chart.js';
import { type Line, partsOf, wayAside } from '../layout/clear-heads.js';
import { labelAt } from '../layout/state-box.js';
import { movedBy, type Paragraph, setText, type TextBlock } from '../layout/text-block.js';
import { LINE_HEIGHT_PX } from '../layout/text-style.js';
import { textWidth } from '../layout/text-width.js';
import { PROCESS_TITLES } from './clusters.js';
import { COLUMNS, type Column, columnOf, sideOf, stack } from './columns.js';
import type { SystemPicture, Way } from './picture.js';
import { type PlacedProcess, placeProcess } from './place-process.js';
import { routeBetween } from './route-between.js';
import type { SystemPart } from './system-diagram.js';
import { PROCESSES, type ProcessName } from './table.js';

export interface PlacedPart extends Box {
  readonly part: SystemPart;
  readonly texts: readonly PlacedText[];
}

/** A process, or a cluster of them. */
export interface PlacedFrame extends Box {
  readonly nested: boolean;
  readonly texts: readonly PlacedText[];
}

export interface PlacedWay {
  readonly way: Way;
  readonly path: readonly Point[];
  readonly label: PlacedLabel;
}

export interface LaidOutSystem {
  readonly width: number;
  readonly height: number;
  /** Clusters before their processes. */
  readonly frames: readonly PlacedFrame[];
  readonly parts: readonly PlacedPart[];
  readonly ways: readonly PlacedWay[];
}

/** The text of a store stands below its lid. */
const BELOW_LID_PX = 4;
const LIMIT_PX = { part: 132, between: 190, lane: 260, inner: 128, title: 300 } as const;
const PADDING = {
  part: { x: 10, y: 7 },
  store: { x: 10, y: 11 },
  way: { x: 5, y: 2 },
  frame: { x: 10, y: 6 },
} as const;

export async function layOutSystem(system: SystemPicture): Promise<LaidOutSystem> {
  const labelTexts = system.ways.map((way) => setText(wayText(way, limitOf(way)), limitOf(way), PADDING.way));
  const parts = new Map(
    system.parts.map((part) => [
      part.id,
      setText(partText(part), LIMIT_PX.part, part.kind === 'store' ? PADDING.store : PADDING.part),
    ]),
  );
  const placed = new Map<ProcessName, PlacedProcess>();
  for (const process of PROCESSES) {
    const texts = { title: titled(PROCESS_TITLES[process]), parts, links: labelTexts };
    placed.set(
      process,
      await placeProcess(system, process, texts, (at) => sideOf(system.ways[at]!, process)),
    );
  }
  const columns = COLUMNS.map((column) => stack(column, placed, system, labelTexts));
  const { width, height, origins, paths, labels } = await routeBetween(system, columns, placed, labelTexts);

  const originOf = (process: ProcessName): Point => {
    const column = columns.find(({ processes }) => processes.has(process))!;
    const origin = origins.get(column.name)!;
    const within = column.processes.get(process)!;
    return { x: origin.x + within.x, y: origin.y + within.y };
  };
  const lines = partsOf([...paths.values()]);
  return {
    width,
    height,
    frames: [
      ...columns.map((column) => clusterFrame(column, origins.get(column.name)!)),
      ...PROCESSES.map((process) =>
        frameOf(PROCESS_TITLES[process], { ...placed.get(process)!, ...originOf(process) }, true),
      ),
    ].map((frame) => titleAside(frame, lines)),
    parts: system.parts.map((part) => {
      const { x, y } = originOf(part.process);
      const box = placed.get(part.process)!.parts.get(part.id)!;
      const at = { ...box, x: box.x + x, y: box.y + y };
      return {
        part,
        ...at,
        texts: movedBy(parts.get(part.id)!.texts, at.x, at.y + (part.kind === 'store' ? BELOW_LID_PX : 0)),
      };
    }),
    ways: system.ways.map((way, at) => {
      const { x, y } = labels.get(at)!;
      return { way, path: paths.get(at)!, label: labelAt(labelTexts[at]!, x, y) };
    }),
  };
}

const titled = (title: string): TextBlock =>
  setText([[{ text: title, role: 'title' }]], LIMIT_PX.title, PADDING.frame);

const clusterFrame = ({ title, frame }: Column, { x, y }: Point): PlacedFrame =>
  frameOf(title, { ...frame, x: x + frame.x, y: y + frame.y }, false);

/** Lines may pass behind the head of a frame, but not behind its title. */
function titleAside(frame: PlacedFrame, lines: readonly Line[]): PlacedFrame {
  const headBottom = frame.y + titled('').height + LINE_HEIGHT_PX;
  const by = wayAside({ ...frame, headBottom }, frame.texts, lines);
  return { ...frame, texts: movedBy(frame.texts, by, 0) };
}

const frameOf = (title: string, { x, y, width, height }: Box, nested: boolean): PlacedFrame => ({
  x,
  y,
  width,
  height,
  nested,
  texts: movedBy(titled(title).texts, x, y),
});

const partText = ({ name, says }: SystemPart): Paragraph[] => [
  [{ text: name, role: 'title' }],
  ...(says === '' ? [] : [[{ text: says, role: 'note' } as const]]),
];

/** There is most room where a line runs from one process to the one below. */
function limitOf({ from, to }: Way): number {
  if (from.split('/')[0] === to.split('/')[0]) return LIMIT_PX.inner;
  return columnOf(from) === columnOf(to) ? LIMIT_PX.lane : LIMIT_PX.between;
}

const ROLES = { name: 'event', event: 'action', note: 'note' } as const;
const wayText = ({ lines }: Way, limitPx: number): Paragraph[] =>
  lines.map(({ text, what }) =>
    breakable(text, ROLES[what], limitPx).map((part) => ({ text: part, role: ROLES[what] })),
  );

/** A name that is too long for a line goes on in the next after one of its underscores. */
function breakable(text: string, role: PlacedText['role'], limitPx: number): readonly string[] {
  if (text.includes(' ') || textWidth(text, role) <= limitPx) return [text];
  const words = text.split(/(?<=_)/);
  const fits = (count: number): boolean => textWidth(words.slice(0, count).join(''), role) <= limitPx;
  const count = words.findLastIndex((_, i) => fits(i + 1)) + 1;
  return count === 0 ? [text] : [words.slice(0, count).join(''), words.slice(count).join('')];
}
