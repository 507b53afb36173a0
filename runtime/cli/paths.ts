/** `bridle paths`: paths through a chart, ours or anybody's, that meet a criterion. */
import { type Command, Option } from 'commander';
import {
  ActorDriver,
  boundsInWords,
  COVERS,
  type Cover,
  coverageAsJson,
  coverageAsJUnit,
  coverageAsText,
  coverageOf,
  coverBy,
  type Exploration,
  explore,
  isMachine,
  isPathModel,
  OUR_MODELS,
  overlayOf,
  type Path,
  type PathModel,
  PathsError,
  pathInWords,
  runPath,
  type Suite,
  suiteAsJson,
  suiteAsMermaid,
  suiteAsText,
  suiteAsVitest,
} from '../checker/paths/index.js';
import { BridleError } from '../client/index.js';
import { type CommandContext, parseWhole, perform } from './context.js';
import { EXIT } from './exit-codes.js';
import { loadExport, namesExport } from './load-machine.js';

const FORMATS = ['text', 'vitest', 'json', 'mermaid', 'junit'] as const;

interface PathsOptions {
  readonly machine?: string;
  readonly cover?: Cover;
  readonly format?: (typeof FORMATS)[number];
  readonly limit?: number;
  readonly seed?: number;
  readonly replay?: string;
}

/** A model and where a generated test imports its machine from. */
interface Found {
  readonly name: string;
  readonly model: PathModel;
  readonly module: string;
  readonly imported: string;
}

interface Made extends Found {
  readonly exploration: Exploration;
  readonly suite: Suite;
}

export function addPathsCommand(program: Command): void {
  program
    .command('paths')
    .description('paths through a chart that meet a criterion of coverage')
    .option(
      '--machine <name|file>',
      `${Object.keys(OUR_MODELS).join(', ')}, or FILE.js#export (default: all of ours)`,
    )
    .addOption(new Option('--cover <criterion>', 'default: transition').choices([...COVERS]))
    .addOption(new Option('--format <format>', 'default: text').choices([...FORMATS]))
    .option('--limit <paths>', 'at most so many paths of a machine; more are counted', parseWhole)
    .option('--seed <number>', 'of --cover random', parseWhole)
    .option('--replay <id>', 'show one path and run it against a live actor')
    .addHelpText(
      'after',
      '\nExamples:\n  $ bridle paths\n  $ bridle paths --machine table --cover pairs --json\n  $ bridle paths --machine ./door.js#door --format vitest > door.test.js',
    )
    .action((options: PathsOptions, command: Command) =>
      perform(command, async (context) => {
        try {
          return await work(context, options);
        } catch (error) {
          if (error instanceof PathsError) throw usage(error.message);
          throw error;
        }
      }),
    );
}

async function work(context: CommandContext, options: PathsOptions): Promise<number> {
  if (options.limit !== undefined && options.limit < 1) throw usage('--limit has to be at least 1');
  const found = await find(options.machine);
  if (options.replay !== undefined) return replay(context, found, options.replay, options);
  const format = context.out.json ? 'json' : (options.format ?? 'text');
  const single = format !== 'text' && format !== 'json';
  if (single && found.length !== 1) throw usage(`--format ${format} needs --machine`);
  const { cover = 'transition' } = options;
  const made = found.map((each) => {
    const exploration = explore(each.model.machine, each.model.options);
    return { ...each, exploration, suite: coverBy(cover, exploration, each.model, options) };
  });
  if (format === 'json') {
    const machines = made.map(({ suite, exploration }) => asJson(suite, exploration));
    context.out.line(JSON.stringify({ cover, machines }));
  } else if (format === 'text') {
    const all = options.machine !== undefined || options.limit !== undefined;
    for (const each of made) context.out.line(`${asText(each, all)}\n`);
    if (!all) context.out.note('the paths themselves: --machine NAME, --limit N or --json');
  } else {
    context.out.line(asOneFile(format, made[0]!).trimEnd());
  }
  return EXIT.ok;
}

/** What is written to a file: tests to keep, a diagram, or coverage for a build server. */
function asOneFile(
  format: 'vitest' | 'mermaid' | 'junit',
  { suite, exploration, module, imported }: Made,
): string {
  switch (format) {
    case 'vitest':
      return suiteAsVitest(suite, { module, machine: imported });
    case 'mermaid':
      return suiteAsMermaid(suite);
    case 'junit':
      return coverageAsJUnit(coverageOf(exploration, suite.paths));
  }
}

function asJson(suite: Suite, exploration: Exploration): object {
  const coverage = coverageOf(exploration, suite.paths);
  return {
    ...suiteAsJson(suite),
    states: exploration.states.length,
    steps: exploration.edges.length,
    seconds: exploration.elapsedMs / 1000,
    coverage: coverageAsJson(coverage),
    overlay: overlayOf(coverage),
  };
}

function asText({ suite, exploration }: { suite: Suite; exploration: Exploration }, paths: boolean): string {
  const coverage = coverageAsText(coverageOf(exploration, suite.paths), { listed: paths ? 20 : 3 });
  const shown = suiteAsText(paths ? suite : { ...suite, unmet: [] });
  return [
    paths ? shown : shown.split('\n', 1)[0],
    `explored ${boundsInWords(exploration)}`,
    coverage.slice(coverage.indexOf('\n') + 1),
  ].join('\n');
}

/** The id of a path does not say which criterion it came from, so each is tried, cheap ones first. */
async function replay(
  context: CommandContext,
  found: readonly Found[],
  id: string,
  options: PathsOptions,
): Promise<number> {
  const covers = options.cover === undefined ? REPLAY_ORDER : [options.cover];
  for (const { model } of found) {
    const exploration = explore(model.machine, model.options);
    for (const cover of covers) {
      if (cover === 'faults' && model.faults === undefined) continue;
      const path = coverBy(cover, exploration, model, options).paths.find((each) => each.id === id);
      if (path !== undefined) return replayPath(context, model, path);
    }
  }
  throw usage(`no path ${id}; a random walk needs its --seed, another machine --machine`);
}

const REPLAY_ORDER: readonly Cover[] = [
  'transition',
  'guards',
  'faults',
  'pairs',
  'random',
  'simple',
  'shortest',
];

async function replayPath({ out }: CommandContext, model: PathModel, path: Path): Promise<number> {
  let failure: string | null = null;
  try {
    await runPath(path, { start: () => new ActorDriver(model.machine, path) });
  } catch (error) {
    failure = error instanceof Error ? error.message : String(error);
  }
  const { id, machine, steps } = path;
  out.result({ id, machine, steps: steps.length, agrees: failure === null, failure }, () =>
    failure === null ? `${pathInWords(path)}\n\na live actor agrees with every step` : failure,
  );
  return failure === null ? EXIT.ok : EXIT.failed;
}

async function find(name: string | undefined): Promise<readonly Found[]> {
  const ours = Object.entries(OUR_MODELS).map(
    ([key, model]): Found => ({ name: key, model, module: 'bridle/machines', imported: key }),
  );
  if (name === undefined) return ours;
  const known = ours.filter((each) => each.name === name);
  if (known.length > 0) return known;
  if (!namesExport(name)) {
    throw usage(`no machine ${name}; known: ${Object.keys(OUR_MODELS).join(', ')}, or FILE.js#export`);
  }
  const { file, key, value } = await loadExport(name, 'paths');
  if (isPathModel(value)) return [{ name, model: value, module: file, imported: `${key}.machine` }];
  if (isMachine(value))
    return [{ name, model: { machine: value, options: {} }, module: file, imported: key }];
  throw usage(`export ${key} of ${file} is neither an XState v5 machine nor a pathModel()`);
}

function usage(hint: string): BridleError {
  return BridleError.of('BRIDLE_USAGE', { operation: 'paths', hint });
}
