/** What can be seen of a duplication between two simulated clusters, from outside and on their disks. */
import type { DuplicationStatus, FailMode } from '../../machines/index.js';
import {
  type DuplicationRecord,
  duplicationRecordSchema,
  type TableRecord,
  tableRecordSchema,
} from '../cluster/meta/meta-store.js';
import type { PartitionReport } from '../cluster/node-sync.js';
import { sourceMark, valueVersion } from '../cluster/rrdb/state.js';
import { decodeRawKey, decodeStoredValue } from '../pegasus/index.js';
import type { MemoryMapImage } from '../store/index.js';
import type { VirtualCluster } from './virtual-cluster.js';
import type { World } from './world.js';

export interface FollowerTableSeen {
  readonly owner: string | null;
  readonly followerStatus: string | null;
}

export interface PartitionSeen {
  readonly state: 'absent' | PartitionReport['state'];
  readonly lastCommitted: number;
  /** Of the source's log, in force at the follower; −1 while it has nothing of it. */
  readonly appliedDecree: number;
  /** Sort key by hash key is `hash/sort`. */
  readonly rows: Readonly<Record<string, string>>;
}

export interface DuplicationVisible {
  readonly status: DuplicationStatus;
  readonly failMode: FailMode;
  /** By partition, −1 where there is none. */
  readonly confirmed: readonly number[];
}

/** One look at everything; nothing of it needs the world to run. */
export interface Observation {
  /** As the source's meta server answers now; null while it is down, or has no duplication. */
  readonly visible: DuplicationVisible | null;
  /** As a meta server that starts now would find it. */
  readonly durable: DuplicationVisible | null;
  /** As the follower's meta server has it on disk. */
  readonly followerTable: FollowerTableSeen | null;
  readonly source: readonly PartitionSeen[];
  readonly follower: readonly PartitionSeen[];
}

export interface Observed {
  readonly world: World;
  readonly source: VirtualCluster;
  readonly follower: VirtualCluster;
  readonly table: string;
  readonly remoteTable: string;
}

/** Partitions of tables that are not there are left out. */
export async function observe({
  world,
  source,
  follower,
  table,
  remoteTable,
}: Observed): Promise<Observation> {
  const sourceMeta = world.disk.imageOf(`/${source.name}/meta`);
  const followerMeta = world.disk.imageOf(`/${follower.name}/meta`);
  const theirs = tableOf(followerMeta, remoteTable);
  const ours = tableOf(sourceMeta, table);
  return {
    visible: visibleOf(source, table),
    durable: durableOf(sourceMeta, table),
    followerTable:
      theirs === null
        ? null
        : {
            owner: theirs.envs['duplication.owner'] ?? null,
            followerStatus: theirs.envs['duplication.follower_app_status'] ?? null,
          },
    source: await partitionsOf(source, ours),
    follower: await partitionsOf(follower, theirs),
  };
}

function visibleOf({ meta }: VirtualCluster, table: string): DuplicationVisible | null {
  const hosted = meta?.duplications.all().find(({ record }) => record.appName === table);
  if (hosted === undefined || hosted.context.status === 'DS_INIT') return null;
  const { status, failMode, confirmed } = hosted.context;
  return { status, failMode, confirmed: [...confirmed] };
}

function durableOf(image: MemoryMapImage, table: string): DuplicationVisible | null {
  const record = recordsOf(image, 'duplication/')
    .map((value): DuplicationRecord => duplicationRecordSchema.parse(value))
    .find(({ appName }) => appName === table);
  if (record === undefined) return null;
  const { appId, duplicationId, partitionCount, status, failMode } = record;
  const confirmed = Array.from({ length: partitionCount }, (_, p) => {
    const stored = image.entries.get(`progress/${appId}/${duplicationId}/${p}`);
    return stored === undefined ? -1 : Number(stored.text);
  });
  return { status, failMode, confirmed };
}

function tableOf(image: MemoryMapImage, name: string): TableRecord | null {
  const found = recordsOf(image, 'table/')
    .map((value): TableRecord => tableRecordSchema.parse(value))
    .find((record) => record.name === name && record.status === 'AS_AVAILABLE');
  return found ?? null;
}

function recordsOf(image: MemoryMapImage, prefix: string): unknown[] {
  return [...image.entries]
    .filter(([key]) => key.startsWith(prefix))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { text }]) => JSON.parse(text));
}

async function partitionsOf(cluster: VirtualCluster, table: TableRecord | null): Promise<PartitionSeen[]> {
  if (table === null) return [];
  return Promise.all(
    table.partitions.map(async ({ node }, index): Promise<PartitionSeen> => {
      const hosted = cluster
        .replicaAt(node)
        ?.partitions()
        .find(({ gpid }) => gpid.appId === table.appId && gpid.partitionIndex === index);
      if (hosted === undefined) return { state: 'absent', lastCommitted: -1, appliedDecree: -1, rows: {} };
      const { store } = hosted;
      const { state, lastCommitted } = hosted.report();
      const owner = table.envs['duplication.owner'];
      const marks = store?.marks ?? {};
      const mark = owner === undefined ? undefined : marks[sourceMark(owner)];
      const appliedDecree = mark ?? marks.installed ?? -1;
      const rows: Record<string, string> = {};
      for (const [key, value] of (await store?.scan({ limit: 100_000 })) ?? []) {
        const { hashKey, sortKey } = decodeRawKey(key);
        rows[`${hashKey}/${sortKey}`] = decodeStoredValue(valueVersion, value).data.toString('utf8');
      }
      return { state, lastCommitted, appliedDecree, rows };
    }),
  );
}
