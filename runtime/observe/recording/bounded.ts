/**
 * Whatever a chart or a message holds, as bounded plain JSON: a recording must not grow with the data, nor
 * break on what JSON does not know.
 */
import type { Json } from './lines.js';

export const TEXT_LIMIT_CHARACTERS = 256;
export const DEPTH_LIMIT = 8;
/** A table has at most as many partitions as this in one line; the entries left out are counted. */
export const LIST_LIMIT_ENTRIES = 1_024;
export const KEYS_LIMIT = 128;

/**
 * @example
 * bounded({ at: new Date(0), bytes: Buffer.alloc(9), wide: 2n ** 60n }); // strings, all three
 */
export function bounded(value: unknown, depth = DEPTH_LIMIT): Json {
  switch (typeof value) {
    case 'string':
      return boundedText(value);
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'boolean':
      return value;
    case 'bigint':
      return String(value);
    case 'object':
      return value === null ? null : boundedObject(value, depth);
    default:
      return null;
  }
}

export function boundedText(text: string): string {
  if (text.length <= TEXT_LIMIT_CHARACTERS) return text;
  return `${text.slice(0, TEXT_LIMIT_CHARACTERS - 1)}…`;
}

function boundedObject(value: object, depth: number): Json {
  if (value instanceof Uint8Array) return `<${value.length} bytes>`;
  if (value instanceof Error) return boundedText(`${value.name}: ${value.message}`);
  if (value instanceof Date) return value.toISOString();
  // An actor holds its whole system.
  if ('getSnapshot' in value) return `<actor ${boundedText(String((value as { id?: unknown }).id))}>`;
  if (depth === 0) return '…';
  if (Array.isArray(value)) return boundedList(value, value.length, depth);
  if (value instanceof Set) return boundedList(value, value.size, depth);
  return boundedEntries(value instanceof Map ? value : Object.entries(value), depth);
}

function boundedList(values: Iterable<unknown>, length: number, depth: number): Json {
  const list: Json[] = [];
  for (const value of values) {
    if (list.length === LIST_LIMIT_ENTRIES) {
      list.push(`… ${length - LIST_LIMIT_ENTRIES} more`);
      break;
    }
    list.push(bounded(value, depth - 1));
  }
  return list;
}

function boundedEntries(entries: Iterable<readonly [unknown, unknown]>, depth: number): Json {
  const object: Record<string, Json> = {};
  let count = 0;
  for (const [key, value] of entries) {
    if (value === undefined || typeof value === 'function') continue;
    if (count === KEYS_LIMIT) {
      object['…'] = 'more';
      break;
    }
    count += 1;
    object[boundedText(String(key))] = bounded(value, depth - 1);
  }
  return object;
}
