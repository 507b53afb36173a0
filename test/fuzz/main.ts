/**
 * Fuzzing of whatever takes bytes from outside; `npm run fuzz -- --help`.
 *
 * Each target runs in a worker that may hang or run out of memory. An input that breaks something is made
 * short, added to test/fixtures/fuzz and printed with the command that tries it again.
 */
import { parseArgs } from 'node:util';
import { type Bundle, bundleOfWorker } from './bundle.js';
import { keepInCorpus, readCorpus } from './corpus.js';
import { minimised } from './minimise.js';
import { type Failure, failureOf, type Task } from './protocol.js';
import { type Finding, type Outcome, supervise } from './supervise.js';
import { TARGETS, targetNamed } from './targets/index.js';

const HELP = `npm run fuzz -- [options]

  --inputs N      inputs in all, shared among the targets   (default 1000000)
  --seed S        first number of everything that is drawn  (default 1)
  --target NAME   only this one; may be repeated
  --minutes M     end earlier                               (default 240)
  --replay B64    one input, as base64, for one --target
  --blind         do not look at what inputs reach
  --no-keep       do not write what breaks to test/fixtures/fuzz
  --json          one JSON object at the end

  targets  ${TARGETS.map(({ name }) => name).join(' ')}

Ends with 1 when an input broke something.
`;

/** Held at the end beyond what was held early on; a leak of 100 bytes an input is more in the long profile. */
const GROWTH_LIMIT_BYTES = 24 * 1024 * 1024;
const QUICK_TRIES = 4_000;
/** Each takes a worker, and its time to hang. */
const SLOW_TRIES = 24;
const SLOW_HANG_MS = 4_000;

const { values } = parseArgs({
  options: {
    inputs: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
    target: { type: 'string', multiple: true },
    minutes: { type: 'string', default: '240' },
    replay: { type: 'string' },
    blind: { type: 'boolean', default: false },
    'no-keep': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

function positive(name: 'inputs' | 'seed' | 'minutes'): number {
  const value = Number(values[name]);
  if (!(value > 0) || (name !== 'minutes' && !Number.isSafeInteger(value))) {
    throw new RangeError(`--${name} ${values[name]}: a number above 0`);
  }
  return value;
}

const bytesOf = (base64: string): Buffer => Buffer.from(base64, 'base64');
const say = (line: string) => process.stderr.write(`${line}\n`);

const isSame = (a: Failure, b: Failure): boolean =>
  a.how === b.how && (a.what === b.what || a.how === 'hangs');

/** The same failure again, in a worker of its own. */
async function failsAlike(bundle: Bundle, { target, failure }: Finding, input: Buffer): Promise<boolean> {
  const task = { target, seed: 1, inputs: 0, corpus: [input], guided: false };
  const [outcome] = await supervise(bundle.file, [task], { hangMs: SLOW_HANG_MS });
  return outcome?.findings.some((found) => isSame(found.failure, failure)) ?? false;
}

/** Failures that leave the thread alive are made short here: tens of thousands of tries a second. */
async function failsHere(target: string, what: string, input: Buffer): Promise<boolean> {
  try {
    await targetNamed(target).run(input);
    return false;
  } catch (error) {
    return failureOf('throws', error).what === what;
  }
}

async function shortened(bundle: Bundle, finding: Finding): Promise<Buffer> {
  const { target, failure, input } = finding;
  if (failure.how === 'throws') {
    return await minimised(input, (candidate) => failsHere(target, failure.what, candidate), QUICK_TRIES);
  }
  return await minimised(input, (candidate) => failsAlike(bundle, finding, candidate), SLOW_TRIES);
}

async function tell(bundle: Bundle, finding: Finding): Promise<object> {
  const { target, failure } = finding;
  const input = await shortened(bundle, finding);
  const base64 = input.toString('base64');
  const replay = `npm run fuzz -- --target ${target} --replay '${base64}'`;
  if (!values['no-keep'] && values.replay === undefined) {
    keepInCorpus(target, { why: `${failure.how}: ${failure.what}`, base64 });
  }
  say(
    `\n${target} ${failure.how}: ${failure.what}\n${failure.stack}\n  ${input.length} bytes, again with\n  ${replay}\n`,
  );
  return { target, how: failure.how, what: failure.what, base64, replay };
}

function tasksOf(names: readonly string[]): Task[] {
  const [inputs, seed] = [positive('inputs'), positive('seed')];
  const { replay } = values;
  return names.map((target, i) => ({
    target,
    seed: seed + i,
    // Shares that add up.
    inputs: replay === undefined ? Math.ceil((inputs - i) / names.length) : 0,
    corpus:
      replay === undefined ? readCorpus(target).map(({ base64 }) => bytesOf(base64)) : [bytesOf(replay)],
    guided: !values.blind,
  }));
}

function leakOf({ target, stats }: Outcome, { seed, inputs }: Task): object | null {
  if (stats.grownBytes <= GROWTH_LIMIT_BYTES) return null;
  const what = `${Math.round(stats.grownBytes / 1024)} KiB more are held after ${stats.inputs} inputs`;
  const again = `npm run fuzz -- --target ${target} --seed ${seed} --inputs ${inputs}`;
  say(`${target} memory: ${what}; again with\n  ${again}`);
  return { target, how: 'memory', what, again };
}

function sayStats({ target, stats: { inputs, kept, places, grownBytes } }: Outcome): void {
  const facts = [
    target.padEnd(20),
    `${inputs} inputs`.padStart(15),
    `${kept} kept`.padStart(10),
    `${places} places`.padStart(12),
    `${(grownBytes / 1024).toFixed(0)} KiB more`.padStart(16),
  ];
  say(facts.join(' '));
}

async function main(): Promise<number> {
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const names = values.target ?? TARGETS.map(({ name }) => name);
  for (const name of names) targetNamed(name);
  const tasks = tasksOf(names);
  await using bundle = await bundleOfWorker();
  const outcomes = await supervise(bundle.file, tasks, {
    onOutcome: sayStats,
    endsAtMs: Date.now() + positive('minutes') * 60_000,
  });
  const findings: object[] = [];
  for (const [i, outcome] of outcomes.entries()) {
    for (const finding of outcome.findings) findings.push(await tell(bundle, finding));
    const leak = leakOf(outcome, tasks[i] as Task);
    if (leak !== null) findings.push(leak);
  }
  const inputs = outcomes.reduce((sum, { stats }) => sum + stats.inputs, 0);
  say(`${inputs} inputs, ${findings.length === 0 ? 'nothing broke' : `${findings.length} findings`}`);
  if (values.json) {
    const targets = outcomes.map(({ target, stats }, i) => ({ target, seed: tasks[i]?.seed, ...stats }));
    process.stdout.write(`${JSON.stringify({ inputs, targets, findings })}\n`);
  }
  return findings.length === 0 ? 0 : 1;
}

process.exitCode = await main();
