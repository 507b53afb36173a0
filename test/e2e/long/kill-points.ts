/**
 * kill -9 of every kind of server, before, during and after every kind of durable step that a run counts; and
 * connections that break or crawl in the middle of a block. Load is held all the while.
 *
 *   npm run test:kill-points [-- --only TEXT] [--every K] [--list]
 *
 * `--every 7` takes each seventh of them. Prints a row for each strike, and ends with 1 if any lost, reordered or left anything unequal. A step that did
 * not come up again in its own run is told as `not reached` and is no failure.
 */
import { parseArgs } from 'node:util';
import { type Strike, strikeInWords, WHENS } from '../strike/plan.js';
import { type Outcome, runScenario } from '../strike/scenario.js';

const { values: flags } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    every: { type: 'string', default: '1' },
    list: { type: 'boolean', default: false },
  },
});

const NO_STEP = { step: '', nth: 1, when: 'before' } as const;
const LARGE_BYTES = 2_000;
const ON_THE_NETWORK: readonly Strike[] = ['east replica', 'west replica', 'east meta', 'west meta'].flatMap(
  (server) =>
    (['reset', 'slow'] as const).map((kind) => ({
      server,
      ...NO_STEP,
      network: { kind, largeBytes: server.endsWith('meta') ? 200 : LARGE_BYTES, delayMs: 20 },
    })),
);

/** The first time a step is done, and, of one that is done often, a time in the middle of it. */
function killsIn(steps: Outcome['steps']): Strike[] {
  const counts = new Map<string, { server: string; step: string; count: number }>();
  for (const { server, step } of steps) {
    const counted = counts.get(`${server} ${step}`) ?? { server, step, count: 0 };
    counted.count += 1;
    counts.set(`${server} ${step}`, counted);
  }
  return [...counts.values()].flatMap(({ server, step, count }) => {
    // Every commit of a table or duplication is another step of the protocol.
    const times = /^commit e(table|duplication)/.test(step)
      ? Array.from({ length: Math.min(count, 12) }, (_, index) => index + 1)
      : [...new Set([1, Math.ceil(count / 2)])];
    return times.flatMap((nth) => WHENS.map((when) => ({ server, step, nth, when })));
  });
}

const faultOf = ({ lost, outOfOrder, unequal }: Outcome): string =>
  [
    lost.length > 0 ? `${lost.length} lost (${lost[0]})` : '',
    outOfOrder.length > 0 ? `${outOfOrder.length} out of order (${outOfOrder[0]})` : '',
    unequal > 0 ? `${unequal} rows unequal` : '',
  ]
    .filter((text) => text !== '')
    .join(', ');

const counted = await runScenario(null);
const strikes = [...killsIn(counted.steps), ...ON_THE_NETWORK]
  .filter((strike) => strikeInWords(strike).includes(flags.only))
  .filter((_, at) => at % Number(flags.every) === 0);
console.log(`${counted.steps.length} durable steps in a run; ${strikes.length} strikes`);
let failed = 0;
let notReached = 0;
let acknowledged = 0;
for (const [at, strike] of strikes.entries()) {
  const words = `${String(at + 1).padStart(4)}  ${strikeInWords(strike).padEnd(70)}`;
  if (flags.list) {
    console.log(words);
    continue;
  }
  const beganMs = performance.now();
  let verdict: string;
  try {
    const outcome = await runScenario(strike);
    acknowledged += outcome.acknowledged;
    const fault = faultOf(outcome);
    if (fault !== '') failed += 1;
    if (!outcome.struck) notReached += 1;
    verdict = fault === '' ? (outcome.struck ? 'ok' : 'not reached') : `FAILED: ${fault}`;
  } catch (error) {
    failed += 1;
    verdict = `FAILED: ${error instanceof Error ? error.message : String(error)}`;
  }
  console.log(`${words} ${((performance.now() - beganMs) / 1000).toFixed(0).padStart(3)} s  ${verdict}`);
}
console.log(
  `${strikes.length} strikes, ${notReached} not reached, ${failed} failed, ${acknowledged} acknowledged writes`,
);
process.exitCode = failed === 0 ? 0 : 1;
