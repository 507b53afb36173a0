/** All commands of `bridle`, and what happens when one fails. */
import { Command, CommanderError } from 'commander';
import { BridleError } from '../client/index.js';
import { VERSION } from '../version.js';
import { addCommands } from './commands.js';
import { addGlobalOptions } from './context.js';
import { EXIT, EXIT_CODES_HELP, exitCodeOf } from './exit-codes.js';
import { Output } from './output.js';

export interface ProgramOptions {
  /** The command that it begins with is the only one that is loaded. Default: all are. */
  readonly args?: readonly string[];
  /** Takes the help that is shown because a command is missing. */
  readonly onHelp?: (text: string) => void;
}

export async function buildProgram({ args = [], onHelp = () => {} }: ProgramOptions = {}): Promise<Command> {
  const program = addGlobalOptions(new Command('bridle'))
    .description('Carries out, supervises and proves table duplication for Apache Pegasus.')
    .version(VERSION, '--version')
    .showSuggestionAfterError()
    .configureHelp({ showGlobalOptions: true })
    // Errors are printed once, from the catalogue; only help without a command is passed on.
    .configureOutput({ writeErr: onHelp, outputError: () => {} })
    .exitOverride()
    .addHelpText('after', `${EXIT_CODES_HELP}\n\nStart with:\n  $ bridle demo`);
  await addCommands(program, args);
  return program;
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
    const program = await buildProgram({ args, onHelp: (text) => process.stderr.write(text) });
    await program.parseAsync(args, { from: 'user' });
    return Number(process.exitCode ?? EXIT.ok);
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.ok;
    const asked = error instanceof CommanderError && error.code === 'commander.help';
    if (asked && !args.includes('--json')) return EXIT.usage;
    const known = error instanceof CommanderError ? await usageError(error, args) : BridleError.from(error);
    new Output(args.includes('--json')).error(known);
    // A command can know better what its failure means.
    const chosen = Number(process.exitCode ?? 0);
    return chosen === 0 ? exitCodeOf(known) : chosen;
  }
}

/** What is printed may end up in a log. */
function withoutSecrets(args: readonly string[]): string[] {
  return args.map((arg, i) =>
    args[i - 1] === '--token' ? '…' : arg.startsWith('--token=') ? '--token=…' : arg,
  );
}

async function usageError({ message, code }: CommanderError, args: readonly string[]): Promise<BridleError> {
  const hint = code === 'commander.help' ? 'a command is missing' : message.replace(/^error: /, '');
  return BridleError.of('BRIDLE_USAGE', {
    operation: ['bridle', ...withoutSecrets(args)].join(' ').slice(0, 200),
    hint,
    next: `${['bridle', ...(await commandOf(args))].join(' ')} --help`,
  });
}

/** The names of the command that a command line begins with: `load`, or `table create`. */
async function commandOf(args: readonly string[]): Promise<string[]> {
  const names: string[] = [];
  let known: Command | undefined = await buildProgram({ args });
  for (const arg of args) {
    known = known?.commands.find((each) => each.name() === arg);
    if (known === undefined) break;
    names.push(arg);
  }
  return names;
}
