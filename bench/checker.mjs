#!/usr/bin/env node
/**
 * Measures the product explorer: against `@xstate/graph` on the same product of charts, and its packed
 * core on one to ten million states.
 *
 *   npm run bench:checker            a table
 *   npm run bench:checker -- --json  the same as JSON
 *   npm run bench:checker -- --quick without the ten million
 */
import process from 'node:process';
import { getAdjacencyMap } from 'xstate/graph';
import { check } from '../dist/runtime/checker/product/index.js';
import { chartsLogic, chartsModel, numbersModel, statesOf } from './checker-models.mjs';

const flags = process.argv.slice(2);
const CHARTS = { callers: 4, rounds: 5 };
/** About 1, 2.5 and 10 million states. */
const CORE = [5, 6, 8].slice(0, flags.includes('--quick') ? 2 : 3).map((rounds) => ({ callers: 5, rounds }));

const mustBe = (expected, found) => {
  if (expected !== found) throw new Error(`${found} states, and there are ${expected}`);
};

async function compare({ callers, rounds }) {
  const states = statesOf(callers, rounds);
  const { logic, options } = chartsLogic(callers, rounds);
  const graph = await timed(() => {
    mustBe(states, Object.keys(getAdjacencyMap(logic, options)).length);
  });
  // Reading the charts and warming up is part of what a user waits for, so nothing is tried before.
  const ours = await timed(async () => {
    mustBe(states, (await check(chartsModel(callers, rounds))).states);
  });
  return {
    states,
    xstateGraph: { ...graph, statesPerSecond: states / graph.seconds },
    check: { ...ours, statesPerSecond: states / ours.seconds },
    ratio: graph.seconds / ours.seconds,
    ratioOfProcessorTime: graph.processorSeconds / ours.processorSeconds,
  };
}

async function core({ callers, rounds }) {
  let result;
  const { seconds, processorSeconds } = await timed(async () => {
    result = await check(numbersModel(callers, rounds));
  });
  const { states, transitions, bytesPerState } = result;
  mustBe(statesOf(callers, rounds), states);
  return {
    states,
    transitions,
    seconds,
    processorSeconds,
    statesPerSecond: states / seconds,
    statesPerProcessorSecond: states / processorSeconds,
    nsPerState: (processorSeconds * 1e9) / states,
    bytesPerState,
  };
}

/** Time on the clock, and time of the processor: on a machine that does other things too they differ. */
async function timed(run) {
  const startedMs = performance.now();
  const before = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(before);
  return { seconds: (performance.now() - startedMs) / 1000, processorSeconds: (user + system) / 1e6 };
}

const comparison = await compare(CHARTS);
const runs = [];
for (const size of CORE) runs.push(await core(size));
const linearity = runs.at(-1).nsPerState / runs[0].nsPerState;

if (flags.includes('--json')) {
  console.log(JSON.stringify({ node: process.version, comparison, core: runs, linearity }));
} else {
  const whole = (value) => Math.round(value).toLocaleString('en');
  const { xstateGraph, check: ours, ratio, ratioOfProcessorTime } = comparison;
  console.log(`the same ${whole(comparison.states)} states of ${CHARTS.callers + 1} charts`);
  console.log(`  xstate/graph  ${whole(xstateGraph.statesPerSecond).padStart(9)} states/s`);
  console.log(`  check         ${whole(ours.statesPerSecond).padStart(9)} states/s`);
  console.log(
    `  ${ratio.toFixed(0)} times as fast, ${ratioOfProcessorTime.toFixed(0)} times in processor time`,
  );
  const row = (...columns) => console.log(columns.map((column) => column.padStart(14)).join(''));
  console.log('packed core, one run each; ns of processor time');
  row('states', 'steps/state', 'states/s', '/processor s', 'ns/state', 'bytes/state');
  for (const run of runs) {
    const { states, transitions, nsPerState, bytesPerState } = run;
    const speeds = [whole(run.statesPerSecond), whole(run.statesPerProcessorSecond), whole(nsPerState)];
    row(whole(states), (transitions / states).toFixed(1), ...speeds, bytesPerState.toFixed(1));
  }
  console.log(`a state of the largest costs ${linearity.toFixed(2)} times as much as one of the smallest`);
}
