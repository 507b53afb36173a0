/** Fixed values of a chart as people write them in code; what is computed at run time is `…`. */

export const COMPUTED = '…';

const PLAIN_KEY = /^[A-Za-z_$][\w$]*$/;

/**
 * @example valueText({ to: 'DS_APP', tries: 3 }) // "{ to: 'DS_APP', tries: 3 }"
 * @example valueText({ at: () => Date.now() }) // '{ at: … }'
 */
export function valueText(value: unknown): string {
  return textOf(value, []);
}

function textOf(value: unknown, above: readonly object[]): string {
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function' || typeof value === 'symbol') return COMPUTED;
  if (typeof value !== 'object' || value === null) return String(value);
  if (above.includes(value)) return COMPUTED;
  const within = [...above, value];
  if (Array.isArray(value)) return `[${value.map((item) => textOf(item, within)).join(', ')}]`;
  if (value instanceof Date) return `Date(${value.toISOString()})`;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) return COMPUTED;
  const fields = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .map(([key, item]) => `${PLAIN_KEY.test(key) ? key : quoted(key)}: ${textOf(item, within)}`);
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`;
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n')}'`;
}

/** Text of what may be absent: null where nothing is given or the object has no field. */
export function valueTextOrNull(value: unknown): string | null {
  if (value === undefined) return null;
  const text = valueText(value);
  return text === '{}' ? null : text;
}

const LIMIT_SOURCE = 120;

/**
 * A function's name, or its source if it has none of its own: two nameless ones are told apart. Spaces and
 * quotes do not matter, since compilers choose them as they like.
 */
export function functionText(given: { readonly name: string }, placeholders: readonly string[]): string {
  if (given.name !== '' && !placeholders.includes(given.name)) return given.name;
  const source = String(given)
    .replace(/\s+/g, ' ')
    .replace(/ ?([^\w$]) ?/g, '$1')
    .replaceAll('"', "'")
    .replace(/(=>|[=!]==?|&&|\|\||\?\?|[<>]=)/g, ' $1 ')
    .replace(/[,;]/g, '$& ');
  return source.length > LIMIT_SOURCE ? `${source.slice(0, LIMIT_SOURCE - 1)}${COMPUTED}` : source;
}
