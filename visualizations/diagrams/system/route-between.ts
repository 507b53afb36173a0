/** Places of the columns, and the ways of links from one column to another. */
import type { ElkExtendedEdge, ElkNode, ElkPort } from 'elkjs/lib/elk-api.js';
import type { Point } from '../laid-out-chart.js';
import { runElk } from '../layout/elk.js';
import { LABEL_OPTIONS, rootOptions, WITHIN } from '../layout/elk-options.js';
import { edgesBelow, pathOf } from '../layout/places.js';
import type { TextBlock } from '../layout/text-block.js';
import { type Column, columnOf } from './columns.js';
import type { SystemPicture, Way } from './picture.js';
import type { PlacedProcess } from './place-process.js';
import type { ProcessName } from './table.js';

export interface Routed {
  readonly width: number;
  readonly height: number;
  /** Top left of each column. */
  readonly origins: ReadonlyMap<string, Point>;
  /** Of every link, by number, from part to part. */
  readonly paths: ReadonlyMap<number, readonly Point[]>;
  readonly labels: ReadonlyMap<number, Point>;
}

/** Distances across the gap between the columns. */
const NARROW = {
  'elk.layered.spacing.edgeNodeBetweenLayers': '10',
  'elk.layered.spacing.edgeEdgeBetweenLayers': '8',
  'elk.layered.spacing.nodeNodeBetweenLayers': '12',
};

const processOf = (id: string): ProcessName => id.split('/')[0] as ProcessName;

export async function routeBetween(
  system: SystemPicture,
  columns: readonly Column[],
  placed: ReadonlyMap<ProcessName, PlacedProcess>,
  texts: readonly TextBlock[],
): Promise<Routed> {
  const column = (id: string): Column => columns.find(({ name }) => name === columnOf(id).name)!;
  const crossing = system.ways
    .map((link, at) => ({ link, at }))
    .filter(({ link }) => column(link.from) !== column(link.to));

  /** Of a link's end, from the top left of its column. */
  const within = (id: string, at: number): readonly Point[] => {
    const { x, y } = column(id).processes.get(processOf(id))!;
    return placed
      .get(processOf(id))!
      .paths.get(at)!
      .map((point) => ({ x: point.x + x, y: point.y + y }));
  };
  const crossingAt = ({ from, to }: Way, id: string, at: number): Point =>
    id === from ? within(from, at).at(-1)! : within(to, at)[0]!;
  const portOf = (own: Column, { link, at }: (typeof crossing)[number]): ElkPort[] => {
    const id = [link.from, link.to].find((end) => column(end) === own);
    if (id === undefined) return [];
    const other = column(id === link.from ? link.to : link.from);
    const east = own.rank < other.rank;
    const { y } = crossingAt(link, id, at);
    return [
      {
        ...{ id: `${own.name} ${at}`, x: east ? own.width : 0, y, width: 0, height: 0 },
        layoutOptions: { 'elk.port.side': east ? 'EAST' : 'WEST' },
      },
    ];
  };
  const nodes = columns.map(
    (own): ElkNode => ({
      ...{ id: own.name, width: own.width, height: own.height },
      layoutOptions: { ...WITHIN, 'elk.portConstraints': 'FIXED_POS' },
      ports: crossing.flatMap((each) => portOf(own, each)),
    }),
  );
  // Every edge is told to go right, so that the columns stay in order; those that go left are turned back below.
  const goesLeft = ({ from, to }: Way): boolean => column(from).rank > column(to).rank;
  const edges = crossing.map(({ link, at }): ElkExtendedEdge => {
    const ends = [link.from, link.to].map((id) => `${column(id).name} ${at}`);
    const [source, target] = goesLeft(link) ? ends.toReversed() : ends;
    const { width, height } = texts[at]!;
    const label = { id: `label ${at}`, text: ' ', width, height, layoutOptions: LABEL_OPTIONS };
    return { id: `${at}`, sources: [source!], targets: [target!], labels: [label] };
  });
  const root = await runElk({
    id: 'system',
    layoutOptions: { ...rootOptions('RIGHT'), ...NARROW },
    children: nodes,
    edges,
  });

  const origins = new Map(root.children!.map(({ id, x = 0, y = 0 }) => [id, { x, y }]));
  const moved = (points: readonly Point[], id: string): Point[] => {
    const { x, y } = origins.get(column(id).name)!;
    return points.map((point) => ({ x: point.x + x, y: point.y + y }));
  };
  const ways = new Map(edgesBelow(root).map((way) => [Number(way.id), way]));
  const paths = new Map<number, readonly Point[]>();
  const labels = new Map<number, Point>();
  for (const [at, link] of system.ways.entries()) {
    const { from, to } = link;
    const inner = column(from).inner.get(at);
    const way = ways.get(at);
    if (way !== undefined) {
      const between = goesLeft(link) ? pathOf(way).toReversed() : pathOf(way);
      paths.set(
        at,
        straightened([...moved(within(from, at), from), ...between, ...moved(within(to, at), to)]),
      );
      labels.set(at, way.labels![0] as Point);
    } else if (inner !== undefined) {
      paths.set(at, straightened(moved(inner.path, from)));
      labels.set(at, moved([inner.label], from)[0]!);
    } else {
      const { x, y } = column(from).processes.get(processOf(from))!;
      const label = placed.get(processOf(from))!.labels.get(at)!;
      paths.set(at, moved(within(from, at), from));
      labels.set(at, moved([{ x: label.x + x, y: label.y + y }], from)[0]!);
    }
  }
  return { width: Math.ceil(root.width ?? 0), height: Math.ceil(root.height ?? 0), origins, paths, labels };
}

/** Without points that lie on the line between their neighbours. */
function straightened(points: readonly Point[]): readonly Point[] {
  return points.filter((point, i) => {
    const [before, after] = [points[i - 1], points[i + 1]];
    if (before === undefined || after === undefined) return true;
    const level = same(before.y, point.y) && same(point.y, after.y);
    const upright = same(before.x, point.x) && same(point.x, after.x);
    return !level && !upright;
  });
}

const same = (one: number, other: number): boolean => Math.abs(one - other) < 0.01;
