import type { BinaryReader } from './buffer.js';
import { invalidData } from './errors.js';

/** Thrift type bytes. */
export const TType = {
  STOP: 0,
  BOOL: 2,
  BYTE: 3,
  DOUBLE: 4,
  I16: 6,
  I32: 8,
  I64: 10,
  STRING: 11,
  STRUCT: 12,
  MAP: 13,
  SET: 14,
  LIST: 15,
} as const;

/** Deepest nesting of unknown lists and maps we walk through. */
const MAX_SKIP_DEPTH = 16;

const FIXED_BYTES: { readonly [ttype: number]: number } = {
  [TType.BOOL]: 1,
  [TType.BYTE]: 1,
  [TType.DOUBLE]: 8,
  [TType.I16]: 2,
  [TType.I32]: 4,
  [TType.I64]: 8,
};

/**
 * Skips a value of an unknown field.
 *
 * STRUCT is refused: six of Pegasus' own types are announced as structs but carry no field headers and
 * no stop byte, so walking one as a struct would lose the position in the stream.
 */
export function skip(r: BinaryReader, ttype: number, depth = 0): void {
  if (depth > MAX_SKIP_DEPTH) throw invalidData(`unknown field nested deeper than ${MAX_SKIP_DEPTH}`);
  const fixed = FIXED_BYTES[ttype];
  if (fixed !== undefined) {
    r.skip(fixed);
  } else if (ttype === TType.STRING) {
    r.skip(r.i32());
  } else if (ttype === TType.LIST || ttype === TType.SET) {
    const element = r.u8();
    skipMany(r, r.count(1), element, undefined, depth);
  } else if (ttype === TType.MAP) {
    const key = r.u8();
    const value = r.u8();
    skipMany(r, r.count(2), key, value, depth);
  } else {
    throw invalidData(`an unknown field of type ${ttype} cannot be skipped safely`);
  }
}

function skipMany(r: BinaryReader, n: number, first: number, second: number | undefined, depth: number) {
  for (let i = 0; i < n; i++) {
    skip(r, first, depth + 1);
    if (second !== undefined) skip(r, second, depth + 1);
  }
}
