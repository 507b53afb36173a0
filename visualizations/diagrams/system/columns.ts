/** Processes stand in columns: whoever uses the source, the source, the follower. */
import type { Box, Point } from '../laid-out-chart.js';
import type { TextBlock } from '../layout/text-block.js';
import type { PlacedProcess, Side } from './place-process.js';
import type { SystemDiagram, SystemLink } from './system-diagram.js';
import type { ProcessName } from './table.js';

export interface ColumnPlan {
  readonly name: string;
  /** Of the frame around it; null: no frame. */
  readonly title: string | null;
  /** From left to right. */
  readonly rank: number;
  /** From top to bottom. */
  readonly processes: readonly ProcessName[];
}

export const COLUMNS: readonly ColumnPlan[] = [
  { name: 'operator', title: null, rank: 0, processes: ['operator'] },
  { name: 'client', title: null, rank: 0, processes: ['client'] },
  { name: 'source', title: 'source cluster', rank: 1, processes: ['source meta', 'source replica'] },
  { name: 'follower', title: 'follower cluster', rank: 2, processes: ['follower meta', 'follower replica'] },
];

/** Places count from its top left. */
export interface Column {
  readonly name: string;
  readonly title: string | null;
  readonly rank: number;
  readonly width: number;
  readonly height: number;
  readonly processes: ReadonlyMap<ProcessName, Point>;
  /** Of links between processes of this column, by number: where their labels stand, and the line through them. */
  readonly inner: ReadonlyMap<number, { readonly label: Box; readonly path: readonly Point[] }>;
}

const INSET_PX = 16;
const HEAD_PX = 30;
const LANE_PX = 20;

const processOf = (id: string): string => id.split('/')[0]!;
export const columnOf = (id: string): ColumnPlan =>
  COLUMNS.find(({ processes }) => processes.includes(processOf(id) as ProcessName))!;

/** Where a link crosses the border of a process; null: it stays within. */
export function sideOf({ from, to }: SystemLink, process: ProcessName): Side | null {
  const other = processOf(from) === process ? to : from;
  if (processOf(other) === process) return null;
  const [own, theirs] = [columnOf(process), columnOf(other)];
  if (own !== theirs) return own.rank < theirs.rank ? 'EAST' : 'WEST';
  return own.processes.indexOf(process) < own.processes.indexOf(processOf(other) as ProcessName)
    ? 'SOUTH'
    : 'NORTH';
}

/** Puts the processes of a column below each other, with room for the links between them. */
export function stack(
  plan: ColumnPlan,
  placed: ReadonlyMap<ProcessName, PlacedProcess>,
  system: SystemDiagram,
  texts: readonly TextBlock[],
): Column {
  const framed = plan.title !== null;
  const inset = framed ? INSET_PX : 0;
  const widest = Math.max(...plan.processes.map((process) => placed.get(process)!.width));
  const processes = new Map<ProcessName, Point>();
  const inner = new Map<number, { label: Box; path: readonly Point[] }>();
  let y = framed ? HEAD_PX : 0;
  for (const [i, process] of plan.processes.entries()) {
    const place = placed.get(process)!;
    processes.set(process, { x: inset + (widest - place.width) / 2, y });
    y += place.height;
    const below = plan.processes[i + 1];
    if (below === undefined) break;
    for (const at of linksBetween(system, process, below)) {
      const { width, height } = texts[at]!;
      inner.set(at, { label: { x: 0, y: y + LANE_PX, width, height }, path: [] });
      y += LANE_PX + height;
    }
    y += LANE_PX;
  }
  for (const [at, { label }] of inner)
    inner.set(at, lineThrough(system.links[at]!, at, label, processes, placed));
  return {
    name: plan.name,
    title: plan.title,
    rank: plan.rank,
    width: widest + 2 * inset,
    height: y + (framed ? INSET_PX : 0),
    processes,
    inner,
  };
}

const linksBetween = ({ links }: SystemDiagram, one: ProcessName, other: ProcessName): number[] =>
  links.flatMap(({ from, to }, at) => {
    const ends = [processOf(from), processOf(to)];
    return ends.includes(one) && ends.includes(other) && one !== other ? [at] : [];
  });

/** From border to border, with the label on its level part. */
function lineThrough(
  { from, to }: SystemLink,
  at: number,
  label: Box,
  processes: ReadonlyMap<ProcessName, Point>,
  placed: ReadonlyMap<ProcessName, PlacedProcess>,
) {
  const path = (id: string): readonly Point[] => {
    const process = processOf(id) as ProcessName;
    const { x, y } = processes.get(process)!;
    return placed
      .get(process)!
      .paths.get(at)!
      .map((point) => ({ x: point.x + x, y: point.y + y }));
  };
  const [out, into] = [path(from), path(to)];
  const [leave, enter] = [out.at(-1)!, into[0]!];
  const level = label.y + label.height / 2;
  const middle = (leave.x + enter.x) / 2 - label.width / 2;
  return {
    label: { ...label, x: middle },
    path: [...out, { x: leave.x, y: level }, { x: enter.x, y: level }, ...into],
  };
}
