/** `bridle duplicate`: starts the duplication of a table, and waits for it when asked to. */
import { type Command, Option } from 'commander';
import {
  EXISTING_TABLE_POLICIES,
  type ExistingTablePolicy,
  type FollowerTableOnRemove,
} from '../../machines/vocabulary.js';
import { parseServers } from '../client/address.js';
import { BridleError, type Cluster } from '../client/index.js';
import { type Duplication, duplicate, preflight, setRemote } from '../live/index.js';
import { formatAddress } from '../pegasus/address.js';
import { type CommandContext, parseWhole, perform } from './context.js';
import { EXIT } from './exit-codes.js';
import { formatFacts, formatMs } from './output.js';
import { exitCodeOfVerdict, formatPreflight, preflightOptions } from './preflight.js';
import { reportProgress } from './progress.js';

interface DuplicateCommandOptions {
  readonly to: string;
  readonly remoteTable?: string;
  readonly remoteMeta?: string;
  readonly remoteReplicas?: number;
  readonly ifExists: ExistingTablePolicy;
  readonly onRemove: FollowerTableOnRemove;
  readonly wait?: boolean;
  readonly preflight?: boolean;
}

export function addDuplicateCommand(program: Command): void {
  program
    .command('duplicate')
    .description('copy a table to another cluster in full, then ship every write')
    .argument('<table>')
    .requiredOption('--to <cluster>', 'name of the follower cluster')
    .option('--remote-table <name>', 'name of the table there (default: the same)')
    .option(
      '--remote-meta <host:port,…>',
      'meta servers of the follower; tells an embedded source where it is',
    )
    .option('--remote-replicas <n>', 'replicas of each partition there', parseWhole)
    .addOption(
      new Option(
        '--if-exists <policy>',
        'a table of that name is there already: adopt one that is its own, fail, or replace it',
      )
        .choices(EXISTING_TABLE_POLICIES)
        .default('adopt'),
    )
    .addOption(
      new Option('--on-remove <what>', 'what becomes of the follower table when the duplication is removed')
        .choices(['keep', 'drop'])
        .default('keep'),
    )
    .option('--preflight', 'look first whether it can work; if not, say why and add nothing')
    .option('--wait', 'until writes are shipped (DS_LOG); fails as soon as it is blocked')
    .addHelpText(
      'after',
      `
Running it again finds the same duplication.

Examples:
  $ bridle duplicate users --to west --remote-meta 127.0.0.1:34701
  $ bridle duplicate users --to west --remote-table users_copy --wait --timeout 300`,
    )
    .action((table: string, options: DuplicateCommandOptions, command: Command) =>
      perform(command, async (context) => {
        const source = await context.cluster();
        if (options.preflight === true) {
          const refused = await preflightBefore(source, table, options, context);
          if (refused !== undefined) return refused;
        }
        if (options.remoteMeta !== undefined) {
          const metas = parseServers(options.remoteMeta).map(formatAddress);
          await setRemote(source, options.to, metas, context.limits);
        }
        await using duplication = await duplicate({
          source,
          table,
          target: options.to,
          remoteTable: options.remoteTable,
          replicaCount: options.remoteReplicas,
          existingTable: options.ifExists,
          onRemove: options.onRemove,
          ...context.limits,
        });
        const waited = options.wait === true ? await waitForLog(duplication, context) : undefined;
        const { id, remoteCluster, remoteTable, existed } = duplication;
        const explanation = await duplication.explain(context.limits);
        const { status, headline, line, next } = explanation;
        context.out.result(
          { table, dupid: id, remoteCluster, remoteTable, existed, status, headline, line, next, ...waited },
          formatFacts([
            ['duplication', `${id}${existed ? ' (was there already)' : ''}`],
            ['table', `${table} → ${remoteCluster}/${remoteTable}`],
            // A server that is older has the long form only.
            ['status', headline || line],
            ...(waited === undefined ? [] : ([['waited', formatMs(waited.waitedMs)]] as const)),
            ['next', next],
          ]),
        );
        return undefined;
      }),
    );
}

/** Looks before anything is told to the source; the exit code when it must not go on. */
async function preflightBefore(
  source: Cluster,
  table: string,
  options: DuplicateCommandOptions,
  { signal, out }: CommandContext,
): Promise<number | undefined> {
  const report = await preflight({ source, table, signal, ...preflightOptions(options) });
  if (report.ready) return undefined;
  out.result({ added: false, preflight: report }, () => `${formatPreflight(report)}\n\nnothing was added`);
  return exitCodeOfVerdict(report.verdict);
}

/** Progress on standard error; a duplication that is blocked is an error with its own next command. */
async function waitForLog(duplication: Duplication, context: CommandContext): Promise<{ waitedMs: number }> {
  const startedMs = performance.now();
  const progress = reportProgress('duplicating', context.out.json && !process.stderr.isTTY);
  const watching = duplication.progress$.subscribe((now) => {
    // Half of the way is the checkpoint, half the copy.
    const done = now.stage === 'shipping' ? 2 * now.partitionCount : (now.prepared ?? 0) + (now.ready ?? 0);
    progress.update(done, Math.max(1, 2 * now.partitionCount), now.line);
  });
  try {
    await duplication.waitFor('DS_LOG', { ...context.waitLimits, failWhenBlocked: true });
    return { waitedMs: Math.round(performance.now() - startedMs) };
  } catch (error) {
    throw blockedOr(error);
  } finally {
    watching.unsubscribe();
    progress.stop();
  }
}

/** Exit code 1 for a duplication that is blocked, whatever the kind of its trouble says. */
function blockedOr(error: unknown): unknown {
  if (error instanceof BridleError && error.code !== 'ERR_THREAD_INTERRUPTED') process.exitCode = EXIT.failed;
  return error;
}
