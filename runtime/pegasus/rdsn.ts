import { packRpcAddress, unpackRpcAddress } from './address.js';
import type { BinaryWriter } from './buffer.js';
import { invalidData, invalidParameters } from './errors.js';
import type { Address, Gpid } from './schema.js';

/** The four bytes an RDSN message starts with. */
export const RDSN_MAGIC = 0x5244534e;
export const RDSN_HEADER_BYTES = 192;
const NAME_BYTES = 48;
const TWO_32 = 2 ** 32;
const MAX_EXACT = BigInt(Number.MAX_SAFE_INTEGER);

// Of the context word. They are all in its lower half, where numbers do: each operation on a bigint makes another.
const IS_REQUEST = 1 << 0;
const IS_FORWARDED = 1 << 1;
const FORMAT_SHIFT = 6;
const FORMAT_MASK = 0xf;
const IS_FORWARD_SUPPORTED = 1 << 10;
const IS_BACKUP = 1 << 11;
const NOT_REQUEST = ~BigInt(IS_REQUEST);

/** The only serialization this folder speaks. */
export const FORMAT_THRIFT_BINARY = 1;

/** The bits of the context word that matter here. */
export interface RdsnContext {
  readonly isRequest: boolean;
  readonly isForwarded: boolean;
  /** 1 is thrift binary, 3 thrift JSON. */
  readonly format: number;
  /** We never set it: a reply to a forwarded request would come from a server we did not ask. */
  readonly isForwardSupported: boolean;
  readonly isBackup: boolean;
}

export function packContext(c: RdsnContext): bigint {
  return BigInt(
    (c.isRequest ? IS_REQUEST : 0) |
      (c.isForwarded ? IS_FORWARDED : 0) |
      (c.format << FORMAT_SHIFT) |
      (c.isForwardSupported ? IS_FORWARD_SUPPORTED : 0) |
      (c.isBackup ? IS_BACKUP : 0),
  );
}

export function unpackContext(context: bigint): RdsnContext {
  const low = Number(BigInt.asUintN(32, context));
  return {
    isRequest: (low & IS_REQUEST) !== 0,
    isForwarded: (low & IS_FORWARDED) !== 0,
    format: (low >>> FORMAT_SHIFT) & FORMAT_MASK,
    isForwardSupported: (low & IS_FORWARD_SUPPORTED) !== 0,
    isBackup: (low & IS_BACKUP) !== 0,
  };
}

/** A code as a process-local number; valid only together with its hash, so the name counts. */
export interface LocalCode {
  readonly code: number;
  readonly hash: number;
}

const NO_LOCAL_CODE: LocalCode = { code: 0, hash: 0 };

/** The whole header. Checksums are neither made nor verified: 0 says "none". */
export interface RdsnHeader {
  readonly headerCrc32: number;
  readonly bodyLength: number;
  readonly bodyCrc32: number;
  readonly id: bigint;
  readonly traceId: bigint;
  /** RPC code; ends in _ACK in a response. */
  readonly code: string;
  readonly localCode: LocalCode;
  readonly gpid: Gpid;
  readonly context: bigint;
  /** The caller's listening address; null when it has none. */
  readonly from: Address | null;
  readonly timeoutMs: number;
  readonly threadHash: number;
  readonly partitionHash: bigint;
  /** rpc-level error; empty in a request. */
  readonly error: string;
  readonly localError: LocalCode;
}

/** What a request chooses; the rest of its header is fixed. */
export interface RdsnRequestHead {
  readonly id: bigint;
  readonly code: string;
  readonly gpid: Gpid;
  readonly from: Address | null;
  readonly timeoutMs: number;
  readonly threadHash: number;
  readonly partitionHash: bigint;
}

const REQUEST_CONTEXT = packContext({
  isRequest: true,
  isForwarded: false,
  format: FORMAT_THRIFT_BINARY,
  isForwardSupported: false,
  isBackup: false,
});

function writeName(h: Buffer, at: number, name: string): void {
  // One byte is left for the terminator.
  if (name.length >= NAME_BYTES) throw invalidParameters(`"${name}" is longer than ${NAME_BYTES - 1} bytes`);
  // Shorter than a call into the runtime.
  for (let i = 0; i < name.length; i++) h[at + i] = name.charCodeAt(i);
}

function writeU64(h: Buffer, at: number, value: bigint): void {
  // Most are; the place is zero already.
  if (value === 0n) return;
  if (value > MAX_EXACT || value < 0n) {
    h.writeBigUInt64LE(value, at);
    return;
  }
  // Node takes a bigint apart with bigints, a dozen of them.
  const number = Number(value);
  h.writeUInt32LE(number >>> 0, at);
  h.writeUInt32LE(Math.floor(number / TWO_32), at + 4);
}

function readU64(frame: Buffer, at: number): bigint {
  const low = frame.readUInt32LE(at);
  const high = frame.readUInt32LE(at + 4);
  if (high === 0) return low === 0 ? 0n : BigInt(low);
  return frame.readBigUInt64LE(at);
}

function readName(frame: Buffer, at: number): string {
  let end = at;
  while (end < at + NAME_BYTES && frame[end] !== 0) end++;
  return frame.toString('latin1', at, end);
}

/** The 192 header bytes. */
export function encodeRdsnHeader(header: RdsnHeader): Buffer {
  const h = Buffer.alloc(RDSN_HEADER_BYTES);
  writeHeader(h, 0, header);
  return h;
}

/** Writes the header into zeroed bytes. */
function writeHeader(h: Buffer, at: number, header: RdsnHeader): void {
  h.writeUInt32BE(RDSN_MAGIC, at);
  h.writeUInt32LE(RDSN_HEADER_BYTES, at + 8);
  h.writeUInt32LE(header.headerCrc32, at + 12);
  h.writeUInt32LE(header.bodyLength, at + 16);
  h.writeUInt32LE(header.bodyCrc32, at + 20);
  writeU64(h, at + 24, header.id);
  writeU64(h, at + 32, header.traceId);
  writeName(h, at + 40, header.code);
  h.writeUInt32LE(header.localCode.code, at + 88);
  h.writeUInt32LE(header.localCode.hash, at + 92);
  h.writeInt32LE(header.gpid.appId, at + 96);
  h.writeInt32LE(header.gpid.partitionIndex, at + 100);
  writeU64(h, at + 104, header.context);
  const from = packRpcAddress(header.from);
  h.writeUInt32LE(from.low, at + 112);
  h.writeUInt32LE(from.high, at + 116);
  h.writeInt32LE(header.timeoutMs, at + 120);
  h.writeInt32LE(header.threadHash, at + 124);
  writeU64(h, at + 128, header.partitionHash);
  writeName(h, at + 136, header.error);
  h.writeUInt32LE(header.localError.code, at + 184);
  h.writeUInt32LE(header.localError.hash, at + 188);
}

/** What tells one message from another, without reading the rest of its header. */
export function peekRdsnHead(frame: Buffer): { code: string; isRequest: boolean; id: number } {
  if (frame.length < RDSN_HEADER_BYTES) throw invalidData(`an RDSN frame of ${frame.length} bytes`);
  const id = frame.readUInt32LE(28) * 2 ** 32 + frame.readUInt32LE(24);
  return { code: readName(frame, 40), isRequest: ((frame[104] as number) & 1) !== 0, id };
}

/** Reads the header of a frame of at least 192 bytes. */
export function decodeRdsnHeader(frame: Buffer): RdsnHeader {
  if (frame.length < RDSN_HEADER_BYTES) throw invalidData(`an RDSN frame of ${frame.length} bytes`);
  if (frame.readUInt32BE(0) !== RDSN_MAGIC) throw invalidData('not an RDSN frame');
  if (frame.readUInt32LE(4) !== 0) throw invalidData(`RDSN version ${frame.readUInt32LE(4)}`);
  if (frame.readUInt32LE(8) !== RDSN_HEADER_BYTES) throw invalidData('the RDSN header must have 192 bytes');
  return {
    headerCrc32: frame.readUInt32LE(12),
    bodyLength: frame.readUInt32LE(16),
    bodyCrc32: frame.readUInt32LE(20),
    id: readU64(frame, 24),
    traceId: readU64(frame, 32),
    code: readName(frame, 40),
    localCode: { code: frame.readUInt32LE(88), hash: frame.readUInt32LE(92) },
    gpid: { appId: frame.readInt32LE(96), partitionIndex: frame.readInt32LE(100) },
    context: readU64(frame, 104),
    from: unpackRpcAddress(frame.readUInt32LE(116), frame.readUInt32LE(112)),
    timeoutMs: frame.readInt32LE(120),
    threadHash: frame.readInt32LE(124),
    partitionHash: readU64(frame, 128),
    error: readName(frame, 136),
    localError: { code: frame.readUInt32LE(184), hash: frame.readUInt32LE(188) },
  };
}

/** Decodes one whole frame into its header and its wrapped argument or result. */
export function decodeRdsnMessage(frame: Buffer): { header: RdsnHeader; body: Buffer } {
  const header = decodeRdsnHeader(frame);
  if (header.bodyLength !== frame.length - RDSN_HEADER_BYTES) {
    throw invalidData('the RDSN body length does not fit the frame');
  }
  return { header, body: frame.subarray(RDSN_HEADER_BYTES) };
}

function encodeMessage(w: BinaryWriter, header: RdsnHeader, writeBody?: (w: BinaryWriter) => void): void {
  const start = w.length;
  w.block(RDSN_HEADER_BYTES, (h, at) => writeHeader(h, at, header));
  writeBody?.(w);
  w.patchU32LE(start + 16, w.length - start - RDSN_HEADER_BYTES);
}

/** Appends a whole request; `writeArgs` appends the wrapped argument (id 0). */
export function encodeRdsnRequest(
  w: BinaryWriter,
  head: RdsnRequestHead,
  writeArgs: (w: BinaryWriter) => void,
): void {
  const header: RdsnHeader = {
    headerCrc32: 0,
    bodyLength: 0,
    bodyCrc32: 0,
    id: head.id,
    traceId: head.id,
    code: head.code,
    localCode: NO_LOCAL_CODE,
    gpid: head.gpid,
    context: REQUEST_CONTEXT,
    from: head.from,
    timeoutMs: head.timeoutMs,
    threadHash: head.threadHash,
    partitionHash: head.partitionHash,
    error: '',
    localError: NO_LOCAL_CODE,
  };
  encodeMessage(w, header, writeArgs);
}

/** Appends the response to `request`: its header, turned around. No body when `error` is not ERR_OK. */
export function encodeRdsnResponse(
  w: BinaryWriter,
  request: RdsnHeader,
  error: string,
  writeResult?: (w: BinaryWriter) => void,
): void {
  const header: RdsnHeader = {
    headerCrc32: 0,
    bodyLength: 0,
    bodyCrc32: 0,
    id: request.id,
    traceId: request.traceId,
    // The name of an unknown code may leave no room for the suffix; the id is what counts.
    code: `${request.code}_ACK`.slice(0, NAME_BYTES - 1),
    localCode: NO_LOCAL_CODE,
    gpid: request.gpid,
    context: request.context & NOT_REQUEST,
    from: request.from,
    timeoutMs: request.timeoutMs,
    threadHash: request.threadHash,
    partitionHash: request.partitionHash,
    error: error.slice(0, NAME_BYTES - 1),
    localError: NO_LOCAL_CODE,
  };
  encodeMessage(w, header, writeResult);
}
