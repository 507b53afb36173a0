/** Bounds the page's memory: a run that goes on for days must not end the tab that watches it. */
import type { Json, RecordingLine } from '../../../runtime/observe/recording/lines.js';
import { RecordingIndex } from '../model/recording-index.js';
import type { WorldState } from '../model/types.js';

/** Moments of a live run in the page; then the older half goes, within seconds. About 200 MB. */
export const MOST_MOMENTS = 200_000;

const PORTION_LINES = 100;
/** So many are copied in one go, however long it takes. */
const LEAST_LINES = 1_000;

/**
 * The newest moments as a recording of their own, which begins with the state of everything at its beginning.
 * Made bit by bit, from a recording that may go on growing meanwhile.
 */
export class Forgetting {
  readonly from: RecordingIndex;
  /** As `from` without its oldest moments, once `goOn` has said so. */
  readonly index: RecordingIndex;
  /** What was moment i + forgotten is moment i now. */
  readonly forgotten: number;
  #copied: number;

  /** @param keep moments */
  constructor(from: RecordingIndex, keep: number) {
    const first = Math.max(0, from.length - keep);
    this.from = from;
    this.index = new RecordingIndex(from.header);
    this.index.append(beginning(from, from.at(first - 1), first));
    this.forgotten = first - this.index.length;
    this.#copied = first;
  }

  /** @returns whether everything is copied that there is */
  goOn(inTime: () => boolean): boolean {
    const { lines } = this.from;
    const least = this.#copied + LEAST_LINES;
    while (this.#copied < lines.length && (this.#copied < least || inTime())) {
      const end = this.#copied + PORTION_LINES;
      this.index.append(lines.slice(this.#copied, end));
      this.#copied = Math.min(end, lines.length);
    }
    return this.#copied === lines.length;
  }
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
