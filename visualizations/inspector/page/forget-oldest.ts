/** Bounds the page's memory: a run that goes on for days must not end the tab that watches it. */
import type { Json, RecordingLine } from '../../../runtime/observe/recording/lines.js';
import { RecordingIndex } from '../model/recording-index.js';
import type { WorldState } from '../model/types.js';

/** Moments of a live run in the page; then the older half goes. About 200 MB. */
export const MOST_MOMENTS = 200_000;

/**
 * The newest moments as a recording of their own, which begins with the state of everything at its beginning.
 *
 * @param keep moments
 * @returns `forgotten`: what was moment i + forgotten is moment i now
 */
export function forgetOldest(
  index: RecordingIndex,
  keep: number,
): { readonly index: RecordingIndex; readonly forgotten: number } {
  const first = Math.max(0, index.length - keep);
  const kept = new RecordingIndex(index.header);
  kept.append(beginning(index, index.at(first - 1), first));
  const standIns = kept.length;
  kept.append(index.lines.slice(first));
  return { index: kept, forgotten: first - standIns };
}

/** Lines that say how everything was, as a recorder writes them when it comes to a run that goes on already. */
function beginning(index: RecordingIndex, world: WorldState, first: number): RecordingLine[] {
  const at = index.moment(first).at;
  const lines: RecordingLine[] = [];
  for (const [chart, diagram] of index.charts) {
    lines.push({ t: 'chart', chart, diagram: diagram as unknown as Json });
  }
  for (const { name, role, cluster, address } of index.processes) {
    const state = world.processes.get(name);
    if (state === undefined) continue;
    lines.push({
      t: 'process',
      at,
      process: name,
      what: state.what,
      role,
      ...(cluster === null ? {} : { cluster }),
      ...(address === null ? {} : { address }),
    });
  }
  for (const { key, process, actor, parent, chart, partition } of index.actors) {
    const state = world.actors.get(key);
    if (state === undefined || !state.alive) continue;
    lines.push({
      t: 'actor',
      at,
      process,
      actor,
      parent: parent === null ? null : parent.slice(process.length + 1),
      chart,
      state: state.state,
      context: state.context,
      ...(partition === null ? {} : { partition }),
      already: true,
    });
  }
  for (const explanation of world.explanations.values()) lines.push({ t: 'explain', at, explanation });
  for (const [key, changed] of world.partitions) {
    const slash = key.lastIndexOf('/');
    lines.push({
      t: 'partitions',
      at,
      table: key.slice(0, slash),
      duplication: Number(key.slice(slash + 1)),
      count: changed.length,
      changed,
    });
  }
  return lines;
}
