/**
 * The duplications whose source is this cluster: admission of new ones, operator requests, the reports of
 * the replica servers, and what those servers are told.
 */
import type { FollowerMetaPort } from '../../../actors/ports.js';
import {
  type DuplicationEffects,
  type DuplicationTimes,
  EXISTING_TABLE_POLICIES,
  type ExistingTablePolicy,
  type FollowerReply,
  formatOwner,
  type Modify,
  ownerInWords,
  type Trouble,
} from '../../../machines/index.js';
import type { RepeatLog } from '../../observe/repeat-log.js';
import { isTableName } from '../../pegasus/index.js';
import { StoreError } from '../../store/index.js';
import { type Environment, REAL_ENVIRONMENT } from '../environment.js';
import type { DuplicationOrder, NodeReport } from '../node-sync.js';
import { HostedDuplication } from './hosted-duplication.js';
import type { DuplicationRecord, MetaStore, TableRecord } from './meta-store.js';
import { type ChartAnswer, Requesters } from './requesters.js';
import type { TableRegistry } from './table-registry.js';

export interface AddDuplication {
  readonly appName: string;
  readonly remoteCluster: string;
  readonly remoteTable: string | undefined;
  readonly remoteReplicaCount: number | undefined;
  readonly full: boolean;
  readonly policy: string | undefined;
  readonly dropFollowerOnRemove: boolean;
}

export interface AddAnswer extends ChartAnswer {
  readonly record: DuplicationRecord | null;
}

export interface DuplicationRegistryOptions {
  readonly store: MetaStore;
  readonly tables: TableRegistry;
  readonly clusterName: string;
  readonly remotes: () => Readonly<Record<string, readonly string[]>>;
  /** With a look it says how often somebody wanted the follower's copies to be tried at once. */
  readonly followerOf: (remoteCluster: string, retryNo?: () => number) => FollowerMetaPort;
  readonly times: DuplicationTimes;
  readonly answerDeadlineMs: number;
  readonly onAnnounce: (announcement: DuplicationEffects['announce'], hosted: HostedDuplication) => void;
  /** Takes the failures of the duplications' actors. */
  readonly log?: RepeatLog;
  readonly onTrouble?: (table: string, actor: string, trouble: Trouble) => void;
  readonly onDefect: (error: unknown, effect: string) => void;
  /** Default: the real one. */
  readonly environment?: Environment;
}

const refuse = (error: string, hint: string): AddAnswer => ({ error, hint, record: null });

export class DuplicationRegistry {
  readonly #options: DuplicationRegistryOptions;
  readonly #environment: Environment;
  readonly #requesters: Requesters;
  readonly #hosted = new Map<number, HostedDuplication>();
  /** Tables with an addition under way: a second one is told ERR_BUSY. */
  readonly #adding = new Set<string>();
  #stopped = false;

  private constructor(options: DuplicationRegistryOptions) {
    this.#options = options;
    this.#environment = options.environment ?? REAL_ENVIRONMENT;
    this.#requesters = new Requesters(this.#environment.clock);
  }

  static async open(options: DuplicationRegistryOptions): Promise<DuplicationRegistry> {
    const registry = new DuplicationRegistry(options);
    for (const record of await options.store.duplications()) {
      registry.#host(record, true, await options.store.progress(record), null);
    }
    return registry;
  }

  all(): HostedDuplication[] {
    return [...this.#hosted.values()];
  }

  ofTable(appId: number): HostedDuplication[] {
    return this.all().filter(({ record }) => record.appId === appId);
  }

  /** Validates in upstream's order, then looks at the follower before anything is written. */
  async add(request: AddDuplication): Promise<AddAnswer> {
    const table = this.#options.tables.available(request.appName);
    const refusal = this.#whyRefused(request, table);
    if (refusal !== null || table === undefined)
      return refusal ?? refuse('ERR_APP_NOT_EXIST', 'no such table');
    if (this.#adding.has(request.appName)) return refuse('ERR_BUSY', 'another addition is under way');
    this.#adding.add(request.appName);
    try {
      return await this.#addTo(table, request);
    } catch (error) {
      const code = error instanceof StoreError ? error.code : 'ERR_UNKNOWN';
      return refuse(code, error instanceof Error ? error.message : String(error));
    } finally {
      this.#adding.delete(request.appName);
    }
  }

  /** An operator's change of status or fail mode, answered when it is durable. */
  async modify(
    appName: string,
    id: number,
    change: Omit<Modify, 'type' | 'requester'>,
  ): Promise<ChartAnswer> {
    const table = this.#options.tables.available(appName);
    if (table === undefined) return { error: 'ERR_APP_NOT_EXIST' };
    const hosted = this.#hosted.get(id);
    if (hosted === undefined || hosted.record.appId !== table.appId) return { error: 'ERR_OBJECT_NOT_FOUND' };
    const [requester, answer] = this.#requesters.wait(this.#options.answerDeadlineMs);
    hosted.host.send({ type: 'MODIFY', requester, ...change });
    return answer;
  }

  /** Takes over what a replica server reports about the partitions that live on it. */
  noteReport(report: NodeReport, livesThere: (table: TableRecord, partition: number) => boolean): void {
    for (const partition of report.partitions) {
      const table = this.#options.tables.byId(partition.appId);
      if (table === undefined || !livesThere(table, partition.partitionIndex)) continue;
      for (const confirm of partition.duplications) {
        this.#hosted.get(confirm.duplicationId)?.confirm({
          partition: partition.partitionIndex,
          decree: confirm.decree,
          followerHolds: confirm.followerHolds,
          prepared: confirm.prepared,
          lastCommitted: partition.lastCommitted,
          trouble: confirm.trouble,
        });
      }
    }
  }

  /** What {@link DuplicationRegistry.ordersFor} is made of, for any table. */
  addInputs(inputs: unknown[]): void {
    inputs.push(this.#options.remotes());
    for (const { record, retryNo, context } of this.#hosted.values()) inputs.push(record, retryNo, context);
  }

  /** What the replica servers have to do for a table, by partition; DS_INIT is nobody's business yet. */
  ordersFor(appId: number): (partitionIndex: number) => DuplicationOrder[] {
    const all = this.ofTable(appId)
      .filter(({ context }) => context.status !== 'DS_INIT' && context.status !== 'DS_REMOVED')
      .map(({ record, retryNo, context }) => ({
        record,
        retryNo,
        context,
        remoteMetas: this.#options.remotes()[record.remoteCluster] ?? [],
        owner: formatOwner(context.identity),
      }));
    return (p) =>
      all.map(({ record, retryNo, context, remoteMetas, owner }) => ({
        duplicationId: record.duplicationId,
        status: context.status,
        failMode: context.failMode,
        remoteMetas: [...remoteMetas],
        remoteTable: record.remoteTable,
        owner,
        confirmedDecree: context.confirmed[p] ?? -1,
        retryNo,
      }));
  }

  stop(): void {
    this.#stopped = true;
    this.#requesters.close({ error: 'ERR_SERVICE_NOT_ACTIVE', hint: 'the meta server is stopping' });
    for (const hosted of this.#hosted.values()) hosted.stop();
  }

  #whyRefused(request: AddDuplication, table: TableRecord | undefined): AddAnswer | null {
    const { remoteCluster, remoteTable, policy } = request;
    const invalid = (hint: string) => refuse('ERR_INVALID_PARAMETERS', hint);
    if (remoteCluster === this.#options.clusterName) return invalid('a cluster cannot be its own follower');
    const known = Object.keys(this.#options.remotes());
    if (!known.includes(remoteCluster)) {
      return invalid(
        `unknown cluster ${JSON.stringify(remoteCluster)}; known: ${known.join(', ') || 'none'}`,
      );
    }
    if (policy !== undefined && !EXISTING_TABLE_POLICIES.includes(policy as ExistingTablePolicy)) {
      return invalid(
        `unknown policy ${JSON.stringify(policy)}; one of ${EXISTING_TABLE_POLICIES.join(', ')}`,
      );
    }
    if (remoteTable !== undefined && !isTableName(remoteTable))
      return invalid('the remote table name is not legal');
    if ((request.remoteReplicaCount ?? 0) < 0) return invalid('the remote replica count is negative');
    if (!request.full) {
      return invalid(
        'only full duplication: ask for it with the checkpoint flag (is_duplicating_checkpoint)',
      );
    }
    if (table === undefined)
      return refuse('ERR_APP_NOT_EXIST', `no table ${JSON.stringify(request.appName)}`);
    return null;
  }

  async #addTo(table: TableRecord, request: AddDuplication): Promise<AddAnswer> {
    const { remoteCluster } = request;
    const remoteTable = request.remoteTable ?? table.name;
    const conflict = this.#conflict(table, remoteCluster, remoteTable);
    if (conflict !== null) return conflict;
    const policy = (request.policy ?? 'adopt') as ExistingTablePolicy;
    const look = await this.#look(remoteCluster, remoteTable);
    // The identity is new, so a table that is there now cannot be ours: say so here, not for ever after.
    if (look.error === 'ERR_OK' && policy !== 'replace') {
      return refuse(
        'ERR_APP_EXIST',
        `table ${remoteTable} at ${remoteCluster} belongs to ${ownerInWords(look.table)}; drop it there, ` +
          'choose another remote table, or allow its replacement with policy replace',
      );
    }
    const nowMs = this.#environment.clock.epochMs();
    const duplicationId = await this.#options.store.nextNumber('lastDuplicationId', Math.floor(nowMs / 1000));
    // Meanwhile the table may have been dropped, or the remote table taken by another addition.
    const late = this.#conflict(table, remoteCluster, remoteTable);
    if (late !== null) return late;
    const record: DuplicationRecord = {
      duplicationId,
      appId: table.appId,
      appName: table.name,
      remoteCluster,
      remoteTable,
      remoteReplicaCount: request.remoteReplicaCount || 1,
      partitionCount: table.partitionCount,
      policy,
      onRemove: request.dropFollowerOnRemove ? 'drop' : 'keep',
      status: 'DS_INIT',
      failMode: 'FAIL_SLOW',
      createTimestampMs: nowMs,
    };
    const [requester, answer] = this.#requesters.wait(this.#options.answerDeadlineMs);
    this.#host(
      record,
      false,
      Array.from({ length: table.partitionCount }, () => -1),
      requester,
    );
    const unseen =
      look.error === 'ERR_APP_NOT_EXIST' || look.error === 'ERR_OK' ? {} : notLooked(remoteCluster, look);
    return { ...unseen, ...(await answer), record };
  }

  /** Why this table cannot be duplicated there now; null if nothing stands in the way. */
  #conflict(table: TableRecord, remoteCluster: string, remoteTable: string): AddAnswer | null {
    if (this.#stopped) return refuse('ERR_SERVICE_NOT_ACTIVE', 'the meta server is stopping');
    if (this.#options.tables.available(table.name)?.appId !== table.appId) {
      return refuse('ERR_APP_NOT_EXIST', `table ${table.name} was dropped meanwhile`);
    }
    const existing = this.ofTable(table.appId).find(({ record }) => record.remoteCluster === remoteCluster);
    if (existing !== undefined) return alreadyThere(existing, remoteTable);
    const rival = this.all().find(
      ({ record }) => record.remoteCluster === remoteCluster && record.remoteTable === remoteTable,
    );
    return rival === undefined
      ? null
      : refuse(
          'ERR_INVALID_PARAMETERS',
          `${remoteTable} at ${remoteCluster} already follows ${rival.record.appName}`,
        );
  }

  /** What is at the follower now. An unreachable follower is no reason to refuse: the chart deals with it. */
  async #look(remoteCluster: string, remoteTable: string): Promise<FollowerReply> {
    const { clock } = this.#environment;
    const abort = new AbortController();
    const deadlineMs = this.#options.times.followerTable.requestDeadlineMs;
    const timer = clock.setTimeout(() => abort.abort(), deadlineMs, 'look before an addition');
    try {
      const request = { kind: 'LookTable', requestNo: 0, table: remoteTable } as const;
      return await this.#options.followerOf(remoteCluster).ask(request, abort.signal);
    } finally {
      clock.clearTimeout(timer);
    }
  }

  #host(
    record: DuplicationRecord,
    recovered: boolean,
    confirmed: readonly number[],
    requester: string | null,
  ): void {
    const { tables, clusterName, store, followerOf, times, onAnnounce, onTrouble, onDefect, log } =
      this.#options;
    const hosted = new HostedDuplication({
      record,
      sourceCluster: clusterName,
      recovered,
      confirmed,
      requester,
      store,
      follower: followerOf(record.remoteCluster, () => this.#hosted.get(record.duplicationId)?.retryNo ?? 0),
      times,
      onAnswer: ({ requester: token, ...answer }) => {
        if (token !== null) this.#requesters.answer(token, answer);
      },
      onAnnounce,
      ...(log === undefined ? {} : { log }),
      onTrouble: (actor, trouble) => onTrouble?.(record.appName, actor, trouble),
      onReleased: () => {
        this.#hosted.delete(record.duplicationId);
        tables.setDuplicating(record.appId, this.ofTable(record.appId).length > 0);
      },
      onDefect,
      environment: this.#environment,
    });
    this.#hosted.set(record.duplicationId, hosted);
    tables.setDuplicating(record.appId, true);
    hosted.start();
  }
}

function alreadyThere(existing: HostedDuplication, remoteTable: string): AddAnswer {
  const { record, context } = existing;
  if (context.status === 'DS_REMOVED')
    return refuse('ERR_BUSY', 'an earlier duplication is still being removed');
  return record.remoteTable === remoteTable
    ? { error: 'ERR_DUP_EXIST', hint: `duplication ${record.duplicationId} is ${context.status}`, record }
    : {
        error: 'ERR_DUP_EXIST',
        hint: `duplication ${record.duplicationId} to ${record.remoteCluster} uses another remote table, ${record.remoteTable}`,
        record,
      };
}

function notLooked(cluster: string, look: FollowerReply): { hint: string } {
  return {
    hint: `could not look at ${cluster} (${look.error}); whether the table exists there is not known yet`,
  };
}
