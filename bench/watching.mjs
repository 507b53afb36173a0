/**
 * What it costs a run to be recorded, side by side: rows shipped and bytes copied per second between two embedded
 * clusters, with and without a recording; and steps per second of one chart, for information.
 *
 *   npm run bench:watching -- [--json] [--pairs 60] [--rows 8000] [--copy-mb 24]
 *                             [--only shipping|copying]
 *
 * Runs come in pairs, with and without, in turn. A figure is the middle of the pairs' ratios, with the middle half
 * of them and the bounds between which it lies with 95 % confidence. Many short pairs say more than a few long ones:
 * the machine changes less between the two runs of a pair. Processor time, of all servers and of
 * the process that writes and records, tells what watching costs a machine that has none to spare.
 *
 * Copies are of a table that is written once. Their clusters poll and report often: with the usual times a copy
 * takes half a second more whenever the follower is ready just after a look, which hides everything else.
 *
 * Exit codes: 0 all figures are within their limits, 1 one is beyond, 3 one is not decided: the runs differ by more
 * than the limit leaves room for, so take more pairs or a machine that does nothing else. 2: wrong options.
 */
import { parseArgs } from 'node:util';
import { ChartHost } from '../dist/actors/chartHost.js';
import { partitionDuplicator } from '../dist/machines/index.js';
import { DEFAULT_TIMES } from '../dist/runtime/cluster/config.js';
import { duplicate } from '../dist/runtime/live/index.js';
import { Recorder } from '../dist/runtime/observe/recording/recorder.js';
import { inPairs, measured, PARTITIONS, twoClusters, WAIT_MS, writeRows } from './watching/clusters.mjs';
import { costOf, median, verdictOf } from './watching/cost.mjs';

const THROUGHPUT_LIMIT_PERCENT = 10;
const PROCESSOR_LIMIT_PERCENT = 20;
const VALUE_BYTES = 500;
const COPY_VALUE_BYTES = 4_000;
const POLL_MS = 10;
const OFTEN = { nodeSyncMs: 50, duplication: { followerTable: { readinessPollMs: 20 } } };
const STEPS = 30_000;
const ROUNDS = 6;

const options = {
  json: { type: 'boolean', default: false },
  pairs: { type: 'string', default: '60' },
  rows: { type: 'string', default: '8000' },
  'copy-mb': { type: 'string', default: '24' },
  only: { type: 'string' },
};
const PARTS = ['shipping', 'copying'];

function optionsOf() {
  try {
    const { values } = parseArgs({ options });
    const numbers = [values.pairs, values.rows, values['copy-mb']].map(Number);
    if (!numbers.every((value) => Number.isInteger(value) && value > 0)) {
      throw new Error('--pairs, --rows and --copy-mb take whole numbers above 0');
    }
    if (values.only !== undefined && !PARTS.includes(values.only)) {
      throw new Error(`--only takes ${PARTS.join(' or ')}`);
    }
    const [pairs, rows, copyMb] = numbers;
    return {
      json: values.json,
      pairs,
      rows,
      copyMb,
      parts: values.only === undefined ? PARTS : [values.only],
    };
  } catch (error) {
    process.stderr.write(
      `${error.message}\nusage: npm run bench:watching -- [--json] [--pairs N] [--rows N] [--copy-mb N] [--only shipping|copying]\n`,
    );
    process.exit(2);
  }
}

const { json, pairs, rows, copyMb, parts } = optionsOf();
const note = (text) => json || process.stdout.write(`${text}\n`);

/** Steps per second of one chart. `watcher` is undefined, or that of a recorder which is on or off. */
function stepsPerSecond(watcher) {
  const handlers = ['prepareCheckpoint', 'loadBatch', 'locateFollower', 'shipBatch', 'releaseLog'].map(
    (effect) => [effect, () => undefined],
  );
  const host = new ChartHost({
    name: 'duplicator/1/0',
    machine: partitionDuplicator,
    input: { partition: 0, damagedReadsLimit: 3, times: DEFAULT_TIMES.partition },
    handlers: Object.fromEntries(handlers),
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
  for (let round = 0; round < ROUNDS; round++) {
    for (const [kind, make] of Object.entries(kinds)) {
      const perSecond = stepsPerSecond(make());
      // The first round warms up.
      if (round > 0) found[kind].push(perSecond);
    }
  }
  return Object.fromEntries(Object.entries(found).map(([kind, list]) => [kind, Math.round(median(list))]));
}

/** One duplication in DS_LOG; each run writes the same keys anew and waits until the follower has all of it. */
async function shippingPairs() {
  const clusters = await twoClusters();
  const { source, follower } = clusters;
  try {
    await source.createTable('ships', { partitionCount: PARTITIONS });
    const table = await source.table('ships');
    const duplication = await duplicate({ source, table: 'ships', target: follower, pollMs: POLL_MS });
    await duplication.waitFor('DS_LOG', { timeoutMs: WAIT_MS });
    const ship = async () => {
      const processorBeganMs = await clusters.processorMs();
      const beganMs = performance.now();
      await writeRows(table, rows, VALUE_BYTES);
      await duplication.waitFor(({ lagDecrees }) => lagDecrees === 0, { timeoutMs: WAIT_MS });
      const tookMs = performance.now() - beganMs;
      const usedMs = (await clusters.processorMs()) - processorBeganMs;
      return { shipped: (rows * 1_000) / tookMs, processorMs: (usedMs * 1_000) / rows };
    };
    const row = ({ shipped, processorMs }) => `${Math.round(shipped)} rows/s, ${Math.round(processorMs)} ms`;
    return await inPairs(
      pairs,
      (isRecorded) => measured(clusters, isRecorded, ship),
      (no, one) =>
        note(`shipping ${no}: ${row(one.without)}   recorded: ${row(one.with)}, ${one.with.lines} lines`),
    );
  } finally {
    await clusters.close();
  }
}

/** A table that is written once and copied again and again. */
async function copyingPairs() {
  const clusters = await twoClusters(OFTEN);
  const { source, follower } = clusters;
  try {
    await source.createTable('copies', { partitionCount: PARTITIONS });
    const copyRows = Math.ceil((copyMb * 1_000_000) / COPY_VALUE_BYTES);
    await writeRows(await source.table('copies'), copyRows, COPY_VALUE_BYTES);
    const copy = async () => {
      const beganMs = performance.now();
      const duplication = await duplicate({
        ...{ source, table: 'copies', target: follower },
        ...{ pollMs: POLL_MS, onRemove: 'drop' },
      });
      await duplication.waitFor('DS_LOG', { timeoutMs: WAIT_MS });
      const copied = (copyMb * 1_000) / (performance.now() - beganMs);
      await duplication.remove({ wait: true, timeoutMs: WAIT_MS });
      await duplication[Symbol.asyncDispose]();
      return { copied };
    };
    const row = ({ copied }) => `${copied.toFixed(1)} MB/s`;
    return await inPairs(
      pairs,
      (isRecorded) => measured(clusters, isRecorded, copy),
      (no, one) =>
        note(`copying ${no}: ${row(one.without)}   recorded: ${row(one.with)}, ${one.with.lines} lines`),
    );
  } finally {
    await clusters.close();
  }
}

const sides = (found, key) => found.map((one) => ({ without: one.without[key], with: one.with[key] }));
const percent = (value) => value.toFixed(1);
const range = (bounds) => (bounds === null ? 'too few pairs' : bounds.map(percent).join(' … '));

const charts = chartFigures();
note(
  `steps per second of one chart: ${charts.unwatched} without a watcher, ${charts.switchedOff} with one that is off, ${charts.watched} watched`,
);
const shipping = parts.includes('shipping') ? await shippingPairs() : [];
const copying = parts.includes('copying') ? await copyingPairs() : [];
const throughput = { isRate: true, limitPercent: THROUGHPUT_LIMIT_PERCENT };
const figures = [
  { what: 'rows shipped per second', pairs: sides(shipping, 'shipped'), ...throughput },
  { what: 'MB copied per second', pairs: sides(copying, 'copied'), ...throughput },
  {
    what: 'processor ms per 1000 shipped',
    pairs: sides(shipping, 'processorMs'),
    isRate: false,
    limitPercent: PROCESSOR_LIMIT_PERCENT,
  },
]
  .filter((figure) => figure.pairs.length > 0)
  .map(costOf);
const { verdict, exitCode } = verdictOf(figures);
if (json) {
  process.stdout.write(
    `${JSON.stringify({ charts, figures, shipping, copying, verdict, ok: exitCode === 0 })}\n`,
  );
} else {
  for (const { what, costPercent, quartilesPercent, likelyPercent, limitPercent, ...each } of figures) {
    note(
      `${what.padEnd(30)} ${each.without.toFixed(0).padStart(6)} without ${each.with.toFixed(0).padStart(6)} recorded  costs ${percent(costPercent)} % (95 %: ${range(likelyPercent)}; middle half of the pairs: ${range(quartilesPercent)}; limit ${limitPercent}): ${each.verdict}`,
    );
  }
  note(verdict);
}
process.exitCode = exitCode;
