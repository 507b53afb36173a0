/**
 * Whatever a chart or a message holds, as bounded JSON. A recording must not grow with the data, and
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
 * JSON of a value, bounded in size and in the work it takes. Never throws: what cannot be read says so in its
 * place. It is written at once, without a copy: servers do this for every step of every chart.
 *
 * @example
 * boundedJson({ at: new Date(0), bytes: Buffer.alloc(9), wide: 2n ** 60n }); // strings, all three
 */
export function boundedJson(value: unknown, budget: Budget = wholeBudget()): string {
  return jsonOf(value, budget, DEPTH_LIMIT);
}

/** The same as a copy. */
export function bounded(value: unknown, budget: Budget = wholeBudget()): Json {
  return JSON.parse(boundedJson(value, budget)) as Json;
}

/** JSON of an event. Whatever else is left out, an event has a type. */
export function boundedEventJson(event: { readonly type: string }): string {
  const type = quoted(boundedText(event.type) || '(no type)');
  const json = boundedJson(event);
  if (json.startsWith(`{"type":${type}`)) return json;
  const facts = JSON.parse(json) as Json;
  const isObject = typeof facts === 'object' && facts !== null && !Array.isArray(facts);
  return JSON.stringify({ ...(isObject ? facts : {}), type: JSON.parse(type) });
}

/** The same as a copy. */
export function boundedEvent(event: { readonly type: string }): RecordedEvent {
  return JSON.parse(boundedEventJson(event)) as RecordedEvent;
}

const PLAIN = /^[ !#-[\]-~]*$/;

/** JSON of a text. */
export function quoted(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text);
}

export function boundedText(text: string): string {
  if (text.length <= TEXT_LIMIT_CHARACTERS) return text;
  return `${text.slice(0, TEXT_LIMIT_CHARACTERS - 1)}${LEFT_OUT}`;
}

function jsonOf(value: unknown, budget: Budget, depth: number): string {
  switch (typeof value) {
    case 'string':
      return quoted(boundedText(value));
    case 'number':
      return Number.isFinite(value) ? String(value) : `"${value}"`;
    case 'boolean':
      return value ? 'true' : 'false';
    case 'bigint':
      return value < BIGINT_LIMIT && value > -BIGINT_LIMIT ? `"${value}"` : '"<a very large number>"';
    case 'object':
      return value === null ? 'null' : jsonOfObject(value, budget, depth);
    default:
      return 'null';
  }
}

function jsonOfObject(value: object, budget: Budget, depth: number): string {
  try {
    // An actor holds its whole system.
    if ('getSnapshot' in value)
      return quoted(`<actor ${boundedText(String((value as { id?: unknown }).id))}>`);
    const isPlain = Object.getPrototypeOf(value) === Object.prototype;
    const told = isPlain || Array.isArray(value) ? null : inWords(value);
    if (told !== null) return quoted(told);
    if (depth === 0) return quoted(LEFT_OUT);
    if (isPlain) return jsonOfProperties(value, budget, depth);
    if (Array.isArray(value)) return jsonOfList(value, value.length, budget, depth);
    if (value instanceof Set) return jsonOfList(value, value.size, budget, depth);
    if (value instanceof Map) return jsonOfMap(value, budget, depth);
    return jsonOfProperties(value, budget, depth);
  } catch (error) {
    return quoted(unreadable(error));
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

function jsonOfList(values: Iterable<unknown>, length: number, budget: Budget, depth: number): string {
  let json = '';
  let count = 0;
  for (const value of values) {
    const comma = count === 0 ? '' : ',';
    if (count === LIST_LIMIT_ENTRIES || budget.entries <= 0) {
      json += `${comma}"${LEFT_OUT} ${length - count} more"`;
      break;
    }
    budget.entries -= 1;
    count += 1;
    json += comma + jsonOf(value, budget, depth - 1);
  }
  return `[${json}]`;
}

function jsonOfProperties(value: object, budget: Budget, depth: number): string {
  const object = new BoundedObject(budget, depth);
  for (const key of Object.keys(value)) {
    // One at a time: a getter that throws costs its own entry only.
    if (!object.hasRoom()) break;
    let property: unknown;
    try {
      property = (value as Readonly<Record<string, unknown>>)[key];
    } catch (error) {
      property = unreadable(error);
    }
    object.put(key, property);
  }
  return object.json;
}

function jsonOfMap(value: ReadonlyMap<unknown, unknown>, budget: Budget, depth: number): string {
  const object = new BoundedObject(budget, depth);
  const names = new Set<string>();
  for (const [key, entry] of value) {
    if (!object.hasRoom()) break;
    const name = nameOf(key);
    // 1 and "1" are two keys of a map, and one of an object.
    if (names.has(name)) continue;
    names.add(name);
    object.put(name, entry);
  }
  return object.json;
}

/** The same few names come again and again. */
const KEYS_REMEMBERED = 2_048;
const keys = new Map<string, string>();

function jsonOfKey(key: string): string {
  const known = keys.get(key);
  if (known !== undefined) return known;
  const json = `${quoted(boundedText(key))}:`;
  if (keys.size < KEYS_REMEMBERED && key.length <= TEXT_LIMIT_CHARACTERS) keys.set(key, json);
  return json;
}

class BoundedObject {
  #json = '';
  readonly #budget: Budget;
  readonly #depth: number;
  #count = 0;

  constructor(budget: Budget, depth: number) {
    this.#budget = budget;
    this.#depth = depth;
  }

  get json(): string {
    return `{${this.#json}}`;
  }

  /** If there is none, that is put down. */
  hasRoom(): boolean {
    if (this.#count < KEYS_LIMIT && this.#budget.entries > 0) return true;
    this.#json += `${this.#count === 0 ? '' : ','}"${LEFT_OUT}":"more"`;
    return false;
  }

  put(key: string, value: unknown): void {
    this.#budget.entries -= 1;
    if (value === undefined || typeof value === 'function') return;
    const comma = this.#count === 0 ? '' : ',';
    this.#count += 1;
    this.#json += comma + jsonOfKey(key) + jsonOf(value, this.#budget, this.#depth - 1);
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
