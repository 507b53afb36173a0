import type { Clock } from '../../actors/clock.js';
import { formatAddress } from './address.js';
import { BinaryReader } from './buffer.js';
import { encodeArgument, type Request, RPC, type RpcCode } from './codes.js';
import type { RpcProtocol } from './context.js';
import { Departures } from './departures.js';
import { invalidParameters, RpcError, WireError } from './errors.js';
import { FrameReader } from './frame-reader.js';
import type { Connection, Network } from './network.js';
import { decodeRdsnMessage, encodeRdsnRequest, unpackContext } from './rdsn.js';
import type { Address, Gpid, WireType } from './schema.js';
import type { ClientTap, RpcTap } from './tap.js';
import { decodeThftResponse, encodeThftRequest } from './thft.js';
import { decodeWrapped } from './thrift.js';
import { alertError } from './tls-alert.js';
import { TlsError } from './tls-errors.js';
import type { PeerIdentity } from './tls-identity.js';
import { WriteQueue } from './write-queue.js';

/** Whether a reply of a peer may be seen; `identity` is who it has proved to be. */
export type AdmitReply = (peer: Address, ackCode: string, identity: PeerIdentity | undefined) => boolean;

const codeOf = (error: Error): string => (error instanceof TlsError ? error.code : 'ERR_NETWORK_FAILURE');

/** Sequence ids are signed 32-bit in THFT; RDSN would allow more. */
const MAX_SEQ_ID = 0x7fffffff;
const NO_GPID: Gpid = { appId: 0, partitionIndex: 0 };

export interface ConnectionOptions {
  readonly protocol: RpcProtocol;
  readonly fromAddress: Address | null;
  readonly admitReply: AdmitReply | undefined;
  readonly maxFrameBytes: number;
  readonly maxPendingPerConnection: number;
  readonly connectTimeoutMs: number;
  readonly network: Network;
  readonly clock: Clock;
  readonly tap: RpcTap | undefined;
}

/** Counters shared by all connections of a client. */
export interface ReplyCounters {
  lateReplies: number;
  refusedReplies: number;
}

/** One request, ready to be written. */
export interface OutgoingCall {
  readonly code: RpcCode;
  readonly request: Request<RpcCode>;
  readonly gpid: Gpid;
  readonly timeoutMs: number;
  readonly threadHash: number;
  readonly partitionHash: bigint;
  readonly signal: AbortSignal | undefined;
}

interface Pending {
  readonly code: RpcCode;
  readonly response: WireType;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: RpcError) => void;
  readonly timer: unknown;
  readonly forgetSignal: (() => void) | undefined;
  readonly tap: ClientTap | undefined;
}

/** One socket with its calls in flight. Fails once, then never works again: the client makes a new one. */
export class ClientConnection {
  readonly #peer: Address;
  readonly #peerText: string;
  readonly #options: ConnectionOptions;
  readonly #counters: ReplyCounters;
  readonly #socket: Connection;
  readonly #queue: WriteQueue;
  readonly #reader: FrameReader;
  readonly #pending = new Map<number, Pending>();
  readonly #onEnd: () => void;
  readonly #departures: Departures;
  #lastSeqId = 0;
  /** Whether anything has come in. */
  #heard = false;
  #failure: { readonly code: string; readonly detail: string } | undefined;

  /** `onEnd` is called once, as soon as this connection takes no more calls. */
  constructor(peer: Address, options: ConnectionOptions, counters: ReplyCounters, onEnd: () => void) {
    this.#peer = peer;
    this.#peerText = formatAddress(peer);
    this.#options = options;
    this.#counters = counters;
    this.#onEnd = onEnd;
    this.#reader = new FrameReader({
      kind: options.protocol === 'rdsn' ? 'rdsn' : 'thft-response',
      maxFrameBytes: options.maxFrameBytes,
    });
    const { clock, network } = options;
    this.#socket = network.connect(peer, options.fromAddress);
    this.#queue = new WriteQueue(this.#socket);
    this.#departures = new Departures(this.#socket);
    const connecting = clock.setTimeout(
      () => this.fail('ERR_NETWORK_FAILURE', `not connected within ${options.connectTimeoutMs} ms`),
      options.connectTimeoutMs,
      `connecting to ${this.#peerText}`,
    );
    this.#socket.once('connect', () => {
      clock.clearTimeout(connecting);
      this.#departures.connected();
    });
    this.#socket.once('close', () => {
      clock.clearTimeout(connecting);
      this.fail('ERR_NETWORK_FAILURE', 'connection closed');
    });
    this.#socket.on('error', (error) => this.fail(codeOf(error), error.message));
    this.#socket.on('data', (chunk) => this.#onData(chunk));
  }

  get pendingCalls(): number {
    return this.#pending.size;
  }

  /** Sends the call; rejects with RpcError only. */
  send(call: OutgoingCall): Promise<unknown> {
    const { response } = RPC[call.code];
    if (
      this.#pending.size >= this.#options.maxPendingPerConnection ||
      this.#queue.unsentBytes > this.#options.maxFrameBytes
    ) {
      return Promise.reject(this.#error('ERR_BUSY', call.code, `${this.#pending.size} calls in flight`));
    }
    const seqId = this.#nextSeqId();
    const tap = this.#tap(call);
    try {
      const bytes = this.#write(seqId, call);
      if (tap !== undefined) this.#departures.add({ tap, seqId, bytes });
    } catch (error) {
      if (error instanceof WireError) {
        return Promise.reject(this.#error(error.code, call.code, error.message));
      }
      return Promise.reject(this.#error('ERR_INVALID_PARAMETERS', call.code, String(error)));
    }
    if (response === null) return Promise.resolve(undefined);
    return new Promise((resolve, reject) => {
      const end = (code: string, detail: string) => this.#reject(seqId, code, detail);
      const timer = this.#options.clock.setTimeout(
        () => end('ERR_TIMEOUT', `no reply within ${call.timeoutMs} ms`),
        call.timeoutMs,
        `reply to ${call.code}`,
      );
      const { signal } = call;
      let forgetSignal: (() => void) | undefined;
      if (signal !== undefined) {
        const onAbort = () => end('ERR_THREAD_INTERRUPTED', 'canceled by the caller');
        signal.addEventListener('abort', onAbort, { once: true });
        forgetSignal = () => signal.removeEventListener('abort', onAbort);
      }
      this.#pending.set(seqId, { code: call.code, response, resolve, reject, timer, forgetSignal, tap });
    });
  }

  /** Fails every call in flight and destroys the socket. */
  fail(code: string, detail: string): void {
    if (this.#failure !== undefined) return;
    this.#failure = { code, detail };
    this.#onEnd();
    this.#departures.failed(detail);
    this.#socket.destroy();
    for (const seqId of [...this.#pending.keys()]) this.#reject(seqId, code, detail);
  }

  /** Fails like `fail` and waits until the socket is closed. */
  async close(): Promise<void> {
    const closed = this.#socket.closed
      ? undefined
      : new Promise<void>((resolve) => this.#socket.once('close', () => resolve()));
    this.fail('ERR_SESSION_RESET', 'the client was closed');
    await closed;
  }

  #nextSeqId(): number {
    do this.#lastSeqId = this.#lastSeqId === MAX_SEQ_ID ? 1 : this.#lastSeqId + 1;
    while (this.#pending.has(this.#lastSeqId));
    return this.#lastSeqId;
  }

  #tap({ code, gpid, request }: OutgoingCall): ClientTap | undefined {
    const { tap, protocol } = this.#options;
    return tap?.calling({ code, protocol, peer: this.#peer, gpid }, request);
  }

  /** Returns the number of bytes. */
  #write(seqId: number, call: OutgoingCall): number {
    const { code, request, gpid, timeoutMs, threadHash, partitionHash } = call;
    let bytes = 0;
    this.#queue.append((w) => {
      const start = w.length;
      if (this.#options.protocol === 'thft') {
        const head = {
          version: 0,
          isBackup: false,
          code,
          seqId,
          gpid,
          timeoutMs,
          threadHash,
          partitionHash,
        } as const;
        encodeThftRequest(w, head, (args) => encodeArgument(args, code, request, 1));
      } else {
        const from = this.#options.fromAddress;
        const head = { id: BigInt(seqId), from, code, gpid, timeoutMs, threadHash, partitionHash };
        encodeRdsnRequest(w, head, (args) => encodeArgument(args, code, request, 0));
      }
      bytes = w.length - start;
      if (bytes > this.#options.maxFrameBytes) {
        throw invalidParameters(`a request of ${bytes} bytes, limit ${this.#options.maxFrameBytes}`);
      }
    });
    return bytes;
  }

  #onData(chunk: Buffer): void {
    if (this.#failure !== undefined) return;
    const alert = this.#heard ? undefined : alertError(chunk, this.#socket.identity !== undefined);
    this.#heard = true;
    if (alert !== undefined) {
      this.fail(alert.code, alert.message);
      return;
    }
    try {
      this.#reader.push(chunk);
      for (let frame = this.#reader.next(); frame !== undefined; frame = this.#reader.next()) {
        this.#onFrame(frame);
      }
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.fail('ERR_NETWORK_FAILURE', `malformed reply: ${error.message}`);
    }
  }

  #onFrame(frame: Buffer): void {
    if (this.#options.protocol === 'thft') {
      const reply = decodeThftResponse(frame);
      this.#onReply(reply.seqId, reply.code, reply.error, reply.result);
      return;
    }
    const { header, body } = decodeRdsnMessage(frame);
    if (unpackContext(header.context).isRequest)
      throw new WireError('ERR_INVALID_DATA', 'a request came back');
    this.#onReply(Number(header.id), header.code, header.error, body);
  }

  #onReply(seqId: number, ackCode: string, error: string, result: Buffer): void {
    const pending = this.#pending.get(seqId);
    if (this.#options.admitReply?.(this.#peer, ackCode, this.#socket.identity) === false) {
      this.#counters.refusedReplies++;
      pending?.tap?.replyDropped(result.length);
      return;
    }
    if (pending === undefined) {
      this.#counters.lateReplies++;
      this.#tellLate(seqId, ackCode, result.length);
      return;
    }
    if (error !== 'ERR_OK') {
      pending.tap?.replied(error, undefined, result.length);
      this.#reject(seqId, error === '' ? 'ERR_UNKNOWN' : error, '');
      return;
    }
    let value: unknown;
    try {
      value = decodeWrapped(new BinaryReader(result), pending.response);
    } catch (e) {
      if (!(e instanceof WireError)) throw e;
      pending.tap?.replied('ERR_INVALID_DATA', undefined, result.length);
      this.#reject(seqId, 'ERR_INVALID_DATA', e.message);
      return;
    }
    pending.tap?.replied(error, value, result.length);
    this.#settle(seqId, pending);
    pending.resolve(value);
  }

  #tellLate(seqId: number, ackCode: string, bytes: number): void {
    const { tap, protocol } = this.#options;
    if (tap === undefined) return;
    const call = { code: ackCode.replace(/_ACK$/, ''), protocol, peer: this.#peer, gpid: NO_GPID };
    tap.lateReply(call, this.#departures.idOf(seqId), bytes);
  }

  #settle(seqId: number, pending: Pending): void {
    this.#pending.delete(seqId);
    this.#options.clock.clearTimeout(pending.timer);
    pending.forgetSignal?.();
  }

  #reject(seqId: number, code: string, detail: string): void {
    const pending = this.#pending.get(seqId);
    if (pending === undefined) return;
    this.#settle(seqId, pending);
    pending.reject(this.#error(code, pending.code, detail));
  }

  #error(code: string, operation: string, detail: string): RpcError {
    return new RpcError(code, operation, this.#peerText, detail);
  }
}
