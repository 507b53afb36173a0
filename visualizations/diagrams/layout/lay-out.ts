/** Places for everything in a chart. */
import type { ChartDiagram } from '../chart-diagram.js';
import type { LaidOutChart } from '../laid-out-chart.js';
import { clearHeads } from './clear-heads.js';
import { checkSize, DEADLINE_MS, tooLong } from './effort.js';
import { layOutUnit } from './lay-out-unit.js';
import { Places } from './places.js';
import { Units } from './units.js';

/**
 * Lays a chart out, several times, and keeps the picture that is easiest to read; a large one once, in a
 * simpler way. The same diagram always gets the same places.
 *
 * @throws DiagramError if the chart is too big for a picture, or takes longer than a minute
 * @throws Error naming the chart, where the layout engine fails on it
 * @example
 * const { width, height } = await layOut(readChart(followerTable));
 */
export async function layOut(diagram: ChartDiagram): Promise<LaidOutChart> {
  checkSize(diagram);
  const deadline = AbortSignal.timeout(DEADLINE_MS);
  const laidOut = layOutUnit(diagram, new Units(diagram), null, deadline).catch(failed(diagram, deadline));
  const { root, texts } = await laidOut;
  return clearHeads(new Places(root, texts).of(diagram));
}

const failed =
  (diagram: ChartDiagram, deadline: AbortSignal) =>
  (cause: unknown): never => {
    if (cause === deadline.reason && deadline.aborted) throw tooLong(diagram);
    const why = 'another format (mermaid, dot) needs no layout of ours';
    throw new Error(`the layout engine failed on chart ${diagram.id}; ${why}`, { cause });
  };
