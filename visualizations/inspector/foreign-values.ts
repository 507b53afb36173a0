/**
 * What other people's machines hold, made harmless to read. A context can have anything in it: getters that
 * throw, proxies that were revoked, a million entries, objects that lead to each other. Whoever looks at an
 * actor must neither break nor slow down the program it belongs to.
 */

/** Entries that one value is read for, in all its depths together. */
export const ENTRIES_LIMIT = 2_000;
const DEPTH_LIMIT = 8;
const TEXT_LIMIT_CHARACTERS = 256;
/** Writing out a larger number takes as long as it is large. */
const BIGINT_LIMIT = 2n ** 256n;
const LEFT_OUT = '…';

interface Budget {
  entries: number;
}

/**
 * A copy made of plain objects, lists, texts, numbers and booleans, bounded in all. Never throws.
 *
 * @example
 * harmless({ due: new Date(NaN), index: new Map([['a', 1]]) }); // { due: 'Invalid Date', index: { a: 1 } }
 */
export function harmless(value: unknown): unknown {
  return copyOf(value, { entries: ENTRIES_LIMIT }, DEPTH_LIMIT);
}

function copyOf(value: unknown, budget: Budget, depth: number): unknown {
  try {
    return typeof value === 'object' && value !== null
      ? copyOfObject(value, budget, depth)
      : copyOfPrimitive(value);
  } catch (error) {
    return `<unreadable: ${messageOf(error)}>`;
  }
}

function copyOfPrimitive(value: unknown): unknown {
  switch (typeof value) {
    case 'string':
      return shortened(value);
    case 'bigint':
      return value < BIGINT_LIMIT && value > -BIGINT_LIMIT ? String(value) : '<a very large number>';
    case 'function':
    case 'symbol':
      return undefined;
    default:
      return value;
  }
}

function copyOfObject(value: object, budget: Budget, depth: number): unknown {
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `<${value.byteLength} bytes>`;
  if (value instanceof Error) return shortened(`${value.name}: ${value.message}`);
  if (value instanceof Date || value instanceof URL || value instanceof RegExp)
    return shortened(String(value));
  // An actor holds its whole system.
  if ('getSnapshot' in value) return `<actor ${shortened(String((value as { id?: unknown }).id))}>`;
  if (depth === 0) return LEFT_OUT;
  if (Array.isArray(value) || value instanceof Set) return copyOfList(value, budget, depth);
  return copyOfEntries(value instanceof Map ? value : ownEntries(value), budget, depth);
}

function copyOfList(values: Iterable<unknown>, budget: Budget, depth: number): unknown[] {
  const list: unknown[] = [];
  for (const value of values) {
    if (budget.entries === 0) {
      list.push(LEFT_OUT);
      break;
    }
    budget.entries -= 1;
    list.push(copyOf(value, budget, depth - 1));
  }
  return list;
}

function copyOfEntries(entries: Iterable<readonly [unknown, unknown]>, budget: Budget, depth: number) {
  const copy: Record<string, unknown> = {};
  for (const [key, value] of entries) {
    if (budget.entries === 0) {
      copy[LEFT_OUT] = 'more';
      break;
    }
    budget.entries -= 1;
    put(copy, nameOf(key), copyOf(value, budget, depth - 1));
  }
  return copy;
}

/** One at a time: nothing is read that is not asked for, and a getter that throws costs its own entry only. */
function* ownEntries(value: object): Generator<readonly [string, unknown]> {
  for (const key in value) {
    if (Object.hasOwn(value, key)) yield [key, read(value, key)];
  }
}

function read(value: object, key: string): unknown {
  try {
    return (value as Readonly<Record<string, unknown>>)[key];
  } catch (error) {
    return `<unreadable: ${messageOf(error)}>`;
  }
}

/** A key `__proto__` is a key like any other. */
function put(object: object, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
}

function nameOf(key: unknown): string {
  try {
    return shortened(String(key));
  } catch {
    return '<a key without a name>';
  }
}

function messageOf(error: unknown): string {
  try {
    return shortened(error instanceof Error ? error.message : String(error));
  } catch {
    return 'for a reason that cannot be read either';
  }
}

function shortened(text: string): string {
  return text.length <= TEXT_LIMIT_CHARACTERS
    ? text
    : `${text.slice(0, TEXT_LIMIT_CHARACTERS - 1)}${LEFT_OUT}`;
}
