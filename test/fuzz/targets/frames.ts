/** Frames that a real Pegasus sent and got, and one of each RPC that is not among them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BinaryWriter } from '../../../runtime/pegasus/buffer.js';
import { RPC, type RpcCode } from '../../../runtime/pegasus/codes.js';
import { decodeRdsnHeader, encodeRdsnRequest, encodeRdsnResponse } from '../../../runtime/pegasus/rdsn.js';
import type { WireType } from '../../../runtime/pegasus/schema.js';
import { encodeThftRequest, encodeThftResponse } from '../../../runtime/pegasus/thft.js';
import { encodeWrapped } from '../../../runtime/pegasus/thrift.js';

/** Put in by whoever bundles this: see bundle.ts. */
declare const FIXTURES: string;

export type FrameFormat = 'RDSN' | 'THFT0' | 'THFT1' | 'THFT-resp';

export interface Frame {
  readonly format: FrameFormat;
  readonly kind: 'request' | 'response';
  readonly code: RpcCode;
  readonly bytes: Buffer;
}

const LONGEST_SEED_BYTES = 2_048;
const FOLDERS = ['rpc', 'lifecycle', 'dup-modify'];

/** A value of a type with something in every field, so that changes have something to change. */
function sample(type: WireType, depth = 0): unknown {
  if (typeof type === 'string') return SAMPLES[type];
  if (type.kind === 'list') return depth > 4 ? [] : [sample(type.element, depth + 1)];
  if (type.kind === 'map') {
    return depth > 4 ? new Map() : new Map([[sample(type.key, depth + 1), sample(type.value, depth + 1)]]);
  }
  return Object.fromEntries(
    Object.entries(type.fields).map(([name, field]) => [name, sample(field.type, depth + 1)]),
  );
}

const SAMPLES: Readonly<Record<string, unknown>> = {
  bool: true,
  i8: 1,
  i16: 2,
  i32: 3,
  i64: 4,
  i64big: 5n,
  u64: 6n,
  double: 0.5,
  string: 'name',
  errorCode: 'ERR_OK',
  taskCode: 'RPC_RRDB_RRDB_PUT',
  blob: Buffer.from([0, 1, 97, 98]),
  gpid: { appId: 1, partitionIndex: 0 },
  rpcAddress: { host: '127.0.0.1', port: 34_801 },
  hostPort: { host: 'localhost', port: 34_801 },
};

function written(write: (w: BinaryWriter) => void): Buffer {
  const w = new BinaryWriter();
  write(w);
  return Buffer.from(w.finish());
}

function samplesOf(code: RpcCode): Frame[] {
  const { request, response }: { request: WireType; response: WireType | null } = RPC[code];
  const gpid = { appId: 1, partitionIndex: 0 };
  const head = { code, gpid, timeoutMs: 5_000, threadHash: 7_919, partitionHash: 0n } as const;
  const args = (id: number) => (w: BinaryWriter) => encodeWrapped(w, request, sample(request) as never, id);
  const rdsn = written((w) => encodeRdsnRequest(w, { ...head, id: 9n, from: null }, args(0)));
  const thft = (version: 0 | 1) =>
    written((w) => encodeThftRequest(w, { ...head, version, isBackup: false, seqId: 9 }, args(1)));
  const requests: Frame[] = [
    { format: 'RDSN', kind: 'request', code, bytes: rdsn },
    { format: 'THFT0', kind: 'request', code, bytes: thft(0) },
    { format: 'THFT1', kind: 'request', code, bytes: thft(1) },
  ];
  if (response === null) return requests;
  const result = (w: BinaryWriter) => encodeWrapped(w, response, sample(response) as never, 0);
  const answer = written((w) => encodeRdsnResponse(w, decodeRdsnHeader(rdsn), 'ERR_OK', result));
  const reply = written((w) =>
    encodeThftResponse(w, { error: 'ERR_OK', code: `${code}_ACK`, seqId: 9 }, result),
  );
  return [
    ...requests,
    { format: 'RDSN', kind: 'response', code, bytes: answer },
    { format: 'THFT-resp', kind: 'response', code, bytes: reply },
  ];
}

interface Capture {
  readonly rpc: string;
  readonly format: FrameFormat;
  readonly kind: 'request' | 'response';
  readonly hex: string;
}

let all: readonly Frame[] | undefined;

/** One captured frame of each RPC, format and direction, and one made up. */
export function frames(): readonly Frame[] {
  if (all !== undefined) return all;
  const first = new Map<string, Frame>();
  for (const folder of FOLDERS) {
    const file = join(FIXTURES, `frames/${folder}.jsonl`);
    for (const line of readFileSync(file, 'utf8').trim().split('\n')) {
      const { rpc, format, kind, hex } = JSON.parse(line) as Capture;
      const code = rpc.replace(/_ACK$/, '');
      const key = `${code} ${format} ${kind}`;
      if (!Object.hasOwn(RPC, code) || first.has(key) || hex.length > 2 * LONGEST_SEED_BYTES) continue;
      first.set(key, { format, kind, code: code as RpcCode, bytes: Buffer.from(hex, 'hex') });
    }
  }
  all = [...first.values(), ...(Object.keys(RPC) as RpcCode[]).flatMap(samplesOf)];
  return all;
}

export function seedsOf(match: (frame: Frame) => boolean): Buffer[] {
  return frames()
    .filter(match)
    .map(({ bytes }) => bytes);
}
