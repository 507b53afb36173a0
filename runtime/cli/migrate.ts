/** `bridle migrate`: moves the clients of a table to its copy, and keeps a way back until it is decided. */
import { join, resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { BridleError, type Cluster } from '../client/index.js';
import {
  MIGRATION_PHASES,
  type Migration,
  type MigrationPlan,
  type MigrationResult,
  migrate,
  planMigration,
  readMigrationRecord,
  resumeMigration,
  undoMigration,
} from '../live/index.js';
import { type CommandContext, parseWhole, perform } from './context.js';
import { EXIT, exitCodeOf } from './exit-codes.js';
import { formatFacts, formatTable } from './output.js';
import { type ProgressReporter, reportProgress } from './progress.js';
import { findMetas } from './state-file.js';

interface MigrateCommandOptions {
  readonly to?: string;
  readonly follower?: string;
  readonly threshold?: number;
  readonly verify: 'full' | 'none';
  readonly journal?: string;
  readonly dryRun?: boolean;
  readonly resume?: string;
  readonly undo?: string;
}

export function addMigrateCommand(program: Command): void {
  program
    .command('migrate')
    .description('move the clients of a table to its copy: close, drain, verify, hand over')
    .argument('[table]', 'left out with --resume and --undo: the journal knows')
    .option('--to <cluster>', 'follower cluster of the duplication')
    .option(
      '--follower <host:port>',
      'meta servers of the follower cluster; may be left out where bridle up started it',
    )
    .option('--threshold <n>', 'close the source when it is at most so many mutations ahead', threshold)
    .addOption(
      new Option('--verify <how>', 'compare both sides row by row before handing over, or not at all')
        .choices(['full', 'none'])
        .default('full'),
    )
    .option('--journal <file>', 'where to write down how far it is (default: in --data)')
    .option('--dry-run', 'say what would be done and what stands in the way; touch nothing')
    .option('--resume <file>', 'go on with a migration whose process has ended')
    .option('--undo <file>', 'give such a migration up: the source takes writes again')
    .addHelpText(
      'after',
      `
Until the hand-over is decided, whatever fails and Ctrl-C open the source again and leave the duplication as it
was. After it there is only forward. A process that dies leaves its journal: resume it, or undo it.

Exit codes beside the usual ones: 1 undone because something failed, 4 with --dry-run: it could not begin now.

Examples:
  $ bridle migrate users --to west --dry-run
  $ bridle migrate users --to west --threshold 500
  $ bridle migrate --undo .bridle/migrate-users-west.json`,
    )
    .action((table: string | undefined, options: MigrateCommandOptions, command: Command) =>
      perform(command, (context) => run(table, options, context)),
    );
}

function threshold(text: string): number {
  const value = parseWhole(text);
  if (value >= 0) return value;
  throw new InvalidArgumentError('It has to be a whole number of mutations, 0 or more.');
}

const usage = (hint: string) => BridleError.of('BRIDLE_USAGE', { operation: 'migrate', hint });

async function run(
  table: string | undefined,
  options: MigrateCommandOptions,
  context: CommandContext,
): Promise<number | undefined> {
  const { resume, undo, to, dryRun } = options;
  if (resume !== undefined && undo !== undefined) throw usage('--resume or --undo, not both');
  const journal = resume ?? undo;
  if (journal !== undefined) {
    if (table !== undefined || to !== undefined) throw usage('the journal knows the table and the cluster');
    if (dryRun === true) throw usage('--dry-run is for a migration that has not begun');
    const again = { journal: resolve(journal), ...(await clustersOf(journal, context)), ...context.limits };
    await using migration = await (undo === undefined ? resumeMigration(again) : undoMigration(again));
    // Awaited here: leaving the block stops the work.
    return await finish(migration, context, undo !== undefined);
  }
  if (table === undefined || to === undefined)
    throw usage('name the table, and its follower cluster with --to');
  const source = await context.cluster();
  const target = await openTarget(to, options, context);
  const all = {
    source,
    target,
    table,
    verify: options.verify,
    thresholdDecrees: options.threshold,
    journal: resolve(options.journal ?? join(context.data, `migrate-${table}-${to}.json`)),
    ...context.limits,
  };
  if (dryRun === true) {
    const plan = await planMigration(all);
    context.out.result({ dryRun: true, ...plan }, () => planText(plan));
    return plan.canCutOver ? EXIT.ok : EXIT.needsOperator;
  }
  await using migration = await migrate(all);
  context.out.note(`journal  ${migration.journal}`);
  return await finish(migration, context, false);
}

/** Those that the journal names, opened as every command opens them; none for a file that is none. */
async function clustersOf(
  journal: string,
  context: CommandContext,
): Promise<{ readonly source?: Cluster; readonly target?: Cluster }> {
  const record = await readMigrationRecord(resolve(journal));
  if (record === undefined || record.step === 'done' || record.step === 'undone') return {};
  return {
    source: await context.open(record.source.meta),
    target: await context.open(record.target.meta),
  };
}

async function openTarget(
  to: string,
  { follower }: MigrateCommandOptions,
  context: CommandContext,
): Promise<Cluster> {
  const metas = follower ?? (await findMetas(to, context.data));
  if (metas === undefined) throw usage(`where cluster ${to} is nobody has said; give --follower HOST:PORT`);
  const target = await context.open(metas);
  if (target.name !== to) throw usage(`the cluster there is called ${target.name}, not ${to}`);
  return target;
}

/** Shows it until it ends, or until it does not go on by itself. */
async function finish(migration: Migration, context: CommandContext, undoing: boolean): Promise<number> {
  const progress = reportProgress(
    undoing ? 'undoing' : 'migrating',
    context.out.json && !process.stderr.isTTY,
  );
  const onAbort = (): void => migration.cancel();
  context.signal.addEventListener('abort', onAbort, { once: true });
  const watching = [
    migration.events$.subscribe((news) => {
      if (news.type === 'phase') context.out.note(`${news.from} → ${news.to}`);
      else if (news.type === 'trouble') context.out.note(`trouble  ${troubleText(news.trouble)}`);
    }),
    migration.status$.subscribe(() => show(migration, progress)),
  ];
  try {
    const blocked = new Promise<'blocked'>((tell) => {
      watching.push(migration.status$.subscribe((status) => status.blocked && tell('blocked')));
    });
    const ended = await Promise.race([migration.result, blocked]);
    if (ended === 'blocked') throw blockedError(migration);
    return report(ended, migration, context, undoing);
  } finally {
    context.signal.removeEventListener('abort', onAbort);
    for (const each of watching) each.unsubscribe();
    progress.stop();
  }
}

const FORWARD = MIGRATION_PHASES.indexOf('done');

function show({ status }: Migration, progress: ProgressReporter): void {
  const { phase, waitingFor, view, reasons } = status;
  const at = MIGRATION_PHASES.indexOf(phase);
  const lag = view !== null && view.lagDecrees >= 0 ? `, ${view.lagDecrees} mutations behind` : '';
  const why =
    phase === 'waiting' && reasons.length > 0 ? ` (${reasons.map(({ text }) => text).join('; ')})` : '';
  progress.update(Math.min(at, FORWARD), FORWARD, `${phase}: waiting for ${waitingFor}${lag}${why}`);
}

function report(
  { outcome, reason, verified, journal }: MigrationResult,
  { status }: Migration,
  context: CommandContext,
  undoing: boolean,
): number {
  const canceled = reason?.error === 'ERR_THREAD_INTERRUPTED';
  const rows = verified === null ? null : { source: verified.source, follower: verified.follower };
  context.out.result(
    { outcome, reason, rows, verified: verified?.equal ?? null, journal, decided: status.decided },
    formatFacts([
      [
        'outcome',
        outcome === 'done' ? 'done: clients write at the follower now' : 'undone: the source takes writes',
      ],
      ...(reason === null || undoing ? [] : ([['reason', troubleText(reason)]] as const)),
      ...(verified === null
        ? []
        : ([['verified', `${verified.source} rows, ${verified.equal ? 'equal' : 'different'}`]] as const)),
      ['journal', journal],
    ]),
  );
  if (outcome === 'done' || undoing) return EXIT.ok;
  if (canceled) return EXIT.interrupted;
  const code = reason === null ? EXIT.failed : exitCodeOf(BridleError.of(reason.error));
  // It ran and was undone; whatever the reason calls itself, the cluster was reached and the words were legal.
  return code === EXIT.needsOperator ? code : EXIT.failed;
}

function blockedError({ status, journal }: Migration): BridleError {
  const { trouble, phase, waitingFor } = status;
  const word = status.decided ? '--resume' : '--undo';
  return BridleError.of(trouble?.error ?? 'BRIDLE_NO_PROGRESS', {
    operation: `migrate, ${phase}`,
    hint: trouble?.hint ?? `waiting for ${waitingFor}`,
    consequence: status.decided
      ? 'There is no way back: it can only be carried on. The source is closed to writes.'
      : 'The source may still refuse writes.',
    next: `bridle migrate ${word} ${journal}`,
  });
}

const troubleText = (trouble: { error: string; operation: string; hint?: string }): string =>
  `${trouble.error} in ${trouble.operation}${trouble.hint === undefined ? '' : `: ${trouble.hint}`}`;

function planText(plan: MigrationPlan): string {
  const { table, source, target, remoteTable, status, lagDecrees, canCutOver, reasons } = plan;
  const checks = plan.checks.map(({ check, ok, detail }) => [check, ok ? 'ok' : 'NO', detail]);
  const steps = plan.steps.map(({ step, does, writable, undoable }) => [
    step,
    writable ? 'yes' : 'no',
    undoable ? 'yes' : 'no',
    does,
  ]);
  return [
    formatFacts([
      ['migration', `${source}/${table} → ${target}/${remoteTable} (nothing is touched)`],
      ['now', `${status}, ${lagDecrees < 0 ? 'lag unknown' : `${lagDecrees} mutations behind`}`],
      ['can cut over', canCutOver ? 'yes' : 'no'],
      ...reasons.map(
        ({ kind, text }) => ['', `${kind === 'wait' ? 'waits' : 'somebody has to act'}: ${text}`] as const,
      ),
      ['journal', plan.journal],
    ]),
    formatTable(['CHECK', '', 'DETAIL'], checks),
    formatTable(['STEP', 'WRITES', 'UNDO', 'WHAT IS DONE'], steps),
  ].join('\n\n');
}
