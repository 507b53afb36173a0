/** One duplication running at the source's meta: its chart, its durable record, its journal. */
import { ChartHost } from '../../../actors/chartHost.js';
import { duplicationHandlers, followerTableHandlers } from '../../../actors/handlers.js';
import type { DurableStatusPort, FollowerMetaPort, Outcome } from '../../../actors/ports.js';
import {
  type Confirm,
  type DuplicationContext,
  type DuplicationEffects,
  type DuplicationTimes,
  duplication,
  type FollowerTableContext,
  formatOwner,
  type Trouble,
} from '../../../machines/index.js';
import { actorLog } from '../../observe/actor-log.js';
import { correlationId } from '../../observe/correlation.js';
import { Journal } from '../../observe/journal.js';
import { LagClock } from '../../observe/metrics/index.js';
import type { RepeatLog } from '../../observe/repeat-log.js';
import { StoreError } from '../../store/index.js';
import { chartEnvironment, type Environment } from '../environment.js';
import { type DuplicationRecord, duplicationKey, type MetaStore } from './meta-store.js';

export interface HostedDuplicationOptions {
  readonly record: DuplicationRecord;
  readonly sourceCluster: string;
  /** The durable record exists already; otherwise the chart writes it first. */
  readonly recovered: boolean;
  readonly confirmed: readonly number[];
  readonly requester: string | null;
  readonly store: MetaStore;
  readonly follower: FollowerMetaPort;
  readonly times: DuplicationTimes;
  readonly onAnswer: (answer: DuplicationEffects['answer']) => void;
  readonly onAnnounce: (announcement: DuplicationEffects['announce'], hosted: HostedDuplication) => void;
  /** Told of every failure of the duplication's actors here. */
  readonly onTrouble?: (actor: string, trouble: Trouble) => void;
  /** Takes the failures of its actors. */
  readonly log?: RepeatLog;
  readonly onReleased: () => void;
  readonly onDefect: (error: unknown, effect: string) => void;
  readonly environment: Environment;
}

const REPEAT_TROUBLE_MS = 1_000;
/** Name in the journal. */
export const STORAGE_HISTORY = 'storage';

interface Told {
  readonly what: readonly unknown[];
  readonly atMs: number;
}

export class HostedDuplication implements DurableStatusPort {
  readonly journal: Journal;
  readonly #options: HostedDuplicationOptions;
  readonly #host: ChartHost<typeof duplication>;
  readonly #lag = new LagClock();
  #record: DuplicationRecord;
  /** What the chart was told last about each partition. */
  readonly #told = new Map<number, Told>();
  /** Grows with every request to retry; replica servers of both clusters act on the growth. */
  retryNo = 0;

  constructor(options: HostedDuplicationOptions) {
    this.#options = options;
    const { environment } = options;
    this.journal = new Journal(
      () => environment.clock.epochMs(),
      options.log === undefined
        ? {}
        : actorLog({
            log: options.log,
            facts: {
              table: options.record.appName,
              correlation: correlationId(
                formatOwner({
                  sourceCluster: options.sourceCluster,
                  sourceTable: options.record.appName,
                  duplicationId: options.record.duplicationId,
                }),
              ),
            },
            // The duplication's own trouble is that of its follower table, or of storage, which are told themselves.
            name: (actor) => (actor === this.#host.name ? null : actor),
            ...(options.onTrouble === undefined ? {} : { onTrouble: options.onTrouble }),
          }),
    );
    this.#record = options.record;
    const { record } = options;
    this.#host = new ChartHost({
      name: `duplication/${record.duplicationId}`,
      machine: duplication,
      input: {
        identity: {
          sourceCluster: options.sourceCluster,
          sourceTable: record.appName,
          duplicationId: record.duplicationId,
        },
        remoteCluster: record.remoteCluster,
        remoteTable: record.remoteTable,
        remoteReplicaCount: record.remoteReplicaCount,
        policy: record.policy,
        onRemove: record.onRemove,
        durable: options.recovered ? { status: record.status, failMode: record.failMode } : null,
        confirmed: options.confirmed,
        requester: options.requester,
        times: options.times,
      },
      handlers: duplicationHandlers(this, {
        answer: options.onAnswer,
        announce: (announcement) => options.onAnnounce(announcement, this),
      }),
      children: { followerTable: { handlers: followerTableHandlers(options.follower, () => undefined) } },
      onDefect: options.onDefect,
      ...chartEnvironment(environment),
      onSnapshot: (actor, snapshot) => {
        this.journal.note(actor, snapshot);
        if (actor === this.#host.name) this.#noteStorage();
      },
    });
    this.#host.actor.subscribe({ complete: options.onReleased });
  }

  get record(): DuplicationRecord {
    return this.#record;
  }

  get context(): DuplicationContext {
    return this.#host.snapshot.context;
  }

  get host(): ChartHost<typeof duplication> {
    return this.#host;
  }

  /** The follower table's chart while it runs, otherwise null. */
  get followerTable(): { readonly context: FollowerTableContext; readonly meta: unknown } | null {
    const child = this.#host.snapshot.children.followerTable?.getSnapshot();
    if (child === undefined || child.status !== 'active') return null;
    return { context: child.context, meta: child.getMeta() };
  }

  /** Age of the oldest write that the follower is not known to hold, at least. */
  get lagMs(): number {
    // Decrees may have become durable since the last report.
    for (const [partition, decree] of this.context.confirmed.entries()) this.#noteLag(partition, decree);
    return this.#lag.oldestMs(this.#options.environment.clock.now());
  }

  /** Storage's trouble has a history of its own beside the follower's. */
  #noteStorage(): void {
    const { value, context } = this.#host.snapshot;
    this.journal.note(STORAGE_HISTORY, { value, context: { trouble: context.storageTrouble } });
  }

  start(): this {
    this.#host.start();
    return this;
  }

  stop(): void {
    this.#host.stop();
  }

  /**
   * Tells the chart what a partition reports. What it knows already is not repeated: with hundreds of idle
   * partitions the repetitions would be nearly all that this server does. Trouble is, now and then, for the
   * watchdog's sake; and everything is after a change of status and until its decree is durable.
   */
  confirm(report: Omit<Confirm, 'type'>): void {
    const { status, writeNo, confirmed } = this.context;
    const { partition, decree, followerHolds, prepared, lastCommitted, trouble } = report;
    const what = [status, writeNo, decree, followerHolds, prepared, lastCommitted, trouble?.error];
    const told = this.#told.get(partition);
    const atMs = this.#options.environment.clock.now();
    const repeatAfterMs = trouble === null ? Number.POSITIVE_INFINITY : REPEAT_TROUBLE_MS;
    const durable = (confirmed[partition] ?? -1) >= decree;
    const isNew = told === undefined || what.some((item, i) => item !== told.what[i]);
    if (!isNew && durable && atMs - told.atMs < repeatAfterMs) return;
    this.#told.set(partition, { what, atMs });
    this.#host.send({ type: 'CONFIRM', ...report });
    this.#noteLag(partition, this.context.confirmed[partition] ?? -1);
  }

  #noteLag(partition: number, confirmed: number): void {
    const lastCommitted = this.context.lastCommitted[partition] ?? -1;
    this.#lag.note(partition, { confirmed, lastCommitted }, this.#options.environment.clock.now());
  }

  retryNow(): void {
    // Beyond what an earlier run of this server may have said: it is not durable, and has to have grown.
    this.retryNo = Math.max(this.retryNo + 1, Math.floor(this.#options.environment.clock.epochMs() / 1_000));
    this.#host.send({ type: 'RETRY_NOW' });
  }

  async saveStatus(change: Parameters<DurableStatusPort['saveStatus']>[0]): Promise<Outcome<null>> {
    const { status, enteredMs } = this.#record;
    const nowMs = this.#options.environment.clock.epochMs();
    const entered = change.status === status ? enteredMs : { ...enteredMs, [change.status]: nowMs };
    const next: DuplicationRecord = { ...this.#record, ...change, enteredMs: entered };
    const { appId, duplicationId } = next;
    return outcomeOf('persistStatus', async () => {
      await this.#options.store.put({ key: duplicationKey(appId, duplicationId), value: next });
      this.#record = next;
    });
  }

  async saveProgress(partition: number, decree: number): Promise<Outcome<null>> {
    const { appId, duplicationId } = this.#record;
    return outcomeOf('persistProgress', () =>
      this.#options.store.saveProgress(appId, duplicationId, partition, decree),
    );
  }

  async deleteRecord(): Promise<Outcome<null>> {
    const { appId, duplicationId } = this.#record;
    return outcomeOf('deleteRecord', () => this.#options.store.deleteDuplication(appId, duplicationId));
  }
}

async function outcomeOf(operation: string, work: () => Promise<void>): Promise<Outcome<null>> {
  try {
    await work();
    return { ok: null };
  } catch (error) {
    const code = error instanceof StoreError ? error.code : 'ERR_UNKNOWN';
    return {
      trouble: { error: code, operation, hint: error instanceof Error ? error.message : String(error) },
    };
  }
}
