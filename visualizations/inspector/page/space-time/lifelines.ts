/** When each process was up. */
import type { ProcessLine } from '../../../../runtime/observe/recording/lines.js';
import type { RecordingIndex } from '../../model/recording-index.js';
import type { Lane } from './lanes.js';

export interface LifeChange {
  readonly moment: number;
  readonly process: string;
  readonly what: ProcessLine['what'];
  readonly why: string | null;
}

/** A part of a lifeline: drawn through while the process is up, with a gap while it is not. */
export interface LifePart {
  readonly up: boolean;
  readonly from: number;
  /** The moment at which it changes; null: it does not. */
  readonly to: number | null;
}

interface Read {
  lines: number;
  readonly changes: LifeChange[];
}

const known = new WeakMap<RecordingIndex, Read>();

/** Every change, in order. */
export function lifeChanges(index: RecordingIndex): readonly LifeChange[] {
  let read = known.get(index);
  if (read === undefined) {
    read = { lines: 0, changes: [] };
    known.set(index, read);
  }
  for (; read.lines < index.lines.length; read.lines++) {
    const line = index.lines[read.lines]!;
    if (line.t !== 'process') continue;
    const { process, what, why } = line;
    read.changes.push({ moment: read.lines, process, what, why: why ?? null });
  }
  return read.changes;
}

/**
 * The lifeline of a lane from before everything to the end. A folded cluster is up as long as anything of it
 * may be; a process is taken to have been up before the first thing that is known of it, unless that is
 * its beginning.
 */
export function lifeParts({ processes, what }: Lane, changes: readonly LifeChange[]): readonly LifePart[] {
  if (what !== 'process') return [{ up: true, from: -1, to: null }];
  const own = changes.filter(({ process }) => processes.includes(process));
  const parts: LifePart[] = [];
  let from = -1;
  let up = own[0] === undefined || own[0].what === 'died' || own[0].what === 'ended';
  for (const change of own) {
    const nowUp = change.what === 'up' || change.what === 'restarted';
    if (nowUp === up) continue;
    parts.push({ up, from, to: change.moment });
    [up, from] = [nowUp, change.moment];
  }
  return [...parts, { up, from, to: null }];
}
