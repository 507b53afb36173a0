/** A client that writes and reads rows of its own, one request at a time, and remembers what it was told. */
import {
  type Address,
  encodeRawKey,
  keyHash,
  partitionIndex,
  type Request,
  type Response,
  RpcClient,
} from '../../pegasus/index.js';
import type { World } from '../world.js';
import type { Draw } from './draw.js';
import type { Ledger, Value } from './ledger.js';
import type { Burst } from './plan.js';
import type { Judge } from './properties.js';

const CALL_TIMEOUT_MS = 5_000;
const NOT_FOUND = 1;
/** Sort keys of what is written together. */
const TOGETHER = ['a', 'b', 'c'];

type DataCode =
  | 'RPC_RRDB_RRDB_PUT'
  | 'RPC_RRDB_RRDB_REMOVE'
  | 'RPC_RRDB_RRDB_MULTI_PUT'
  | 'RPC_RRDB_RRDB_MULTI_REMOVE'
  | 'RPC_RRDB_RRDB_GET';

export interface ChaosClientOptions {
  readonly world: World;
  readonly meta: Address;
  readonly table: string;
  readonly name: string;
  readonly draw: Draw;
  readonly ledger: Ledger;
  readonly judge: Judge;
}

interface Route {
  readonly appId: number;
  readonly primaries: readonly (Address | null)[];
}

export class ChaosClient {
  readonly #options: ChaosClientOptions;
  readonly #client: RpcClient;
  #route: Route | null = null;
  #written = 0;
  #busy: Promise<void> = Promise.resolve();
  acknowledged = 0;
  /** Writes without an answer, or with an error. */
  open = 0;

  constructor(options: ChaosClientOptions) {
    this.#options = options;
    const fence = { server: options.name, alive: true };
    const { clock, network } = options.world.environment(fence);
    this.#client = new RpcClient({ protocol: 'thft', clock, network });
  }

  /** Begins when the burst before is over. */
  run({ operations, pauseMs }: Burst): void {
    this.#busy = this.#busy.then(async () => {
      for (let i = 0; i < operations; i++) {
        await this.#operate();
        await this.#pause(this.#options.draw.spread(1, Math.max(2, pauseMs)));
      }
    });
  }

  /** Writes a row that nobody has written before. */
  async writeOne(): Promise<void> {
    const { name } = this.#options;
    await this.#put(`${name} row ${this.#written}`, 's', this.#nextValue());
  }

  /** Whatever was begun is over. */
  idle(): Promise<void> {
    return this.#busy;
  }

  async #operate(): Promise<void> {
    const { name, draw } = this.#options;
    const hot = `${name} hot ${draw.int(0, 2)}`;
    switch (
      draw.pick([
        'new',
        'new',
        'hot',
        'hot',
        'hot',
        'remove',
        'together',
        'together',
        'apart',
        'read',
        'read',
      ])
    ) {
      case 'new':
        return this.writeOne();
      case 'hot':
        return this.#put(hot, 's', this.#nextValue());
      case 'remove':
        return this.#write('RPC_RRDB_RRDB_REMOVE', encodeRawKey(Buffer.from(hot), Buffer.from('s')), hot, [
          ['s', null],
        ]);
      case 'together': {
        const value = this.#nextValue();
        const kvs = TOGETHER.map((key) => ({ key: Buffer.from(key), value: Buffer.from(value) }));
        const request = { hashKey: Buffer.from(hot), kvs, expireTsSeconds: 0 };
        const rows = TOGETHER.map((key): [string, Value] => [key, value]);
        return this.#write('RPC_RRDB_RRDB_MULTI_PUT', request, hot, rows);
      }
      case 'apart': {
        const sortKeys = TOGETHER.map((key) => Buffer.from(key));
        const request = { hashKey: Buffer.from(hot), sortKeys, maxCount: 100 };
        const rows = TOGETHER.map((key): [string, Value] => [key, null]);
        return this.#write('RPC_RRDB_RRDB_MULTI_REMOVE', request, hot, rows);
      }
      case 'read':
        return this.#read(hot, draw.pick(['s', ...TOGETHER]));
    }
  }

  #put(hashKey: string, sortKey: string, value: string): Promise<void> {
    const key = encodeRawKey(Buffer.from(hashKey), Buffer.from(sortKey));
    const request = { key, value: Buffer.from(value), expireTsSeconds: 0 };
    return this.#write('RPC_RRDB_RRDB_PUT', request, hashKey, [[sortKey, value]]);
  }

  async #write<C extends DataCode>(
    code: C,
    request: Request<C>,
    hashKey: string,
    rows: readonly (readonly [sortKey: string, value: Value])[],
  ): Promise<void> {
    const { ledger, world } = this.#options;
    const sentMs = world.nowMs;
    const outcome = await this.#call(code, request, hashKey, rows[0]?.[0] ?? '');
    if (outcome === 'not sent') return;
    const done = typeof outcome === 'object' && outcome !== null && 'error' in outcome && outcome.error === 0;
    for (const [sortKey, value] of rows) {
      if (done) ledger.acknowledge(`${hashKey}/${sortKey}`, value, world.nowMs);
      else ledger.leaveOpen(`${hashKey}/${sortKey}`, value, sentMs);
    }
    if (done) this.acknowledged += 1;
    else this.open += 1;
  }

  /** Nobody else writes what is read here: it is what was acknowledged last, or something open. */
  async #read(hashKey: string, sortKey: string): Promise<void> {
    const { ledger, judge } = this.#options;
    const key = encodeRawKey(Buffer.from(hashKey), Buffer.from(sortKey));
    const answer = await this.#call('RPC_RRDB_RRDB_GET', key, hashKey, sortKey);
    if (answer === 'open' || answer === 'not sent') return;
    if (answer.error !== 0 && answer.error !== NOT_FOUND) return;
    const value = answer.error === 0 ? answer.value.toString('utf8') : null;
    const row = `${hashKey}/${sortKey}`;
    const seen = () => `${row} reads ${value ?? 'nothing'}; ${ledger.inWords(row)}`;
    judge.check('AcknowledgedKept', ledger.isPossible(row, value), seen);
  }

  async #call<C extends DataCode>(
    code: C,
    request: Request<C>,
    hashKey: string,
    sortKey: string,
  ): Promise<Response<C> | 'open' | 'not sent'> {
    const [hash, sort] = [Buffer.from(hashKey), Buffer.from(sortKey)];
    const place = await this.#locate(hash, sort);
    if (place === null) return 'not sent';
    try {
      return await this.#client.call(place.address, code, request, {
        timeoutMs: CALL_TIMEOUT_MS,
        gpid: place.gpid,
        partitionHash: keyHash(hash, sort),
      });
    } catch {
      this.#route = null;
      return 'open';
    }
  }

  async #locate(hash: Buffer, sort: Buffer) {
    const { table, meta } = this.#options;
    if (this.#route === null) {
      const request = { appName: table, partitionIndices: [] };
      const options = { timeoutMs: CALL_TIMEOUT_MS };
      const answer = await this.#client
        .call(meta, 'RPC_CM_QUERY_PARTITION_CONFIG_BY_INDEX', request, options)
        .catch(() => null);
      if (answer === null || answer.partitions.length === 0) return null;
      const sorted = [...answer.partitions].sort((a, b) => a.pid.partitionIndex - b.pid.partitionIndex);
      this.#route = { appId: answer.appId, primaries: sorted.map(({ primary }) => primary) };
    }
    const { appId, primaries } = this.#route;
    const index = partitionIndex(hash, sort, primaries.length);
    const address = primaries[index] ?? null;
    if (address !== null) return { address, gpid: { appId, partitionIndex: index } };
    this.#route = null;
    return null;
  }

  /** Never used twice, and of different lengths. */
  #nextValue(): string {
    this.#written += 1;
    return `${this.#options.name} wrote ${this.#written} ${'.'.repeat(this.#options.draw.int(0, 120))}`;
  }

  #pause(ms: number): Promise<void> {
    const { world, name } = this.#options;
    return new Promise((resolve) => {
      world.schedule.add({ kind: 'timer', server: name, label: 'next request', run: resolve }, ms);
    });
  }
}
