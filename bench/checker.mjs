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
const CHARTS = { callers: 3, rounds: 6 };
/** About 1, 2.5 and 10 million states. */
const CORE = [5, 6, 8].slice(0, flags.includes('--quick') ? 2 : 3).map((rounds) => ({ callers: 5, rounds }));

const mustBe = (expected, found) => {
  if (expected !== found) throw new Error(`${found} states, and there are ${expected}`);
};

async function compare({ callers, rounds }) {
  const states = statesOf(callers, rounds);
  const { logic, options } = chartsLogic(callers, rounds);
  const startedMs = performance.now();
  mustBe(states, Object.keys(getAdjacencyMap(logic, options)).length);
  const graphSeconds = (performance.now() - startedMs) / 1000;
  // Reading the charts and warming up is part of what a user waits for.
  const ours = await check(chartsModel(callers, rounds));
  mustBe(states, ours.states);
  return {
    states,
    xstateGraph: { seconds: graphSeconds, statesPerSecond: states / graphSeconds },
    check: { seconds: ours.seconds, statesPerSecond: states / ours.seconds },
    ratio: graphSeconds / ours.seconds,
  };
}

async function core({ callers, rounds }) {
  const result = await check(numbersModel(callers, rounds));
  mustBe(statesOf(callers, rounds), result.states);
  const { states, transitions, seconds, bytesPerState, bound } = result;
  return {
    states,
    transitions,
    seconds,
    bound,
    statesPerSecond: states / seconds,
    nsPerState: (seconds * 1e9) / states,
    bytesPerState,
  };
}

const comparison = await compare(CHARTS);
const runs = [];
for (const size of CORE) runs.push(await core(size));
const linearity = runs.at(-1).nsPerState / runs[0].nsPerState;

if (flags.includes('--json')) {
  console.log(JSON.stringify({ node: process.version, comparison, core: runs, linearity }));
} else {
  const whole = (value) => Math.round(value).toLocaleString('en');
  console.log(`the same ${whole(comparison.states)} states of ${CHARTS.callers + 1} charts`);
  console.log(`  @xstate/graph  ${whole(comparison.xstateGraph.statesPerSecond).padStart(10)} states/s`);
  console.log(
    `  check          ${whole(comparison.check.statesPerSecond).padStart(10)} states/s, ${whole(comparison.ratio)} times as many`,
  );
  console.log('packed core          states  steps/state   states/s   ns/state  bytes/state');
  for (const run of runs) {
    const { states, transitions, statesPerSecond, nsPerState, bytesPerState } = run;
    const columns = [whole(states).padStart(27), (transitions / states).toFixed(1).padStart(13)];
    columns.push(
      whole(statesPerSecond).padStart(11),
      whole(nsPerState).padStart(11),
      bytesPerState.toFixed(1).padStart(13),
    );
    console.log(columns.join(''));
  }
  console.log(`a state of the largest costs ${linearity.toFixed(2)} times as much as one of the smallest`);
}
