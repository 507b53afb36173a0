/** One end of a connection in memory. Behaves as the part of a socket that RPC uses. */
import { EventEmitter } from 'node:events';
import type { Address, Connection } from '../pegasus/index.js';
import { FrameReader } from '../pegasus/index.js';
import type { MessageEnds, NewTask, TaskKind } from './schedule.js';
import type { Fence, VirtualNetworkOptions } from './virtual-network.js';
import type { FrameArrives } from './watcher.js';
import { headOf, messageInWords, type WireMessage } from './wire-message.js';

const MAX_FRAME_BYTES = 64 * 1024 * 1024;

export interface SocketPlace {
  /** Names of the two ends. */
  readonly self: string;
  readonly peer: string;
  /** Of the other end. */
  readonly address: Address;
  /** The end that accepted: what it sends are replies. */
  readonly answers: boolean;
}

/** A frame on its way, as the task that it is for the schedule. */
class Frame implements NewTask, MessageEnds {
  readonly kind = 'message';
  readonly server: string;
  readonly label: string;
  readonly message: WireMessage;
  readonly ends: MessageEnds = this;
  readonly run = (): void => this.deliver(this.message.bytes);
  readonly drop = (): void => this.#arrives?.('dropped');
  readonly #sender: VirtualSocket;
  readonly #arrives: FrameArrives | undefined;

  constructor(sender: VirtualSocket, message: WireMessage, label: string, arrives: FrameArrives | undefined) {
    this.#sender = sender;
    this.#arrives = arrives;
    this.message = message;
    this.server = message.to;
    this.label = label;
  }

  deliver(bytes: Buffer): void {
    this.#sender.arrive(bytes, this.#arrives);
  }

  answer(bytes: Buffer): void {
    this.#sender.take(bytes);
  }
}

export class VirtualSocket extends EventEmitter implements Connection {
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** Whatever was written is on its way at once. */
  readonly writableLength = 0;
  readonly self: string;
  readonly #place: SocketPlace;
  readonly #options: VirtualNetworkOptions;
  readonly #connection: number;
  readonly #fence: Fence;
  /** Joins this end with whoever listens at the other now, if anybody does. */
  onSilence: (() => boolean) | null = null;
  #reader: FrameReader | null = null;
  #peer: VirtualSocket | null = null;
  #unsent: Buffer[] = [];
  #open = false;
  #paused = false;
  #waiting: Buffer[] = [];
  #destroyed = false;
  #closed = false;
  #ended = false;
  /** Of what this end sends, by code: it sends requests or replies, not both. */
  readonly #labels = new Map<string, string>();
  /** Frames of this end arrive in order unless somebody delays one. */
  #lastArrivalMs = 0;

  constructor(options: VirtualNetworkOptions, connection: number, fence: Fence, place: SocketPlace) {
    super();
    this.#options = options;
    this.#connection = connection;
    this.#fence = fence;
    this.#place = place;
    this.self = place.self;
    this.remoteAddress = place.address.host;
    this.remotePort = place.address.port;
  }

  /** Of the server that has this end. */
  get server(): string {
    return this.#fence.server;
  }

  get destroyed(): boolean {
    return this.#destroyed;
  }

  get closed(): boolean {
    return this.#closed;
  }

  get lives(): boolean {
    return this.#fence.alive;
  }

  join(peer: VirtualSocket): void {
    this.#peer = peer;
    peer.#peer = this;
  }

  opened(): void {
    this.#open = true;
    this.emit('connect');
    for (const bytes of this.#unsent.splice(0)) this.#send(bytes);
    if (this.#ended) this.#tellEnd();
  }

  refuse(error: Error): void {
    this.#destroyed = true;
    this.emit('error', error);
    this.#emitClose();
  }

  /** The process at this end is gone: nothing reaches it any more. The other end hears of it, or not. */
  reset(silently: boolean): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    this.#closed = true;
    this.removeAllListeners();
    if (silently) return;
    this.#tellPeer('close', 'reset of', (peer) =>
      peer.refuse(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })),
    );
  }

  write(bytes: Buffer): boolean {
    if (this.#destroyed || this.#ended || !this.#fence.alive) return false;
    if (this.#open) this.#send(bytes);
    else this.#unsent.push(bytes);
    return true;
  }

  end(bytes?: Buffer): this {
    if (bytes !== undefined) this.write(bytes);
    if (!this.#ended && this.#open && !this.#destroyed) this.#tellEnd();
    this.#ended = true;
    return this;
  }

  destroy(): this {
    if (this.#destroyed) return this;
    this.#destroyed = true;
    this.#later('close', 'close of', () => this.#emitClose());
    // What was sent before is on its way and arrives first.
    this.#tellPeer('close', 'close of', (peer) => peer.#hangUp());
    return this;
  }

  pause(): this {
    this.#paused = true;
    return this;
  }

  resume(): this {
    this.#paused = false;
    for (const chunk of this.#waiting.splice(0)) this.take(chunk);
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  #hangUp(): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    this.emit('end');
    this.#emitClose();
  }

  #emitClose(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.emit('close');
  }

  #tellEnd(): void {
    this.#tellPeer('close', 'end of', (peer) => peer.emit('end'));
  }

  #send(bytes: Buffer): void {
    this.#reader ??= new FrameReader({
      maxFrameBytes: MAX_FRAME_BYTES,
      ...(this.#place.answers ? { kind: this.#peer?.kindOfReplies ?? 'rdsn' } : {}),
    });
    if (this.#reader.kind === 'http') {
      this.#travel(this.#messageOf(bytes, 'http'));
      return;
    }
    this.#reader.push(bytes);
    for (let frame = this.#reader.next(); frame !== undefined; frame = this.#reader.next()) {
      this.#travel(this.#messageOf(frame, this.#reader.kind ?? 'rdsn'));
    }
  }

  /** What the answers on this connection look like, told by what was asked. */
  get kindOfReplies(): 'rdsn' | 'thft-response' | 'http' {
    const kind = this.#reader?.kind ?? 'rdsn';
    return kind === 'thft' || kind === 'thft-response' ? 'thft-response' : kind;
  }

  #messageOf(bytes: Buffer, kind: Parameters<typeof headOf>[1]): WireMessage {
    const { self: from, peer: to } = this.#place;
    const { code, what, sequence } = headOf(bytes, kind);
    return { from, to, connection: this.#connection, bytes, code, what, sequence };
  }

  #travel(message: WireMessage): void {
    const { schedule, latencyMs, fateOf, watcher } = this.#options;
    const fate = fateOf(message);
    const { lost, delayMs, copiesAfterMs, kept } = fate;
    const frame = new Frame(this, message, this.#labelOf(message), watcher()?.sent(message, fate));
    if (lost !== true) {
      const inOrderMs = Math.max(latencyMs, this.#lastArrivalMs - schedule.nowMs);
      const task = schedule.add(frame, delayMs ?? inOrderMs);
      if (delayMs === undefined) this.#lastArrivalMs = task.dueMs;
    }
    kept?.((afterMs) => schedule.add(frame, afterMs));
    if (copiesAfterMs === undefined) return;
    for (const afterMs of copiesAfterMs) schedule.add(frame, afterMs);
  }

  /** A node says the same thousands of times. */
  #labelOf(message: WireMessage): string {
    const { code } = message;
    const known = this.#labels.get(code);
    if (known !== undefined) return known;
    const label = messageInWords(message);
    this.#labels.set(code, label);
    return label;
  }

  /** A frame of this end gets to the other, or to whoever has taken its place. */
  arrive(bytes: Buffer, arrives: FrameArrives | undefined): void {
    if (this.#peer?.lives !== true) this.onSilence?.();
    // What it sets off comes after it.
    arrives?.(this.#peer?.takes === true ? 'taken' : 'nobody');
    this.#peer?.take(bytes);
  }

  /** Whether anybody is here to take what arrives. */
  get takes(): boolean {
    return !this.#destroyed && this.lives;
  }

  take(chunk: Buffer): void {
    if (!this.takes) return;
    if (this.#paused) this.#waiting.push(chunk);
    else this.emit('data', chunk);
  }

  #tellPeer(kind: TaskKind, what: string, tell: (peer: VirtualSocket) => void): void {
    const { schedule, latencyMs } = this.#options;
    const { self, peer } = this.#place;
    const waitMs = Math.max(latencyMs, this.#lastArrivalMs - schedule.nowMs);
    const run = () => {
      const other = this.#peer;
      if (other?.lives === true) tell(other);
    };
    schedule.add({ kind, server: peer, label: `${what} connection ${self} → ${peer}`, run }, waitMs);
  }

  #later(kind: TaskKind, what: string, run: () => void): void {
    const { self, peer } = this.#place;
    this.#options.schedule.add(
      { kind, server: this.server, label: `${what} connection ${self} → ${peer}`, run },
      0,
    );
  }
}
