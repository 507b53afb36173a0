import { isUtf8 } from 'node:buffer';
import { invalidData, invalidParameters } from './errors.js';

const TWO_32 = 4294967296;
/** Below it in its upper half, a 64-bit integer is exact as a number. */
const EXACT_HIGH = 2 ** 21;
const MAX_EXACT = BigInt(Number.MAX_SAFE_INTEGER);
const REPLACEMENT = '\ufffd';
/** Of all lists and maps of one message: an element of one byte becomes an object of a hundred. */
const MAX_ELEMENTS = 1_000_000;

/**
 * Growable big-endian writer. Numbers out of range are refused (WireError), never truncated.
 *
 * @example
 * const w = new BinaryWriter();
 * w.i32(7); w.string('t');
 * const bytes = w.finish();
 */
export class BinaryWriter {
  #buffer: Buffer;
  #length = 0;

  constructor(capacityBytes = 256) {
    this.#buffer = Buffer.allocUnsafe(capacityBytes);
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  /** The bytes written so far, as a view: write no more after taking it. */
  finish(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  /** Forgets what was written from `length` on: undoes a message that failed half way. */
  truncate(length: number): void {
    if (length < this.#length) this.#length = length;
  }

  /** Makes room for `n` bytes and returns their offset. */
  #claim(n: number): number {
    const at = this.#length;
    const end = at + n;
    if (end > this.#buffer.length) {
      const grown = Buffer.allocUnsafe(Math.max(end, this.#buffer.length * 2));
      this.#buffer.copy(grown, 0, 0, at);
      this.#buffer = grown;
    }
    this.#length = end;
    return at;
  }

  u8(value: number): void {
    const at = this.#claim(1);
    this.#buffer[at] = value;
  }

  i8(value: number): void {
    if (!(value >= -128 && value <= 127) || (value | 0) !== value) throw outOfRange('i8', value);
    this.u8(value & 0xff);
  }

  i16(value: number): void {
    if (!(value >= -32768 && value <= 32767) || (value | 0) !== value) throw outOfRange('i16', value);
    this.u16(value & 0xffff);
  }

  u16(value: number): void {
    if (!(value >= 0 && value <= 0xffff) || (value | 0) !== value) throw outOfRange('u16', value);
    const at = this.#claim(2);
    const b = this.#buffer;
    b[at] = value >>> 8;
    b[at + 1] = value;
  }

  i32(value: number): void {
    if ((value | 0) !== value) throw outOfRange('i32', value);
    this.#word(value);
  }

  u32(value: number): void {
    if (value >>> 0 !== value) throw outOfRange('u32', value);
    this.#word(value);
  }

  #word(value: number): void {
    const at = this.#claim(4);
    const b = this.#buffer;
    b[at] = value >>> 24;
    b[at + 1] = value >>> 16;
    b[at + 2] = value >>> 8;
    b[at + 3] = value;
  }

  i64(value: number): void {
    if (!Number.isSafeInteger(value)) throw outOfRange('i64', value);
    this.#word(Math.floor(value / TWO_32));
    this.#word(value);
  }

  /** Times and counts, as nearly all are, by way of numbers: Node takes a bigint apart with a dozen of others. */
  #isWrittenExactly(value: bigint): boolean {
    if (typeof value !== 'bigint' || value < 0n || value > MAX_EXACT) return false;
    const number = Number(value);
    this.#word(Math.floor(number / TWO_32));
    this.#word(number);
    return true;
  }

  i64big(value: bigint): void {
    if (this.#isWrittenExactly(value)) return;
    if (typeof value !== 'bigint' || BigInt.asIntN(64, value) !== value) throw outOfRange('i64', value);
    const at = this.#claim(8);
    this.#buffer.writeBigInt64BE(value, at);
  }

  u64(value: bigint): void {
    if (this.#isWrittenExactly(value)) return;
    if (typeof value !== 'bigint' || BigInt.asUintN(64, value) !== value) throw outOfRange('u64', value);
    const at = this.#claim(8);
    this.#buffer.writeBigUInt64BE(value, at);
  }

  double(value: number): void {
    if (typeof value !== 'number') throw outOfRange('double', value);
    const at = this.#claim(8);
    this.#buffer.writeDoubleBE(value, at);
  }

  bytes(value: Uint8Array): void {
    const n = value.length;
    const at = this.#claim(n);
    const b = this.#buffer;
    // Below a few dozen bytes a loop beats the call into the runtime.
    if (n <= 32) for (let i = 0; i < n; i++) b[at + i] = value[i] as number;
    else b.set(value, at);
  }

  /** i32 length, then UTF-8. */
  string(value: string): void {
    if (typeof value !== 'string') throw invalidParameters(`a string is needed, not ${typeof value}`);
    const n = value.length;
    if (n <= 64) {
      const at = this.#claim(4 + n);
      const b = this.#buffer;
      let i = 0;
      for (; i < n; i++) {
        const c = value.charCodeAt(i);
        if (c > 127) break;
        b[at + 4 + i] = c;
      }
      if (i === n) {
        b[at] = 0;
        b[at + 1] = 0;
        b[at + 2] = 0;
        b[at + 3] = n;
        return;
      }
      this.#length = at;
    }
    const bytes = Buffer.byteLength(value);
    this.#word(bytes);
    const at = this.#claim(bytes);
    this.#buffer.write(value, at, bytes, 'utf8');
  }

  /** `n` zero bytes. */
  zeros(n: number): void {
    const at = this.#claim(n);
    this.#buffer.fill(0, at, at + n);
  }

  /** `n` zero bytes of which `write` fills some, at its own offsets from `at`. */
  block(n: number, write: (buffer: Buffer, at: number) => void): void {
    const at = this.#claim(n);
    this.#buffer.fill(0, at, at + n);
    write(this.#buffer, at);
  }

  /** Overwrites a big-endian word written earlier. */
  patchU32(at: number, value: number): void {
    this.#buffer.writeUInt32BE(value, at);
  }

  /** Overwrites a little-endian word written earlier. */
  patchU32LE(at: number, value: number): void {
    this.#buffer.writeUInt32LE(value, at);
  }
}

function outOfRange(kind: string, value: unknown): Error {
  return invalidParameters(`${String(value)} is not a valid ${kind}`);
}

/**
 * Bounds-checked big-endian reader: reading past the end is WireError ERR_INVALID_DATA.
 *
 * @example
 * const r = new BinaryReader(frame);
 * const name = r.string();
 */
export class BinaryReader {
  readonly #buffer: Buffer;
  readonly #end: number;
  #at: number;
  #elementsLeft = MAX_ELEMENTS;

  constructor(buffer: Buffer, start = 0, end = buffer.length) {
    this.#buffer = buffer;
    this.#at = start;
    this.#end = end;
  }

  get remaining(): number {
    return this.#end - this.#at;
  }

  get position(): number {
    return this.#at;
  }

  #take(n: number): number {
    const at = this.#at;
    if (n < 0 || n > this.#end - at) throw invalidData(`${n} bytes needed, ${this.#end - at} left`);
    this.#at = at + n;
    return at;
  }

  u8(): number {
    return this.#buffer[this.#take(1)] as number;
  }

  i8(): number {
    return (this.u8() << 24) >> 24;
  }

  u16(): number {
    const at = this.#take(2);
    const b = this.#buffer;
    return ((b[at] as number) << 8) | (b[at + 1] as number);
  }

  i16(): number {
    return (this.u16() << 16) >> 16;
  }

  i32(): number {
    const at = this.#take(4);
    const b = this.#buffer;
    return (
      ((b[at] as number) << 24) |
      ((b[at + 1] as number) << 16) |
      ((b[at + 2] as number) << 8) |
      (b[at + 3] as number)
    );
  }

  u32(): number {
    return this.i32() >>> 0;
  }

  /** A 64-bit integer that must be exact as a number. */
  i64(): number {
    const high = this.i32();
    const value = high * TWO_32 + this.u32();
    if (!Number.isSafeInteger(value)) throw invalidData('a 64-bit value beyond 2^53');
    return value;
  }

  i64big(): bigint {
    const high = this.u32();
    if (high < EXACT_HIGH) return BigInt(high * TWO_32 + this.u32());
    return this.#buffer.readBigInt64BE(this.#take(4) - 4);
  }

  u64(): bigint {
    const high = this.u32();
    if (high < EXACT_HIGH) return BigInt(high * TWO_32 + this.u32());
    return this.#buffer.readBigUInt64BE(this.#take(4) - 4);
  }

  double(): number {
    return this.#buffer.readDoubleBE(this.#take(8));
  }

  /** A view, not a copy. */
  bytes(n: number): Buffer {
    const at = this.#take(n);
    return this.#buffer.subarray(at, at + n);
  }

  skip(n: number): void {
    this.#take(n);
  }

  /** An element count; one that cannot fit in the bytes that are left, or in memory, is refused. */
  count(minElementBytes: number): number {
    const n = this.i32();
    if (n < 0 || n * minElementBytes > this.remaining) {
      throw invalidData(`${n} elements announced in ${this.remaining} bytes`);
    }
    this.#elementsLeft -= n;
    if (this.#elementsLeft < 0) throw invalidData(`more than ${MAX_ELEMENTS} elements in one message`);
    return n;
  }

  /** i32 length, then UTF-8. Bytes that are not UTF-8 are refused: a name must not change in passing. */
  string(): string {
    const n = this.i32();
    const at = this.#take(n);
    const text = this.#buffer.toString('utf8', at, at + n);
    if (text.includes(REPLACEMENT) && !isUtf8(this.#buffer.subarray(at, at + n))) {
      throw invalidData('a string is not UTF-8');
    }
    return text;
  }
}
