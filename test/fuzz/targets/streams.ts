/** Whole connections: bytes that arrive in pieces, several frames at once, garbage between them. */
import { EventEmitter } from 'node:events';
import { crc32 } from 'node:zlib';
import { RpcClient } from '../../../runtime/pegasus/client.js';
import { RPC, type RpcCode } from '../../../runtime/pegasus/codes.js';
import type { Handlers } from '../../../runtime/pegasus/context.js';
import { RpcError, WireError } from '../../../runtime/pegasus/errors.js';
import { FrameReader } from '../../../runtime/pegasus/frame-reader.js';
import type { Connection, Network } from '../../../runtime/pegasus/network.js';
import { RpcServer } from '../../../runtime/pegasus/server.js';
import { seededRandom } from '../../../runtime/simulation/random.js';
import { below } from '../mutate.js';
import { type FuzzTarget, hold, refusable } from '../target.js';
import { frames, seedsOf } from './frames.js';

const MAX_FRAME_BYTES = 16 * 1024;
const MAX_INPUT_BYTES = 48 * 1024;
/** Bytes a server may have to send for each byte it got, and for each connection. */
const ANSWER_FACTOR = 40;
const ANSWER_BYTES = 4_096;

/** The same pieces for the same bytes: single bytes, a few, or the rest. */
function pieces(input: Buffer): Buffer[] {
  const random = seededRandom(crc32(input));
  const most = [1, 3, 60, 1_500, input.length][below(random, 5)] as number;
  const parts: Buffer[] = [];
  // A byte at a time is as good on the first few thousand as on all.
  for (let at = 0; at < input.length; ) {
    const size = parts.length > 2_000 ? input.length : 1 + below(random, most);
    parts.push(input.subarray(at, at + size));
    at += size;
  }
  return parts;
}

/** The frames of a stream, and whether it ended in an error. */
function framesOf(parts: readonly Buffer[], kind: 'thft-response' | undefined): string[] {
  const reader = new FrameReader({ maxFrameBytes: MAX_FRAME_BYTES, ...(kind === undefined ? {} : { kind }) });
  const found: string[] = [];
  let held = 0;
  const done = refusable(WireError, () => {
    for (const part of parts) {
      reader.push(part);
      for (let frame = reader.next(); frame !== undefined; frame = reader.next()) {
        hold(frame.length > 0, 'a frame of no bytes');
        found.push(`${frame.length} ${crc32(frame)}`);
      }
      held = Math.max(held, reader.heldBytes);
    }
    return true;
  });
  hold(held <= MAX_FRAME_BYTES + MAX_INPUT_BYTES, 'a reader that holds more than a frame');
  return done === undefined ? [...found, 'error'] : found;
}

/** Two or three frames behind each other, as a client pipelines them. */
function pipelined(of: readonly Buffer[]): Buffer[] {
  const both = of.map((bytes, i) => Buffer.concat([bytes, of[(i * 7 + 3) % of.length] as Buffer]));
  return [...of, ...both, Buffer.concat(of.slice(0, 8))];
}

const reader: FuzzTarget = {
  name: 'stream',
  format: 'bytes',
  maxBytes: MAX_INPUT_BYTES,
  seeds: () => pipelined(frames().map(({ bytes }) => bytes)),
  run(input) {
    for (const kind of [undefined, 'thft-response'] as const) {
      const whole = framesOf([input], kind).join();
      hold(
        whole === framesOf(pieces(input), kind).join(),
        'other frames when the bytes arrive in other pieces',
      );
    }
  },
};

/** An end of a connection that takes what it is given. */
class Pipe extends EventEmitter implements Connection {
  destroyed = false;
  closed = false;
  readonly writableLength = 0;
  readonly remoteAddress = '127.0.0.1';
  readonly remotePort = 40_000;
  readonly localAddress = '127.0.0.1';
  readonly localPort = 34_801;
  sentBytes = 0;
  ended = false;

  write(bytes: Buffer): boolean {
    hold(!this.destroyed, 'a write to a connection that was closed');
    this.sentBytes += bytes.length;
    return true;
  }
  end(bytes?: Buffer): void {
    this.sentBytes += bytes?.length ?? 0;
    this.ended = true;
  }
  destroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.closed = true;
    this.emit('close');
  }
  pause(): void {}
  resume(): void {}
  setNoDelay(): void {}
}

const CLOCK = {
  now: () => 0,
  epochMs: () => 0,
  setTimeout: () => undefined,
  clearTimeout: () => undefined,
  defer: (wake: () => void) => wake(),
};

/** Handlers that answer at once with an error of the RPC's own, or late, or not as agreed. */
const HANDLERS = Object.fromEntries(
  (Object.keys(RPC) as RpcCode[]).map((code, i) => [
    code,
    () => {
      if (i % 3 === 0) throw new RpcError('ERR_OBJECT_NOT_FOUND', code, 'here');
      if (i % 3 === 1) return Promise.reject(new RpcError('ERR_BUSY', code, 'here'));
      return undefined as never;
    },
  ]),
) as Handlers;

const server: FuzzTarget = {
  name: 'server',
  format: 'bytes',
  maxBytes: MAX_INPUT_BYTES,
  seeds: () => [
    ...pipelined(seedsOf(({ kind }) => kind === 'request')),
    Buffer.from('GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\nConnection: close\r\n\r\n', 'latin1'),
  ],
  async run(input) {
    let accept: (connection: Connection) => void = () => {};
    const network: Network = {
      connect: () => new Pipe(),
      listen: async (address, accepts) => {
        accept = accepts;
        return { port: address.port, close: async () => {} };
      },
    };
    const limits = { maxFrameBytes: MAX_FRAME_BYTES };
    const http = () => ({ status: 200, body: 'ok' });
    await using rpc = new RpcServer({ handlers: HANDLERS, http, limits, network, clock: CLOCK });
    await rpc.listen({ host: '127.0.0.1', port: 1 });
    const pipe = new Pipe();
    accept(pipe);
    for (const part of pieces(input)) if (!pipe.destroyed) pipe.emit('data', part);
    await settled();
    pipe.emit('end');
    await settled();
    hold(pipe.destroyed || pipe.ended, 'a connection that stays open when the peer has ended it');
    hold(
      pipe.sentBytes <= ANSWER_BYTES + ANSWER_FACTOR * input.length,
      'answers far longer than the questions',
    );
    pipe.destroy();
    hold(rpc.stats().connections === 0, 'a connection that is counted after it is closed');
  },
};

const client: FuzzTarget = {
  name: 'client',
  format: 'bytes',
  maxBytes: MAX_INPUT_BYTES,
  seeds: () => pipelined(seedsOf(({ kind, format }) => kind === 'response' && format === 'THFT-resp')),
  async run(input) {
    const pipe = new Pipe();
    const network: Network = {
      connect: () => pipe,
      listen: () => Promise.reject(new Error('listens nowhere')),
    };
    await using rpc = new RpcClient({
      protocol: 'thft',
      maxFrameBytes: MAX_FRAME_BYTES,
      network,
      clock: CLOCK,
    });
    const peer = { host: '127.0.0.1', port: 1 };
    const calls = Array.from({ length: 10 }, () =>
      rpc.call(peer, 'RPC_CM_LIST_NODES', { status: 1 }, { timeoutMs: 1_000 }).then(
        (answer) => hold(Array.isArray(answer.infos), 'an answer that is not of its type'),
        (error: unknown) => hold(error instanceof RpcError, `a call fails with ${String(error)}`),
      ),
    );
    pipe.emit('connect');
    for (const part of pieces(input)) if (!pipe.destroyed) pipe.emit('data', part);
    await settled();
    await rpc.close();
    await Promise.all(calls);
  },
};

/** Until everything that is under way without waiting for anybody has been done. */
const settled = async (): Promise<void> => {
  for (let i = 0; i < 4; i++) await new Promise<void>((resolve) => process.nextTick(resolve));
};

export const STREAM_TARGETS: readonly FuzzTarget[] = [reader, server, client];
