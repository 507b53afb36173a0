import { BridleError } from './errors.js';

/** How much of a bad line an error shows, in characters. */
const EXCERPT_CHARS = 80;

/** `line 7: the closing quote is missing: "ada,1815,…"` as BRIDLE_BAD_INPUT. */
export function badInput(line: number, what: string, text: Uint8Array | string): BridleError {
  const shown = typeof text === 'string' ? text : Buffer.from(text).toString('utf8');
  const excerpt = [...shown.slice(0, 4 * EXCERPT_CHARS)].slice(0, EXCERPT_CHARS).join('');
  const onOneLine = excerpt.replaceAll('\r', '\\r').replaceAll('\n', '\\n').replaceAll('\t', ' ');
  const end = excerpt.length < shown.length ? ' …' : '';
  return BridleError.of('BRIDLE_BAD_INPUT', {
    operation: 'read rows',
    hint: `line ${line}: ${what}${onOneLine === '' ? '' : `: ${onOneLine}`}${end}`,
  });
}

/** BRIDLE_VALUE_TOO_LARGE with the line. */
export function tooLarge(line: number, what: string): BridleError {
  return BridleError.of('BRIDLE_VALUE_TOO_LARGE', {
    operation: 'read rows',
    hint: `line ${line}: ${what}`,
  });
}

const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * Chunks as bytes, without the byte order mark some editors put first. A string may end between the two
 * halves of a character; its first half waits for the next chunk.
 */
export async function* byteChunks(stream: AsyncIterable<string | Uint8Array>): AsyncGenerator<Buffer> {
  let start: Buffer | undefined = Buffer.alloc(0);
  let half = '';
  for await (const chunk of stream) {
    let bytes: Buffer;
    if (typeof chunk === 'string') {
      let text = half + chunk;
      const last = text.charCodeAt(text.length - 1);
      half = last >= 0xd800 && last <= 0xdbff ? text.slice(-1) : '';
      text = half === '' ? text : text.slice(0, -1);
      bytes = Buffer.from(text);
    } else {
      bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    }
    if (start !== undefined) {
      start = Buffer.concat([start, bytes]);
      if (start.length < BOM.length) continue;
      bytes = start.subarray(0, BOM.length).equals(BOM) ? start.subarray(BOM.length) : start;
      start = undefined;
    }
    if (bytes.length > 0) yield bytes;
  }
  const rest = Buffer.concat([start ?? Buffer.alloc(0), Buffer.from(half)]);
  if (rest.length > 0 && !rest.equals(BOM)) yield rest;
}
