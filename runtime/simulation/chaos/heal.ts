/**
 * After the chaos: everything that was wrong is lifted, and whoever operates the clusters does what he is told.
 * The duplication has to come to DS_LOG with nothing behind; where it is blocked, the account that it gives of
 * itself has to name the cause, and following it has to help.
 */
import type { Explanation } from '../../observe/explain.js';
import type { VirtualClusters } from '../virtual-clusters.js';
import type { ChaosClient } from './client.js';
import type { FaultDesk } from './faults/desk.js';
import type { Ledger } from './ledger.js';
import type { Statuses } from './monitors/statuses.js';
import type { OperatorAtWork } from './operator-at-work.js';
import type { Topology } from './plan.js';
import type { Processes } from './processes.js';
import type { Judge } from './properties.js';

const STEP_MS = 30_000;
/** From the last fault to DS_LOG, or to an account of what blocks it, and from there. */
export const HEAL_BOUND_MS = 2 * 60 * 60_000;
/** Whoever is blocked looks again by himself within this. */
const BLOCKED_MS = 20 * 60_000;

export interface HealOptions {
  readonly clusters: VirtualClusters;
  readonly topology: Topology;
  readonly judge: Judge;
  readonly desk: FaultDesk;
  readonly processes: Processes;
  readonly operator: OperatorAtWork;
  readonly statuses: Statuses;
  readonly clients: readonly ChaosClient[];
  readonly ledger: Ledger;
  /** Whether to give up, because a property is violated or somebody asked to. */
  readonly isOver: () => boolean;
}

export interface Healed {
  /** DS_LOG, or why it was not reached. */
  readonly status: string;
  /** Lines of `explain` that were followed to get there, and refusals. */
  readonly followed: readonly string[];
}

export async function heal(options: HealOptions): Promise<Healed> {
  const { clusters, desk, processes, operator, judge, clients, isOver } = options;
  const followed: string[] = [];
  desk.liftAll();
  operator.setPolicy('east', []);
  operator.setPolicy('west', []);
  processes.startAll();
  for (const client of clients) if (!isOver()) await wait(options, client.idle());
  const endMs = clusters.world.nowMs + HEAL_BOUND_MS;
  let blockedSinceMs: number | null = null;
  while (!isOver()) {
    await clusters.advance(STEP_MS);
    if (isOver()) break;
    const explanation = explanationOf(clusters);
    if (explanation?.status === 'DS_LOG' && isCaughtUp(options)) {
      judge.check('Settles', true, () => '');
      if (!(await lastWrites(options))) break;
      await compare(options);
      return { status: 'DS_LOG', followed };
    }
    if (clusters.world.nowMs > endMs) {
      judge.violated(
        'Settles',
        `${HEAL_BOUND_MS / 60_000} virtual minutes after the last fault: ${explanation?.line ?? 'no duplication'}`,
      );
      break;
    }
    const isBlocked = explanation?.blocked === true;
    blockedSinceMs = isBlocked ? (blockedSinceMs ?? clusters.world.nowMs) : null;
    const told = await act(
      options,
      explanation,
      isBlocked && clusters.world.nowMs - (blockedSinceMs ?? 0) > BLOCKED_MS,
    );
    if (told !== null) followed.push(told);
  }
  return { status: explanationOf(clusters)?.line ?? 'no duplication', followed };
}

/** What an operator would do now; what he was told, if he had to be told. */
async function act(
  options: HealOptions,
  explanation: Explanation | null,
  isBlocked: boolean,
): Promise<string | null> {
  const { operator, clusters } = options;
  if (!clusters.source.isRunning('east/meta')) return null;
  if (explanation === null) return addAgain(options);
  if (explanation.status === 'DS_PAUSE') {
    await wait(options, operator.change('start', { status: 'DS_LOG' }));
    return null;
  }
  if (!isBlocked || explanation.status === 'DS_REMOVED') return null;
  checkExplained(options, explanation);
  await wait(options, operator.change('remove', { status: 'DS_REMOVED', followerTablePolicy: 'drop' }));
  return explanation.line;
}

/** Adds what is not there. A table in the way is named, and then replaced. */
async function addAgain(options: HealOptions): Promise<string | null> {
  const { operator, judge } = options;
  const answer = await wait(options, operator.add('adopt', false));
  if (answer === null || answer === undefined || answer.error !== 'ERR_APP_EXIST') return null;
  judge.check(
    'Settles',
    /belongs to .+ replace/.test(answer.hint),
    () => `the refusal does not say what to do: ${answer.hint}`,
  );
  await wait(options, operator.add('replace', false));
  return answer.hint;
}

/** The account has to be right for the cause, as far as a cause can be seen from outside. */
function checkExplained({ judge, statuses }: HealOptions, explanation: Explanation): void {
  const { blocked, waiting, next, line, remoteTable } = explanation;
  const trouble = waiting.map((wait) => wait.trouble).find((each) => each !== null);
  const complete = blocked && trouble !== undefined && trouble.causes.length > 0 && next !== '';
  judge.check('Settles', complete, () => `blocked without an account of it: ${line}`);
  if (trouble?.error !== 'BRIDLE_FOREIGN_TABLE') return;
  const table = statuses.followerTables().find(({ name }) => name === remoteTable);
  judge.check('Settles', table !== undefined, () => `${line}, and there is no table ${remoteTable}`);
}

function explanationOf({ source }: VirtualClusters): Explanation | null {
  const hosted = source.meta?.duplications.all().at(-1);
  return hosted === undefined ? null : (source.meta?.explain(hosted) ?? null);
}

/** Every partition of the source has confirmed its last decree. */
function isCaughtUp({ clusters, statuses }: HealOptions): boolean {
  const { source } = clusters;
  const [duplication] = statuses.durable();
  if (duplication === undefined) return false;
  const last = lastDecrees(clusters, duplication.record.appId);
  const { confirmed } = duplication;
  return source.meta !== null && confirmed.every((decree, p) => last[p] !== undefined && decree >= last[p]);
}

function lastDecrees({ source }: VirtualClusters, appId: number): number[] {
  const found: number[] = [];
  for (const server of source.servers) {
    for (const { gpid, store } of source.replicaNamed(server)?.partitions() ?? []) {
      if (gpid.appId === appId && store !== null) found[gpid.partitionIndex] = store.lastCommittedDecree;
    }
  }
  return found;
}

/** Shipping goes on: each client writes one more row, and it arrives. */
async function lastWrites(options: HealOptions): Promise<boolean> {
  const { clients, clusters, judge, isOver } = options;
  const endMs = clusters.world.nowMs + HEAL_BOUND_MS;
  for (const client of clients) {
    const before = client.acknowledged;
    while (client.acknowledged === before) {
      if (isOver() || clusters.world.nowMs > endMs) {
        judge.violated('Settles', 'a client cannot write after the faults');
        return false;
      }
      await wait(options, client.writeOne());
      if (client.acknowledged === before) await clusters.advance(STEP_MS);
    }
  }
  while (!isCaughtUp(options)) {
    if (isOver() || clusters.world.nowMs > endMs) {
      judge.violated(
        'Settles',
        `what was written last does not arrive: ${explanationOf(clusters)?.line ?? 'no duplication'}`,
      );
      return false;
    }
    await clusters.advance(STEP_MS);
  }
  return !isOver();
}

/** Row by row: both sides are equal, and the source has what it acknowledged. */
async function compare({ clusters, topology, judge, ledger }: HealOptions): Promise<void> {
  clusters.observeRemote(topology.remoteTable);
  const { source, follower } = await clusters.observe();
  const rowsOf = (side: typeof source): Record<string, string> =>
    Object.assign({}, ...side.map(({ rows }) => rows));
  const [ours, theirs] = [rowsOf(source), rowsOf(follower)];
  for (const row of new Set([...Object.keys(ours), ...Object.keys(theirs), ...ledger.keys()])) {
    const [here, there] = [ours[row] ?? null, theirs[row] ?? null];
    judge.check(
      'AcknowledgedKept',
      ledger.isPossible(row, here),
      () => `${row} is ${here ?? 'not there'} at the source; ${ledger.inWords(row)}`,
    );
    judge.check(
      'Converges',
      here === there,
      () => `${row} is ${here ?? 'not there'} at the source and ${there ?? 'not there'} at the follower`,
    );
  }
}

/** Runs the world until the promise has settled; undefined if that takes too long. */
async function wait<Value>({ clusters }: HealOptions, promise: Promise<Value>): Promise<Value | undefined> {
  return clusters.world.drive(promise, HEAL_BOUND_MS);
}
