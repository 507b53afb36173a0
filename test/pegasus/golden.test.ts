import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { BinaryReader, BinaryWriter } from '../../runtime/pegasus/buffer.js';
import { isRpcCode, RPC } from '../../runtime/pegasus/codes.js';
import { decodeRdsnMessage, encodeRdsnHeader, unpackContext } from '../../runtime/pegasus/rdsn.js';
import type { WireType } from '../../runtime/pegasus/schema.js';
import {
  decodeThftRequest,
  decodeThftResponse,
  encodeThftRequest,
  encodeThftResponse,
} from '../../runtime/pegasus/thft.js';
import { decodeWrapped, encodeWrapped } from '../../runtime/pegasus/thrift.js';

/** One captured frame and what an independent decoder saw in it. */
interface Capture {
  readonly file: string;
  readonly rpc: string;
  readonly format: 'RDSN' | 'THFT0' | 'THFT-resp';
  readonly kind: 'request' | 'response';
  readonly error?: string;
  readonly decoded: { readonly args: Record<string, unknown>; readonly seqid?: number };
  readonly hex: string;
}

/** Senders that do not write what our encoder writes for the same value, and why. */
const OTHER_BYTES: Record<string, string> = {
  'rpc/0105 RPC_CM_QUERY_PARTITION_CONFIG_BY_INDEX': 'no partition list was sent; we write an empty one',
  'rpc/0106 RPC_CM_QUERY_PARTITION_CONFIG_BY_INDEX': 'no partition list was sent; we write an empty one',
  'rpc/0117 RPC_RRDB_RRDB_MULTI_GET': 'the sender left out fields that have a default; we write them',
};

/** Requests that ended a real server: they must not decode. */
const POISON: Record<string, string> = {
  'rpc/0122 RPC_RRDB_RRDB_GET': 'a struct where a bare blob belongs',
  'rpc/0123 RPC_RRDB_RRDB_GET': 'a struct where a bare blob belongs',
};

/** Codes in the captures that we do not implement; the server answers ERR_HANDLER_NOT_FOUND. */
const FOREIGN = new Set(['RPC_CM_NO_SUCH_RPC']);

function load(folder: string): Capture[] {
  const url = new URL(`../fixtures/frames/${folder}.jsonl`, import.meta.url);
  return readFileSync(url, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Capture);
}

function camel(recordedKey: string): string {
  const name = recordedKey.slice(recordedKey.indexOf(':') + 1);
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function keyText(key: unknown): string {
  if (typeof key === 'object' && key !== null && 'appId' in key && 'partitionIndex' in key) {
    return `gpid ${String(key.appId)}.${String(key.partitionIndex)}`;
  }
  return String(key);
}

/** The recorder shortened long text to "text...(length)" and long blobs to a hex prefix. */
function matchText(recorded: string, actual: Buffer | string, path: string): void {
  const shortened = /^([\s\S]*)\.\.\.\((\d+)\)$/.exec(recorded);
  const text = actual.toString();
  if (shortened === null) expect(text, path).toBe(recorded);
  else {
    expect(actual.length, path).toBe(Number(shortened[2]));
    expect(text.startsWith(shortened[1] ?? ''), path).toBe(true);
  }
}

function matchAddress(recorded: string, actual: unknown, path: string): boolean {
  const parts = /^(addr|hp) (.*):(\d+)\/t(\d)$/.exec(recorded);
  if (parts === null) return false;
  const expected = parts[4] === '0' ? null : { host: parts[2], port: Number(parts[3]) };
  expect(actual, path).toEqual(expected);
  return true;
}

function match(recorded: unknown, actual: unknown, path: string): void {
  if (typeof recorded === 'string') {
    if (matchAddress(recorded, actual, path)) return;
    if (typeof actual === 'number') expect(`${actual}`, path).toBe(/\((-?\d+)\)$/.exec(recorded)?.[1]);
    else if (Buffer.isBuffer(actual) || typeof actual === 'string') matchText(recorded, actual, path);
    else expect(keyText(actual), path).toBe(recorded);
  } else if (Array.isArray(recorded)) {
    const list = actual as unknown[];
    expect(list.length, path).toBe(recorded.length);
    for (const [i, item] of recorded.entries()) match(item, list[i], `${path}[${i}]`);
  } else if (actual instanceof Map) {
    const entries = recorded as Record<string, unknown>;
    const byText = new Map([...actual].map(([k, v]) => [keyText(k), v as unknown]));
    expect([...byText.keys()].sort(), path).toEqual(Object.keys(entries).sort());
    for (const [key, value] of Object.entries(entries)) match(value, byText.get(key), `${path}{${key}}`);
  } else if (typeof recorded === 'object' && recorded !== null && Buffer.isBuffer(actual)) {
    const blob = recorded as { hex: string; len: number };
    expect(actual.length, path).toBe(blob.len);
    expect(actual.toString('hex').startsWith(blob.hex.replace(/\.+$/, '')), path).toBe(true);
  } else if (typeof recorded === 'object' && recorded !== null) {
    const record = actual as Record<string, unknown>;
    for (const [key, value] of Object.entries(recorded)) {
      const name = camel(key);
      expect(Object.hasOwn(record, name), `${path}.${name}`).toBe(true);
      match(value, record[name], `${path}.${name}`);
    }
  } else if (typeof actual === 'bigint') expect(actual, path).toBe(BigInt(recorded as number));
  else expect(actual, path).toEqual(recorded);
}

/** Fields the recorder did not see can only be defaults we filled in. */
function countFields(recorded: unknown, actual: unknown): boolean {
  return Object.keys(recorded as object).length === Object.keys(actual as object).length;
}

/** The wrapped argument or result, after checking the envelope both ways. */
function openEnvelope(capture: Capture, frame: Buffer): { body: Buffer; error: string } {
  const code = capture.rpc;
  const w = new BinaryWriter();
  if (capture.format === 'RDSN') {
    const { header, body } = decodeRdsnMessage(frame);
    expect(header.code).toBe(code);
    expect(unpackContext(header.context).isRequest).toBe(capture.kind === 'request');
    expect(header.error).toBe(capture.error ?? '');
    expect(encodeRdsnHeader(header).toString('hex')).toBe(frame.subarray(0, 192).toString('hex'));
    return { body, error: capture.kind === 'request' ? 'ERR_OK' : header.error };
  }
  if (capture.format === 'THFT0') {
    const request = decodeThftRequest(frame);
    expect([request.code, request.seqId]).toEqual([code, capture.decoded.seqid]);
    encodeThftRequest(w, request, (to) => to.bytes(request.args));
    expect(w.finish().toString('hex')).toBe(frame.toString('hex'));
    return { body: request.args, error: 'ERR_OK' };
  }
  const response = decodeThftResponse(frame);
  expect([response.code, response.seqId, response.error]).toEqual([
    code,
    capture.decoded.seqid,
    capture.error,
  ]);
  encodeThftResponse(w, response, (to) => to.bytes(response.result));
  expect(w.finish().toString('hex')).toBe(frame.toString('hex'));
  return { body: response.result, error: response.error };
}

for (const folder of ['rpc', 'dup-modify', 'lifecycle']) {
  for (const capture of load(folder)) {
    const label = `${folder}/${capture.file} ${capture.rpc}`;
    test(`given the captured ${capture.format} ${capture.kind} ${label}, when decoded and encoded again, then nothing differs`, () => {
      const frame = Buffer.from(capture.hex, 'hex');
      const { body, error } = openEnvelope(capture, frame);
      const code = capture.rpc.replace(/_ACK$/, '');
      if (!isRpcCode(code)) {
        expect(FOREIGN).toContain(code);
        return;
      }
      const spec: { request: WireType; response: WireType | null } = RPC[code];
      const type = capture.kind === 'request' ? spec.request : spec.response;
      if (error !== 'ERR_OK' || type === null) return;
      if (label in POISON) {
        const refused = expect.objectContaining({ code: 'ERR_INVALID_PARAMETERS' });
        expect(() => decodeWrapped(new BinaryReader(body), type)).toThrow(refused);
        return;
      }
      const value: unknown = decodeWrapped(new BinaryReader(body), type);
      const [recorded] = Object.values(capture.decoded.args);
      match(recorded, value, label);
      const w = new BinaryWriter();
      encodeWrapped(w, type, value as never, body.readUInt16BE(1));
      const same = w.finish().toString('hex') === body.toString('hex');
      if (label in OTHER_BYTES) expect(same, OTHER_BYTES[label]).toBe(false);
      else {
        expect(w.finish().toString('hex')).toBe(body.toString('hex'));
        if (typeof type === 'object' && type.kind === 'struct')
          expect(countFields(recorded, value)).toBe(true);
      }
    });
  }
}
