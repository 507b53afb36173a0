/** Places for everything in a chart. */
import type { ElkNode } from 'elkjs/lib/elk-api.js';
import type { ChartDiagram } from '../chart-diagram.js';
import type { LaidOutChart } from '../laid-out-chart.js';
import { runElk } from './elk.js';
import { type ChartGraph, chartGraph, type GraphOptions } from './elk-graph.js';
import { Places } from './places.js';
import { roughness } from './roughness.js';

const TRIED: readonly GraphOptions[] = [
  { inDocumentOrder: true, placement: 'NETWORK_SIMPLEX' },
  { inDocumentOrder: false, placement: 'NETWORK_SIMPLEX' },
];
/** ELK's denser way to place nodes fails on some graphs; this one is wider and takes them all. */
const FALLBACK: GraphOptions = { inDocumentOrder: false, placement: 'BRANDES_KOEPF' };

interface Attempt {
  readonly graph: ChartGraph;
  readonly root: ElkNode;
  readonly rough: number;
}

/**
 * Lays a chart out, twice, and keeps the picture that is easier to read. The same diagram always gets the
 * same places.
 *
 * @throws Error naming the chart, where the layout engine fails on it
 * @example
 * const { width, height } = await layOut(readChart(followerTable));
 */
export async function layOut(diagram: ChartDiagram): Promise<LaidOutChart> {
  const attempts: Attempt[] = [];
  for (const options of TRIED) {
    const done = await attempt(diagram, options).catch(() => null);
    if (done !== null) attempts.push(done);
  }
  if (attempts.length === 0) attempts.push(await attempt(diagram, FALLBACK).catch(failed(diagram)));
  const best = attempts.reduce((one, other) => (other.rough < one.rough ? other : one));
  return new Places(best.root, best.graph).of(diagram);
}

async function attempt(diagram: ChartDiagram, options: GraphOptions): Promise<Attempt> {
  const graph = chartGraph(diagram, options);
  const root = await runElk(graph.root);
  return { graph, root, rough: roughness(root) };
}

const failed =
  ({ id }: ChartDiagram) =>
  (cause: unknown): never => {
    const why = 'another format (mermaid, dot) needs no layout of ours';
    throw new Error(`the layout engine failed on chart ${id}; ${why}`, { cause });
  };
