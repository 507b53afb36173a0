import { invalidData, type WireError } from './errors.js';
import { RDSN_HEADER_BYTES, RDSN_MAGIC } from './rdsn.js';
import { THFT_MAGIC, THFT_V0_HEADER_BYTES } from './thft.js';

/** What a connection speaks. A THFT response has no magic, so a client says which one it expects. */
export type FrameKind = 'rdsn' | 'thft' | 'http' | 'thft-response';

const GET_MAGIC = 0x47455420;
const MAGIC_BYTES = 4;
const HTTP_BLOCK_END = '\r\n\r\n';
/** Least bytes of a THFT response: length, empty error name, message begin with an empty name. */
const MIN_THFT_RESPONSE_BYTES = 20;

export const DEFAULT_MAX_REQUEST_FRAME_BYTES = 16 * 1024 * 1024;
export const DEFAULT_MAX_RESPONSE_FRAME_BYTES = 64 * 1024 * 1024;
export const MAX_HTTP_HEADER_BYTES = 16 * 1024;

export interface FrameReaderOptions {
  /** What to expect; left out, the first four bytes decide, as on a server's port. */
  readonly kind?: FrameKind;
  /** Longest frame, header included. */
  readonly maxFrameBytes: number;
}

const NOTHING = Buffer.alloc(0);

/**
 * Cuts a byte stream into whole frames.
 *
 * Frames that arrive inside one chunk are views of it. A frame spread over chunks is gathered in a buffer
 * that doubles, so the total work stays linear however small the chunks are. After an error the
 * stream has no known position any more: close the connection.
 *
 * @example
 * reader.push(chunk);
 * for (let f = reader.next(); f !== undefined; f = reader.next()) handle(reader.kind, f);
 */
export class FrameReader {
  readonly #maxFrameBytes: number;
  #kind: FrameKind | undefined;
  #buffer: Buffer = NOTHING;
  #start = 0;
  #end = 0;
  /** Bytes that must be there before it is worth looking again. */
  #wanted = 1;
  /** How far the end of an HTTP block has been looked for. */
  #searched = 0;

  constructor(options: FrameReaderOptions) {
    this.#maxFrameBytes = options.maxFrameBytes;
    this.#kind = options.kind;
  }

  /** Known once four bytes have come. */
  get kind(): FrameKind | undefined {
    return this.#kind;
  }

  /** Bytes held that are not a whole frame yet, or whole frames nobody has fetched. */
  get heldBytes(): number {
    return this.#end - this.#start;
  }

  push(chunk: Buffer): void {
    const held = this.#end - this.#start;
    if (held === 0) {
      this.#buffer = chunk;
      this.#start = 0;
      this.#end = chunk.length;
      return;
    }
    const needed = held + chunk.length;
    // A buffer we made ourselves has room behind #end; frames already handed out lie before #start.
    if (this.#end + chunk.length > this.#buffer.length) {
      const capacity = Math.max(needed, Math.min(held * 2, Math.max(this.#wanted, MAX_HTTP_HEADER_BYTES)));
      const grown = Buffer.allocUnsafeSlow(capacity);
      this.#buffer.copy(grown, 0, this.#start, this.#end);
      this.#buffer = grown;
      this.#start = 0;
      this.#end = held;
    }
    this.#buffer.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  /** The next whole frame, as a view, or undefined. Throws WireError ERR_INVALID_DATA. */
  next(): Buffer | undefined {
    const held = this.#end - this.#start;
    if (held < this.#wanted) return undefined;
    const length = this.#measure(held);
    if (length > this.#maxFrameBytes) throw tooLong(length, this.#maxFrameBytes);
    if (length > held || length === 0) {
      this.#wanted = length === 0 ? held + 1 : length;
      return undefined;
    }
    // A chunk is one frame most of the time, and a view of a buffer costs as much as reading a small one.
    const isAll = this.#start === 0 && length === this.#buffer.length;
    const frame = isAll ? this.#buffer : this.#buffer.subarray(this.#start, this.#start + length);
    this.#start += length;
    this.#wanted = 1;
    this.#searched = 0;
    if (this.#start === this.#end) {
      this.#buffer = NOTHING;
      this.#start = 0;
      this.#end = 0;
    }
    return frame;
  }

  /** Length of the frame at #start as far as known: more than `held` or 0 means "not all here". */
  #measure(held: number): number {
    if (held < MAGIC_BYTES) return MAGIC_BYTES;
    const b = this.#buffer;
    const s = this.#start;
    if (this.#kind === undefined) this.#kind = kindOf(b.readUInt32BE(s));
    switch (this.#kind) {
      case 'rdsn':
        return measureRdsn(b, s, held);
      case 'thft':
        return measureThft(b, s, held);
      case 'thft-response':
        return measureThftResponse(b, s);
      case 'http':
        return this.#measureHttp(held);
    }
  }

  #measureHttp(held: number): number {
    const from = this.#start + Math.max(0, this.#searched - HTTP_BLOCK_END.length + 1);
    const at = this.#buffer.subarray(0, this.#end).indexOf(HTTP_BLOCK_END, from, 'latin1');
    this.#searched = held;
    const length = at < 0 ? 0 : at - this.#start + HTTP_BLOCK_END.length;
    if (length > MAX_HTTP_HEADER_BYTES || (at < 0 && held >= MAX_HTTP_HEADER_BYTES)) {
      throw tooLong(held, MAX_HTTP_HEADER_BYTES);
    }
    return length;
  }
}

function tooLong(length: number, limit: number): WireError {
  return invalidData(`a frame of ${length} bytes, limit ${limit}`);
}

function kindOf(magic: number): FrameKind {
  if (magic === RDSN_MAGIC) return 'rdsn';
  if (magic === THFT_MAGIC) return 'thft';
  if (magic === GET_MAGIC) return 'http';
  throw invalidData(`no protocol starts with 0x${magic.toString(16)}`);
}

function measureRdsn(b: Buffer, s: number, held: number): number {
  if (b.readUInt32BE(s) !== RDSN_MAGIC) throw invalidData('an RDSN frame without its magic');
  if (held < 20) return 20;
  if (b.readUInt32LE(s + 4) !== 0) throw invalidData(`RDSN version ${b.readUInt32LE(s + 4)}`);
  if (b.readUInt32LE(s + 8) !== RDSN_HEADER_BYTES) throw invalidData('the RDSN header must have 192 bytes');
  return RDSN_HEADER_BYTES + b.readUInt32LE(s + 16);
}

function measureThft(b: Buffer, s: number, held: number): number {
  if (b.readUInt32BE(s) !== THFT_MAGIC) throw invalidData('a THFT frame without its magic');
  if (held < 20) return 20;
  const version = b.readUInt32BE(s + 4);
  if (version === 1) return 16 + b.readUInt32BE(s + 8) + b.readUInt32BE(s + 12);
  if (version !== 0) throw invalidData(`THFT version ${version}`);
  if (b.readUInt32BE(s + 8) !== THFT_V0_HEADER_BYTES) throw invalidData('the THFT header must have 48 bytes');
  return THFT_V0_HEADER_BYTES + b.readUInt32BE(s + 16);
}

function measureThftResponse(b: Buffer, s: number): number {
  const length = b.readUInt32BE(s);
  if (length < MIN_THFT_RESPONSE_BYTES) throw invalidData(`a THFT response of ${length} bytes`);
  return length;
}
