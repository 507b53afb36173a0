/** `bridle verify`: proof, row by row, that source and follower hold the same. */
import type { Command } from 'commander';
import { BridleError, type Cluster, rowsDiffer, type VerifyReport } from '../client/index.js';
import { openDuplication } from '../live/index.js';
import { type CommandContext, perform } from './context.js';
import { EXIT } from './exit-codes.js';
import { formatFacts, formatMs } from './output.js';
import { reportProgress } from './progress.js';
import { findMetas } from './state-file.js';

interface VerifyCommandOptions {
  readonly follower?: string;
  readonly to?: string;
  readonly remoteTable?: string;
}

export function addVerifyCommand(program: Command): void {
  program
    .command('verify')
    .description('compare a table with its follower, row by row, while both are in use')
    .argument('<table>')
    .option(
      '--follower <host:port>',
      'meta servers of the follower cluster; may be left out where bridle up started it',
    )
    .option('--to <cluster>', 'follower cluster; needed when the table is duplicated to several')
    .option(
      '--remote-table <name>',
      'name of the table there (default: as the duplication says, else the same)',
    )
    .addHelpText(
      'after',
      `
Exit code 0 when every row is the same, 1 when rows differ.

Examples:
  $ bridle verify users --follower 127.0.0.1:34701
  $ bridle verify users --follower 127.0.0.1:34701 --remote-table users_copy --json`,
    )
    .action((table: string, options: VerifyCommandOptions, command: Command) =>
      perform(command, async (context) => {
        const source = await context.cluster();
        const { follower, remoteTable } = await findFollower(source, table, options, context);
        const progress = reportProgress('verifying', context.out.json && !process.stderr.isTTY);
        const { verifyTables } = await import('../client/index.js');
        let report: VerifyReport;
        try {
          report = await verifyTables({
            source: await source.table(table, context.limits),
            follower: await follower.table(remoteTable, context.limits),
            signal: context.signal,
            onProgress: ({ partitionsDone, partitions, sourceRows, followerRows, suspicious }) =>
              progress.update(
                partitionsDone,
                partitions,
                `${sourceRows} and ${followerRows} rows, ${suspicious} to be looked at again`,
              ),
          });
        } finally {
          progress.stop();
        }
        context.out.result({ table, remoteTable, ...report }, () => formatReport(table, remoteTable, report));
        if (report.equal) return EXIT.ok;
        if (!context.out.json) context.out.error(rowsDiffer(report, table));
        return EXIT.failed;
      }),
    );
}

/** Where the copy is: said, or found by means of the duplication. */
async function findFollower(
  source: Cluster,
  table: string,
  { follower, to, remoteTable }: VerifyCommandOptions,
  context: CommandContext,
): Promise<{ readonly follower: Cluster; readonly remoteTable: string }> {
  await source.table(table, context.limits);
  if (follower !== undefined && remoteTable !== undefined) {
    return { follower: await context.open(follower), remoteTable };
  }
  if (follower !== undefined) {
    const cluster = await context.open(follower);
    const all = await source.queryDuplication(table, context.limits);
    const one = all.find(({ remoteCluster }) => remoteCluster === (to ?? cluster.name));
    return { follower: cluster, remoteTable: one?.remoteTable ?? table };
  }
  await using duplication = await openDuplication({ source, table, target: to, ...context.limits });
  const metas = await findMetas(duplication.remoteCluster, context.data);
  if (metas === undefined) {
    throw BridleError.of('BRIDLE_USAGE', {
      operation: 'verify',
      hint: `where cluster ${duplication.remoteCluster} is, is not known here; add --follower HOST:PORT`,
      values: { table },
    });
  }
  return { follower: await context.open(metas), remoteTable: remoteTable ?? duplication.remoteTable };
}

function formatReport(table: string, remoteTable: string, report: VerifyReport): string {
  const { missing, extra, differing, unsettled, examples } = report;
  const example = (kind: 'missing' | 'extra' | 'differing') =>
    examples[kind]
      .slice(0, 5)
      .map(({ hashKey, sortKey }) => `${hashKey} ${sortKey}`.trim())
      .join(' · ');
  return formatFacts([
    ['tables', `${table} and ${remoteTable}`],
    ['result', report.equal ? 'every row is the same' : 'not the same'],
    ['source', `${report.source} rows`],
    ['follower', `${report.follower} rows`],
    ['missing', missing === 0 ? '0' : `${missing}, such as ${example('missing')}`],
    ['extra', extra === 0 ? '0' : `${extra}, such as ${example('extra')}`],
    ['differing', differing === 0 ? '0' : `${differing}, such as ${example('differing')}`],
    ['unsettled', String(unsettled)],
    ['took', `${formatMs(report.elapsedMs)}, ${report.rechecked} rows read again`],
  ]);
}
