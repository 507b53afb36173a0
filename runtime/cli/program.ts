/** All commands of `bridle`, and what happens when one fails. */
import { createRequire } from 'node:module';
import { Command, CommanderError } from 'commander';
import { z } from 'zod';
import { BridleError } from '../client/index.js';
import { addCheckCommand } from './check.js';
import { addGlobalOptions } from './context.js';
import { addControlCommands } from './control.js';
import { demoCommand } from './demo.js';
import { addDiagramCommand } from './diagram.js';
import { addDownCommand } from './down.js';
import { addDuplicateCommand } from './duplicate.js';
import { EXIT, EXIT_CODES_HELP, exitCodeOf } from './exit-codes.js';
import { addExplainCommand } from './explain.js';
import { addInspectCommand } from './inspect.js';
import { addLoadCommand } from './load.js';
import { Output } from './output.js';
import { addPathsCommand } from './paths.js';
import { addPolicyCommands } from './policy.js';
import { addStatusCommand } from './status.js';
import { addTableCommands } from './table.js';
import { addUpCommand } from './up.js';
import { addVerifyCommand } from './verify.js';

/** @param onHelp takes the help that is shown because a command is missing */
export function buildProgram(onHelp: (text: string) => void = () => {}): Command {
  const program = addGlobalOptions(new Command('bridle'))
    .description('Carries out, supervises and proves table duplication for Apache Pegasus.')
    .version(version(), '--version')
    .showSuggestionAfterError()
    .configureHelp({ showGlobalOptions: true })
    // Errors are printed once, from the catalogue; only help without a command is passed on.
    .configureOutput({ writeErr: onHelp, outputError: () => {} })
    .exitOverride()
    .addHelpText('after', `${EXIT_CODES_HELP}\n\nStart with:\n  $ bridle demo`);
  const demo = demoCommand();
  program.addCommand(demo.copyInheritedSettings(program));
  addUpCommand(program);
  addDownCommand(program);
  addTableCommands(program);
  addLoadCommand(program);
  addDuplicateCommand(program);
  addStatusCommand(program);
  addExplainCommand(program);
  addControlCommands(program);
  addVerifyCommand(program);
  addPolicyCommands(program);
  addPathsCommand(program);
  addCheckCommand(program);
  addInspectCommand(program);
  addDiagramCommand(program);
  return program;
}

function version(): string {
  const file: unknown = createRequire(import.meta.url)('bridle/package.json');
  return z.object({ version: z.string() }).parse(file).version;
}

/**
 * Runs one command line; never rejects. What went wrong is on standard error.
 *
 * @param args without the names of node and the script
 * @returns the exit code
 */
export async function run(args: readonly string[]): Promise<number> {
  process.exitCode = undefined;
  try {
    await buildProgram((text) => process.stderr.write(text)).parseAsync(args, { from: 'user' });
    return Number(process.exitCode ?? EXIT.ok);
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.ok;
    const asked = error instanceof CommanderError && error.code === 'commander.help';
    if (asked && !args.includes('--json')) return EXIT.usage;
    const known = error instanceof CommanderError ? usageError(error, args) : BridleError.from(error);
    new Output(args.includes('--json')).error(known);
    // A command can know better what its failure means.
    const chosen = Number(process.exitCode ?? 0);
    return chosen === 0 ? exitCodeOf(known) : chosen;
  }
}

function usageError({ message, code }: CommanderError, args: readonly string[]): BridleError {
  const hint = code === 'commander.help' ? 'a command is missing' : message.replace(/^error: /, '');
  return BridleError.of('BRIDLE_USAGE', {
    operation: ['bridle', ...args].join(' ').slice(0, 200),
    hint,
    next: `${['bridle', ...commandOf(args)].join(' ')} --help`,
  });
}

/** The names of the command that a command line begins with: `load`, or `table create`. */
function commandOf(args: readonly string[]): string[] {
  const names: string[] = [];
  let known: Command | undefined = buildProgram();
  for (const arg of args) {
    known = known?.commands.find((each) => each.name() === arg);
    if (known === undefined) break;
    names.push(arg);
  }
  return names;
}
