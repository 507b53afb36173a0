/**
 * How many virtual hours of two simulated clusters pass in a minute of this machine's time: what the process
 * used of its processors, since others may use them too.
 *
 *   npx tsx test/simulation/long/pace.ts [virtual minutes] [part of a name]
 */
import { DEFAULT_TIMES } from '../../../runtime/cluster/config.js';
import { VirtualClusters, type VirtualClustersOptions } from '../../../runtime/simulation/index.js';

const minutes = Number(process.argv[2] ?? 10);
const wanted = process.argv[3] ?? '';
const HOUR_MS = 3_600_000;

/** Clusters that look after themselves once a minute instead of several times a second. */
const PATIENT: VirtualClustersOptions = {
  times: {
    nodeSyncMs: 60_000,
    nodeDeadMs: 300_000,
    maintenanceMs: 600_000,
    partition: { ...DEFAULT_TIMES.partition, idlePollMs: 60_000 },
  },
};

async function pace(name: string, options: VirtualClustersOptions, writesPerMinute: number): Promise<void> {
  if (!name.includes(wanted)) return;
  const clusters = await VirtualClusters.start(options);
  await clusters.advance(120_000);
  await clusters.createTable('users', 2);
  await clusters.put('users', 'a', 'b', 'c');
  await clusters.addDuplication('users');
  await clusters.until('DS_LOG', ({ visible }) => visible?.status === 'DS_LOG', HOUR_MS);
  let tasks = 0;
  clusters.world.schedule.onTask = () => {
    tasks++;
  };
  const [fromMs, began] = [clusters.world.nowMs, process.cpuUsage()];
  const periodMs = writesPerMinute === 0 ? 60_000 : 60_000 / writesPerMinute;
  for (let at = 0; at < minutes * 60_000; at += periodMs) {
    if (writesPerMinute > 0) await clusters.put('users', `user ${at % 997}`, 'at', String(at));
    await clusters.advance(fromMs + at + periodMs - clusters.world.nowMs);
  }
  const { user, system } = process.cpuUsage(began);
  const [virtualMs, usedMs] = [clusters.world.nowMs - fromMs, (user + system) / 1_000];
  const hoursPerMinute = (virtualMs / HOUR_MS / usedMs) * 60_000;
  const { follower, source } = await clusters.observe();
  const same =
    JSON.stringify(follower.map(({ rows }) => rows)) === JSON.stringify(source.map(({ rows }) => rows));
  console.log(
    `${name}: ${hoursPerMinute.toFixed(1)} virtual hours per minute; ${tasks} tasks, ` +
      `${((usedMs * 1000) / tasks).toFixed(0)} µs each; follower ${same ? 'equal' : 'behind'}`,
  );
}

await pace('idle, default times', {}, 0);
await pace('idle, patient', PATIENT, 0);
await pace('idle, patient, three replica servers', { ...PATIENT, replicas: 3 }, 0);
await pace('60 writes a minute, default times', {}, 60);
await pace('60 writes a minute, patient', PATIENT, 60);
