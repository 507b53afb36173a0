#!/usr/bin/env node
/**
 * Measures how many virtual hours of two simulated clusters pass in a minute of one processor.
 *
 *   npm run bench:simulation             a table
 *   npm run bench:simulation -- --json   the same as JSON
 *   npm run bench:simulation -- --quick  a third of the hours
 *   npm run bench:simulation -- --tasks  what the simulated hours are made of
 *   npm run bench:simulation -- --load NAME
 *                                        only that load: idle, bursts, writes
 *   npm run bench:simulation -- --dist DIRECTORY
 *                                        of another build, e.g. of the commit before; twice for the ratio to the first
 *
 * What counts is the processor time of the whole process, since others may use the machine too.
 */
import path from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';

const flags = process.argv.slice(2);
const HOUR_MS = 3_600_000;
const quick = flags.includes('--quick') ? 1 / 3 : 1;

/** Clusters that look after themselves every 20 s instead of several times a second. */
const QUIET = {
  nodeSyncMs: 20_000,
  nodeDeadMs: 60_000,
  maintenanceMs: 120_000,
  idlePollMs: 600_000,
};

const LOADS = [
  { name: 'idle', hours: 120, burst: null },
  { name: 'bursts', hours: 240, burst: { everyMs: 2 * HOUR_MS, writes: 60, periodMs: 200, faults: true } },
  {
    name: 'writes without end',
    hours: 2,
    burst: { everyMs: 60_000, writes: 60, periodMs: 1_000, faults: false },
  },
];

async function build(directory) {
  const of = (file) => import(pathToFileURL(path.resolve(directory, file)).href);
  const { VirtualClusters } = await of('runtime/simulation/index.js');
  const { DEFAULT_TIMES } = await of('runtime/cluster/config.js');
  return { VirtualClusters, DEFAULT_TIMES };
}

async function measure({ VirtualClusters, DEFAULT_TIMES }, { hours, burst }) {
  const { idlePollMs, ...times } = QUIET;
  const clusters = await VirtualClusters.start({
    times: { ...times, partition: { ...DEFAULT_TIMES.partition, idlePollMs } },
    limits: { logBytes: 64 * 1024 },
  });
  await clusters.advance(60_000);
  await clusters.createTable('users', 2);
  await clusters.put('users', 'a', 'b', 'c');
  await clusters.addDuplication('users');
  for (let i = 0; i < 200 && clusters.source.meta?.duplications.all()[0]?.context.status !== 'DS_LOG'; i++)
    await clusters.advance(10_000);
  const { world } = clusters;
  const labels = new Map();
  let tasks = 0;
  world.schedule.onTask = ({ kind, label }) => {
    tasks++;
    if (flags.includes('--tasks')) {
      const what = `${kind} ${label.replaceAll(/\d+/g, '#')}`;
      labels.set(what, (labels.get(what) ?? 0) + 1);
    }
  };
  const [fromMs, began] = [world.nowMs, process.cpuUsage()];
  const endMs = fromMs + hours * quick * HOUR_MS;
  for (let no = 0; world.nowMs < endMs; no++) {
    const nextMs = Math.min(endMs, fromMs + (no + 1) * (burst?.everyMs ?? HOUR_MS));
    if (burst !== null) await strike(clusters, burst, no);
    await clusters.advance(Math.max(0, nextMs - world.nowMs));
  }
  const { user, system } = process.cpuUsage(began);
  const [virtualMs, usedMs] = [world.nowMs - fromMs, (user + system) / 1_000];
  const { follower, source } = await clusters.observe();
  const rowsOf = (partitions) => JSON.stringify(partitions.map(({ rows }) => rows));
  if (rowsOf(follower) !== rowsOf(source)) throw new Error('the follower is not equal');
  return {
    virtualHours: virtualMs / HOUR_MS,
    processorSeconds: usedMs / 1_000,
    hoursPerMinute: (virtualMs / HOUR_MS / usedMs) * 60_000,
    tasks,
    usPerTask: (usedMs * 1_000) / tasks,
    labels,
  };
}

/** One burst of writes, with the faults of a chaos run in it: lost and repeated messages, a crash. */
async function strike(clusters, { writes, periodMs, faults }, no) {
  const server = clusters.servers[no % clusters.servers.length];
  if (faults) {
    clusters.loseNext({ code: 'RPC_RRDB_RRDB_PUT', what: 'reply' });
    clusters.loseNext({ code: 'RPC_RRDB_RRDB_DUPLICATE', what: 'reply' });
    clusters.repeatNext({ code: 'RPC_RRDB_RRDB_DUPLICATE', what: 'request' }, 500);
    clusters.delayNext({ code: 'RPC_BRIDLE_NODE_SYNC', what: 'reply' }, 700);
  }
  for (let i = 0; i < writes; i++) {
    if (faults && i === writes >> 1) {
      clusters.crash(server);
      await clusters.advance(1_000);
      await clusters.restart(server);
    }
    await clusters.put('users', `user ${(no * writes + i) % 997}`, 'at', `${no} ${i}`);
    await clusters.advance(periodMs);
  }
}

const directories = flags.flatMap((flag, i) => (flag === '--dist' ? [flags[i + 1] ?? 'dist'] : []));
if (directories.length === 0) directories.push('dist');
const only = flags.flatMap((flag, i) => (flag === '--load' ? [flags[i + 1] ?? ''] : []))[0];
const results = [];
for (const directory of directories) {
  const parts = await build(directory);
  for (const load of LOADS.filter(({ name }) => only === undefined || name.startsWith(only))) {
    const { labels, ...measured } = await measure(parts, load);
    const first = results.find((result) => result.load === load.name);
    const ratio = first === undefined ? 1 : measured.hoursPerMinute / first.hoursPerMinute;
    results.push({ build: directory, load: load.name, ...measured, ratio });
    if (flags.includes('--tasks')) {
      const hours = measured.virtualHours;
      for (const [label, count] of [...labels].sort(([, a], [, b]) => b - a).slice(0, 60))
        console.log(`${(count / hours).toFixed(1).padStart(9)} per hour  ${label}`);
    }
  }
}

if (flags.includes('--json')) console.log(JSON.stringify(results, null, 2));
else {
  console.log('load                  virtual hours per minute   tasks per hour   µs per task   ratio');
  for (const { load, hoursPerMinute, tasks, virtualHours, usPerTask, ratio, build } of results) {
    console.log(
      `${load.padEnd(22)}${hoursPerMinute.toFixed(1).padStart(24)}${(tasks / virtualHours).toFixed(0).padStart(17)}` +
        `${usPerTask.toFixed(1).padStart(14)}${ratio.toFixed(2).padStart(8)}${directories.length > 1 ? `   ${build}` : ''}`,
    );
  }
}
