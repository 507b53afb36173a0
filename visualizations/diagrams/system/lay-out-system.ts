/**
 * Places for the picture of the system. Its order is fixed, so that it reads from left to right:
 *
 *   operator   source cluster    follower cluster
 *   clients      meta server       meta server
 *                replica servers   replica servers
 */
import type { Box, PlacedLabel, PlacedText, Point } from '../laid-out-chart.js';
import { labelAt } from '../layout/state-box.js';
import { movedBy, type Paragraph, setText, type TextBlock } from '../layout/text-block.js';
import { PROCESS_TITLES } from './clusters.js';
import { COLUMNS, type Column, sideOf, stack } from './columns.js';
import { linkLines } from './link-words.js';
import { type PlacedProcess, placeProcess } from './place-process.js';
import { routeBetween } from './route-between.js';
import type { SystemDiagram, SystemLink, SystemPart } from './system-diagram.js';
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

export interface PlacedLink {
  readonly link: SystemLink;
  readonly path: readonly Point[];
  readonly label: PlacedLabel;
}

export interface LaidOutSystem {
  readonly width: number;
  readonly height: number;
  /** Clusters before their processes. */
  readonly frames: readonly PlacedFrame[];
  readonly parts: readonly PlacedPart[];
  readonly links: readonly PlacedLink[];
}

const LIMIT_PX = { part: 150, link: 290, title: 300 } as const;
const PADDING = { part: { x: 12, y: 9 }, link: { x: 5, y: 2 }, frame: { x: 10, y: 6 } } as const;

export async function layOutSystem(system: SystemDiagram): Promise<LaidOutSystem> {
  const links = system.links.map((link) => setText(linkText(link), LIMIT_PX.link, PADDING.link));
  const parts = new Map(
    system.parts.map((part) => [part.id, setText(partText(part), LIMIT_PX.part, PADDING.part)]),
  );
  const placed = new Map<ProcessName, PlacedProcess>();
  for (const process of PROCESSES) {
    const texts = { title: titled(PROCESS_TITLES[process]), parts, links };
    placed.set(
      process,
      await placeProcess(system, process, texts, (at) => sideOf(system.links[at]!, process)),
    );
  }
  const columns = COLUMNS.map((column) => stack(column, placed, system, links));
  const { width, height, origins, paths, labels } = await routeBetween(system, columns, placed, links);

  const originOf = (process: ProcessName): Point => {
    const column = columns.find(({ processes }) => processes.has(process))!;
    const origin = origins.get(column.name)!;
    const within = column.processes.get(process)!;
    return { x: origin.x + within.x, y: origin.y + within.y };
  };
  return {
    width,
    height,
    frames: [
      ...columns
        .filter(({ title }) => title !== null)
        .map((column) => clusterFrame(column, origins.get(column.name)!)),
      ...PROCESSES.map((process) =>
        frameOf(PROCESS_TITLES[process], { ...placed.get(process)!, ...originOf(process) }, true),
      ),
    ],
    parts: system.parts.map((part) => {
      const { x, y } = originOf(part.process);
      const box = placed.get(part.process)!.parts.get(part.id)!;
      const at = { ...box, x: box.x + x, y: box.y + y };
      return { part, ...at, texts: movedBy(parts.get(part.id)!.texts, at.x, at.y) };
    }),
    links: system.links.map((link, at) => {
      const { x, y } = labels.get(at)!;
      return { link, path: paths.get(at)!, label: labelAt(links[at]!, x, y) };
    }),
  };
}

const titled = (title: string): TextBlock =>
  setText([[{ text: title, role: 'title' }]], LIMIT_PX.title, PADDING.frame);

const clusterFrame = ({ title, width, height }: Column, { x, y }: Point): PlacedFrame =>
  frameOf(title ?? '', { x, y, width, height }, false);

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

const ROLES = { name: 'event', event: 'action', note: 'note' } as const;
const linkText = (link: SystemLink): Paragraph[] =>
  linkLines(link).map(({ text, what }) => [{ text, role: ROLES[what] }]);
