/** `bridle verify`: proof that source and follower hold the same rows. */
import { type Command, InvalidArgumentError } from 'commander';
import { formatOwner } from '../../machines/vocabulary.js';
import { BridleError, type Cluster, rowsDiffer, type VerifyReport } from '../client/index.js';
import { openDuplication } from '../live/index.js';
import { type CommandContext, perform } from './context.js';
import { EXIT } from './exit-codes.js';
import { formatFacts, formatMs } from './output.js';
import { reportProgress } from './progress.js';
import { findMetas } from './state-file.js';
import { readVerifyFile, VerifyFile } from './verify-file.js';

const PARTITIONS_SHOWN = 8;

interface VerifyCommandOptions {
  readonly follower?: string;
  readonly to?: string;
  readonly remoteTable?: string;
  readonly rowsPerSecond?: number;
  readonly bytesPerSecond?: number;
  readonly resume?: string;
  readonly scan?: boolean;
}

export function addVerifyCommand(program: Command): void {
  program
    .command('verify')
    .description('compare a table with its follower, every row, while both are in use')
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
    .option('--rows-per-second <n>', 'rows that each side reads at most', parseRate)
    .option('--bytes-per-second <n>', 'bytes of keys and values that each side reads at most', parseRate)
    .option('--resume <file>', 'keep in this file how far it is, and go on from there if it exists')
    .option('--scan', 'send every row over the wire, even where the servers compute digests')
    .addHelpText(
      'after',
      `
Exit code 0 when every row is the same, 1 when rows differ.

The result says what was compared: at a decree, live, or by a scan. See docs/verifying.md.

Examples:
  $ bridle verify users --follower 127.0.0.1:34701
  $ bridle verify users --follower 127.0.0.1:34701 --remote-table users_copy --json
  $ bridle verify users --rows-per-second 5000 --resume users.verify`,
    )
    .action((table: string, options: VerifyCommandOptions, command: Command) =>
      perform(command, async (context) => {
        const source = await context.cluster();
        const found = await findFollower(source, table, options, context);
        const report = await compare(source, table, found, options, context);
        const { remoteTable } = found;
        context.out.result({ table, remoteTable, ...report }, () => formatReport(table, remoteTable, report));
        if (report.equal) return EXIT.ok;
        if (!context.out.json) context.out.error(rowsDiffer(report, table));
        return EXIT.failed;
      }),
    );
}

/** A number above 0. */
function parseRate(text: string): number {
  const rate = Number(text);
  if (text.trim() !== '' && rate > 0 && rate <= 1e12) return rate;
  throw new InvalidArgumentError('It has to be a number above 0.');
}

async function compare(
  source: Cluster,
  table: string,
  { follower, remoteTable, owner }: Follower,
  options: VerifyCommandOptions,
  context: CommandContext,
): Promise<VerifyReport> {
  const { rowsPerSecond, bytesPerSecond, resume, scan } = options;
  const tables = { source: `${source.name}/${table}`, follower: `${follower.name}/${remoteTable}` };
  const file = resume === undefined ? undefined : new VerifyFile(resume, tables);
  const begun = resume === undefined ? undefined : await readVerifyFile(resume, tables, table);
  const progress = reportProgress('verifying', context.out.json && !process.stderr.isTTY);
  const { verifyTables } = await import('../client/index.js');
  try {
    const report = await verifyTables({
      source: await source.table(table, context.limits),
      follower: await follower.table(remoteTable, context.limits),
      owner,
      method: scan === true ? 'scan' : 'auto',
      rowsPerSecond,
      bytesPerSecond,
      resume: begun,
      onState: file === undefined ? undefined : (take) => file.note(take),
      signal: context.signal,
      onProgress: ({ partitionsDone, partitions, sourceRows, followerRows, suspicious }) =>
        progress.update(
          partitionsDone,
          partitions,
          `${sourceRows} and ${followerRows} rows, ${suspicious} to be looked at again`,
        ),
    });
    await file?.remove();
    return report;
  } catch (error) {
    const known = BridleError.from(error);
    if (file === undefined || known.code === 'BRIDLE_BAD_RESUME') throw known;
    await file.flush();
    const next = goOn(table, options, context.givenMeta);
    throw BridleError.of(known.code, {
      operation: known.operation,
      peer: known.peer,
      hint: `${known.hint ?? known.what}; how far it came is in ${resume}, go on with: ${next}`,
      next,
      cause: known,
    });
  } finally {
    progress.stop();
  }
}

/** The same command again. */
function goOn(table: string, options: VerifyCommandOptions, meta: string | undefined): string {
  const { follower, to, remoteTable, rowsPerSecond, bytesPerSecond, resume, scan } = options;
  const given: readonly (readonly [string, string | number | undefined])[] = [
    ['--meta', meta],
    ['--follower', follower],
    ['--to', to],
    ['--remote-table', remoteTable],
    ['--rows-per-second', rowsPerSecond],
    ['--bytes-per-second', bytesPerSecond],
    ['--resume', resume],
  ];
  const words = given.flatMap(([name, value]) => (value === undefined ? [] : [name, String(value)]));
  return ['bridle verify', table, ...words, ...(scan === true ? ['--scan'] : [])].join(' ');
}

interface Follower {
  readonly follower: Cluster;
  readonly remoteTable: string;
  /** Identity of the duplication that ships there; undefined when there is none. */
  readonly owner: string | undefined;
}

/** Where the copy is: said, or found by means of the duplication. */
async function findFollower(
  source: Cluster,
  table: string,
  { follower, to, remoteTable }: VerifyCommandOptions,
  context: CommandContext,
): Promise<Follower> {
  await source.table(table, context.limits);
  const ownerOf = (duplicationId: number | undefined): string | undefined =>
    duplicationId === undefined
      ? undefined
      : formatOwner({ sourceCluster: source.name, sourceTable: table, duplicationId });
  if (follower !== undefined) {
    const cluster = await context.open(follower);
    const all = await source.queryDuplication(table, context.limits);
    const there = all.filter(({ remoteCluster }) => remoteCluster === (to ?? cluster.name));
    const one = there.find((each) => remoteTable === undefined || each.remoteTable === remoteTable);
    return {
      follower: cluster,
      remoteTable: remoteTable ?? one?.remoteTable ?? table,
      owner: ownerOf(one?.dupid),
    };
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
  const itsOwn = remoteTable === undefined || remoteTable === duplication.remoteTable;
  return {
    follower: await context.open(metas),
    remoteTable: remoteTable ?? duplication.remoteTable,
    owner: itsOwn ? ownerOf(duplication.id) : undefined,
  };
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
    ['compared', formatMode(report)],
    ['source', `${report.source} rows`],
    ['follower', `${report.follower} rows`],
    ['missing', missing === 0 ? '0' : `${missing}, such as ${example('missing')}`],
    ['extra', extra === 0 ? '0' : `${extra}, such as ${example('extra')}`],
    ['differing', differing === 0 ? '0' : `${differing}, such as ${example('differing')}`],
    ['unsettled', String(unsettled)],
    ['took', `${formatMs(report.elapsedMs)}, ${report.rechecked} rows read again`],
    ['received', formatBytes(report)],
    ...formatPartitions(report),
  ]);
}

const MODES: Readonly<Record<VerifyReport['mode'], string>> = {
  decree: 'by digests, at a decree',
  live: 'by digests, live',
  scan: 'by a scan of both sides',
};

function formatMode({ mode, modeReason }: VerifyReport): string {
  return modeReason === '' ? MODES[mode] : `${MODES[mode]}: ${modeReason}`;
}

function formatBytes({ bytesTransferred, bytesCompared }: VerifyReport): string {
  return `${bytesTransferred} bytes for ${bytesCompared} bytes of rows`;
}

/** Those that are not the same, worst first. */
function formatPartitions({ byPartition }: VerifyReport): [string, string][] {
  return byPartition
    .map((counts, partition) => ({ ...counts, partition }))
    .map((each) => ({ ...each, bad: each.missing + each.extra + each.differing + each.unsettled }))
    .filter(({ bad }) => bad > 0)
    .sort((a, b) => b.bad - a.bad)
    .slice(0, PARTITIONS_SHOWN)
    .map(({ partition, missing, extra, differing, unsettled, decrees }) => [
      `partition ${partition}`,
      `${missing} missing, ${extra} extra, ${differing} differing, ${unsettled} unsettled` +
        (decrees === undefined ? '' : `, at decree ${decrees.follower}`),
    ]);
}
