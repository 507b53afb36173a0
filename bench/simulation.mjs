#!/usr/bin/env node
/**
 * Measures how many virtual hours of two simulated clusters pass in a minute: of one processor, and on the clock.
 *
 *   npm run bench:simulation             a table
 *   npm run bench:simulation -- --json   the same as JSON
 *   npm run bench:simulation -- --quick  a third of the hours
 *   npm run bench:simulation -- --tasks  what the simulated hours are made of
 *   npm run bench:simulation -- --load NAME
 *                                        only that load: idle, bursts, writes, "chaos 24 h", "chaos 6 h", "chaos 1 h"
 *   npm run bench:simulation -- --dist DIRECTORY
 *                                        of another build, e.g. of the commit before; twice for the ratio to the first
 *
 * Each load has a process of its own, so that none finds the code compiled that another has warmed up. What
 * counts is the processor time of the whole process, its compiler and collector included: it is what one core
 * would need, also where others use the machine. A chaos load is run three times: the first is what a command
 * line of that length sees, the last what a soak sees after a while.
 */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';

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
  { name: 'chaos 24 h', chaos: true, hours: 24, first: 7, seeds: 3 },
  { name: 'chaos 6 h', chaos: true, hours: 6, first: 1, seeds: 10 },
  { name: 'chaos 1 h', chaos: true, hours: 1, first: 1, seeds: 20 },
];
const CHAOS_PASSES = 3;

async function build(directory) {
  const of = (file) => import(pathToFileURL(path.resolve(directory, file)).href);
  const { VirtualClusters } = await of('runtime/simulation/index.js');
  const { DEFAULT_TIMES } = await of('runtime/cluster/config.js');
  const { simulate } = await of('runtime/simulation/chaos/index.js');
  return { VirtualClusters, DEFAULT_TIMES, simulate };
}

/** Both rates, from what a stopwatch says. */
function rates({ virtualHours, tasks }, { usedMs, wallMs }) {
  return {
    virtualHours,
    processorSeconds: usedMs / 1_000,
    wallSeconds: wallMs / 1_000,
    hoursPerMinute: (virtualHours / usedMs) * 60_000,
    hoursPerWallMinute: (virtualHours / wallMs) * 60_000,
    tasks,
    usPerTask: (usedMs * 1_000) / tasks,
  };
}

function stopwatch() {
  const [beganMs, began] = [performance.now(), process.cpuUsage()];
  return () => {
    const { user, system } = process.cpuUsage(began);
    return { usedMs: (user + system) / 1_000, wallMs: performance.now() - beganMs };
  };
}

/** Seeds of `bridle simulate`, with all that goes wrong and all that is checked. */
async function measureChaos({ simulate }, { hours, first, seeds }) {
  let fresh;
  for (let pass = 1; ; pass++) {
    const stop = stopwatch();
    let [virtualMs, tasks] = [0, 0];
    for (let i = 0; i < Math.ceil(seeds * quick); i++) {
      const run = await simulate({ seed: first + i, hours });
      if (run.verdict !== 'holds') throw new Error(`seed ${first + i}: ${run.verdict}; ${run.replay}`);
      virtualMs += run.virtualMs;
      tasks += run.events;
    }
    const measured = rates({ virtualHours: virtualMs / HOUR_MS, tasks }, stop());
    fresh ??= measured.hoursPerMinute;
    if (pass === CHAOS_PASSES) return { ...measured, freshHoursPerMinute: fresh, labels: new Map() };
  }
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
  const [fromMs, stop] = [world.nowMs, stopwatch()];
  const endMs = fromMs + hours * quick * HOUR_MS;
  for (let no = 0; world.nowMs < endMs; no++) {
    const nextMs = Math.min(endMs, fromMs + (no + 1) * (burst?.everyMs ?? HOUR_MS));
    if (burst !== null) await strike(clusters, burst, no);
    await clusters.advance(Math.max(0, nextMs - world.nowMs));
  }
  const measured = rates({ virtualHours: (world.nowMs - fromMs) / HOUR_MS, tasks }, stop());
  const { follower, source } = await clusters.observe();
  const rowsOf = (partitions) => JSON.stringify(partitions.map(({ rows }) => rows));
  if (rowsOf(follower) !== rowsOf(source)) throw new Error('the follower is not equal');
  return { ...measured, labels };
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
const loads = LOADS.filter(({ name }) => only === undefined || name.startsWith(only));

/** In this process, if it is all that it does; in one of its own otherwise. */
async function resultOf(directory, load) {
  if (loads.length === 1 && directories.length === 1) {
    const parts = await build(directory);
    const { labels, ...measured } = await (load.chaos ? measureChaos(parts, load) : measure(parts, load));
    if (flags.includes('--tasks')) tellTasks(labels, measured.virtualHours);
    return { build: directory, load: load.name, ...measured };
  }
  const passed = flags.filter((flag) => flag === '--quick');
  const args = ['--dist', directory, '--load', load.name, '--json', ...passed];
  const child = spawnSync(process.execPath, [fileURLToPath(import.meta.url), ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (child.status !== 0) throw new Error(`${load.name} of ${directory} ended with ${child.status}`);
  return JSON.parse(child.stdout)[0];
}

function tellTasks(labels, hours) {
  for (const [label, count] of [...labels].sort(([, a], [, b]) => b - a).slice(0, 60))
    console.log(`${(count / hours).toFixed(1).padStart(9)} per hour  ${label}`);
}

if (flags.includes('--tasks') && loads.length > 1) {
  console.error('--tasks needs one --load: idle, bursts or writes');
  process.exit(2);
}
const results = [];
for (const directory of directories) {
  for (const load of loads) {
    const result = await resultOf(directory, load);
    const first = results.find((other) => other.load === load.name);
    results.push({
      ...result,
      ratio: first === undefined ? 1 : result.hoursPerMinute / first.hoursPerMinute,
    });
  }
}

if (flags.includes('--json')) console.log(JSON.stringify(results, null, 2));
else {
  const row = (cells) =>
    console.log(cells.map((cell, i) => (i === 0 ? cell.padEnd(22) : cell.padStart(12))).join(''));
  console.log(`${' '.repeat(22)}virtual hours per minute of`);
  row(['load', 'processor', 'at first', 'the clock', 'tasks/hour', 'µs/task', 'ratio']);
  for (const result of results) {
    const { load, hoursPerMinute, hoursPerWallMinute, freshHoursPerMinute, ratio, build } = result;
    row([
      load,
      hoursPerMinute.toFixed(0),
      freshHoursPerMinute?.toFixed(0) ?? '',
      hoursPerWallMinute.toFixed(0),
      (result.tasks / result.virtualHours).toFixed(0),
      result.usPerTask.toFixed(1),
      ratio.toFixed(2),
      directories.length > 1 ? `  ${build}` : '',
    ]);
  }
}
