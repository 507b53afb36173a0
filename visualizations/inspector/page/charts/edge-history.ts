/** When the transitions of a chart were taken in a recording. */
import type { RecordingIndex } from '../../model/recording-index.js';
import type { ActorKey } from '../../model/types.js';

interface History {
  /** How many of the actor's moments have been read. */
  read: number;
  readonly moments: Map<string, number[]>;
}

const known = new WeakMap<RecordingIndex, Map<ActorKey, History>>();

/** Moments at which an actor took each of its transitions, ascending. Reads only what is new since last time. */
export function edgeHistory(index: RecordingIndex, actor: ActorKey): ReadonlyMap<string, readonly number[]> {
  let ofRecording = known.get(index);
  if (ofRecording === undefined) {
    ofRecording = new Map();
    known.set(index, ofRecording);
  }
  let history = ofRecording.get(actor);
  if (history === undefined) {
    history = { read: 0, moments: new Map() };
    ofRecording.set(actor, history);
  }
  const all = index.momentsOf(actor);
  for (; history.read < all.length; history.read++) {
    const moment = all[history.read]!;
    const line = index.lines[moment];
    if (line?.t !== 'step') continue;
    for (const edge of line.edges) {
      const list = history.moments.get(edge);
      if (list === undefined) history.moments.set(edge, [moment]);
      else if (list.at(-1) !== moment) list.push(moment);
    }
  }
  return history.moments;
}

/** How often every actor of a chart together took each transition, in the whole recording. */
export function edgeCounts(index: RecordingIndex, chart: string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const actor of index.actors) {
    if (actor.chart !== chart) continue;
    for (const [edge, moments] of edgeHistory(index, actor.key)) {
      counts.set(edge, (counts.get(edge) ?? 0) + moments.length);
    }
  }
  return counts;
}

/** The nearest moment before or after one at which an edge was taken; null: there is none. */
export function nearestMoment(moments: readonly number[], from: number, direction: 1 | -1): number | null {
  const found =
    direction === 1 ? moments.find((moment) => moment > from) : moments.findLast((moment) => moment < from);
  return found ?? null;
}
