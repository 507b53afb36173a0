/** Beginning, resuming and undoing a migration; and its plan, which touches nothing. */
import { DEFAULT_THRESHOLD_DECREES, reasonsAgainstCutOver } from '../../../machines/cutOver.js';
import type { MigrationInput, MigrationTimes } from '../../../machines/migration.js';
import { BridleError, type CallLimits, type Cluster, openCluster } from '../../client/index.js';
import { formatAddress } from '../../pegasus/address.js';
import { openDuplication } from '../duplicate.js';
import { MigrationJournal, type MigrationRecord, readRecord } from './journal.js';
import { lookAtBoth } from './look.js';
import { Migration } from './migration.js';
import { type MigrationPlan, planOf } from './plan.js';

/** How a migration is carried out. */
export interface MigrationTuning {
  /** Each may be given alone. */
  readonly times?: Partial<MigrationTimes> | undefined;
  /** How long the threshold must be kept before the source is closed. Default 2 s. */
  readonly calmMs?: number | undefined;
  /** How long a real cluster is given to close a table everywhere. Default 90 s. */
  readonly settleMs?: number | undefined;
}

/** What to migrate. */
export interface MigrateOptions extends MigrationTuning, CallLimits {
  readonly source: Cluster;
  /** The follower cluster of a duplication that is there. */
  readonly target: Cluster;
  readonly table: string;
  /** File that says how far it is; what is needed to resume or undo it. */
  readonly journal: string;
  /** `full`: row by row, while both sides are closed. Default `full`. */
  readonly verify?: 'full' | 'none' | undefined;
  /** The source is closed only when the follower is at most so many mutations behind. Default 1000. */
  readonly thresholdDecrees?: number | undefined;
}

export const DEFAULT_MIGRATION_TIMES: MigrationTimes = {
  requestDeadlineMs: 10_000,
  pollMs: 250,
  waitingDeadlineMs: 24 * 60 * 60_000,
  fencingDeadlineMs: 120_000,
  drainingDeadlineMs: 300_000,
  verifyDeadlineMs: 24 * 60 * 60_000,
  patienceMs: 120_000,
  blockedRecheckMs: 30_000,
  retry: { floorMs: 250, ceilingMs: 5_000, limitAttempts: 8 },
};
const DEFAULT_CALM_MS = 2_000;

/**
 * Moves clients from a table to its follower: waits until it is close, refuses writes at the source, waits until
 * the follower has everything, compares, hands over. Resolves when the journal is there; then watch the handle.
 *
 * ERR_OBJECT_NOT_FOUND without a duplication to the target, BRIDLE_FENCED when the journal tells of another that
 * is not over.
 *
 * @example
 * await using move = await migrate({ source, target, table: 'users', journal: './users.json' });
 * const { outcome, reason } = await move.result;
 */
export async function migrate(options: MigrateOptions): Promise<Migration> {
  const facts = await factsOf(options);
  const journal = await MigrationJournal.create(options.journal, facts);
  return begin(options.source, options.target, journal, 'new', options);
}

/** What would be done, and what stands in the way now. Changes nothing, and writes no journal. */
export async function planMigration(options: MigrateOptions): Promise<MigrationPlan> {
  const facts = await factsOf(options);
  const { source, target } = options;
  const limits = limitsOf(options);
  const view = await lookAtBoth(source, target, { ...facts, id: '', run: 0, closedMs: null }, limits);
  const there = await readRecord(options.journal);
  const reasons = reasonsAgainstCutOver(view, facts.thresholdDecrees);
  return planOf({ ...facts, journal: options.journal, there, view, reasons });
}

/** Goes on with a migration whose process has ended, from what the journal and the clusters say. */
export async function resumeMigration(
  options: { readonly journal: string } & Partial<Clusters> & MigrationTuning & CallLimits,
): Promise<Migration> {
  return takeOver(options, ({ step }) =>
    step === 'decided' ? 'decided' : step === 'waiting' ? 'new' : 'fenced',
  );
}

/** Gives a migration up: the source takes writes again. BRIDLE_DECIDED past the point of no return. */
export async function undoMigration(
  options: { readonly journal: string } & Partial<Clusters> & MigrationTuning & CallLimits,
): Promise<Migration> {
  return takeOver(options, ({ step }) => {
    if (step !== 'decided') return 'undo';
    throw BridleError.of('BRIDLE_DECIDED', { operation: 'undo', values: { journal: options.journal } });
  });
}

/** Of a migration; left out: as the journal says, and closed with the handle. */
interface Clusters {
  readonly source: Cluster;
  readonly target: Cluster;
}

async function takeOver(
  options: { readonly journal: string } & Partial<Clusters> & MigrationTuning & CallLimits,
  startOf: (record: MigrationRecord) => MigrationInput['start'],
): Promise<Migration> {
  const there = await readRecord(options.journal);
  // Refused before anything is written.
  if (there !== undefined) startOf(there);
  const journal = await MigrationJournal.takeOver(options.journal);
  const { record } = journal;
  const opened: Cluster[] = [];
  const open = async (meta: readonly string[], given: Cluster | undefined): Promise<Cluster> => {
    const cluster = given ?? (await openCluster({ meta, ...limitsOf(options) }));
    if (given === undefined) opened.push(cluster);
    return cluster;
  };
  try {
    const source = await open(record.source.meta, options.source);
    const target = await open(record.target.meta, options.target);
    for (const [cluster, { name }] of [[source, record.source] as const, [target, record.target] as const]) {
      if (cluster.name === name) continue;
      throw BridleError.of('BRIDLE_USAGE', {
        hint: `the journal is about cluster ${name}, not ${cluster.name}`,
      });
    }
    return begin(source, target, journal, startOf(record), options, opened);
  } catch (error) {
    await Promise.all(opened.map((cluster) => cluster.close()));
    throw error;
  }
}

function begin(
  source: Cluster,
  target: Cluster,
  journal: MigrationJournal,
  start: MigrationInput['start'],
  { times, calmMs = DEFAULT_CALM_MS, settleMs }: MigrationTuning,
  opened: readonly Cluster[] = [],
): Migration {
  const all = { ...DEFAULT_MIGRATION_TIMES, ...times };
  const calmLooksWanted = Math.max(1, Math.ceil(calmMs / all.pollMs));
  return new Migration({ source, target, journal, start, calmLooksWanted, times: all, settleMs, opened });
}

async function factsOf(options: MigrateOptions) {
  const { source, target, table, verify = 'full', thresholdDecrees = DEFAULT_THRESHOLD_DECREES } = options;
  if (!Number.isInteger(thresholdDecrees) || thresholdDecrees < 0) {
    throw BridleError.of('ERR_INVALID_PARAMETERS', {
      hint: `the threshold is ${thresholdDecrees}; it has to be a whole number of mutations`,
    });
  }
  await using duplication = await openDuplication({ source, table, target, ...limitsOf(options) });
  const metaOf = (cluster: Cluster) => ({ name: cluster.name, meta: cluster.meta.map(formatAddress) });
  return {
    source: metaOf(source),
    target: metaOf(target),
    table,
    remoteTable: duplication.remoteTable,
    dupid: duplication.id,
    verify: verify === 'full',
    thresholdDecrees,
  };
}

const limitsOf = ({ timeoutMs, signal }: CallLimits): CallLimits => ({
  ...(timeoutMs === undefined ? {} : { timeoutMs }),
  ...(signal === undefined ? {} : { signal }),
});
