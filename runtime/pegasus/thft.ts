import { BinaryReader, type BinaryWriter } from './buffer.js';
import { invalidData } from './errors.js';
import { threadHashOf } from './key.js';
import type { Gpid } from './schema.js';
import { optional, struct } from './schema.js';
import { decodeValue, encodeValue } from './thrift.js';

/** The four bytes a THFT request starts with. */
export const THFT_MAGIC = 0x54484654;
export const THFT_V0_HEADER_BYTES = 48;
const V1_PREFIX_BYTES = 16;

const MESSAGE_VERSION = 0x80010000;
const CALL = 1;
const REPLY = 2;
const ONEWAY = 4;

/** The head of a version 1 request: everything optional. */
const requestMeta = struct('thrift_request_meta_v1', {
  appId: optional(1, 'i32'),
  partitionIndex: optional(2, 'i32'),
  clientTimeout: optional(3, 'i32'),
  clientPartitionHash: optional(4, 'u64'),
  isBackupRequest: optional(5, 'bool'),
});

/** A request without its argument. */
export interface ThftRequestHead {
  readonly version: 0 | 1;
  readonly code: string;
  readonly seqId: number;
  readonly gpid: Gpid;
  /** Milliseconds. */
  readonly timeoutMs: number;
  /** Not sent in version 1, where the receiver derives it. */
  readonly threadHash: number;
  readonly partitionHash: bigint;
  /** Version 1 only. */
  readonly isBackup: boolean;
}

export interface ThftRequest extends ThftRequestHead {
  /** The wrapped argument, a view of the frame. */
  readonly args: Buffer;
}

/** Appends a whole request frame; `writeArgs` appends the wrapped argument. */
export function encodeThftRequest(
  w: BinaryWriter,
  head: ThftRequestHead,
  writeArgs: (w: BinaryWriter) => void,
): void {
  const start = w.length;
  w.u32(THFT_MAGIC);
  w.u32(head.version);
  let lengthAt: number;
  if (head.version === 0) {
    w.u32(THFT_V0_HEADER_BYTES);
    w.u32(0);
    lengthAt = w.length;
    w.u32(0);
    w.u32(0);
    w.i32(head.gpid.appId);
    w.i32(head.gpid.partitionIndex);
    w.i32(head.timeoutMs);
    w.i32(head.threadHash);
    w.u64(head.partitionHash);
  } else {
    const metaAt = w.length;
    w.u32(0);
    lengthAt = w.length;
    w.u32(0);
    encodeValue(w, requestMeta, {
      appId: head.gpid.appId,
      partitionIndex: head.gpid.partitionIndex,
      clientTimeout: head.timeoutMs,
      clientPartitionHash: head.partitionHash,
      isBackupRequest: head.isBackup,
    });
    w.patchU32(metaAt, w.length - start - V1_PREFIX_BYTES);
  }
  const bodyAt = w.length;
  w.u32((MESSAGE_VERSION | CALL) >>> 0);
  w.string(head.code);
  w.i32(head.seqId);
  writeArgs(w);
  w.patchU32(lengthAt, w.length - bodyAt);
}

function readMessage(r: BinaryReader, types: readonly number[]): { code: string; seqId: number } {
  const word = r.u32();
  if ((word & 0xffff0000) >>> 0 !== MESSAGE_VERSION || !types.includes(word & 0xffff)) {
    throw invalidData(`0x${word.toString(16)} does not start a thrift message`);
  }
  const code = r.string();
  return { code, seqId: r.i32() };
}

const REQUEST_TYPES = [CALL, ONEWAY];
const REPLY_TYPES = [REPLY];

/** Decodes one whole request frame, as FrameReader yields it. */
export function decodeThftRequest(frame: Buffer): ThftRequest {
  const r = new BinaryReader(frame);
  if (r.u32() !== THFT_MAGIC) throw invalidData('not a THFT frame');
  const version = r.u32();
  if (version === 0) {
    if (r.u32() !== THFT_V0_HEADER_BYTES) throw invalidData('the THFT header must have 48 bytes');
    r.skip(4);
    const bodyLength = r.u32();
    r.skip(4);
    const appId = r.i32();
    const gpid = { appId, partitionIndex: r.i32() };
    const timeoutMs = r.i32();
    const threadHash = r.i32();
    const partitionHash = r.u64();
    if (bodyLength !== r.remaining) throw invalidData('the THFT body length does not fit the frame');
    const { code, seqId } = readMessage(r, REQUEST_TYPES);
    const args = r.bytes(r.remaining);
    return { version, code, seqId, gpid, timeoutMs, threadHash, partitionHash, isBackup: false, args };
  }
  if (version !== 1) throw invalidData(`THFT version ${version}`);
  const metaLength = r.u32();
  const bodyLength = r.u32();
  const metaReader = new BinaryReader(r.bytes(metaLength));
  const meta = decodeValue(metaReader, requestMeta);
  if (metaReader.remaining !== 0) throw invalidData('bytes behind the THFT request meta');
  if (bodyLength !== r.remaining) throw invalidData('the THFT body length does not fit the frame');
  const gpid = { appId: meta.appId ?? 0, partitionIndex: meta.partitionIndex ?? 0 };
  const { code, seqId } = readMessage(r, REQUEST_TYPES);
  return {
    version,
    code,
    seqId,
    gpid,
    timeoutMs: meta.clientTimeout ?? 0,
    threadHash: threadHashOf(gpid),
    partitionHash: meta.clientPartitionHash ?? 0n,
    isBackup: meta.isBackupRequest ?? false,
    args: r.bytes(r.remaining),
  };
}

/** A response without its result. `code` ends in _ACK. */
export interface ThftResponseHead {
  readonly error: string;
  readonly code: string;
  readonly seqId: number;
}

export interface ThftResponse extends ThftResponseHead {
  /** The wrapped result; empty, or to be ignored, when `error` is not ERR_OK. */
  readonly result: Buffer;
}

/** Appends a whole response frame; leave `writeResult` out when the error is not ERR_OK. */
export function encodeThftResponse(
  w: BinaryWriter,
  head: ThftResponseHead,
  writeResult?: (w: BinaryWriter) => void,
): void {
  const start = w.length;
  w.u32(0);
  w.string(head.error);
  w.u32((MESSAGE_VERSION | REPLY) >>> 0);
  w.string(head.code);
  w.i32(head.seqId);
  writeResult?.(w);
  w.patchU32(start, w.length - start);
}

/** Decodes one whole response frame. */
export function decodeThftResponse(frame: Buffer): ThftResponse {
  const r = new BinaryReader(frame);
  if (r.u32() !== frame.length) throw invalidData('the THFT response length does not fit the frame');
  const error = r.string();
  const { code, seqId } = readMessage(r, REPLY_TYPES);
  return { error, code, seqId, result: r.bytes(r.remaining) };
}
