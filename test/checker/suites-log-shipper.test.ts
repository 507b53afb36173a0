/** The acceptance suite of log shipping, over real sockets to a real partition. */
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { systemClock } from '../../actors/clock.js';
import { FollowerShipper } from '../../runtime/cluster/replica/follower-shipper.js';
import type { LogBatch } from '../../runtime/cluster/replica/source-log.js';
import {
  type RrdbResult,
  RrdbService,
  rrdbApply,
  type ServingPartition,
} from '../../runtime/cluster/rrdb/index.js';
import { readSourceWrite } from '../../runtime/cluster/rrdb/row-write.js';
import {
  type Address,
  BinaryReader,
  type DuplicateEntry,
  decodeWrapped,
  duplicateRequest,
  formatAddress,
  RpcClient,
  RpcServer,
} from '../../runtime/pegasus/index.js';
import { type ApplyMutation, PartitionStore } from '../../runtime/store/index.js';
import { type LogShipperScene, type LogShipperWanted, logShipperPortSuite } from '../../runtime/testing.js';
import { directory, open } from '../cluster/in-process.js';
import { message, raw } from '../cluster/rrdb.js';
import { MemoryPartition } from './suites-doubles.js';

const owner = 'east/users/7';
const gpid = { appId: 4, partitionIndex: 0 };
const apply = rrdbApply({ clusterId: 2 });

/** A write of the source whose value is the text. */
const entryOf = (text: string, at: number): DuplicateEntry => ({
  ...{ timestamp: BigInt(1_000 + at), taskCode: 'RPC_RRDB_RRDB_PUT', clusterId: 1 },
  rawMessage: message(
    'RPC_RRDB_RRDB_PUT',
    { key: raw('user', text.slice(0, 20)), value: Buffer.from(text), expireTsSeconds: 0 },
    0,
  ),
});

/** A follower's node with one partition, at an address of its own each time it starts. */
class Node {
  readonly #directory: string;
  /** Texts by the decree that applied them: what is applied again from the log counts once. */
  readonly #seen = new Map<number, readonly string[]>();
  #partition: ServingPartition | null = null;
  #store: PartitionStore<RrdbResult> | null = null;
  #server: RpcServer | null = null;
  address: Address = { host: '127.0.0.1', port: 0 };
  owner = owner;
  silent = false;

  constructor(path: string) {
    this.#directory = path;
  }

  get applied(): readonly string[] {
    return [...this.#seen.values()].flat();
  }

  async start(listen: Address = { host: '127.0.0.1', port: 0 }): Promise<void> {
    const store = await PartitionStore.open({ directory: this.#directory, apply: this.#recording() });
    this.#store = store;
    const here = this;
    this.#partition = {
      ...{ gpid, partitionCount: 1, store, writable: true },
      get owner() {
        return here.owner;
      },
    };
    const service = new RrdbService({
      ...{ partition: () => this.#partition ?? undefined, clusterId: 2, serverAddress: '127.0.0.1:1' },
    });
    this.#server = new RpcServer({
      handlers: service.handlers,
      policy: () => (this.silent ? 'drop' : 'allow'),
    });
    this.address = await this.#server.listen(listen);
  }

  async stop(): Promise<void> {
    await this.#server?.close();
    await this.#store?.close();
  }

  #recording(): ApplyMutation<RrdbResult> {
    return (mutation, reader) => {
      if (mutation.code === 'RPC_RRDB_RRDB_DUPLICATE') {
        const { entries } = decodeWrapped(new BinaryReader(mutation.message), duplicateRequest);
        const texts = entries.flatMap((entry) => readSourceWrite(entry).rows.map(({ data }) => `${data}`));
        this.#seen.set(mutation.decree, texts);
      }
      return apply(mutation, reader);
    };
  }
}

/** A partition directory as a checkpoint at this decree leaves it. */
async function install(base: string, decree: number): Promise<string> {
  const made = await PartitionStore.open({ directory: join(base, 'source'), apply });
  for (let at = 0; at < decree; at++) await made.write({ code: 'RPC_NOTHING', message: Buffer.alloc(0) });
  const checkpoint = await made.checkpoint();
  await PartitionStore.install(join(base, 'node'), checkpoint.directory, checkpoint);
  await made.close();
  return join(base, 'node');
}

async function start({ deadlineMs, installed }: LogShipperWanted): Promise<LogShipperScene> {
  const base = await directory();
  const node = new Node(installed < 0 ? join(base, 'node') : await install(base, installed));
  await node.start();
  open.push(() => node.stop());
  const meta = new RpcServer({
    handlers: {
      RPC_CM_QUERY_PARTITION_CONFIG_BY_INDEX: () => ({
        ...{ err: 'ERR_OK', appId: gpid.appId, partitionCount: 1, isStateful: true },
        partitions: [
          {
            ...{
              pid: gpid,
              ballot: 1,
              maxReplicaCount: 1,
              lastDrops: [],
              hpLastDrops: [],
              lastCommittedDecree: 0,
            },
            ...{
              partitionFlags: 0,
              primary: node.address,
              hpPrimary: null,
              secondaries: [],
              hpSecondaries: [],
            },
          },
        ],
      }),
    },
  });
  open.push(() => meta.close());
  const metaName = formatAddress(await meta.listen({ host: '127.0.0.1', port: 0 }));
  let loseNext = false;
  const client = new RpcClient({
    protocol: 'rdsn',
    admitReply: (_, code) => {
      const lost = loseNext && code === 'RPC_RRDB_RRDB_DUPLICATE_ACK';
      if (lost) loseNext = false;
      return !lost;
    },
  });
  open.push(() => client.close());
  let batch: LogBatch | null = null;
  const port = new FollowerShipper({
    ...{ client, remoteMetas: () => [metaName], remoteTable: 'users', partitionIndex: 0, partitionCount: 1 },
    ...{ owner, confirmedDecree: () => -1, timeoutMs: deadlineMs, clock: systemClock },
    batch: (from, to) => (batch?.fromDecreeExcluded === from && batch.toDecree === to ? batch : null),
  });
  return {
    port,
    load: (fromDecreeExcluded, toDecree, texts) => {
      batch = { fromDecreeExcluded, toDecree, entries: texts.map(entryOf) };
    },
    applied: async () => node.applied,
    appliesOnce: true,
    restart: async () => {
      await node.stop();
      await node.start();
    },
    giveAway: () => {
      node.owner = 'north/users/9';
    },
    loseNextAnswer: () => {
      loseNext = true;
    },
    silence: () => {
      node.silent = true;
    },
    goAway: () => node.stop(),
    comeBack: () => node.start(node.address),
  };
}

logShipperPortSuite('log shipper: over the wire', { start }, { describe, it });
logShipperPortSuite(
  'log shipper: in memory',
  { start: (wanted) => new MemoryPartition(wanted) },
  { describe, it },
);
logShipperPortSuite(
  'log shipper: in memory, at least once',
  {
    start: (wanted) => new MemoryPartition(wanted, false),
    leaveOut: { appliesOnce: 'an upstream follower applies a repeated batch again' },
  },
  { describe, it },
);
