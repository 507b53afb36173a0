/**
 * What it costs a run to be recorded: rows copied and rows shipped per second between two embedded clusters,
 * with and without a recording, side by side; and steps per second of one chart, for information.
 *
 *   npm run bench:watching -- [--json] [--pairs 7] [--rows 20000]
 *
 * Runs come in pairs, with and without, in turn. The figures are medians of the pairs' ratios; exit code 1 if
 * one is beyond its limit. Processor time, of all servers and of the process that writes and records, tells what
 * watching costs a machine that has none to spare; where there is, throughput does not show it.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ChartHost } from '../dist/actors/chartHost.js';
import { partitionDuplicator } from '../dist/machines/index.js';
import { BulkWriter, openCluster } from '../dist/runtime/client/index.js';
import { DEFAULT_TIMES } from '../dist/runtime/cluster/config.js';
import { startCluster } from '../dist/runtime/cluster/embedded.js';
import { duplicate } from '../dist/runtime/live/index.js';
import { RecordingFile, recordRun } from '../dist/runtime/live/recording/index.js';
import { Recorder } from '../dist/runtime/observe/recording/recorder.js';

const THROUGHPUT_LIMIT_PERCENT = 10;
const PROCESSOR_LIMIT_PERCENT = 20;
const PARTITIONS = 8;
const VALUE_BYTES = 500;
const WAIT_MS = 180_000;
const STEPS = 30_000;
const MS_PER_TICK = 10;

const { values: flags } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    pairs: { type: 'string', default: '7' },
    rows: { type: 'string', default: '20000' },
  },
});
const pairs = Number(flags.pairs);
const rows = Number(flags.rows);
const note = (text) => flags.json || process.stdout.write(`${text}\n`);

const median = (list) => {
  const sorted = [...list].sort((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
};

async function write(table, from, count) {
  const writer = new BulkWriter(table);
  for (let i = from; i < from + count; i++) {
    await writer.write({
      hashKey: `row ${i % 997}`,
      sortKey: String(i),
      value: `${i} `.padEnd(VALUE_BYTES, 'bridle '),
    });
  }
  await writer.flush();
}

/** Of the servers and of this process, in milliseconds; a busy machine blurs it less than the time on the wall. */
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

/** One copy and one shipping of `rows` rows, each from a table of its own. */
async function run({ servers, source, follower, name, file }) {
  await source.createTable(name, { partitionCount: PARTITIONS });
  const table = await source.table(name);
  await write(table, 0, rows);
  let recording = null;
  let written = null;
  if (file !== null) {
    recording = recordRun({ clusters: [source, follower], title: 'bench', keepLines: 1 });
    written = await RecordingFile.open({ file, header: recording.header, lines$: recording.texts$ });
    await recording.ready;
  }
  const copyBeganMs = performance.now();
  const duplication = await duplicate({
    source,
    table: name,
    target: follower,
    pollMs: 20,
    onRemove: 'drop',
  });
  await duplication.waitFor('DS_LOG', { timeoutMs: WAIT_MS });
  const copyMs = performance.now() - copyBeganMs;
  const shipBeganMs = performance.now();
  const processorBeganMs = await processorMs(servers);
  await write(table, rows, rows);
  await duplication.waitFor(({ lagDecrees }) => lagDecrees === 0, { timeoutMs: WAIT_MS });
  const shipMs = performance.now() - shipBeganMs;
  const processorUsedMs = (await processorMs(servers)) - processorBeganMs;
  await recording?.stop();
  await written?.close();
  await duplication.remove({ wait: true, timeoutMs: WAIT_MS });
  await duplication[Symbol.asyncDispose]();
  return {
    copied: (rows * 1_000) / copyMs,
    shipped: (rows * 1_000) / shipMs,
    processorMsPerThousand: (processorUsedMs * 1_000) / rows,
    lines: written?.lines ?? 0,
  };
}

/** Steps per second of one chart. `watcher` is undefined, or that of a recorder which is on or off. */
function stepsPerSecond(watcher) {
  const host = new ChartHost({
    name: 'duplicator/1/0',
    machine: partitionDuplicator,
    input: { partition: 0, damagedReadsLimit: 3, times: DEFAULT_TIMES.partition },
    handlers: Object.fromEntries(
      ['prepareCheckpoint', 'loadBatch', 'locateFollower', 'shipBatch', 'releaseLog'].map((effect) => [
        effect,
        () => undefined,
      ]),
    ),
    watcher,
  }).start();
  const began = performance.now();
  for (let i = 0; i < STEPS; i++) {
    host.send({ type: 'STATUS', status: i % 2 === 0 ? 'DS_PAUSE' : 'DS_APP', failMode: 'FAIL_SLOW' });
  }
  const perSecond = (STEPS * 1_000) / (performance.now() - began);
  host.stop();
  return perSecond;
}

function chartFigures() {
  const kinds = {
    unwatched: () => undefined,
    switchedOff: () => new Recorder({ process: 'bench' }).charts,
    watched: () => {
      const recorder = new Recorder({ process: 'bench' });
      recorder.start();
      return recorder.charts;
    },
  };
  const found = { unwatched: [], switchedOff: [], watched: [] };
  for (let round = 0; round < 6; round++) {
    for (const [kind, make] of Object.entries(kinds)) {
      const perSecond = stepsPerSecond(make());
      // The first round warms up.
      if (round > 0) found[kind].push(perSecond);
    }
  }
  return Object.fromEntries(Object.entries(found).map(([kind, list]) => [kind, Math.round(median(list))]));
}

async function clusterFigures() {
  const directory = await mkdtemp(join(tmpdir(), 'bridle-watching-'));
  const start = (name, id) => startCluster({ name, id, directory: join(directory, name), replicas: 2 });
  const servers = await Promise.all([start('east', 1), start('west', 2)]);
  const [source, follower] = await Promise.all(servers.map(({ meta }) => openCluster({ meta })));
  const found = [];
  try {
    // The first runs warm up, each way.
    await run({ servers, source, follower, name: 'warm', file: null });
    await run({ servers, source, follower, name: 'warm_recorded', file: join(directory, 'warm.jsonl') });
    for (let pair = 0; pair < pairs; pair++) {
      const one = {};
      for (const kind of pair % 2 === 0 ? ['without', 'with'] : ['with', 'without']) {
        const file = kind === 'with' ? join(directory, 'run.jsonl') : null;
        one[kind] = await run({ servers, source, follower, name: `t${pair}_${kind}`, file });
      }
      found.push(one);
      note(`pair ${pair + 1}: ${row(one.without)}   recorded: ${row(one.with)}, ${one.with.lines} lines`);
    }
  } finally {
    await Promise.all([source.close(), follower.close()]);
    await Promise.all(servers.map((cluster) => cluster.close()));
    await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  }
  return found;
}

const row = ({ copied, shipped, processorMsPerThousand }) =>
  `${Math.round(copied)} copied/s, ${Math.round(shipped)} shipped/s (${Math.round(processorMsPerThousand)} ms of processor per 1000)`;

const charts = chartFigures();
note(
  `steps per second of one chart: ${charts.unwatched} without a watcher, ${charts.switchedOff} with one that is off, ${charts.watched} watched`,
);
const found = await clusterFigures();
const ratioOf = (what) => median(found.map((one) => one.with[what] / one.without[what]));
const figure = (what, key, costRatio, limitPercent) => ({
  what,
  without: Math.round(median(found.map((one) => one.without[key]))),
  with: Math.round(median(found.map((one) => one.with[key]))),
  costPercent: Math.round(costRatio * 1_000) / 10,
  limitPercent,
});
const figures = [
  figure('rows copied per second', 'copied', 1 - ratioOf('copied'), THROUGHPUT_LIMIT_PERCENT),
  figure('rows shipped per second', 'shipped', 1 - ratioOf('shipped'), THROUGHPUT_LIMIT_PERCENT),
  figure(
    'processor ms per 1000 shipped',
    'processorMsPerThousand',
    ratioOf('processorMsPerThousand') - 1,
    PROCESSOR_LIMIT_PERCENT,
  ),
];
const ok = figures.every(({ costPercent, limitPercent }) => costPercent < limitPercent);
if (flags.json) process.stdout.write(`${JSON.stringify({ charts, figures, pairs: found, ok })}\n`);
else {
  for (const { what, without, with: recorded, costPercent, limitPercent } of figures) {
    note(
      `${what.padEnd(30)} ${String(without).padStart(7)} without  ${String(recorded).padStart(7)} recorded  costs ${costPercent} % (limit ${limitPercent} %)`,
    );
  }
  note(ok ? 'within the limit' : 'BEYOND THE LIMIT');
}
process.exitCode = ok ? 0 : 1;
