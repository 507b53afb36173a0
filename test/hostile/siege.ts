/** Peers that mean no good, and an honest client among them. */

import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import type { Cluster, Table } from '../../runtime/index.js';
import { seededRandom } from '../../runtime/simulation/random.js';

export interface Target {
  readonly host: string;
  readonly port: number;
}

/** One way of being a nuisance; resolves when it has done so for a while. Whatever happens to its sockets is fine. */
export type Attack = (target: Target, sockets: Sockets, scale: number) => Promise<void>;

/** Sockets of one attack: closed when it is over. */
export class Sockets implements Disposable {
  readonly #all = new Set<Socket>();

  /** Resolves when it is connected, or has failed. */
  open({ host, port }: Target, allowHalfOpen = false): Promise<Socket> {
    const socket = connect({ host, port, allowHalfOpen });
    this.#all.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => this.#all.delete(socket));
    return new Promise((resolve) => {
      socket.once('connect', () => resolve(socket));
      socket.once('close', () => resolve(socket));
    });
  }

  get size(): number {
    return this.#all.size;
  }

  [Symbol.dispose](): void {
    for (const socket of this.#all) socket.destroy();
  }
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

async function many(count: number, work: (i: number) => Promise<unknown>): Promise<void> {
  for (let at = 0; at < count; at += 64) {
    await Promise.all(Array.from({ length: Math.min(64, count - at) }, (_, i) => work(at + i)));
  }
}

const header = (magic: string, bodyBytes: number): Buffer => {
  const bytes = Buffer.alloc(48);
  bytes.write(magic, 0, 'latin1');
  bytes.writeUInt32BE(48, 8);
  bytes.writeUInt32BE(bodyBytes, 16);
  return bytes;
};

/** A request for a cluster's facts, in THFT: small to send, not so small to answer. */
function factsRequest(): Buffer {
  const code = Buffer.from('RPC_CM_CLUSTER_INFO');
  const body = Buffer.alloc(4 + 4 + code.length + 4 + 5);
  body.writeUInt32BE(0x80010001, 0);
  body.writeInt32BE(code.length, 4);
  code.copy(body, 8);
  body.writeInt32BE(1, 8 + code.length);
  body.set([12, 0, 1, 0, 0], 12 + code.length);
  const head = header('THFT', body.length);
  head.writeInt32BE(1_000, 32);
  return Buffer.concat([head, body]);
}

export const ATTACKS: Readonly<Record<string, Attack>> = {
  'thousands of idle connections': async (target, sockets, scale) => {
    await many(3_000 * scale, () => sockets.open(target));
  },
  'connections that are closed on one side': async (target, sockets, scale) => {
    await many(500 * scale, async () => (await sockets.open(target, true)).end());
  },
  'a byte at a time': async (target, sockets, scale) => {
    const bytes = header('THFT', 1_000);
    const slow = await Promise.all(Array.from({ length: 100 * scale }, () => sockets.open(target)));
    for (const byte of bytes) {
      for (const socket of slow) if (!socket.destroyed) socket.write(Buffer.from([byte]));
      await pause(20);
    }
  },
  'malformed frames': async (target, sockets, scale) => {
    const random = seededRandom(7);
    await many(1_000 * scale, async () => {
      const socket = await sockets.open(target);
      if (!socket.destroyed)
        socket.write(Buffer.from(Array.from({ length: 64 }, () => Math.floor(random() * 256))));
    });
  },
  'frames that are announced as gigabytes': async (target, sockets, scale) => {
    await many(500 * scale, async () => {
      const socket = await sockets.open(target);
      if (!socket.destroyed) socket.write(header('THFT', 0xfffffff0));
    });
  },
  'large frames that never end': async (target, sockets, scale) => {
    const bytes = Buffer.alloc(1 << 20);
    await many(40 * scale, async () => {
      const socket = await sockets.open(target);
      if (!socket.destroyed)
        socket.write(Buffer.concat([header('THFT', 12 << 20), bytes, bytes, bytes, bytes]));
    });
  },
  'questions whose answers nobody reads': async (target, sockets, scale) => {
    const flood = Buffer.concat(Array.from({ length: 2_000 }, factsRequest));
    await many(10 * scale, async () => {
      const socket = await sockets.open(target);
      socket.pause();
      for (let i = 0; i < 20 && !socket.destroyed; i++) socket.write(flood);
    });
    await pause(500);
  },
  'connections that come and go': async (target, sockets, scale) => {
    await many(2_000 * scale, async () => (await sockets.open(target)).destroy());
  },
};

/** Resident memory of a process, in bytes. */
export async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1_024;
}

/** Writes and reads while `work` goes on, and says how many rows went in; rejects when one is refused or lost. */
export async function honestly(table: Table, cluster: Cluster, work: Promise<void>): Promise<number> {
  let over = false;
  const attack = work.finally(() => {
    over = true;
  });
  let rows = 0;
  const limits = { timeoutMs: 60_000 };
  do {
    const key = `row-${rows}`;
    await table.put(key, 's', `value ${rows}`, limits);
    const found = await table.get(key, 's', limits);
    if (found?.toString() !== `value ${rows}`) throw new Error(`${key} was acknowledged and is not there`);
    await cluster.listTables(limits);
    rows++;
  } while (!over);
  await attack;
  return rows;
}
