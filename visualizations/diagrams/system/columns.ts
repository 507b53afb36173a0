/** Processes stand in two columns: the source with those who use it above and below, and the follower. */
import type { Box, Point } from '../laid-out-chart.js';
import type { TextBlock } from '../layout/text-block.js';
import type { SystemPicture, Way } from './picture.js';
import type { PlacedProcess, Side } from './place-process.js';
import type { ProcessName } from './table.js';

export interface ColumnPlan {
  readonly name: string;
  /** Of the frame around the processes of the cluster. */
  readonly title: string;
  /** From left to right. */
  readonly rank: number;
  /** From top to bottom. */
  readonly processes: readonly ProcessName[];
  readonly framed: readonly ProcessName[];
}

export const COLUMNS: readonly ColumnPlan[] = [
  {
    name: 'source',
    title: 'source cluster',
    rank: 0,
    processes: ['operator', 'source meta', 'source replica', 'client'],
    framed: ['source meta', 'source replica'],
  },
  {
    name: 'follower',
    title: 'follower cluster',
    rank: 1,
    processes: ['follower meta', 'follower replica'],
    framed: ['follower meta', 'follower replica'],
  },
];

/** Places count from its top left. */
export interface Column {
  readonly name: string;
  readonly title: string;
  readonly rank: number;
  readonly width: number;
  readonly height: number;
  readonly frame: Box;
  readonly processes: ReadonlyMap<ProcessName, Point>;
  /** Of ways between processes of this column, by number: where their labels stand, and the line through them. */
  readonly inner: ReadonlyMap<number, { readonly label: Box; readonly path: readonly Point[] }>;
}

const INSET_PX = 14;
const HEAD_PX = 28;
const LANE_PX = 14;
/** For each line that passes a process at its left. */
const CHANNEL_PX = 12;

const processOf = (id: string): ProcessName => id.split('/')[0] as ProcessName;
export const columnOf = (id: string): ColumnPlan =>
  COLUMNS.find(({ processes }) => processes.includes(processOf(id)))!;

/** Where a way crosses the border of a process; null: it stays within. */
export function sideOf({ from, to }: Way, process: ProcessName): Side | null {
  const other = processOf(processOf(from) === process ? to : from);
  if (other === process) return null;
  const [own, theirs] = [columnOf(process), columnOf(other)];
  if (own !== theirs) return own.rank < theirs.rank ? 'EAST' : 'WEST';
  const [here, there] = [own.processes.indexOf(process), own.processes.indexOf(other)];
  if (Math.abs(here - there) > 1 && own.framed.includes(process)) return 'WEST';
  return here < there ? 'SOUTH' : 'NORTH';
}

/** Puts the processes of a column below each other, with room for the ways between them. */
export function stack(
  plan: ColumnPlan,
  placed: ReadonlyMap<ProcessName, PlacedProcess>,
  system: SystemPicture,
  texts: readonly TextBlock[],
): Column {
  const passing = system.ways.flatMap((way, at) => (passes(way, plan) ? [at] : []));
  const left = INSET_PX + passing.length * CHANNEL_PX;
  const widest = Math.max(...plan.processes.map((process) => placed.get(process)!.width));
  const processes = new Map<ProcessName, Point>();
  const labels = new Map<number, Box>();
  // What passes another process leaves the lane below everything else in it.
  const nearness = (at: number): number => passing.indexOf(at);
  const frame = { top: 0, bottom: 0 };
  let y = 0;
  for (const [i, process] of plan.processes.entries()) {
    if (process === plan.framed[0]) {
      frame.top = y;
      y += HEAD_PX;
    }
    const place = placed.get(process)!;
    processes.set(process, { x: left + (widest - place.width) / 2, y });
    y += place.height;
    if (process === plan.framed.at(-1)) {
      y += INSET_PX;
      frame.bottom = y;
    }
    const below = plan.processes[i + 1];
    if (below === undefined) break;
    for (const at of waysInLane(system, plan, process, below).sort((a, b) => nearness(a) - nearness(b))) {
      const { width, height } = texts[at]!;
      labels.set(at, { x: 0, y: y + LANE_PX, width, height });
      y += LANE_PX + height;
    }
    y += LANE_PX;
  }
  const inner = new Map(
    [...labels].map(([at, label]) => {
      const channel = passing.indexOf(at);
      const ends = endsOf(system.ways[at]!, at, processes, placed);
      return [at, channel < 0 ? across(ends, label) : around(ends, label, (channel + 1) * CHANNEL_PX)];
    }),
  );
  const width = left + widest + INSET_PX;
  const box = { x: 0, y: frame.top, width, height: frame.bottom - frame.top };
  return {
    name: plan.name,
    title: plan.title,
    rank: plan.rank,
    width,
    height: y,
    frame: box,
    processes,
    inner,
  };
}

/** Between processes of this column that are not next to each other. */
function passes({ from, to }: Way, { processes }: ColumnPlan): boolean {
  const [one, other] = [processes.indexOf(processOf(from)), processes.indexOf(processOf(to))];
  return one >= 0 && other >= 0 && Math.abs(one - other) > 1;
}

/** Those between the two, and those that come past one of them from the process at the column's end. */
const waysInLane = (
  { ways }: SystemPicture,
  plan: ColumnPlan,
  above: ProcessName,
  below: ProcessName,
): number[] =>
  ways.flatMap((way, at) => {
    const ends = [processOf(way.from), processOf(way.to)];
    const between = ends.includes(above) && ends.includes(below);
    const past =
      passes(way, plan) && [above, below].some((one) => ends.includes(one) && !plan.framed.includes(one));
    return between || past ? [at] : [];
  });

interface Ends {
  readonly out: readonly Point[];
  readonly into: readonly Point[];
}

/** From the part to the border of its process, and from the border of the other to its part. */
function endsOf(
  { from, to }: Way,
  at: number,
  processes: ReadonlyMap<ProcessName, Point>,
  placed: ReadonlyMap<ProcessName, PlacedProcess>,
): Ends {
  const path = (id: string): readonly Point[] => {
    const { x, y } = processes.get(processOf(id))!;
    const points = placed.get(processOf(id))!.paths.get(at)!;
    return points.map((point) => ({ x: point.x + x, y: point.y + y }));
  };
  return { out: path(from), into: path(to) };
}

/** From border to border, with the label on its level part, or on an upright one if that is too short. */
function across({ out, into }: Ends, label: Box) {
  const [leave, enter] = [out.at(-1)!, into[0]!];
  const long = Math.abs(leave.x - enter.x) >= label.width + LANE_PX;
  const beyond = leave.y < enter.y ? label.y + label.height + LANE_PX / 2 : label.y - LANE_PX / 2;
  const level = long ? label.y + label.height / 2 : beyond;
  const middle = long ? (leave.x + enter.x) / 2 : leave.x;
  return {
    label: { ...label, x: middle - label.width / 2 },
    path: [...out, { x: leave.x, y: level }, { x: enter.x, y: level }, ...into],
  };
}

/** From the border past the left of what lies between, with the label on its level part. */
function around({ out, into }: Ends, label: Box, x: number) {
  const [leave, enter] = [out.at(-1)!, into[0]!];
  const level = label.y + label.height / 2;
  return {
    label: { ...label, x: (leave.x + x) / 2 - label.width / 2 },
    path: [...out, { x: leave.x, y: level }, { x, y: level }, { x, y: enter.y }, ...into],
  };
}
