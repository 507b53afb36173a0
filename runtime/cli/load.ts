/** `bridle load`: rows of a file or of standard input into a table. */
import { type Command, Option } from 'commander';
import { BridleError, loadRows, type RowFormat } from '../client/index.js';
import { perform } from './context.js';
import { formatBytes, formatMs, plural } from './output.js';
import { reportProgress } from './progress.js';

interface LoadCommandOptions {
  readonly format?: RowFormat;
  readonly hashKey?: string;
  readonly sortKey?: string;
  readonly value?: string;
}

export function addLoadCommand(program: Command): void {
  program
    .command('load')
    .description('load JSON Lines or CSV; every line is checked before the first one is written')
    .argument('<table>')
    .argument('[file]', 'file to read; - or nothing is standard input')
    .addOption(new Option('--format <format>', 'needed for standard input').choices(['jsonl', 'csv']))
    .option('--hash-key <field>', 'field or column with the hash key (default: hashKey, or hash_key in CSV)')
    .option(
      '--sort-key <field>',
      'field or column with the sort key (default: sortKey or sort_key, may be missing)',
    )
    .option(
      '--value <field>',
      'field or column with the value (default: value; with a key named, all other fields as JSON)',
    )
    .addHelpText(
      'after',
      `
Examples:
  $ bridle load users users.jsonl
  $ bridle load packages packages.jsonl --hash-key package --sort-key version
  $ gzip -dc users.csv.gz | bridle load users - --format csv`,
    )
    .action((table: string, file: string | undefined, options: LoadCommandOptions, command: Command) =>
      perform(command, async (context) => {
        const input = inputOf(file, options);
        const cluster = await context.cluster();
        const progress = reportProgress('loading', context.out.json && !process.stderr.isTTY);
        try {
          const report = await loadRows({
            table: await cluster.table(table, context.limits),
            ...input,
            ...options,
            signal: context.signal,
            onProgress: ({ phase, rows, bytes, totalRows }) =>
              progress.update(
                rows,
                totalRows,
                `${phase === 'validating' ? 'checked' : 'stored'} ${rows} rows, ${formatBytes(bytes)}`,
              ),
          });
          progress.stop();
          const { rows, bytes, elapsedMs, rowsPerSecond } = report;
          context.out.result(
            { table, ...report },
            `${plural(rows, 'row')} (${formatBytes(bytes)}) loaded into ${table} in ${formatMs(elapsedMs)}, ${rowsPerSecond} rows/s`,
          );
        } finally {
          progress.stop();
        }
        return undefined;
      }),
    );
}

function inputOf(file: string | undefined, { format }: LoadCommandOptions) {
  if (file !== undefined && file !== '-') return { path: file };
  const usage = (hint: string) => BridleError.of('BRIDLE_USAGE', { operation: 'load', hint });
  if (process.stdin.isTTY === true) throw usage('give a file, or send rows to standard input');
  if (format === undefined) throw usage('standard input needs --format jsonl or --format csv');
  return { rows: process.stdin };
}
