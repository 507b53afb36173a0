/**
 * Looks for every planted defect and prints what found it.
 *
 *   npm run test:planted                     all of them, at most 1,000 seeds each
 *   npm run test:planted -- --seeds 100      fewer
 *   npm run test:planted -- --bug fsync      those whose name has this in it
 *   npm run test:planted -- --jobs 2         so many at the same time
 *   npm run test:planted -- --no-minimise    without a look for the shortest way to each
 *   npm run test:planted -- --write          also writes docs/planted.md, again after each
 */
import { parseArgs } from 'node:util';
import { PLANTED_BUGS } from './bugs.js';
import { type Hunted, hunt } from './hunt.js';
import { row, writePage } from './page.js';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    bug: { type: 'string', default: '' },
    jobs: { type: 'string', default: '1' },
    'no-minimise': { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});
const seeds = Number(values.seeds);
const bugs = PLANTED_BUGS.filter(({ name }) => name.includes(values.bug));
const found = new Map<string, Hunted>();
const waiting = [...bugs];

const inOrder = (): Hunted[] => bugs.flatMap(({ name }) => found.get(name) ?? []);

async function work(): Promise<void> {
  for (let bug = waiting.shift(); bug !== undefined; bug = waiting.shift()) {
    const hunted = await hunt(bug, { seeds, minimise: !values['no-minimise'] });
    found.set(bug.name, hunted);
    console.log(row(hunted, seeds));
    if (values.write) await writePage(inOrder(), seeds);
  }
}

await Promise.all(Array.from({ length: Number(values.jobs) }, work));
process.exitCode = inOrder().every((hunted) => hunted.found !== null) ? 0 : 1;
