/**
 * One text for equal values, whatever the order of their keys: what states are told apart by.
 *
 * Known are JSON's values, `undefined` (a key that is undefined equals a key that is not there), NaN
 * and the infinities, bigint, Date, Map, Set, Error (name and message) and actor references (their id).
 * Anything else could hide state, so it is refused and named.
 */
import { NoCanonicalText } from './errors.js';

/** Texts of objects that were met before. Contexts share most of their parts from state to state. */
export type TextCache = WeakMap<object, string>;

/**
 * @param at name of the value in messages
 * @throws NoCanonicalText with the path of what cannot be told
 * @example canonicalText({ b: 1, a: [2n, undefined] }) // '{"a":[2n,undefined],"b":1}'
 */
export function canonicalText(value: unknown, at = 'value', cache?: TextCache): string {
  return textOf(value, at, cache, []);
}

/** Whether two values have the same canonical text. */
export function sameValue(a: unknown, b: unknown): boolean {
  return canonicalText(a) === canonicalText(b);
}

function textOf(value: unknown, at: string, cache: TextCache | undefined, above: object[]): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
    case 'number':
      return Object.is(value, -0) ? '0' : String(value);
    case 'boolean':
    case 'undefined':
      return String(value);
    case 'bigint':
      return `${value}n`;
    case 'object':
      break;
    default:
      throw new NoCanonicalText(at, `a ${typeof value} cannot be part of a state`);
  }
  if (value === null) return 'null';
  const known = cache?.get(value);
  if (known !== undefined) return known;
  if (above.includes(value)) throw new NoCanonicalText(at, 'the value contains itself');
  above.push(value);
  const text = objectText(value, at, cache, above);
  above.pop();
  cache?.set(value, text);
  return text;
}

function objectText(value: object, at: string, cache: TextCache | undefined, above: object[]): string {
  if (Array.isArray(value)) {
    return `[${value.map((item, index) => textOf(item, `${at}[${index}]`, cache, above)).join(',')}]`;
  }
  if (isActorRef(value)) return `Actor(${JSON.stringify(value.id)})`;
  if (value instanceof Date) return `Date(${value.getTime()})`;
  if (value instanceof Error) return `Error(${JSON.stringify([value.name, value.message])})`;
  if (value instanceof Map) {
    const entries = [...value].map(
      ([key, item]) => `${textOf(key, `${at} key`, cache, above)}=>${textOf(item, at, cache, above)}`,
    );
    return `Map(${entries.sort().join(',')})`;
  }
  if (value instanceof Set) {
    return `Set(${[...value]
      .map((item) => textOf(item, at, cache, above))
      .sort()
      .join(',')})`;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) {
    const name = (prototype as { constructor?: { name?: string } }).constructor?.name || 'a class';
    throw new NoCanonicalText(at, `an instance of ${name} cannot be part of a state`);
  }
  if (Object.getOwnPropertySymbols(value).length > 0) {
    throw new NoCanonicalText(at, 'a symbol as a key cannot be part of a state');
  }
  const fields: string[] = [];
  for (const key of Object.keys(value).sort()) {
    const item = (value as Record<string, unknown>)[key];
    if (item === undefined) continue;
    fields.push(`${JSON.stringify(key)}:${textOf(item, `${at}.${key}`, cache, above)}`);
  }
  return `{${fields.join(',')}}`;
}

function isActorRef(value: object): value is { readonly id: string } {
  const ref = value as { sessionId?: unknown; send?: unknown; getSnapshot?: unknown };
  return (
    typeof ref.send === 'function' && typeof ref.getSnapshot === 'function' && ref.sessionId !== undefined
  );
}
