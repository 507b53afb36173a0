/**
 * Seed after seed on all cores, for as long as it is told to:
 *
 *   npm run soak -- --minutes 60
 *   npm run soak -- --seeds 10000 --hours 6 --faults 'all,!clock-jump'
 *
 * What fails goes to DIR/soak.jsonl, a line each, with a recording beside it; DIR/soak.next remembers where to go
 * on, so that an interrupted soak continues, and one that is begun again the next day runs other seeds.
 * Exit code 0: nothing failed, 1: something did.
 */
import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { commitOf } from '../../../dist/runtime/cli/simulate-commit.js';
import { recordRun } from '../../../dist/runtime/cli/simulate-record.js';
import { runAsJson, summaryAsText, violationAsText } from '../../../dist/runtime/cli/simulate-report.js';
import { simulateSeeds } from '../../../dist/runtime/simulation/chaos/seeds.js';
import { Summary } from '../../../dist/runtime/simulation/chaos/summary.js';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string' },
    seeds: { type: 'string' },
    hours: { type: 'string', default: '6' },
    faults: { type: 'string', default: 'all' },
    jobs: { type: 'string', default: String(availableParallelism()) },
    'first-seed': { type: 'string' },
    dir: { type: 'string', default: 'bridle-failures' },
  },
});
const number = (name) => {
  if (values[name] === undefined) return undefined;
  const value = Number(values[name]);
  if (Number.isFinite(value) && value >= 0 && values[name] !== '') return value;
  console.error(`--${name} has to be a number, not ${JSON.stringify(values[name])}`);
  process.exit(2);
};
const minutes = number('minutes') ?? (values.seeds === undefined ? 10 : undefined);
const [log, place] = [join(values.dir, 'soak.jsonl'), join(values.dir, 'soak.next')];
await mkdir(values.dir, { recursive: true });
const remembered = Number(await readFile(place, 'utf8').catch(() => '1'));
const firstSeed = number('first-seed') ?? (Number.isInteger(remembered) ? remembered : 1);
const seeds = number('seeds') ?? 2 ** 32 - firstSeed;
const beganMs = performance.now();
const isTimeUp = () => minutes !== undefined && performance.now() - beganMs > minutes * 60_000;
const abort = new AbortController();
for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => abort.abort());

const summary = new Summary();
const commit = await commitOf();
const ended = new Set();
const files = new Map();
const writing = [];
let next = firstSeed;
console.error(`soak: from seed ${firstSeed} on, ${values.hours} virtual hours each, ${values.jobs} threads`);

async function note(run) {
  const file = await recordRun(values.dir, run).catch(() => null);
  files.set(run.seed, file);
  await appendFile(
    log,
    `${JSON.stringify({ at: new Date().toISOString(), ...runAsJson(run, commit, file) })}\n`,
  );
  console.error(`${violationAsText(run, commit, file)}\n`);
}

await simulateSeeds({
  ...{ firstSeed, seeds, hours: number('hours'), faults: values.faults, jobs: number('jobs') },
  signal: abort.signal,
  onRun: (run) => {
    if (run.verdict === 'not finished') return true;
    summary.add(run);
    // Threads end in any order: it goes on behind the last one before which all have ended.
    ended.add(run.seed);
    while (ended.delete(next)) next++;
    writing.push(writeFile(place, String(next)));
    if (run.verdict === 'violated') writing.push(note(run));
    if (summary.seeds % 100 === 0)
      console.error(`soak: ${summary.seeds} seeds, ${summary.violations.length} failed`);
    return isTimeUp();
  },
});
await Promise.all(writing);
await writeFile(place, String(next));
const { hours, faults, jobs } = values;
const wallMs = performance.now() - beganMs;
console.log(
  summaryAsText({ summary, firstSeed, seeds: summary.seeds, hours, faults, jobs, wallMs, commit, files }),
);
process.exitCode = summary.violations.length === 0 ? 0 : 1;
