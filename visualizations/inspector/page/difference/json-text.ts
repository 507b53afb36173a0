import type { Json } from '../../../../runtime/observe/recording/lines.js';

const MOST_CHARACTERS = 60;

/** A list or record that has something in it. */
export function isBranch(value: Json): value is Json & object {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0;
}

/** A value on one line. @example shortText({ a: 1, b: [2] }) // '{ a: 1, b: [2] }' */
export function shortText(value: Json, most = MOST_CHARACTERS): string {
  const text = written(value, most);
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

function written(value: Json, most: number): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return String(value);
  const parts: string[] = [];
  let length = 0;
  for (const [key, child] of Object.entries(value) as [string, Json][]) {
    if (length > most) break;
    const text = written(child, most);
    parts.push(Array.isArray(value) ? text : `${key}: ${text}`);
    length += text.length + key.length;
  }
  return Array.isArray(value) ? `[${parts.join(', ')}]` : `{ ${parts.join(', ')} }`;
}
