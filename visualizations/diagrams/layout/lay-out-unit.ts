/** Places within one unit of a chart, after those of the units inside of it. */
import type { ElkNode } from 'elkjs/lib/elk-api.js';
import type { ChartDiagram } from '../chart-diagram.js';
import { chartSize, effortFor, unitSize } from './effort.js';
import { runElk, runElkApart } from './elk.js';
import { type ChartGraph, type ChartTexts, chartGraph, type GraphOptions, nodeId } from './elk-graph.js';
import { movedNode } from './moved-node.js';
import { roughness } from './roughness.js';
import type { Units } from './units.js';

export interface LaidOutUnit {
  readonly root: ElkNode;
  readonly texts: ChartTexts;
}

const LABEL_LIMIT_PX = 150;
const PLAIN = { direction: 'DOWN', labelLimitPx: LABEL_LIMIT_PX, placement: 'NETWORK_SIMPLEX' } as const;
const TRIED: readonly GraphOptions[] = [
  { ...PLAIN, order: 'document' },
  { ...PLAIN, order: 'rather' },
  { ...PLAIN, order: 'free' },
];
/** Where the best of those is wider than this; around a unit there may be more arrows. */
const WIDE_PX = 1_200;
const NARROW_LABELS: readonly GraphOptions[] = [{ ...PLAIN, order: 'free', labelLimitPx: 110 }];
/** Where all of those are wider than this; they take long for large charts. */
const TOO_WIDE_PX = 1_500;
const NARROWER: readonly GraphOptions[] = [
  { ...PLAIN, order: 'document', stacked: true },
  { ...PLAIN, order: 'document', direction: 'RIGHT' },
];
/** ELK's denser way to place nodes fails on some graphs; this one is wider and takes them all. */
const FALLBACK: GraphOptions = { ...PLAIN, order: 'free', placement: 'BRANDES_KOEPF' };
const FOR_LARGE: GraphOptions = { ...FALLBACK, quick: true };

/**
 * @param unit null: the whole chart
 * @param deadline holds for what is large
 */
export async function layOutUnit(
  diagram: ChartDiagram,
  units: Units,
  unit: string | null,
  deadline: AbortSignal,
): Promise<LaidOutUnit> {
  const inner = new Map<string, LaidOutUnit>();
  for (const id of directlyInside(diagram, units, unit)) {
    inner.set(id, await layOutUnit(diagram, units, id, deadline));
  }
  const sizes = new Map([...inner].map(([id, { root }]) => [id, sizeOf(root.children![0]!)]));
  const size = { unit: unitSize(diagram, units, unit), chart: chartSize(diagram) };
  if (effortFor(size) === 'quick') {
    const graph = chartGraph({ diagram, units, unit, sizes }, FOR_LARGE);
    return filledIn(await runElkApart(graph.root, deadline), graph, inner);
  }
  const attempts: { readonly graph: ChartGraph; readonly root: ElkNode; readonly rough: number }[] = [];
  const attempt = async (options: GraphOptions): Promise<void> => {
    const graph = chartGraph({ diagram, units, unit, sizes }, options);
    const root = await runElk(graph.root);
    const rough = roughness(root);
    attempts.push({ graph, root, rough });
  };
  const tryAll = async (list: readonly GraphOptions[]): Promise<void> => {
    for (const options of list) await attempt(options).catch(() => undefined);
  };
  await tryAll(hasArrows(diagram, units, unit) ? TRIED : TRIED.slice(0, 1));
  const best = () => attempts.reduce((one, other) => (other.rough < one.rough ? other : one));
  if (attempts.length > 0 && (best().root.width ?? 0) > WIDE_PX) await tryAll(NARROW_LABELS);
  if (attempts.every(({ root }) => (root.width ?? 0) > TOO_WIDE_PX)) await tryAll(NARROWER);
  if (attempts.length === 0) await attempt(FALLBACK);
  const { root, graph } = best();
  return filledIn(root, graph, inner);
}

/** Units that no other unit inside of this one holds. */
function directlyInside({ states }: ChartDiagram, units: Units, unit: string | null): readonly string[] {
  const inside = states
    .map(({ id }) => id)
    .filter((id) => id !== unit && units.isUnit(id) && (unit === null || units.isWithin(id, unit)));
  return inside.filter((id) => !inside.some((other) => other !== id && units.isWithin(id, other)));
}

/** Without any, there is but one way to lay out what is in it. */
const hasArrows = ({ edges }: ChartDiagram, units: Units, unit: string | null): boolean =>
  unit !== null ||
  edges.some(({ source, targets }) => targets.some((target) => units.unitOf({ source, target }) === null));

const sizeOf = ({ width = 0, height = 0 }: ElkNode) => ({ width, height });

/** With the units inside of it in the places that were kept for them. */
function filledIn(root: ElkNode, own: ChartTexts, inner: ReadonlyMap<string, LaidOutUnit>): LaidOutUnit {
  const byNode = new Map([...inner].map(([id, each]) => [nodeId.state(id), each]));
  const fill = (node: ElkNode): ElkNode => {
    const unit = byNode.get(node.id);
    if (unit === undefined) return { ...node, children: (node.children ?? []).map(fill) };
    const [content] = unit.root.children as [ElkNode];
    const by = { x: node.x! - content.x!, y: node.y! - content.y! };
    return movedNode({ ...content, edges: [...(content.edges ?? []), ...(unit.root.edges ?? [])] }, by);
  };
  const all = [own, ...[...inner.values()].map(({ texts }) => texts)];
  return {
    root: fill(root),
    texts: {
      boxes: new Map(all.flatMap(({ boxes }) => [...boxes])),
      labels: new Map(all.flatMap(({ labels }) => [...labels])),
      turned: new Set(all.flatMap(({ turned }) => [...turned])),
    },
  };
}
