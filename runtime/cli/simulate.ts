/** `bridle simulate`: whole clusters under faults that a seed decides, on virtual time. */
import { type Command, InvalidArgumentError } from 'commander';
import { BridleError } from '../client/index.js';
import { FAULT_KINDS, FAULTS_IN_WORDS, faultsOf } from '../simulation/chaos/fault-kinds.js';
import type { Simulated } from '../simulation/chaos/index.js';
import { type CommandContext, parseWhole, perform } from './context.js';
import { EXIT } from './exit-codes.js';
import { reportProgress } from './progress.js';
import { commitOf } from './simulate-commit.js';
import { recordIfPossible } from './simulate-record.js';
import { runAsJson, runAsText, summaryAsJson, summaryAsText, violationAsText } from './simulate-report.js';

interface SimulateFlags {
  readonly seed?: number;
  readonly seeds?: number;
  readonly firstSeed?: number;
  readonly hours: number;
  readonly faults: string;
  readonly only?: readonly number[];
  readonly jobs: number;
  readonly twice?: boolean;
  readonly record?: string;
  readonly stopOnFailure?: boolean;
  readonly minimise: boolean;
  readonly progress?: boolean;
}

const MOST_SEED = 2 ** 32 - 1;
export const DEFAULT_RECORD_DIRECTORY = 'bridle-failures';

export function addSimulateCommand(program: Command): void {
  program
    .command('simulate')
    .description('run whole clusters on a virtual clock while everything goes wrong that a seed decides')
    .option('--seed <n>', 'run this one seed (default: 1, without --seeds)', parseSeed)
    .option('--seeds <n>', 'run so many seeds, one after the other', parseCount)
    .option('--first-seed <n>', 'with --seeds: the first of them (default: 1)', parseSeed)
    .option('--hours <h>', 'virtual hours of trouble in each run', parseHours, 1)
    .option(
      '--faults <list>',
      'all, none, names, or !name for all but that; separated by commas',
      parseFaults,
      'all',
    )
    .option(
      '--only <ids>',
      'of what is planned to go wrong only these, as a failure names them; or none',
      parseIds,
    )
    .option('--jobs <n>', 'threads', parseCount, 1)
    .option('--twice', 'run each seed twice, and show where the two runs part, if they do')
    .option(
      '--record <dir>',
      `where recordings of failures go (default: ${DEFAULT_RECORD_DIRECTORY}, if there is one)`,
    )
    .option('--stop-on-failure', 'begin no more seeds after the first that fails')
    .option('--no-minimise', 'do not look for the shortest list of troubles that shows a failure')
    .option('--progress', 'say how it gets on (default: in a terminal)')
    .addHelpText(
      'after',
      `
Faults:
${FAULT_KINDS.map((kind) => `  ${kind.padEnd(18)}  ${FAULTS_IN_WORDS[kind]}`).join('\n')}

Exit codes of simulate:
  0    everything held
  1    something did not hold, or a seed did not run the same way twice
  2    the command line is not legal
  3    nothing failed, and not all of it was run

Examples:
  $ bridle simulate --seed 7 --hours 24
  $ bridle simulate --seeds 200 --jobs 2 --json
  $ bridle simulate --seeds 50 --faults crash,torn-write,operator
  $ bridle simulate --seed 7 --faults 'all,!clock-jump' --twice`,
    )
    .action((flags: SimulateFlags, command: Command) => perform(command, (context) => work(context, flags)));
}

async function work(context: CommandContext, flags: SimulateFlags): Promise<number> {
  checkTogether(flags);
  const { out, signal } = context;
  const { simulateSeeds } = await import('../simulation/chaos/seeds.js');
  const { Summary } = await import('../simulation/chaos/summary.js');
  const { simulate } = await import('../simulation/chaos/index.js');
  const { hours, faults, twice = false, minimise, jobs } = flags;
  const each = { hours, faults, twice, minimise, signal };
  const commit = await commitOf();
  const directory = flags.record ?? DEFAULT_RECORD_DIRECTORY;
  const failed = (run: Simulated) => recordIfPossible(directory, run, (text) => out.note(text));
  if (flags.seeds === undefined) {
    const only = flags.only === undefined ? {} : { only: flags.only };
    const run = await simulate({ ...each, ...only, seed: flags.seed ?? 1 });
    const file = await failed(run);
    out.result(runAsJson(run, commit, file), () => runAsText(run, commit, file));
    return exitCode(run.verdict === 'violated', run.verdict === 'not finished');
  }
  const firstSeed = flags.firstSeed ?? 1;
  const seeds = flags.seeds;
  const summary = new Summary();
  const beganMs = performance.now();
  const wanted = flags.progress ?? process.stderr.isTTY === true;
  const progress = reportProgress('seeds', !wanted);
  const files = new Map<number, string | null>();
  const found: Promise<void>[] = [];
  await simulateSeeds({
    ...{ ...each, firstSeed, seeds, jobs },
    onRun: (run) => {
      summary.add(run);
      progress.update(
        summary.seeds,
        seeds,
        `${summary.seeds} of ${seeds}, ${summary.violations.length} failed`,
      );
      if (run.verdict === 'violated') {
        found.push(
          failed(run).then((file) => {
            files.set(run.seed, file);
            if (!out.json) out.line(`${violationAsText(run, commit, file)}\n`);
          }),
        );
      }
      return flags.stopOnFailure === true && run.verdict === 'violated';
    },
  }).finally(() => progress.stop());
  await Promise.all(found);
  const whole = {
    summary,
    firstSeed,
    seeds,
    hours,
    faults,
    jobs,
    commit,
    files,
    wallMs: performance.now() - beganMs,
  };
  out.result(summaryAsJson(whole), () => summaryAsText(whole));
  return exitCode(summary.violations.length > 0, summary.held < seeds);
}

/** Options that have no meaning beside each other are refused rather than ignored. */
function checkTogether({ seed, seeds, firstSeed, only }: SimulateFlags): void {
  const refuse = (hint: string): never => {
    throw BridleError.of('BRIDLE_USAGE', { operation: 'simulate', hint, next: 'bridle simulate --help' });
  };
  if (seed !== undefined && seeds !== undefined) refuse('--seed runs one seed, --seeds several: not both');
  if (firstSeed !== undefined && seeds === undefined) refuse('--first-seed goes with --seeds');
  if (only !== undefined && seeds !== undefined)
    refuse('--only names troubles of one seed, so it goes with --seed');
  if ((firstSeed ?? 1) + (seeds ?? 1) - 1 > MOST_SEED) refuse(`the largest seed is ${MOST_SEED}`);
}

const exitCode = (failed: boolean, unfinished: boolean): number =>
  failed ? EXIT.failed : unfinished ? EXIT.notReachable : EXIT.ok;

function parseSeed(text: string): number {
  const seed = Number(text);
  if (/^\d{1,10}$/.test(text) && seed <= MOST_SEED) return seed;
  throw new InvalidArgumentError(`It has to be a whole number from 0 to ${MOST_SEED}.`);
}

function parseCount(text: string): number {
  const count = parseWhole(text);
  if (count >= 1) return count;
  throw new InvalidArgumentError('It has to be at least 1.');
}

function parseHours(text: string): number {
  const hours = Number(text);
  if (text.trim() !== '' && hours > 0 && hours <= 100_000) return hours;
  throw new InvalidArgumentError('It has to be a number of hours above 0.');
}

function parseFaults(text: string): string {
  try {
    faultsOf(text);
    return text;
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
}

function parseIds(text: string): readonly number[] {
  if (text === 'none') return [];
  const ids = text.split(',').map(Number);
  if (ids.every((id) => Number.isInteger(id) && id > 0)) return ids;
  throw new InvalidArgumentError('It has to be numbers, separated by commas, or none.');
}
