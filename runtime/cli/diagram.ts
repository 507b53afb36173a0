/** `bridle diagram`: charts, ours or anybody's, as pictures and as text that other tools read. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import {
  DIAGRAM_FORMATS,
  DiagramError,
  type DiagramFormat,
  type Drift,
  driftOf,
  OUR_CHARTS,
  ourDiagramFiles,
  overviewOf,
  partOf,
  readChart,
  readOverlay,
  renderChart,
  systemAsDot,
  systemAsMermaid,
  systemAsSvg,
  systemDiagram,
  type Theme,
  writeDiagrams,
} from '../../visualizations/diagrams/index.js';
import { isMachine, isPathModel } from '../checker/paths/index.js';
import { BridleError } from '../client/index.js';
import { type CommandContext, perform } from './context.js';
import { EXIT } from './exit-codes.js';
import { loadExport, namesExport } from './load-machine.js';
import { formatTable, plural } from './output.js';

const SYSTEM = 'system';
const UPDATE = 'npx bridle diagram --write';

type Machine = Parameters<typeof readChart>[0];

interface DiagramOptions {
  readonly format: DiagramFormat;
  readonly overlay?: string;
  readonly theme: Theme;
  readonly part?: string;
  readonly overview?: boolean;
  readonly out?: string;
  readonly write?: boolean;
  readonly check?: boolean;
  readonly dir: string;
}

export function addDiagramCommand(program: Command): void {
  program
    .command('diagram')
    .description('a chart as a picture or as text; the diagrams kept beside the code')
    .argument(
      '[machine]',
      `${[...Object.keys(OUR_CHARTS), SYSTEM].join(', ')}, or FILE.js#export; a list when left out`,
    )
    .addOption(new Option('--format <format>').choices([...DIAGRAM_FORMATS]).default('mermaid'))
    .option('--overlay <coverage.json>', 'paint the coverage that `bridle paths --json` printed')
    .addOption(
      new Option('--theme <theme>', 'auto follows the reader where it can')
        .choices(['light', 'dark', 'auto'])
        .default('auto'),
    )
    .addOption(new Option('--part <state>', 'one state with what is inside, by itself').conflicts('overlay'))
    .addOption(
      new Option('--overview', 'fold away what is inside of its states').conflicts(['part', 'overlay']),
    )
    .option('--out <file>', 'write there instead of to standard output')
    .addOption(new Option('--write', 'write all diagrams of ours anew').conflicts('check'))
    .option('--check', 'compare them instead; exit code 1 if one no longer shows its chart')
    .option('--dir <dir>', 'where they are kept', 'docs/diagrams')
    .addHelpText(
      'after',
      '\nExamples:\n  $ bridle diagram duplication --format svg --out duplication.svg\n  $ bridle diagram ./door.js#door\n  $ bridle paths --json > coverage.json && bridle diagram table --overlay coverage.json --format svg\n  $ bridle diagram migration --part fencing --format svg --out fencing.svg\n  $ bridle diagram --check',
    )
    .action((machine: string | undefined, options: DiagramOptions, command: Command) =>
      perform(command, async (context) => {
        try {
          return await work(context, machine, options);
        } catch (error) {
          if (error instanceof DiagramError) throw usage(error.message);
          // Which file, and why, is in the message of the system.
          if (isFileError(error)) throw usage(error.message);
          throw error;
        }
      }),
    );
}

async function work(
  context: CommandContext,
  machine: string | undefined,
  options: DiagramOptions,
): Promise<number> {
  if (options.check === true || options.write === true) {
    const given = machine !== undefined ? `machine ${machine}` : options.out !== undefined ? '--out' : null;
    if (given !== null) throw usage(`--check and --write are about all diagrams; leave ${given} out`);
    return options.check === true ? check(context, options.dir) : write(context, options.dir);
  }
  if (machine === undefined) return list(context, options);
  const text = await diagramOf(machine, options);
  if (options.out === undefined) {
    context.out.result({ machine, format: options.format, text }, text.trimEnd());
  } else {
    await save(options.out, text);
    context.out.result(
      { machine, format: options.format, file: options.out },
      `${machine} is in ${options.out}`,
    );
  }
  return EXIT.ok;
}

async function diagramOf(name: string, options: DiagramOptions): Promise<string> {
  const { format, overlay, theme, part, overview } = options;
  if (name === SYSTEM) {
    if (part !== undefined || overview === true)
      throw usage('the system has no states to fold or to take out');
    if (overlay !== undefined) throw usage('the system has no coverage; --overlay is for one machine');
    return systemAs(format, theme);
  }
  const chart = readChart(await find(name));
  const painted = overlay === undefined ? undefined : readOverlay(await textOf(overlay), chart.id);
  const shown = part !== undefined ? partOf(chart, part) : overview === true ? overviewOf(chart) : chart;
  return renderChart(shown, format, { overlay: painted, theme });
}

async function systemAs(format: DiagramFormat, theme: Theme): Promise<string> {
  const system = systemDiagram();
  switch (format) {
    case 'mermaid':
      return systemAsMermaid(system);
    case 'dot':
      return systemAsDot(system);
    case 'svg':
      return systemAsSvg(system, { theme });
    case 'json':
      return JSON.stringify(system, null, 2);
    default:
      throw usage(
        `the system is no state chart, so it cannot be ${format}; it can be mermaid, dot, svg or json`,
      );
  }
}

async function find(name: string): Promise<Machine> {
  const ours = Object.hasOwn(OUR_CHARTS, name) ? OUR_CHARTS[name] : undefined;
  if (ours !== undefined) return ours;
  if (!namesExport(name)) {
    throw usage(
      `no machine ${name}; known: ${[...Object.keys(OUR_CHARTS), SYSTEM].join(', ')}, or FILE.js#export`,
    );
  }
  const { file, key, value } = await loadExport(name, 'diagram');
  if (isPathModel(value)) return value.machine;
  if (isMachine(value)) return value;
  throw usage(`export ${key} of ${file} is not an XState v5 machine`);
}

function list({ out }: CommandContext, { overlay, out: file }: DiagramOptions): number {
  const wanting = overlay !== undefined ? '--overlay' : file !== undefined ? '--out' : null;
  if (wanting !== null)
    throw usage(
      `${wanting} needs a machine: ${[...Object.keys(OUR_CHARTS), SYSTEM].join(', ')}, or FILE.js#export`,
    );
  const charts = Object.entries(OUR_CHARTS).map(([name, machine]) => {
    const { states, edges } = readChart(machine);
    return { name, states: states.length, transitions: edges.length };
  });
  const rows = charts.map(({ name, states, transitions }) => [name, String(states), String(transitions)]);
  out.result({ machines: charts, system: SYSTEM }, () =>
    [
      formatTable(['MACHINE', 'STATES', 'TRANSITIONS'], rows),
      '',
      `all of them together: bridle diagram ${SYSTEM}`,
    ].join('\n'),
  );
  return EXIT.ok;
}

async function check({ out }: CommandContext, dir: string): Promise<number> {
  const drift = await driftOf(await ourDiagramFiles(), dir);
  const wrong = wrongFiles(drift, dir);
  if (wrong.length === 0) {
    out.result(
      { dir, ...drift, next: null },
      `${plural(drift.current.length, 'diagram file')} in ${dir} are current`,
    );
    return EXIT.ok;
  }
  const next = dir === 'docs/diagrams' ? UPDATE : `${UPDATE} --dir ${dir}`;
  out.result({ dir, ...drift, next }, [...wrong, `to update: ${next}`].join('\n'));
  return EXIT.failed;
}

async function write({ out }: CommandContext, dir: string): Promise<number> {
  const drift = await writeDiagrams(await ourDiagramFiles(), dir);
  const changed = wrongFiles(drift, dir);
  out.result(
    { dir, ...drift },
    [...changed, `${plural(changed.length, 'file')} changed, ${drift.current.length} were current`].join(
      '\n',
    ),
  );
  return EXIT.ok;
}

function wrongFiles({ drifted, missing, leftOver }: Drift, dir: string): string[] {
  const rows = (what: string, names: readonly string[]) =>
    names.map((name) => `${what.padEnd(9)}  ${join(dir, name)}`);
  return [...rows('drifted', drifted), ...rows('missing', missing), ...rows('left over', leftOver)];
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw usage(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function save(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text);
  } catch (error) {
    throw usage(`${file} cannot be written: ${error instanceof Error ? error.message : String(error)}`);
  }
}

const isFileError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'syscall' in error && 'path' in error;

function usage(hint: string): BridleError {
  return BridleError.of('BRIDLE_USAGE', { operation: 'diagram', hint });
}
