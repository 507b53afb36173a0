/** Two embedded clusters that a benchmark runs on, with a recording or without, and what their servers use. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BulkWriter, openCluster } from '../../dist/runtime/client/index.js';
import { startCluster } from '../../dist/runtime/cluster/embedded.js';
import { RecordingFile, recordRun } from '../../dist/runtime/live/recording/index.js';

export const PARTITIONS = 8;
export const WAIT_MS = 180_000;
const REPLICAS = 2;
const MS_PER_TICK = 10;
/** What a run leaves behind, such as freed memory and disk writes, is not to be the next one's. */
const SETTLE_MS = 250;

/** @param times as for `startCluster` */
export async function twoClusters(times) {
  const directory = await mkdtemp(join(tmpdir(), 'bridle-watching-'));
  const start = (name, id) =>
    startCluster({ name, id, directory: join(directory, name), replicas: REPLICAS, times });
  const servers = await Promise.all([start('east', 1), start('west', 2)]);
  const [source, follower] = await Promise.all(servers.map(({ meta }) => openCluster({ meta })));
  return {
    source,
    follower,
    directory,
    /** Of the servers and of this process; a busy machine blurs it less than the time on the wall. */
    processorMs: () => processorMs(servers),
    close: async () => {
      await Promise.all([source.close(), follower.close()]);
      await Promise.all(servers.map((cluster) => cluster.close()));
      await rm(directory, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function processorMs(servers) {
  const pids = servers.flatMap((cluster) => cluster.servers().map(({ pid }) => pid));
  const stats = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')));
  const ticks = stats.map((stat) => {
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
  });
  const own = process.cpuUsage();
  return ticks.reduce((sum, each) => sum + each * MS_PER_TICK, 0) + (own.user + own.system) / 1_000;
}

/** Does the work, recorded into a file from before its beginning, or not. The number of lines is added. */
export async function measured({ source, follower, directory }, isRecorded, work) {
  await sleep(SETTLE_MS);
  if (!isRecorded) return { ...(await work()), lines: 0 };
  const recording = recordRun({ clusters: [source, follower], title: 'bench', keepLines: 1 });
  const file = join(directory, 'run.jsonl');
  const written = await RecordingFile.open({ file, header: recording.header, lines$: recording.texts$ });
  await recording.ready;
  const found = await work();
  await recording.stop();
  await written.close();
  if (written.error !== null) throw written.error;
  return { ...found, lines: written.lines };
}

/** Values that no store can make smaller; the same keys each time, so that the table does not grow. */
export async function writeRows(table, count, valueBytes) {
  const noise = randomBytes(valueBytes * 2);
  const writer = new BulkWriter(table);
  for (let i = 0; i < count; i++) {
    const from = (i * 7_919) % valueBytes;
    const value = noise.subarray(from, from + valueBytes);
    await writer.write({ hashKey: `row ${i % 997}`, sortKey: String(i), value });
  }
  await writer.flush();
}

/** Runs in pairs, without first and with first in turn; the first pair warms up. Sides come as `isRecorded`. */
export async function inPairs(count, run, onPair) {
  const pairs = [];
  for (let pair = -1; pair < count; pair++) {
    const one = {};
    for (const side of pair % 2 === 0 ? ['without', 'with'] : ['with', 'without']) {
      one[side] = await run(side === 'with');
    }
    if (pair < 0) continue;
    pairs.push(one);
    onPair(pair + 1, one);
  }
  return pairs;
}
