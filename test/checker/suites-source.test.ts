/** The acceptance suites of a source's ports: durable status, log and checkpoints, on a real disk. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { REAL_ENVIRONMENT } from '../../runtime/cluster/environment.js';
import { HostedDuplication } from '../../runtime/cluster/meta/hosted-duplication.js';
import { type DuplicationRecord, MetaStore } from '../../runtime/cluster/meta/meta-store.js';
import { SourceLog } from '../../runtime/cluster/replica/source-log.js';
import { rrdbApply } from '../../runtime/cluster/rrdb/index.js';
import { readSourceWrite } from '../../runtime/cluster/rrdb/row-write.js';
import { type DurableMap, openDurableMap, PartitionStore, StoreError } from '../../runtime/store/index.js';
import {
  type DurableStatusScene,
  durableStatusPortSuite,
  type PartitionLogScene,
  type PartitionLogWanted,
  partitionLogPortSuite,
} from '../../runtime/testing.js';
import { directory, open, SHORT } from '../cluster/in-process.js';
import { message, raw } from '../cluster/rrdb.js';
import { MemoryStatus } from './suites-doubles.js';

const record: DuplicationRecord = {
  ...{ duplicationId: 7, appId: 3, appName: 'users', remoteCluster: 'west', remoteTable: 'users' },
  ...{ remoteReplicaCount: 1, partitionCount: 4, policy: 'adopt', onRemove: 'keep', status: 'DS_INIT' },
  ...{ failMode: 'FAIL_SLOW', createTimestampMs: 1 },
};

/** A map on disk that refuses commits when it is told to. */
async function refusingMap(path: string, refuses: () => boolean): Promise<DurableMap> {
  const map = await openDurableMap(path);
  return {
    get: (key) => map.get(key),
    list: (prefix) => map.list(prefix),
    commit: async (changes) => {
      if (refuses()) throw new StoreError('ERR_DISK_IO_ERROR', { operation: 'commit', path });
      return map.commit(changes);
    },
    close: () => map.close(),
  };
}

async function statusScene(): Promise<DurableStatusScene> {
  const at = await directory();
  let refuses = false;
  const openStore = () => MetaStore.open(at, (path) => refusingMap(path, () => refuses));
  let store = await openStore();
  open.push(() => store.close());
  // The chart stays as it is made: only its storage is asked here.
  const host = (of: DuplicationRecord) =>
    new HostedDuplication({
      ...{
        record: of,
        sourceCluster: 'east',
        recovered: false,
        confirmed: [-1, -1, -1, -1],
        requester: null,
      },
      ...{ store, times: SHORT.duplication, environment: REAL_ENVIRONMENT },
      follower: { ask: async ({ requestNo }) => ({ type: 'FOLLOWER_REPLY', requestNo, error: 'ERR_BUSY' }) },
      ...{ onAnswer: () => undefined, onAnnounce: () => undefined, onReleased: () => undefined },
      onDefect: (error) => {
        throw error;
      },
    });
  let port = host(record);
  return {
    get port() {
      return port;
    },
    reopened: async () => {
      await store.close();
      store = await openStore();
      const [found] = await store.duplications();
      port = host(found ?? record);
      return found === undefined ? null : { ...found, confirmed: await store.progress(found) };
    },
    failWrites: (fail) => {
      refuses = fail;
    },
  };
}

durableStatusPortSuite('durable status: a meta server’s disk', { start: statusScene }, { describe, it });
durableStatusPortSuite('durable status: in memory', { start: () => new MemoryStatus() }, { describe, it });

const apply = rrdbApply({ clusterId: 1 });
/** Small segments, so that damage and collection concern a part of the log. */
const logOptions = { segmentSizeBytes: 1_024 };

async function logScene({ batchMutations }: PartitionLogWanted): Promise<PartitionLogScene> {
  const base = await directory();
  const at = join(base, 'partition');
  let store = await PartitionStore.open({ directory: at, apply, logOptions });
  const over = () => new SourceLog({ store, clusterId: 1, batchBytes: 1024 * 1024, batchMutations });
  let port = over();
  let lastTo = 0;
  let lastFrom = 0;
  open.push(() => store.close());
  const reopen = async () => {
    await store.close();
    store = await PartitionStore.open({ directory: at, apply, logOptions });
    port = over();
  };
  return {
    port: {
      prepareCheckpoint: () => port.prepareCheckpoint(),
      loadBatch: async (afterDecree, signal) => {
        const outcome = await port.loadBatch(afterDecree, signal);
        if ('ok' in outcome) [lastFrom, lastTo] = [afterDecree, outcome.ok.toDecree];
        return outcome;
      },
    },
    append: async (texts) => {
      const value = (text: string) => ({
        key: raw('user', text),
        value: Buffer.from(text),
        expireTsSeconds: 0,
      });
      const code = 'RPC_RRDB_RRDB_PUT';
      // One after the other: what is written at once stands in one segment.
      for (const text of texts) await store.write({ code, message: message(code, value(text)) });
      return store.lastDurableDecree;
    },
    loaded: () =>
      (port.batch(lastFrom, lastTo)?.entries ?? []).flatMap((entry) =>
        readSourceWrite(entry).rows.map(({ data }) => `${data}`),
      ),
    checkpointed: async (decree) => {
      const found = store.checkpoints.list().find((each) => each.decree === decree);
      if (found === undefined) return [];
      const copy = join(base, `copy-${decree}`);
      await PartitionStore.install(copy, found.directory, found);
      const opened = await PartitionStore.open({ directory: copy, apply });
      const rows = await opened.scan();
      await opened.close();
      return rows.map(([key]) => `${key.subarray(2 + 'user'.length)}`);
    },
    reopen,
    damage: async (decree) => {
      const log = join(at, 'log');
      const names = await readdir(log);
      const firsts = names.map((name) => Number(name.slice('log.'.length))).sort((a, b) => a - b);
      const path = join(log, `log.${firsts.findLast((first) => first <= decree)}`);
      const bytes = await readFile(path);
      const place = bytes.indexOf(`mutation ${decree}`);
      bytes.fill(0xa5, place, place + 8);
      await writeFile(path, bytes);
      return store.lastDecreeOfSegment(decree);
    },
    collect: async (upToDecree) => {
      await store.checkpoint();
      await store.collectLog(upToDecree);
      return store.minDecreeInLog;
    },
  };
}

partitionLogPortSuite('partition log: a partition on disk', { start: logScene }, { describe, it });
