/** Beginning to supervise a duplication, or going on with it. */
import { HEALS, type HealKind } from '../../../machines/supervisorHeals.js';
import type { SupervisorTimes } from '../../../machines/supervisorSetup.js';
import { BridleError, type Cluster } from '../../client/index.js';
import { checkTableName } from '../../client/table-admin.js';
import { formatAddress } from '../../pegasus/address.js';
import { openJournal } from './journal.js';
import { Supervision } from './supervision.js';

/** How a duplication is supervised. */
export interface SupervisionTuning {
  /** Each may be given alone. */
  readonly times?: Partial<SupervisorTimes> | undefined;
  /** How long it may stand still before it counts as stuck, where the source says nothing. Default 120 s. */
  readonly noProgressMs?: number | undefined;
  /** Healings in all, counted in the journal, so also across restarts. Default 2. */
  readonly healLimit?: number | undefined;
}

/** What to supervise, and what is allowed. */
export interface SuperviseOptions extends SupervisionTuning {
  readonly source: Cluster;
  readonly target: Cluster;
  readonly table: string;
  /** Default: the same name. */
  readonly remoteTable?: string | undefined;
  /** Default: as many as the source table has. */
  readonly replicaCount?: number | undefined;
  /** File that says what was begun; with the one of an earlier run it goes on from there. */
  readonly journal: string;
  /** End in DS_LOG, or when somebody has to decide. Default false: go on watching and healing. */
  readonly once?: boolean | undefined;
  /** Compare both sides when a copy is there, every row. Default false. */
  readonly verify?: boolean | undefined;
  /** What may be destroyed. Default: nothing. */
  readonly heal?: readonly HealKind[] | undefined;
}

export const DEFAULT_SUPERVISOR_TIMES: SupervisorTimes = {
  requestDeadlineMs: 10_000,
  preflightDeadlineMs: 30_000,
  verifyDeadlineMs: 24 * 60 * 60_000,
  pollMs: 1_000,
  keepMs: 5_000,
  pathRecheckMs: 5_000,
  patienceMs: 15 * 60_000,
  blockedRecheckMs: 30_000,
  retry: { floorMs: 500, ceilingMs: 15_000, limitAttempts: 12 },
};
const DEFAULT_NO_PROGRESS_MS = 120_000;
const DEFAULT_HEAL_LIMIT = 2;

/**
 * Drives a duplication to DS_LOG and keeps it there, on clusters that somebody else runs: looks whether it can
 * work, adds it or takes up the one that is there, watches it, waits for ways to open, and heals what it may.
 * Resolves when the journal is there; then watch the handle.
 *
 * It drops or removes nothing without leave (`heal`), nothing that it cannot show to be this duplication's, and
 * nothing that the journal does not say first. It never starts what is paused and never changes a fail mode.
 *
 * BRIDLE_BAD_INPUT for a journal that is none, BRIDLE_USAGE for one about something else, ERR_BUSY while another
 * process works on it.
 *
 * @example
 * await using users = await supervise({ source, target, table: 'users', journal: './users.json', once: true });
 * users.events$.subscribe((event) => console.log(event.type));
 * const { outcome, reason, next } = await users.done; // 'reached', or 'handedOver' with its reason
 */
export async function supervise(options: SuperviseOptions): Promise<Supervision> {
  const { source, target, table, remoteTable = table, replicaCount } = options;
  const { once = false, verify = false, heal = [], healLimit = DEFAULT_HEAL_LIMIT } = options;
  checkTableName(table);
  checkTableName(remoteTable);
  const unknown = heal.find((kind) => !HEALS.includes(kind));
  if (unknown !== undefined) throw usage(`there is no healing ${unknown}; there are ${HEALS.join(', ')}`);
  if (!Number.isInteger(healLimit) || healLimit < 0) throw usage(`healLimit is ${healLimit}`);
  const times = { ...DEFAULT_SUPERVISOR_TIMES, ...options.times };
  const { noProgressMs = DEFAULT_NO_PROGRESS_MS } = options;
  const sideOf = (cluster: Cluster) => ({ name: cluster.name, meta: cluster.meta.map(formatAddress) });
  const about = { source: sideOf(source), target: sideOf(target), table, remoteTable };
  const journal = await openJournal(options.journal, about);
  const quietLooksLimit = Math.max(1, Math.ceil(noProgressMs / times.pollMs));
  const input = { memory: journal.memory, once, verify, heal, healLimit, quietLooksLimit, times };
  return new Supervision({ source, target, table, remoteTable, replicaCount, journal, input }).start();
}

const usage = (hint: string) => BridleError.of('BRIDLE_USAGE', { operation: 'supervise', hint });
