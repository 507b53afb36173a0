/**
 * Finds the field that makes the states of a machine endless: a number that rises, or a list or text
 * that gets longer, in every one of the last new states with the same value.
 *
 * A heuristic. It looks along one path at a time, so a field that grows and shrinks again is not taken
 * for endless; a counter with a high limit can be, which is why the window is an option.
 */

/** A state as it was found: its context, and the state it was found from. */
export interface Found {
  readonly value: string;
  readonly context: unknown;
  readonly from: Found | null;
}

/**
 * @param window how many states in a row have to show the growth
 * @returns path of the field, e.g. `context.queue.length`, or null
 */
export function growingField(last: Found, window: number): string | null {
  const contexts: unknown[] = [];
  // Other states in between do not matter: a lap around the chart that adds one each time is endless too.
  for (let at: Found | null = last; at !== null && contexts.length < window; at = at.from) {
    if (at.value === last.value) contexts.push(at.context);
  }
  if (contexts.length < window) return null;
  let candidates = new Map<string, number>();
  sizes(contexts[0], 'context', candidates, 0);
  for (const context of contexts.slice(1)) {
    const earlier = new Map<string, number>();
    sizes(context, 'context', earlier, 0);
    const still = new Map<string, number>();
    for (const [path, size] of candidates) {
      const before = earlier.get(path);
      if (before !== undefined && before < size) still.set(path, before);
    }
    if (still.size === 0) return null;
    candidates = still;
  }
  return [...candidates.keys()].sort((a, b) => a.length - b.length)[0] ?? null;
}

const DEPTH_LIMIT = 6;
const ITEMS_LIMIT = 64;

/** Numbers, and lengths of lists and texts, by path. */
function sizes(value: unknown, at: string, into: Map<string, number>, depth: number): void {
  if (typeof value === 'number') into.set(at, value);
  else if (typeof value === 'bigint') into.set(at, Number(value));
  else if (typeof value === 'string') into.set(`${at}.length`, value.length);
  else if (value instanceof Map || value instanceof Set) into.set(`${at}.size`, value.size);
  else if (typeof value === 'object' && value !== null && depth < DEPTH_LIMIT) {
    if (Array.isArray(value)) into.set(`${at}.length`, value.length);
    for (const [key, item] of Object.entries(value).slice(0, ITEMS_LIMIT)) {
      sizes(item, Array.isArray(value) ? `${at}[${key}]` : `${at}.${key}`, into, depth + 1);
    }
  }
}
