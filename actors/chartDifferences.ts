/** What a step of a chart changed: its state, and the entries of its context. */

export interface ContextDifferences {
  /** Null: none. */
  readonly changes: Readonly<Record<string, unknown>> | null;
  readonly removed: readonly string[];
}

const NONE: readonly never[] = Object.freeze([]);
const NO_DIFFERENCES: ContextDifferences = Object.freeze({ changes: null, removed: NONE });

export function sameState(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) =>
    sameState((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]),
  );
}

/** Entries of a context that are new or different, and those that are gone. */
export function contextDifferences(
  before: Readonly<Record<string, unknown>> | undefined,
  after: Readonly<Record<string, unknown>> | undefined,
): ContextDifferences {
  if (before === after || after === undefined) return NO_DIFFERENCES;
  let changes: Record<string, unknown> | null = null;
  for (const key in after) {
    const value = after[key];
    if (before !== undefined && key in before && same(before[key], value)) continue;
    changes ??= {};
    changes[key] = value;
  }
  let removed: string[] | null = null;
  for (const key in before) {
    if (key in after) continue;
    removed ??= [];
    removed.push(key);
  }
  return { changes, removed: removed ?? NONE };
}

/** Small values are made anew with equal content all the time; of larger ones only the identity counts. */
function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  try {
    return hasSameEntries(a, b);
  } catch {
    // What cannot be read is told anew, as unreadable.
    return false;
  }
}

function hasSameEntries(a: object, b: object): boolean {
  const keys = Object.keys(a);
  if (keys.length > 16 || keys.length !== Object.keys(b).length) return false;
  return keys.every((key) =>
    Object.is((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]),
  );
}
