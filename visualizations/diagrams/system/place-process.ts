/** Places within one process; what goes over the network leaves through ports on its border. */
import type { ElkExtendedEdge, ElkNode } from 'elkjs/lib/elk-api.js';
import type { Box, Point } from '../laid-out-chart.js';
import { runElk } from '../layout/elk.js';
import {
  arrowOptions,
  insideOptions,
  LABEL_OPTIONS,
  placedBy,
  rootOptions,
  WITHIN,
} from '../layout/elk-options.js';
import { edgesBelow, pathOf } from '../layout/places.js';
import type { TextBlock } from '../layout/text-block.js';
import type { SystemPicture } from './picture.js';
import type { ProcessName } from './table.js';

export type Side = 'NORTH' | 'EAST' | 'SOUTH' | 'WEST';

/** Numbers are those of ways. Places count from the top left of the process. */
export interface PlacedProcess {
  readonly width: number;
  readonly height: number;
  readonly parts: ReadonlyMap<string, Box>;
  /** Between a part and the border, or between parts; in the direction of the link. */
  readonly paths: ReadonlyMap<number, readonly Point[]>;
  readonly labels: ReadonlyMap<number, Point>;
}

export interface ProcessTexts {
  readonly title: TextBlock;
  readonly parts: ReadonlyMap<string, TextBlock>;
  readonly links: readonly TextBlock[];
}

/** @param side where a link leaves or enters the process; null: it stays within */
export async function placeProcess(
  system: SystemPicture,
  process: ProcessName,
  texts: ProcessTexts,
  side: (link: number) => Side | null,
): Promise<PlacedProcess> {
  const own = new Set(system.parts.filter((part) => part.process === process).map(({ id }) => id));
  const touching = system.ways
    .map((link, at) => ({ ...link, at }))
    .filter(({ from, to }) => own.has(from) || own.has(to));
  const ports = touching.filter(({ at }) => side(at) !== null);
  const port = (at: number) => `port ${at}`;
  const edges = touching.map(({ from, to, kind, at }): ElkExtendedEdge => {
    const { width, height } = texts.links[at]!;
    const label = { id: `label ${at}`, text: ' ', width, height, layoutOptions: LABEL_OPTIONS };
    return {
      id: `${at}`,
      sources: [own.has(from) ? from : port(at)],
      targets: [own.has(to) ? to : port(at)],
      layoutOptions: arrowOptions(kind === 'starts' ? 'surely' : 'no'),
      labels: side(at) === null ? [label] : [],
    };
  });
  const frame: ElkNode = {
    id: 'frame',
    layoutOptions: {
      ...insideOptions(texts.title, 'DOWN'),
      ...PLACEMENT,
      'elk.portConstraints': 'FIXED_SIDE',
    },
    ports: ports.map(({ at }) => ({
      id: port(at),
      width: 0,
      height: 0,
      layoutOptions: { 'elk.port.side': side(at)! },
    })),
    children: [...own].map((id) => ({
      ...sizeOf(texts.parts.get(id)!),
      id,
      layoutOptions: { ...WITHIN, ...PLACEMENT },
    })),
  };
  const root = await runElk({
    id: 'root',
    layoutOptions: { ...rootOptions('DOWN'), ...PLACEMENT },
    children: [frame],
    edges,
  });
  const [placed] = root.children as [ElkNode];
  const moved = ({ x = 0, y = 0 }: Partial<Point>): Point => ({ x: x - placed.x!, y: y - placed.y! });
  const ways = edgesBelow(root);
  return {
    ...sizeOf(placed as Box),
    parts: new Map(placed.children!.map((node) => [node.id, { ...moved(node), ...sizeOf(node as Box) }])),
    paths: new Map(ways.map((way) => [Number(way.id), pathOf(way).map(moved)])),
    labels: new Map(
      ways.flatMap((way) => (way.labels ?? []).map((label) => [Number(way.id), moved(label)] as const)),
    ),
  };
}

/** ELK's other way to place nodes fails on ports at the sides. */
const PLACEMENT = {
  ...placedBy('BRANDES_KOEPF'),
  'elk.spacing.nodeNode': '14',
  'elk.spacing.edgeNode': '10',
  'elk.spacing.edgeEdge': '8',
};

const sizeOf = ({ width, height }: { readonly width: number; readonly height: number }) => ({
  width,
  height,
});
