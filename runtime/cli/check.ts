/** `bridle check`: explores products of charts, and judges what is promised of them. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { CheckOptions, CheckResult, Model, ProductWalkOptions } from '../checker/product/index.js';
import { resultAsText } from '../checker/product/render/index.js';
import { type ModelOptions, selectModels } from './check-models.js';
import { checkReporter } from './check-progress.js';
import { type RecordedFile, recordCounterexamples } from './check-record.js';
import {
  asDiagram,
  type Checked,
  checkedAsJson,
  closingAsText,
  exitCodeOfCheck,
  listAsJson,
  listAsText,
  lookOf,
  quoted,
  recordedAsText,
} from './check-report.js';
import { checkUsage } from './check-usage.js';
import { type CommandContext, parseWhole, perform } from './context.js';
import { EXIT } from './exit-codes.js';

const FORMATS = ['text', 'json', 'mermaid'] as const;
const ENGINES = ['packed', 'direct'] as const;

interface CheckCommandOptions extends ModelOptions {
  readonly list?: boolean;
  readonly format?: (typeof FORMATS)[number];
  readonly engine?: (typeof ENGINES)[number];
  readonly maxStates?: number;
  /** Bytes. */
  readonly maxMemory?: number;
  readonly symmetry?: boolean;
  readonly partialOrder?: boolean;
  /** False with --no-budgets. */
  readonly budgets: boolean;
  readonly first?: boolean;
  readonly progress?: boolean;
  readonly record?: string;
  readonly walks?: number;
  readonly walkSteps?: number;
  readonly seed?: number;
}

export function addCheckCommand(program: Command): void {
  const several = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];
  program
    .command('check')
    .description('explore charts together, every interleaving, and judge what is promised of them')
    .option('--property <name>', 'judge this property; may be repeated (default: all)', several)
    .option('--model <name>', 'explore this model; may be repeated (default: all)', several)
    .addOption(new Option('--profile <size>', 'of our models (default: quick)').choices(['quick', 'full']))
    .option('--assume <set|name=n,…>', 'assumptions of the duplication model: a set, values, or both')
    .addOption(
      new Option('--upstream <version>', 'models of Apache Pegasus before or after its fix').choices([
        'before',
        'after',
      ]),
    )
    .option('--machine <file>', 'a model of your own: FILE.js#export')
    .option('--list', 'models, properties and assumptions, without exploring')
    .addOption(new Option('--format <format>', 'default: text').choices([...FORMATS]))
    .option('--record <file>', 'write the first counterexample for bridle inspect; each one to DIR/')
    .option('--max-states <n>', 'states of a model (default: 20 million)', parseWhole)
    .option('--max-memory <size>', 'of the explored states, e.g. 512MB (default: 2GB)', parseBytes)
    .option('--symmetry', 'explore states once that only exchange what is alike')
    .option('--partial-order', 'leave out orders of steps that commute')
    .option('--no-budgets', 'explore states again that have less left to go wrong; for counting')
    .option(
      '--walks <n>',
      'walk so many ways at random instead of exploring; for what is too large',
      parseWhole,
    )
    .option('--walk-steps <n>', 'steps of trouble in each way (default: 400)', parseWhole)
    .option('--seed <n>', 'of --walks; the same seed walks the same ways (default: 1)', parseWhole)
    .option('--first', 'end a model at its first violation')
    .addOption(
      new Option('--engine <engine>', 'direct: slow and plain (default: packed)').choices([...ENGINES]),
    )
    .option('--progress', 'say how it gets on (default: in a terminal)')
    .option('--no-progress', 'say nothing meanwhile')
    .addHelpText(
      'after',
      `
Ctrl-C ends with what is known so far; a second one ends at once.

Exit codes of check:
  0    every property holds
  1    a property is violated, or never met the situation that it guards
  2    the command line or the model is not legal
  3    nothing is violated, and not everything was explored

Examples:
  $ bridle check
  $ bridle check --property NoGap --json
  $ bridle check --assume loss=1,crashes.sourceMeta=1
  $ bridle check --assume everything --walks 100000 --seed 7
  $ bridle check --upstream before --record found/
  $ bridle check --machine ./model.js#door --format mermaid`,
    )
    .action((options: CheckCommandOptions, command: Command) =>
      perform(command, (context) => work(context, options)),
    );
}

async function work(context: CommandContext, options: CheckCommandOptions): Promise<number> {
  refuseMixed(options);
  const { models, assumptionSets, defects } = await selectModels(options);
  if (options.list) {
    context.out.result(listAsJson(models, assumptionSets), () => listAsText(models, assumptionSets));
    return EXIT.ok;
  }
  const format = context.out.json ? 'json' : (options.format ?? 'text');
  const look = lookOf(process.stdout);
  const results: CheckResult[] = [];
  for (const model of models) {
    if (context.signal.aborted) break;
    const result = await exploreOne(context, model, options);
    results.push(result);
    if (format === 'text') context.out.line(`${resultAsText(result, look)}\n`);
  }
  const notExplored = models.slice(results.length).map(({ name }) => name);
  const recorded = await record(context, options, results);
  const checked: Checked = { ...commandsOf(options), results, notExplored, defects, recorded };
  if (format === 'json') context.out.line(JSON.stringify(checkedAsJson(checked)));
  else if (format === 'text') context.out.line(closingAsText(checked, look));
  else {
    const { diagram, note } = asDiagram(checked);
    if (diagram !== null) context.out.line(diagram);
    for (const line of [note, ...recordedAsText(checked)]) if (line !== '') context.out.note(line);
  }
  return exitCodeOfCheck(checked);
}

/** @throws BridleError BRIDLE_USAGE */
function refuseMixed({ walks, walkSteps, seed, engine, symmetry, partialOrder }: CheckCommandOptions): void {
  if (walks === undefined) {
    const alone = walkSteps === undefined ? (seed === undefined ? null : '--seed') : '--walk-steps';
    if (alone !== null) throw checkUsage(`${alone} is for --walks`, 'bridle check --help');
    return;
  }
  if (engine !== undefined || symmetry === true || partialOrder === true) {
    throw checkUsage('--walks has an engine of its own, without reductions', 'bridle check --help');
  }
}

/** Null: nobody asked for it. */
async function record(
  context: CommandContext,
  { record: place }: CheckCommandOptions,
  results: readonly CheckResult[],
): Promise<readonly RecordedFile[] | null> {
  if (place === undefined) return null;
  const { files, notes } = await recordCounterexamples(place, results);
  for (const note of notes) context.out.note(note);
  return files;
}

async function exploreOne(
  context: CommandContext,
  model: Model,
  options: CheckCommandOptions,
): Promise<CheckResult> {
  const { check, checkByWalks, checkDirectly, ProductError } = await import('../checker/product/index.js');
  const reporter = checkReporter(options.progress);
  const known = new Set(model.properties.map(({ name }) => name));
  const checkOptions: CheckOptions = {
    ...(options.property === undefined
      ? {}
      : { properties: options.property.filter((name) => known.has(name)) }),
    ...(options.maxStates === undefined ? {} : { maxStates: options.maxStates }),
    ...(options.maxMemory === undefined ? {} : { maxBytes: options.maxMemory }),
    symmetry: options.symmetry === true,
    partialOrder: options.partialOrder === true,
    budgets: options.budgets,
    stopAtFirst: options.first === true,
    signal: context.signal,
    onProgress: (progress) => reporter.update(model.name, progress),
  };
  try {
    if (options.walks !== undefined) return await checkByWalks(model, walkOptions(checkOptions, options));
    return await (options.engine === 'direct' ? checkDirectly : check)(model, checkOptions);
  } catch (error) {
    if (error instanceof ProductError) throw checkUsage(`model ${model.name}: ${error.message}`);
    throw error;
  } finally {
    reporter.clear();
  }
}

function walkOptions(
  { properties, stopAtFirst, signal, onProgress }: CheckOptions,
  { walks = 0, walkSteps, seed }: CheckCommandOptions,
): ProductWalkOptions {
  return {
    count: walks,
    ...(walkSteps === undefined ? {} : { stepsLimit: walkSteps }),
    ...(seed === undefined ? {} : { seed }),
    ...(properties === undefined ? {} : { properties }),
    ...(stopAtFirst === undefined ? {} : { stopAtFirst }),
    ...(signal === undefined ? {} : { signal }),
    ...(onProgress === undefined ? {} : { onProgress }),
  };
}

/** @example parseBytes('512MB') // 512_000_000 */
export function parseBytes(text: string): number {
  const [, digits, unit = ''] = /^(\d{1,15})(kB|MB|GB)?$/i.exec(text) ?? [];
  const bytes = Number(digits) * { '': 1, KB: 1e3, MB: 1e6, GB: 1e9 }[unit.toUpperCase()]!;
  if (bytes >= 1) return bytes;
  throw new InvalidArgumentError('It has to be a number of bytes, or one with kB, MB or GB behind it.');
}

/** To be typed again with more behind it. */
function commandsOf(options: CheckCommandOptions): Pick<Checked, 'command' | 'wholeCommand'> {
  const flag = (name: string, values: readonly (string | undefined)[]): string =>
    values.flatMap((value) => (value === undefined ? [] : [` ${name} ${quoted(value)}`])).join('');
  const command = [
    'bridle check',
    flag('--profile', [options.profile]),
    flag('--assume', [options.assume]),
    flag('--upstream', [options.upstream]),
    flag('--machine', [options.machine]),
  ].join('');
  const wholeCommand = [
    command,
    flag('--model', options.model ?? []),
    flag('--property', options.property ?? []),
    options.symmetry ? ' --symmetry' : '',
    options.partialOrder ? ' --partial-order' : '',
    options.budgets ? '' : ' --no-budgets',
    flag('--engine', [options.engine]),
  ].join('');
  return { command, wholeCommand };
}
