/**
 * Whatever a chart or a message holds, as bounded plain JSON. A recording must not grow with the data, and
 * whoever watches must neither break nor slow down what is watched: values can have getters that throw,
 * proxies that were revoked, a million entries, objects that lead to each other.
 */
import type { Json, RecordedEvent } from './lines.js';

export const TEXT_LIMIT_CHARACTERS = 256;
export const DEPTH_LIMIT = 8;
/** A table has at most as many partitions as this in one line; the entries left out are counted. */
export const LIST_LIMIT_ENTRIES = 1_024;
export const KEYS_LIMIT = 128;
/** Entries that one value is read for, in all its depths together: several for each partition of a table. */
export const ENTRIES_LIMIT = 10_000;
/** Writing out a larger number takes as long as it is large. */
const BIGINT_LIMIT = 2n ** 256n;
const LEFT_OUT = '…';

/** Entries that may still be read; several values can share one. */
export interface Budget {
  entries: number;
}

export const wholeBudget = (): Budget => ({ entries: ENTRIES_LIMIT });

/**
 * A copy, bounded in size and in the work it takes. Never throws: what cannot be read says so in its place.
 *
 * @example
 * bounded({ at: new Date(0), bytes: Buffer.alloc(9), wide: 2n ** 60n }); // strings, all three
 */
export function bounded(value: unknown, budget: Budget = wholeBudget()): Json {
  return copyOf(value, budget, DEPTH_LIMIT);
}

/** Whatever else is left out, an event has a type. */
export function boundedEvent(event: { readonly type: string }): RecordedEvent {
  const type = boundedText(event.type) || '(no type)';
  const facts = bounded(event);
  const isObject = typeof facts === 'object' && facts !== null && !Array.isArray(facts);
  return isObject ? { ...(facts as { readonly [key: string]: Json }), type } : { type };
}

export function boundedText(text: string): string {
  if (text.length <= TEXT_LIMIT_CHARACTERS) return text;
  return `${text.slice(0, TEXT_LIMIT_CHARACTERS - 1)}${LEFT_OUT}`;
}

function copyOf(value: unknown, budget: Budget, depth: number): Json {
  switch (typeof value) {
    case 'string':
      return boundedText(value);
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'boolean':
      return value;
    case 'bigint':
      return value < BIGINT_LIMIT && value > -BIGINT_LIMIT ? String(value) : '<a very large number>';
    case 'object':
      return value === null ? null : copyOfObject(value, budget, depth);
    default:
      return null;
  }
}

function copyOfObject(value: object, budget: Budget, depth: number): Json {
  try {
    // An actor holds its whole system.
    if ('getSnapshot' in value) return `<actor ${boundedText(String((value as { id?: unknown }).id))}>`;
    const isPlain = Object.getPrototypeOf(value) === Object.prototype;
    const told = isPlain || Array.isArray(value) ? null : inWords(value);
    if (told !== null) return told;
    if (depth === 0) return LEFT_OUT;
    if (isPlain) return copyOfProperties(value, budget, depth);
    if (Array.isArray(value)) return copyOfList(value, value.length, budget, depth);
    if (value instanceof Set) return copyOfList(value, value.size, budget, depth);
    if (value instanceof Map) return copyOfMap(value, budget, depth);
    return copyOfProperties(value, budget, depth);
  } catch (error) {
    return unreadable(error);
  }
}

/** What is told by a name rather than by its parts. */
function inWords(value: object): string | null {
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `<${value.byteLength} bytes>`;
  if (value instanceof Error) return boundedText(`${value.name}: ${value.message}`);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  if (value instanceof URL || value instanceof RegExp) return boundedText(String(value));
  return null;
}

function copyOfList(values: Iterable<unknown>, length: number, budget: Budget, depth: number): Json {
  const list: Json[] = [];
  for (const value of values) {
    if (list.length === LIST_LIMIT_ENTRIES || budget.entries <= 0) {
      list.push(`${LEFT_OUT} ${length - list.length} more`);
      break;
    }
    budget.entries -= 1;
    list.push(copyOf(value, budget, depth - 1));
  }
  return list;
}

function copyOfProperties(value: object, budget: Budget, depth: number): Json {
  const copy = new BoundedObject(budget, depth);
  for (const key of Object.keys(value)) {
    // One at a time: a getter that throws costs its own entry only.
    if (!copy.hasRoom()) break;
    let property: unknown;
    try {
      property = (value as Readonly<Record<string, unknown>>)[key];
    } catch (error) {
      property = unreadable(error);
    }
    copy.put(key, property);
  }
  return copy.entries;
}

function copyOfMap(value: ReadonlyMap<unknown, unknown>, budget: Budget, depth: number): Json {
  const copy = new BoundedObject(budget, depth);
  for (const [key, entry] of value) {
    if (!copy.hasRoom()) break;
    copy.put(nameOf(key), entry);
  }
  return copy.entries;
}

class BoundedObject {
  readonly entries: Record<string, Json> = {};
  readonly #budget: Budget;
  readonly #depth: number;
  #count = 0;

  constructor(budget: Budget, depth: number) {
    this.#budget = budget;
    this.#depth = depth;
  }

  /** If there is none, that is put down. */
  hasRoom(): boolean {
    if (this.#count < KEYS_LIMIT && this.#budget.entries > 0) return true;
    this.entries[LEFT_OUT] = 'more';
    return false;
  }

  put(key: string, value: unknown): void {
    this.#budget.entries -= 1;
    if (value === undefined || typeof value === 'function') return;
    this.#count += 1;
    const [name, copy] = [boundedText(key), copyOf(value, this.#budget, this.#depth - 1)];
    if (name !== '__proto__') this.entries[name] = copy;
    // A key like any other, unless it is assigned to.
    else Object.defineProperty(this.entries, name, { value: copy, enumerable: true });
  }
}

function nameOf(key: unknown): string {
  try {
    return String(key);
  } catch {
    return '<a key without a name>';
  }
}

function unreadable(error: unknown): string {
  return `<unreadable: ${messageOf(error)}>`;
}

/** What was thrown, in words; it may be anything. */
export function messageOf(error: unknown): string {
  try {
    return boundedText(String(error instanceof Error ? error.message : error));
  } catch {
    return 'for a reason that cannot be read either';
  }
}
