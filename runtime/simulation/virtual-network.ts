/**
 * Links in memory that carry the real frames. A byte stream is cut into frames, and each frame travels by
 * itself: it can be late, lost or repeated without the connection noticing, as RPC over TCP can be through
 * policies and dying processes. By default every frame of a connection arrives, in order.
 */
import type { Connection, Listener, Network } from '../pegasus/index.js';
import { type Address, formatAddress } from '../pegasus/index.js';
import type { Schedule } from './schedule.js';
import { VirtualSocket } from './virtual-socket.js';
import type { WorldWatcher } from './watcher.js';
import type { WireMessage } from './wire-message.js';

/** What becomes of a frame. Left out: it arrives once, after the network's latency. */
export interface Fate {
  readonly lost?: boolean;
  /** Instead of the latency. With different delays, frames overtake each other. */
  readonly delayMs?: number;
  /** Copies that arrive besides, each after its own delay. */
  readonly copiesAfterMs?: readonly number[];
  /** Takes what makes one more copy arrive, so much later: for whoever waits for something else than time. */
  readonly kept?: (arrive: (afterMs: number) => void) => void;
}

export interface VirtualNetworkOptions {
  readonly schedule: Schedule;
  readonly latencyMs: number;
  /** Asked for each frame when it is sent. */
  readonly fateOf: (message: WireMessage) => Fate;
  /**
   * A machine that dies tells nobody: its peers hear nothing more, and a frame that arrives after it was
   * started again is taken by what listens then. Otherwise connections break and both ends know.
   */
  readonly silentDeath: boolean;
  /** Name of a server by its address. */
  readonly nameOf: (address: Address) => string | undefined;
  readonly watcher: () => Pick<WorldWatcher, 'sent'> | null;
}

/** Whether the server that did something still lives: what a dead one still does has no effect. */
export interface Fence {
  readonly server: string;
  readonly alive: boolean;
}

interface Listening {
  readonly fence: Fence;
  readonly accept: (connection: Connection) => void;
}

const FIRST_EPHEMERAL_PORT = 49_152;

export class VirtualNetwork {
  readonly #options: VirtualNetworkOptions;
  readonly #listening = new Map<string, Listening>();
  readonly #sockets = new Set<VirtualSocket>();
  #connections = 0;

  constructor(options: VirtualNetworkOptions) {
    this.#options = options;
  }

  /** The network as one run of a server sees it. */
  of(fence: Fence): Network {
    return {
      connect: (to, from) => this.#connect(fence, to, from),
      listen: (address, accept) => this.#listen(fence, address, accept),
    };
  }

  /** What a machine does for a process that dies: it stops listening, and its connections break. */
  crash(server: string): void {
    for (const [address, { fence }] of this.#listening) {
      if (fence.server === server) this.#listening.delete(address);
    }
    for (const socket of [...this.#sockets]) {
      if (socket.server !== server) continue;
      this.#sockets.delete(socket);
      socket.reset(this.#options.silentDeath);
    }
  }

  async #listen(fence: Fence, address: Address, accept: (made: Connection) => void): Promise<Listener> {
    // Whoever dies while it starts does not listen, and never hears of it.
    if (!fence.alive) return new Promise<Listener>(() => undefined);
    const key = formatAddress(address);
    if (this.#listening.has(key)) {
      throw Object.assign(new Error(`address already in use ${key}`), { code: 'EADDRINUSE' });
    }
    const listening = { fence, accept };
    this.#listening.set(key, listening);
    return {
      port: address.port,
      close: async () => {
        if (this.#listening.get(key) === listening) this.#listening.delete(key);
      },
    };
  }

  #connect(fence: Fence, to: Address, from: Address | null): Connection {
    const { schedule, latencyMs, nameOf } = this.#options;
    this.#connections += 1;
    const id = this.#connections;
    const target = nameOf(to) ?? formatAddress(to);
    const port = FIRST_EPHEMERAL_PORT + (id % 16_000);
    const near = new VirtualSocket(this.#options, id, fence, {
      peer: target,
      // What announces no address is a client, whatever runs it.
      self: from === null ? 'client' : fence.server,
      address: to,
      answers: false,
    });
    // What a dead process still asks for does not happen.
    if (!fence.alive) return near;
    this.#note(near);
    const label = `connection ${fence.server} → ${target}`;
    const accept = (): boolean => {
      const listening = this.#listening.get(formatAddress(to));
      if (listening === undefined) return false;
      const far = new VirtualSocket(this.#options, id, listening.fence, {
        peer: near.self,
        self: target,
        address: { host: to.host, port },
        answers: true,
      });
      this.#note(far);
      near.join(far);
      listening.accept(far);
      far.opened();
      return true;
    };
    near.onSilence = accept;
    const arrive = () => {
      if (near.destroyed) return;
      // Whoever is dead answers nothing: what is written waits for a successor.
      if (accept() || this.#options.silentDeath) near.opened();
      else near.refuse(Object.assign(new Error(`connect ECONNREFUSED ${target}`), { code: 'ECONNREFUSED' }));
    };
    schedule.add({ kind: 'connect', server: target, label, run: arrive }, latencyMs);
    return near;
  }

  #note(socket: VirtualSocket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
  }
}
