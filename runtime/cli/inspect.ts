/** `bridle inspect`: a page that shows a live run or a recording. */
import { type Command, Option } from 'commander';
import { BridleError } from '../client/index.js';
import { parseWhole, perform } from './context.js';

export const EXPORT_FORMATS = ['jsonl', 'mermaid', 'perfetto', 'vitest', 'text'] as const;

export interface InspectFlags {
  readonly cluster: readonly string[];
  readonly compare?: string;
  readonly out?: string;
  readonly export?: (typeof EXPORT_FORMATS)[number];
  readonly range?: string;
  readonly actor?: string;
  readonly host: string;
  readonly port: number;
  readonly token?: string;
  readonly tokenFile?: string;
  readonly control?: boolean;
  readonly open?: boolean;
}

/** Of a recording, and of a live run. */
const FILE_ONLY = ['compare', 'out', 'export', 'range', 'actor'] as const;
const LIVE_ONLY = ['control'] as const;

export function addInspectCommand(program: Command): void {
  const several = (value: string, before: readonly string[]): readonly string[] => [...before, value];
  program
    .command('inspect')
    .description('a page that shows a live run or a recording: charts, messages, what changes and why not')
    .argument(
      '[recording]',
      'a file of bridle demo --record or bridle check --record; else what runs is shown',
    )
    .option('-c, --cluster <name>', 'of the running clusters show this one; may be repeated', several, [])
    .option('--compare <recording>', 'show a second recording beside it, from where they part')
    .option('--out <file>', 'write one HTML file that works offline, or with --export that')
    .addOption(new Option('--export <format>', 'print the recording as this').choices([...EXPORT_FORMATS]))
    .option('--range <a..b>', 'of the export: first and last moment, either may be left out')
    .option('--actor <process/actor>', 'whose test --export vitest writes')
    .option('--host <host>', 'listen here; anything but loopback needs a token', '127.0.0.1')
    .option('--port <port>', 'default: any free one', parseWhole, 0)
    .option('--token <token>', 'ask for it once, as ?token= (default: $BRIDLE_INSPECT_TOKEN)')
    .option('--token-file <file>', 'the token is in this file, where no list of processes shows it')
    .option('--control', 'let the page pause, start and retry, and inject faults in embedded clusters')
    .option('--open', 'open it in a browser')
    .addHelpText(
      'after',
      `
The address of the page is the first line of the output. Ctrl-C ends.

Examples:
  $ bridle demo &  bridle inspect
  $ bridle inspect -c east -c west --control
  $ bridle inspect run.jsonl
  $ bridle inspect run.jsonl --compare before.jsonl
  $ bridle inspect run.jsonl --out run.html
  $ bridle inspect run.jsonl --export mermaid --range 100..200`,
    )
    .action((recording: string | undefined, flags: InspectFlags, command: Command) =>
      perform(command, async (context) => {
        if (recording === undefined) refuse(flags, FILE_ONLY, 'needs a recording: bridle inspect FILE');
        else refuse(flags, LIVE_ONLY, 'is for live runs: a recording cannot be steered');
        const { port } = flags;
        if (port < 0 || port > 65_535) throw usage(`--port ${port}: 0 to 65535`);
        // Layout and page are large; no other command needs them.
        if (recording === undefined) await (await import('./inspect-live.js')).inspectLive(context, flags);
        else await (await import('./inspect-file.js')).inspectFile(context, recording, flags);
        return undefined;
      }),
    );
}

function refuse(flags: InspectFlags, names: readonly (keyof InspectFlags)[], why: string): void {
  for (const name of names) {
    if (flags[name] !== undefined) throw usage(`--${name} ${why}`);
  }
}

export function usage(hint: string): BridleError {
  return BridleError.of('BRIDLE_USAGE', { operation: 'inspect', hint, next: 'bridle inspect --help' });
}
