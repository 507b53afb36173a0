/** What differs between two JSON values, entry by entry. */
import type { Json } from '../../../runtime/observe/recording/lines.js';
import type { ActorState, Difference, ProcessState } from './types.js';
import { isRecord } from './world.js';

/** Of two states of an actor; paths begin with `state`, `status` or `context`. */
export function actorDifferences(
  before: ActorState | undefined,
  after: ActorState | undefined,
): readonly Difference[] {
  const found: Difference[] = [];
  // A state is one thing to a reader, even if its value is a tree.
  if (JSON.stringify(before?.state) !== JSON.stringify(after?.state)) {
    found.push({ path: 'state', before: before?.state ?? undefined, after: after?.state ?? undefined });
  }
  compare('status', before?.status, after?.status, found);
  compare('context', before?.context, after?.context, found);
  return found;
}

/** Of two states of a process. */
export function processDifferences(
  before: ProcessState | undefined,
  after: ProcessState | undefined,
): readonly Difference[] {
  const found: Difference[] = [];
  compare('process', before?.what, after?.what, found);
  return found;
}

/** Entries of objects one by one; of lists only where they are equally long. */
export function jsonDifferences(
  path: string,
  before: Json | undefined,
  after: Json | undefined,
): readonly Difference[] {
  const found: Difference[] = [];
  compare(path, before, after, found);
  return found;
}

function compare(path: string, before: Json | undefined, after: Json | undefined, found: Difference[]): void {
  if (before === after) return;
  if (isRecord(before) && isRecord(after)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
      compare(`${path}.${key}`, before[key], after[key], found);
    }
    return;
  }
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length) {
    for (const [at, value] of before.entries()) compare(`${path}.${at}`, value, after[at], found);
    return;
  }
  if (Array.isArray(before) && Array.isArray(after) && JSON.stringify(before) === JSON.stringify(after))
    return;
  found.push({ path, before, after });
}
