/** One frame at a time: heads, arguments and results of both protocols, and HTTP's head. */
import { isDeepStrictEqual } from 'node:util';
import { BinaryReader, BinaryWriter } from '../../../runtime/pegasus/buffer.js';
import { isRpcCode, RPC, type RpcCode } from '../../../runtime/pegasus/codes.js';
import { WireError } from '../../../runtime/pegasus/errors.js';
import { FrameReader } from '../../../runtime/pegasus/frame-reader.js';
import { formatHttpResponse, parseHttpBlock } from '../../../runtime/pegasus/http.js';
import { decodeRawKey } from '../../../runtime/pegasus/key.js';
import { decodeRdsnMessage, unpackContext } from '../../../runtime/pegasus/rdsn.js';
import type { WireType } from '../../../runtime/pegasus/schema.js';
import { decodeThftRequest, decodeThftResponse } from '../../../runtime/pegasus/thft.js';
import { decodeWrapped, encodeWrapped } from '../../../runtime/pegasus/thrift.js';
import { decodeStoredValue } from '../../../runtime/pegasus/value.js';
import { type FuzzTarget, hold, refusable } from '../target.js';
import { seedsOf } from './frames.js';

const MAX_FRAME_BYTES = 64 * 1024;
const CODES = Object.keys(RPC) as RpcCode[];

/** The RPC that is named; a damaged name stands for one or another of them. */
function codeOf(name: string): RpcCode {
  const plain = name.replace(/_ACK$/, '');
  if (isRpcCode(plain)) return plain;
  let hash = 0;
  for (let i = 0; i < plain.length; i++) hash = (hash * 31 + plain.charCodeAt(i)) >>> 0;
  return CODES[hash % CODES.length] as RpcCode;
}

/** Decodes; what comes of it must survive being written and read again. */
function decode(bytes: Buffer, type: WireType | null): void {
  if (type === null) return;
  const value = refusable(WireError, () => decodeWrapped(new BinaryReader(bytes), type));
  if (value === undefined) return;
  const w = new BinaryWriter();
  encodeWrapped(w, type, value, 0);
  const again = decodeWrapped(new BinaryReader(w.finish()), type);
  hold(isDeepStrictEqual(again, value), 'a value that was decoded changes when it is written and read again');
}

/** A frame as the reader of a connection would cut it out, so that only those are decoded that get there. */
function cut(input: Buffer, kind?: 'thft-response'): Buffer | undefined {
  const reader = new FrameReader({ maxFrameBytes: MAX_FRAME_BYTES, ...(kind === undefined ? {} : { kind }) });
  return refusable(WireError, () => {
    reader.push(input);
    return reader.next();
  });
}

const thft: FuzzTarget = {
  name: 'thft',
  format: 'bytes',
  maxBytes: MAX_FRAME_BYTES,
  seeds: () => seedsOf(({ format }) => format === 'THFT0' || format === 'THFT1'),
  repair(bytes) {
    if (bytes.length < 20) return bytes;
    if (bytes.readUInt32BE(4) === 1) {
      const meta = bytes.readUInt32BE(8);
      if (meta <= bytes.length - 16) bytes.writeUInt32BE(bytes.length - 16 - meta, 12);
    } else if (bytes.length >= 48) bytes.writeUInt32BE(bytes.length - 48, 16);
    return bytes;
  },
  run(input) {
    // As it comes, too: nobody promises that a decoder is only called with what the reader cut.
    for (const frame of [cut(input), input]) {
      const request = frame && refusable(WireError, () => decodeThftRequest(frame));
      if (request !== undefined) decode(request.args, RPC[codeOf(request.code)].request);
    }
  },
};

const thftResponse: FuzzTarget = {
  name: 'thft-response',
  format: 'bytes',
  maxBytes: MAX_FRAME_BYTES,
  seeds: () => seedsOf(({ format }) => format === 'THFT-resp'),
  repair(bytes) {
    if (bytes.length >= 4) bytes.writeUInt32BE(bytes.length, 0);
    return bytes;
  },
  run(input) {
    const frame = cut(input, 'thft-response') ?? input;
    const response = refusable(WireError, () => decodeThftResponse(frame));
    if (response !== undefined) decode(response.result, RPC[codeOf(response.code)].response);
  },
};

const rdsn: FuzzTarget = {
  name: 'rdsn',
  format: 'bytes',
  maxBytes: MAX_FRAME_BYTES,
  seeds: () => seedsOf(({ format }) => format === 'RDSN'),
  repair(bytes) {
    if (bytes.length >= 192) bytes.writeUInt32LE(bytes.length - 192, 16);
    return bytes;
  },
  run(input) {
    for (const frame of [cut(input), input]) {
      const message = frame && refusable(WireError, () => decodeRdsnMessage(frame));
      if (message === undefined) continue;
      const { request, response } = RPC[codeOf(message.header.code)];
      decode(message.body, unpackContext(message.header.context).isRequest ? request : response);
    }
  },
};

/** What stands in a row's bytes: keys and values as a client sent them, or a disk kept them. */
const row: FuzzTarget = {
  name: 'row',
  format: 'bytes',
  maxBytes: 4_096,
  seeds: () => [Buffer.from([0, 1, 97, 98]), Buffer.alloc(12), Buffer.alloc(2), Buffer.from([255, 255, 0])],
  run(input) {
    const key = refusable(WireError, () => decodeRawKey(input));
    if (key !== undefined)
      hold(key.hashKey.length + key.sortKey.length + 2 === input.length, 'a key loses bytes');
    for (const version of [0, 1] as const) {
      const value = refusable(WireError, () => decodeStoredValue(version, input));
      if (value !== undefined)
        hold(value.data.length <= input.length, 'a value has more bytes than there are');
    }
  },
};

const http: FuzzTarget = {
  name: 'http',
  format: 'bytes',
  maxBytes: 20 * 1024,
  seeds: () =>
    [
      'GET / HTTP/1.1\r\n\r\n',
      'GET /meta/app?name=users&x=%41 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
      'GET /metrics HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 0\r\nAccept: */*\r\n\r\n',
    ].map((text) => Buffer.from(text, 'latin1')),
  run(input) {
    const parsed = parseHttpBlock(input);
    if ('refusal' in parsed) {
      hold(parsed.refusal >= 400 && parsed.refusal < 500, 'a refusal without a status that says so');
      return;
    }
    hold(parsed.request.path.startsWith('/'), 'a path that does not start at the root');
    const answer = formatHttpResponse({ status: 200, body: parsed.request.path }, parsed.keepAlive);
    const head = answer.subarray(0, answer.indexOf('\r\n\r\n')).toString('latin1');
    hold(head.split('\r\n').length === 4, 'an answer whose head the request has changed');
  },
};

export const WIRE_TARGETS: readonly FuzzTarget[] = [thft, thftResponse, rdsn, row, http];
