/** Places for everything in a chart. */
import type { ElkNode } from 'elkjs/lib/elk-api.js';
import type { ChartDiagram } from '../chart-diagram.js';
import type { LaidOutChart } from '../laid-out-chart.js';
import { runElk } from './elk.js';
import { type ChartGraph, chartGraph, type GraphOptions } from './elk-graph.js';
import { Places } from './places.js';
import { roughness } from './roughness.js';

const TRIED: readonly GraphOptions[] = [
  { direction: 'DOWN', inDocumentOrder: true },
  { direction: 'DOWN', inDocumentOrder: false },
];

/**
 * Lays a chart out, twice, and keeps the picture that is easier to read. The same diagram always gets the
 * same places.
 *
 * @example
 * const { width, height } = await layOut(readChart(followerTable));
 */
export async function layOut(diagram: ChartDiagram): Promise<LaidOutChart> {
  let best: { readonly graph: ChartGraph; readonly root: ElkNode; readonly rough: number } | undefined;
  for (const options of TRIED) {
    const graph = chartGraph(diagram, options);
    const root = await runElk(graph.root);
    const rough = roughness(root);
    if (best === undefined || rough < best.rough) best = { graph, root, rough };
  }
  return new Places(best!.root, best!.graph).of(diagram);
}
