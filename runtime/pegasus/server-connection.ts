import { BinaryReader } from './buffer.js';
import { isRpcCode, RPC, type RpcCode } from './codes.js';
import type { Guest } from './connection-room.js';
import type { PolicyVerdict, RequestContext } from './context.js';
import { RpcError, WireError } from './errors.js';
import { FrameReader } from './frame-reader.js';
import { formatHttpResponse, parseHttpBlock } from './http.js';
import { type Admitted, decodeRdsnCall, decodeThftCall, type Incoming, type Reply } from './incoming.js';
import type { Connection } from './network.js';
import type { Address, WireType } from './schema.js';
import { ServerContext } from './server-context.js';
import type { RpcServerLimits, ServerCore } from './server-core.js';
import { CallIds, plainHost } from './tap.js';
import { decodeWrapped, encodeWrapped } from './thrift.js';
import { alertBytes, HANDSHAKE_RECORD } from './tls-alert.js';
import { WriteQueue } from './write-queue.js';

/** Unsent bytes beyond which no further request of this connection is read. */
const WRITE_HIGH_WATER_BYTES = 1024 * 1024;
/** Answers that may come about at once, going by the size of those before. */
const EXPECTED_ANSWERS_BYTES = 8 * 1024 * 1024;
/** What an answer is taken for before there was any. */
const FIRST_ANSWER_BYTES = 128 * 1024;
/** By how much that is too large it is believed less with every small one. */
const ANSWER_DECAY = 0.95;
/** Under this name `byOperation` counts codes we do not know: a stranger must not grow the table. */
const UNKNOWN_OPERATION = 'unknown';

/** Which request a handler takes is known only where its code is. */
type AnyHandler = (request: never, context: RequestContext) => unknown;

/** One accepted socket, whatever it turns out to speak. */
export class ServerConnection implements Guest {
  readonly #socket: Connection;
  readonly #core: ServerCore;
  readonly #peer: Address;
  readonly #reader: FrameReader;
  readonly #queue: WriteQueue;
  readonly #callIds: CallIds;
  /** With the bytes of each. */
  readonly #inFlight = new Map<ServerContext, number>();
  #httpBusy = false;
  #draining = false;
  #paused = false;
  #peerEnded = false;
  /** Our side is finished: what still comes in has no meaning. */
  #closing = false;
  #lastActivityMs: number;
  #isProven = false;
  /** Of requests in work: what was decoded may point into them. */
  #inFlightBytes = 0;
  #answerBytes = FIRST_ANSWER_BYTES;
  #heldBytes = 0;
  /** What was unsent when it last became less, and when that was. */
  #unsent = { bytes: 0, sinceMs: 0 };
  /** Since when a frame has been awaited; undefined while none is begun. */
  #awaitingSinceMs: number | undefined;

  constructor(socket: Connection, core: ServerCore) {
    this.#socket = socket;
    this.#core = core;
    this.#peer = { host: plainHost(socket.remoteAddress), port: socket.remotePort ?? 0 };
    this.#reader = new FrameReader({ maxFrameBytes: core.limits.maxFrameBytes });
    this.#queue = new WriteQueue(socket);
    this.#callIds = new CallIds(socket, 'server');
    this.#lastActivityMs = core.clock.now();
    this.#awaitingSinceMs = this.#lastActivityMs;
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#onData(chunk));
    socket.on('drain', () => this.#onRoom());
    socket.on('end', () => {
      this.#peerEnded = true;
      this.#endIfDone();
    });
    // 'close' follows and does the work.
    socket.on('error', () => {});
    socket.once('close', () => {
      for (const context of this.#inFlight.keys()) context.abort('the connection was closed');
      this.#inFlight.clear();
      this.#holds(0);
    });
  }

  /**
   * From when on it can have overrun a time limit, if nothing happens till then. Whoever waits for a frame or
   * for its end is looked after soon: these limits are short.
   */
  get nextCheckMs(): number {
    const { headerTimeoutMs, idleTimeoutMs, stalledWriteTimeoutMs } = this.#core.limits;
    if (this.#isBehind) return this.#unsent.sinceMs + Math.min(headerTimeoutMs, stalledWriteTimeoutMs);
    if (this.#awaitingSinceMs !== undefined) return this.#awaitingSinceMs + headerTimeoutMs;
    return this.#lastActivityMs + (this.#closing ? headerTimeoutMs : idleTimeoutMs);
  }

  /** Closes the connection when it has overrun a time limit; called now and then. */
  checkTimeouts(nowMs: number): void {
    const { headerTimeoutMs, idleTimeoutMs } = this.#core.limits;
    this.#account();
    if (this.#isStalled(nowMs)) this.turnOut('stalledWriteTimeoutMs');
    else if (this.#awaitingSinceMs !== undefined && nowMs - this.#awaitingSinceMs > headerTimeoutMs) {
      this.#malformed('no whole frame within the header timeout');
    } else if (this.#closing && nowMs - this.#lastActivityMs > headerTimeoutMs) {
      this.#socket.destroy();
    } else if (this.#inFlight.size === 0 && !this.#httpBusy && nowMs - this.#lastActivityMs > idleTimeoutMs) {
      this.#socket.destroy();
    }
  }

  destroy(): void {
    this.#socket.destroy();
  }

  get host(): string {
    return this.#peer.host;
  }

  get isProven(): boolean {
    return this.#isProven;
  }

  get isIdle(): boolean {
    return this.#inFlight.size === 0 && !this.#httpBusy && this.#queue.unsentBytes === 0;
  }

  get lastActivityMs(): number {
    return this.#lastActivityMs;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  turnOut(limit: keyof RpcServerLimits): void {
    this.#closing = true;
    this.#socket.destroy();
    this.#holds(0);
    this.#core.onRefused(this.#peer, limit);
  }

  #holds(bytes: number): void {
    const change = bytes - this.#heldBytes;
    this.#heldBytes = bytes;
    if (change !== 0) this.#core.onHeld(change);
  }

  #account(): void {
    if (this.#socket.destroyed) return;
    this.#holds(this.#reader.heldBytes + this.#queue.unsentBytes + this.#inFlightBytes);
    if (this.#isBehind) this.#core.watch();
  }

  /** The peer takes less than it asks for. */
  get #isBehind(): boolean {
    return this.#queue.unsentBytes > WRITE_HIGH_WATER_BYTES;
  }

  /** Whether answers wait for a peer that has taken none of them for too long. */
  #isStalled(nowMs: number): boolean {
    const bytes = this.#queue.unsentBytes;
    if (bytes === 0 || bytes < this.#unsent.bytes || this.#unsent.bytes === 0) {
      this.#unsent = { bytes, sinceMs: nowMs };
      return false;
    }
    return nowMs - this.#unsent.sinceMs > this.#core.limits.stalledWriteTimeoutMs;
  }

  #onData(chunk: Buffer): void {
    if (this.#closing) return;
    if (this.#reader.kind === undefined && chunk[0] === HANDSHAKE_RECORD) {
      this.#mismatch();
      return;
    }
    this.#lastActivityMs = this.#core.clock.now();
    this.#reader.push(chunk);
    this.#drain();
    this.#account();
  }

  /** A reply has gone out or the socket takes bytes again: go on reading if that was what we waited for. */
  #onRoom(): void {
    this.#lastActivityMs = this.#core.clock.now();
    if (this.#paused) this.#drain();
    this.#account();
    this.#endIfDone();
  }

  get #isFull(): boolean {
    return (
      this.#httpBusy ||
      this.#inFlight.size >= this.#core.limits.maxInFlightPerConnection ||
      this.#inFlight.size * this.#answerBytes > EXPECTED_ANSWERS_BYTES ||
      this.#inFlightBytes > this.#core.limits.maxFrameBytes ||
      this.#isBehind
    );
  }

  #drain(): void {
    // A synchronous handler finishes inside the loop; it must not start a second one.
    if (this.#draining) return;
    this.#draining = true;
    try {
      while (!this.#isFull && !this.#closing && !this.#socket.destroyed) {
        const frame = this.#reader.next();
        if (frame === undefined) break;
        this.#awaitingSinceMs = undefined;
        this.#isProven = true;
        this.#onFrame(frame);
      }
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#malformed(error.message);
    } finally {
      this.#draining = false;
    }
    this.#setPaused(this.#isFull);
  }

  #setPaused(pause: boolean): void {
    // While we do not read, a frame that is not complete is not the sender's fault.
    if (pause || this.#reader.heldBytes === 0) {
      if (this.#reader.kind !== undefined) this.#awaitingSinceMs = undefined;
    } else if (this.#awaitingSinceMs === undefined) {
      this.#awaitingSinceMs = this.#core.clock.now();
      this.#core.watch();
    }
    if (pause === this.#paused) return;
    this.#paused = pause;
    if (pause) this.#socket.pause();
    else this.#socket.resume();
  }

  /** We say no more; the other end has to hang up within the header timeout. */
  #close(): void {
    this.#closing = true;
    this.#core.watch();
  }

  #malformed(reason: string): void {
    this.#core.counters.malformed++;
    this.#socket.destroy();
    this.#core.onMalformed(this.#peer, reason);
  }

  /** The caller speaks TLS and we do not: it is told so in its own words. */
  #mismatch(): void {
    this.#core.counters.malformed++;
    this.#core.onMalformed(this.#peer, 'the caller speaks TLS, and this server does not');
    this.#closing = true;
    this.#socket.end(alertBytes('protocolVersion'));
  }

  #endIfDone(): void {
    if (this.#peerEnded && this.#inFlight.size === 0 && !this.#httpBusy && !this.#paused) {
      this.#queue.flush();
      this.#socket.end();
    }
  }

  #onFrame(frame: Buffer): void {
    if (this.#reader.kind === 'http') this.#onHttp(frame);
    else if (this.#reader.kind === 'rdsn') this.#onRequest(decodeRdsnCall(frame, this.#peer));
    else this.#onRequest(decodeThftCall(frame, this.#peer));
  }

  #onRequest({ head, args, seqId, encode }: Incoming): void {
    const { counters, policy, clock } = this.#core;
    const { code } = head;
    const operation = isRpcCode(code) ? code : UNKNOWN_OPERATION;
    counters.requests++;
    counters.byOperation[operation] = (counters.byOperation[operation] ?? 0) + 1;
    const context = new ServerContext(head, this.#socket.identity, clock);
    const tap = this.#core.tap?.serving(head);
    const id = tap === undefined ? '' : this.#callIds.of(seqId);
    const reply: Reply = (error, writeResult, result) => {
      this.#queue.append((w) => {
        const start = w.length;
        encode(w, error, writeResult);
        this.#answerBytes = Math.max(w.length - start, this.#answerBytes * ANSWER_DECAY);
        tap?.replied(error, result, w.length - start);
      });
      this.#core.onAnswer(code, error, result);
    };
    const verdict = policy === undefined ? 'allow' : this.#judge(policy, context);
    if (verdict === 'drop') {
      counters.dropped++;
      tap?.refused(id, 'dropped', args?.length ?? 0);
    } else if (verdict === 'deny') {
      counters.denied++;
      tap?.refused(id, 'denied', args?.length ?? 0);
      reply('ERR_ACL_DENY');
    } else this.#handle({ context, args, reply, tap, id });
  }

  #handle(incoming: Admitted): void {
    const { context, args, reply, tap, id } = incoming;
    const { code } = context;
    const handler = isRpcCode(code) ? this.#core.handlers[code] : undefined;
    const refuse = (error: string) => {
      tap?.arrived(id, undefined, args?.length ?? 0);
      reply(error);
    };
    if (!isRpcCode(code) || handler === undefined) refuse('ERR_HANDLER_NOT_FOUND');
    else if (args === undefined) refuse('ERR_INVALID_PARAMETERS');
    else this.#run(code, handler, args, incoming);
  }

  #judge(policy: (context: RequestContext) => PolicyVerdict, context: ServerContext): PolicyVerdict {
    try {
      return policy(context);
    } catch (error) {
      this.#core.onHandlerError(error, context);
      return 'deny';
    }
  }

  #run(code: RpcCode, handler: AnyHandler, args: Buffer, { context, reply, tap, id }: Admitted): void {
    const spec: { readonly request: WireType; readonly response: WireType | null } = RPC[code];
    const answer: Reply = spec.response === null ? () => {} : reply;
    let result: unknown;
    let request: unknown;
    try {
      request = decodeWrapped(new BinaryReader(args), spec.request);
    } catch (error) {
      tap?.arrived(id, undefined, args.length);
      this.#fail(error, context, answer);
      return;
    }
    tap?.arrived(id, request, args.length);
    try {
      result = handler(request as never, context);
    } catch (error) {
      this.#fail(error, context, answer);
      return;
    }
    if (!(result instanceof Promise)) {
      this.#succeed(spec.response, result, context, answer);
      return;
    }
    this.#inFlight.set(context, args.length);
    this.#inFlightBytes += args.length;
    result.then(
      (value: unknown) => this.#succeed(spec.response, value, context, answer),
      (error: unknown) => this.#fail(error, context, answer),
    );
  }

  #succeed(type: WireType | null, value: unknown, context: ServerContext, answer: Reply): void {
    try {
      if (type !== null) answer('ERR_OK', (w) => encodeWrapped(w, type, value as never, 0), value);
    } catch (error) {
      // The handler returned something its table does not describe: its mistake, not the caller's.
      this.#core.onHandlerError(error, context);
      answer('ERR_UNKNOWN');
    }
    this.#finish(context);
  }

  #fail(error: unknown, context: ServerContext, answer: Reply): void {
    if (error instanceof RpcError || error instanceof WireError) answer(error.code);
    else {
      this.#core.onHandlerError(error, context);
      answer('ERR_UNKNOWN');
    }
    this.#finish(context);
  }

  #finish(context: ServerContext): void {
    context.finish();
    const bytes = this.#inFlight.get(context);
    if (bytes === undefined) return;
    this.#inFlight.delete(context);
    this.#inFlightBytes -= bytes;
    this.#onRoom();
  }

  #onHttp(block: Buffer): void {
    const parsed = parseHttpBlock(block);
    if ('refusal' in parsed) {
      this.#core.counters.malformed++;
      this.#core.onMalformed(this.#peer, parsed.reason);
      this.#close();
      this.#socket.end(formatHttpResponse({ status: parsed.refusal, body: parsed.reason }, false));
      return;
    }
    const { http } = this.#core;
    this.#core.counters.requests++;
    this.#httpBusy = true;
    const work = async () => {
      const response =
        http === undefined ? { status: 404, body: 'no HTTP here' } : await http(parsed.request);
      return formatHttpResponse(response, parsed.keepAlive);
    };
    work()
      .catch((error: unknown) => {
        this.#core.onHandlerError(error, undefined);
        return formatHttpResponse({ status: 500, body: 'internal error' }, parsed.keepAlive);
      })
      .then((bytes) => {
        if (this.#socket.destroyed) return;
        this.#queue.append((w) => w.bytes(bytes));
        this.#httpBusy = false;
        if (!parsed.keepAlive) {
          this.#close();
          this.#queue.flush();
          this.#socket.end();
        }
        this.#onRoom();
      });
  }
}
