/** Two recordings beside each other: what is the same in both, and where they part first. */
import { align } from './compare/align.js';
import { type Divergence, describe } from './compare/divergence.js';
import { type Track, type Turn, tracksOf } from './compare/turns.js';
import type { RecordingIndex } from './recording-index.js';

export type { Divergence } from './compare/divergence.js';

/** A moment of one, a moment of the other, or both. */
export interface ComparedPair {
  /** The actor, process or channel of messages. */
  readonly who: string;
  readonly a: number | null;
  readonly b: number | null;
  readonly same: boolean;
}

export interface Comparison {
  /** In the order of `a`; what only `b` has follows what it follows there. */
  readonly pairs: readonly ComparedPair[];
  /** The first in causal order; null: both runs are the same. */
  readonly divergence: Divergence | null;
  /** The first of each actor, process and channel that has one, in causal order. */
  readonly divergences: readonly Divergence[];
  readonly summary: string;
}

/**
 * Compares what each actor, process and channel of messages went through. Times, ids and ports do not matter,
 * nor how the actors' steps are interleaved, nor how often something was polled or retried.
 *
 * @example compareRecordings(before, after).divergence?.words
 * // 'reply to RPC_CM_CREATE_APP from west meta to east meta: it is lost here, it arrives there'
 */
export function compareRecordings(a: RecordingIndex, b: RecordingIndex): Comparison {
  const [ours, theirs] = [tracksOf(a), tracksOf(b)];
  const placed: { readonly pair: ComparedPair; readonly place: number }[] = [];
  const parting: Divergence[] = [];
  const common: Place[] = [];
  for (const name of new Set([...ours.keys(), ...theirs.keys()])) {
    const track = (ours.get(name) ?? theirs.get(name)) as Track;
    const [turnsA, turnsB] = [ours.get(name)?.turns ?? [], theirs.get(name)?.turns ?? []];
    let same = { a: -1, b: -1 };
    let parted = false;
    for (const [x, y] of align(turnsA.map(labelOf), turnsB.map(labelOf))) {
      const [here, there] = [turnsA[x ?? -1], turnsB[y ?? -1]];
      const both = here !== undefined && there !== undefined;
      const place = here?.moment ?? same.a + 0.5;
      if (!both && !parted) {
        parted = true;
        const [nextA, nextB] = [firstAfter(turnsA, same.a), firstAfter(turnsB, same.b)];
        const left = { index: a, turn: nextA, same: same.a, actor: ours.get(name)?.key ?? null };
        const right = { index: b, turn: nextB, same: same.b, actor: theirs.get(name)?.key ?? null };
        parting.push(describe(track, left, right));
      }
      if (both) {
        same = { a: here.moment, b: there.moment };
        common.push(same);
      }
      const pair = { who: name, a: here?.moment ?? null, b: there?.moment ?? null, same: both };
      placed.push({ pair, place });
    }
  }
  placed.sort((one, other) => one.place - other.place);
  common.sort((one, other) => one.b - other.b);
  const found = parting
    .map((divergence) => ({ divergence, place: placeOf(divergence, common) }))
    .sort((one, other) => one.place - other.place)
    .map(({ divergence }) => divergence);
  const pairs = placed.map(({ pair }) => pair);
  return { pairs, divergence: found[0] ?? null, divergences: found, summary: summaryOf(pairs, found) };
}

interface Place {
  readonly a: number;
  readonly b: number;
}

/**
 * Where in the first run it happens. What is missing there has no moment: it is looked for behind everything
 * that both runs have before it, for a run that merely ends sooner must not seem to have parted first.
 *
 * @param common moments of turns that are the same, ascending in the second run
 */
function placeOf({ a, b, sameUntil }: Divergence, common: readonly Place[]): number {
  if (a !== null) return a;
  const before = b === null ? undefined : common.findLast((place) => place.b < b);
  return Math.max(sameUntil.a, before?.a ?? -1) + 0.5;
}

const labelOf = ({ label }: Turn): string => label;

function firstAfter(turns: readonly Turn[], moment: number): Turn | undefined {
  return turns.find((turn) => turn.moment > moment);
}

function summaryOf(pairs: readonly ComparedPair[], divergences: readonly Divergence[]): string {
  const same = pairs.filter((pair) => pair.same).length;
  const [first] = divergences;
  if (first === undefined) return `The same in all ${same} turns.`;
  const also = divergences.length === 1 ? '' : ` ${divergences.length - 1} more differ after that.`;
  return `They part at ${first.words}.${also} ${same} turns are the same.`;
}
