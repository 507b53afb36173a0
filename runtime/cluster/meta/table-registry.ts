/**
 * The tables of a cluster. Each is a `table` chart; the registry validates requests, gives tables their
 * ids and partitions their nodes, and performs what the charts ask for.
 */
import { isDeepStrictEqual } from 'node:util';
import { ChartHost } from '../../../actors/chartHost.js';
import { ENV_FOLLOWER_APP_STATUS, ENV_OWNER, type TableEffects, table } from '../../../machines/index.js';
import { isTableName } from '../../pegasus/index.js';
import { StoreError } from '../../store/index.js';
import { chartEnvironment, type Environment, REAL_ENVIRONMENT } from '../environment.js';
import type { MetaStore, PlaceRecord, TableRecord } from './meta-store.js';
import { tableKey } from './meta-store.js';
import type { NodeRegistry } from './node-registry.js';
import { type ChartAnswer, Requesters } from './requesters.js';
import { RetiredOwners } from './retired-owners.js';
import {
  changedEnvs,
  type EnvChange,
  type EnvsOrRefusal,
  handshakeOf,
  releasedEnvs,
  whyNotChanged,
} from './table-envs.js';
import { type CreateTable, whyNotCreated } from './table-request.js';

/** Changes what a table's creation decides; tests put upstream's older behaviour here. */
export type TableMachine = typeof table;

export interface TableRegistryOptions {
  readonly store: MetaStore;
  readonly nodes: NodeRegistry;
  readonly machine?: TableMachine;
  readonly storageRetryMs: number;
  readonly answerDeadlineMs: number;
  readonly onDefect: (error: unknown, effect: string) => void;
  /** Default: the real one. */
  readonly environment?: Environment;
}

interface Entry {
  record: TableRecord;
  host: ChartHost<TableMachine>;
}

export class TableRegistry {
  readonly #options: TableRegistryOptions;
  readonly #requesters: Requesters;
  readonly #retired: RetiredOwners;
  readonly #environment: Environment;
  /** Live tables by name: being created, available or being dropped. */
  readonly #live = new Map<string, Entry>();
  readonly #dropped = new Map<number, TableRecord>();
  /** Tables whose creation has been admitted and has no chart yet, by name. */
  readonly #admitting = new Map<string, Promise<void>>();
  #stopped = false;

  private constructor(options: TableRegistryOptions, retired: RetiredOwners) {
    this.#options = options;
    this.#retired = retired;
    this.#environment = options.environment ?? REAL_ENVIRONMENT;
    this.#requesters = new Requesters(this.#environment.clock);
  }

  static async open(options: TableRegistryOptions): Promise<TableRegistry> {
    const registry = new TableRegistry(options, await RetiredOwners.open(options.store));
    for (const record of await options.store.tables()) {
      if (record.status === 'AS_DROPPED') registry.#dropped.set(record.appId, record);
      else registry.#host(record, 'AS_AVAILABLE', null, 1);
    }
    return registry;
  }

  /** Status as the chart has it: `AS_CREATING`, `AS_AVAILABLE`, `AS_DROPPING`. */
  statusOf(name: string): string | null {
    const entry = this.#live.get(name);
    return entry === undefined ? null : topState(entry.host.snapshot.value);
  }

  /** The record of an available table; undefined while it is created or dropped. */
  available(name: string): TableRecord | undefined {
    return this.statusOf(name) === 'AS_AVAILABLE' ? this.#live.get(name)?.record : undefined;
  }

  byId(appId: number): TableRecord | undefined {
    return this.list().find((record) => record.appId === appId);
  }

  list(): TableRecord[] {
    return [...this.#live.values()].map(({ record }) => record);
  }

  droppedTables(): TableRecord[] {
    return [...this.#dropped.values()];
  }

  /** Answered when durable; see the `table` chart for who is acknowledged. */
  async create(request: CreateTable): Promise<ChartAnswer & { readonly appId: number }> {
    const invalid = whyNotCreated(request, this.#options.nodes.alive().length);
    if (invalid !== null) return { error: 'ERR_INVALID_PARAMETERS', hint: invalid, appId: 0 };
    const hint = this.#retired.whyRefused(request.name, request.envs.get(ENV_OWNER));
    if (hint !== null) return { error: 'ERR_APP_DROPPED', hint, appId: 0 };
    const existing = this.#live.get(request.name);
    if (existing === undefined && this.#admitting.has(request.name))
      return { error: 'ERR_BUSY_CREATING', appId: 0 };
    const [token, answer] = this.#requesters.wait(this.#options.answerDeadlineMs);
    if (existing === undefined) {
      const admission = this.#admit(request, token);
      this.#admitting.set(request.name, admission);
      await admission.finally(() => this.#admitting.delete(request.name));
    } else {
      existing.host.send({
        type: 'CREATE',
        requester: token,
        successIfExist: request.successIfExist,
        partitionCount: request.partitionCount,
        replicaCount: request.replicaCount,
        envs: handshakeOf(request.envs),
      });
    }
    const given = await answer;
    const appId = given.error === 'ERR_OK' ? (this.#live.get(request.name)?.record.appId ?? 0) : 0;
    return { ...given, appId };
  }

  /**
   * Durable when answered: no table of this name is created for this owner any more. Creations that were admitted
   * before are tables, or become one; see {@link admissions}.
   */
  async retire(name: string, owner: string): Promise<ChartAnswer> {
    try {
      const legal = isTableName(name) && (await this.#retired.retire(name, owner, this.#nowSeconds()));
      return legal
        ? { error: 'ERR_OK' }
        : { error: 'ERR_INVALID_PARAMETERS', hint: `no owner of a table: ${JSON.stringify(owner)}` };
    } catch (error) {
      return storageAnswer(error);
    }
  }

  async drop(name: string, expectedOwner?: string | null): Promise<ChartAnswer> {
    const entry = this.#live.get(name);
    if (entry === undefined) return { error: 'ERR_APP_NOT_EXIST' };
    const [token, answer] = this.#requesters.wait(this.#options.answerDeadlineMs);
    entry.host.send({
      type: 'DROP',
      requester: token,
      ...(expectedOwner === undefined ? {} : { expectedOwner }),
    });
    return answer;
  }

  /**
   * Sets or deletes environment variables; the handshake's own are not an operator's to change. Who lifts a fence
   * can show its note: then only that fence is lifted, or an earlier one of the same migration, and it stays lifted.
   */
  async updateEnvs(
    name: string,
    set: ReadonlyMap<string, string>,
    remove: readonly string[],
    expected: ReadonlyMap<string, string> = new Map(),
  ): Promise<ChartAnswer> {
    const entry = this.#live.get(name);
    if (entry === undefined || this.available(name) === undefined) return { error: 'ERR_APP_NOT_EXIST' };
    const change: EnvChange = { set, remove, expected };
    const hint = whyNotChanged(entry.record, change);
    if (hint !== null) return { error: 'ERR_INVALID_PARAMETERS', hint };
    return this.#changeEnvs(entry, (record) => changedEnvs(record, change));
  }

  /**
   * Makes a follower table one of its own, which takes writes: nothing of the handshake and no fence is left. Only
   * for whoever names its owner; a table that has none any more has been released before.
   */
  async release(name: string, owner: string): Promise<ChartAnswer> {
    const entry = this.#live.get(name);
    if (entry === undefined || this.available(name) === undefined) return { error: 'ERR_APP_NOT_EXIST' };
    const answer = await this.#changeEnvs(entry, (record) => releasedEnvs(record, owner));
    const { owner: known, replicaCount, duplicating } = entry.host.snapshot.context;
    // The chart begins anew from the record, as after a restart: what it knew of an owner is over.
    if (answer.error === 'ERR_OK' && known !== null && !this.#stopped) {
      entry.host.stop();
      entry.host = this.#chartOf(entry.record, 'AS_AVAILABLE', null, replicaCount);
      entry.host.start();
      entry.host.send({ type: 'DUPLICATING', yes: duplicating });
    }
    return answer;
  }

  /** Changes the environment durably, by a rule that sees it as it is when its turn has come. */
  async #changeEnvs(entry: Entry, change: (record: TableRecord) => EnvsOrRefusal): Promise<ChartAnswer> {
    const answers: ChartAnswer[] = [];
    try {
      await this.#change(entry, (record) => {
        const next = change(record);
        if ('refused' in next) {
          answers.push({ error: 'ERR_INVALID_STATE', hint: next.refused });
          return record;
        }
        const same = isDeepStrictEqual(next.envs, record.envs);
        const envVersion = (record.envVersion ?? 0) + (same ? 0 : 1);
        return { ...record, ...next, envVersion };
      });
    } catch (error) {
      return storageAnswer(error);
    }
    return answers[0] ?? { error: 'ERR_OK' };
  }

  /** Whether all of these partitions are recorded as having been open, or the table is gone. */
  haveExisted(appId: number, partitions: readonly number[]): boolean {
    const record = this.byId(appId);
    return record === undefined || partitions.every((p) => record.partitions[p]?.existed !== false);
  }

  /** Remembers that a partition has been open, so that its absence later is known as loss. */
  async noteExisted(appId: number, partitions: readonly number[]): Promise<void> {
    const entry = [...this.#live.values()].find(({ record }) => record.appId === appId);
    const fresh = new Set(partitions.filter((p) => entry?.record.partitions[p]?.existed === false));
    if (entry === undefined || fresh.size === 0 || topState(entry.host.snapshot.value) !== 'AS_AVAILABLE')
      return;
    await this.#change(entry, (record) => ({
      ...record,
      partitions: record.partitions.map((place, p) => (fresh.has(p) ? { ...place, existed: true } : place)),
    }));
  }

  /**
   * Changes where a partition is, durably, by a rule that sees the place as it is when its turn has come.
   *
   * @returns whether it was changed; not if the table has been dropped by then
   */
  async changePlace(
    appId: number,
    partition: number,
    change: (place: PlaceRecord) => PlaceRecord,
  ): Promise<boolean> {
    const entry = [...this.#live.values()].find(({ record }) => record.appId === appId);
    if (entry === undefined) return false;
    let there = true;
    await this.#change(entry, (record) => {
      // A record that says that the table is dropped must not come back to life.
      there = record.status === 'AS_AVAILABLE';
      if (!there) return record;
      const partitions = record.partitions.map((place, p) => (p === partition ? change(place) : place));
      return { ...record, partitions };
    });
    return there;
  }

  setDuplicating(appId: number, yes: boolean): void {
    for (const { record, host } of this.#live.values()) {
      if (record.appId === appId) host.send({ type: 'DUPLICATING', yes });
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#requesters.close({ error: 'ERR_SERVICE_NOT_ACTIVE', hint: 'the meta server is stopping' });
    for (const { host } of this.#live.values()) host.stop();
  }

  /**
   * Resolves when every creation that has come in so far is a table, or has failed. Whoever asks whether a table is
   * there must not hear that it is not just before it appears.
   */
  async admissions(): Promise<void> {
    await Promise.all(this.#admitting.values());
  }

  async #admit(request: CreateTable, requester: string): Promise<void> {
    // The nodes that the request was checked against: they may all be silent for a moment after the write.
    const nodes = this.#options.nodes.alive().map(({ node }) => node);
    try {
      const appId = await this.#options.store.nextNumber('lastAppId', 1);
      if (this.#stopped) return;
      const record: TableRecord = {
        appId,
        name: request.name,
        partitionCount: request.partitionCount,
        envs: Object.fromEntries(request.envs),
        status: 'AS_AVAILABLE',
        createSecond: this.#nowSeconds(),
        dropSecond: 0,
        partitions: Array.from({ length: request.partitionCount }, (_, p) => ({
          node: nodes[(appId + p) % nodes.length] ?? '',
          existed: false,
        })),
      };
      this.#host(record, 'AS_CREATING', requester, request.replicaCount);
    } catch (error) {
      const { error: code, hint } = storageAnswer(error);
      this.#requesters.answer(requester, { error: code, hint: `nothing was created: ${hint}` });
    }
  }

  #host(
    record: TableRecord,
    durable: 'AS_CREATING' | 'AS_AVAILABLE',
    requester: string | null,
    replicaCount: number,
  ): void {
    const host = this.#chartOf(record, durable, requester, replicaCount);
    this.#live.set(record.name, { record, host });
    host.start();
  }

  #chartOf(
    record: TableRecord,
    durable: 'AS_CREATING' | 'AS_AVAILABLE',
    requester: string | null,
    replicaCount: number,
  ): ChartHost<TableMachine> {
    return new ChartHost({
      name: `table/${record.name}`,
      machine: this.#options.machine ?? table,
      input: {
        ...handshakeOf(new Map(Object.entries(record.envs))),
        name: record.name,
        partitionCount: record.partitionCount,
        replicaCount,
        durable,
        requester,
        storageRetryMs: this.#options.storageRetryMs,
      },
      handlers: {
        persistTable: (effect: TableEffects['persistTable']) => this.#persist(record.name, effect),
        answer: ({ requesters, ...answer }: TableEffects['answer']) => {
          for (const token of requesters) this.#requesters.answer(token, answer);
          return undefined;
        },
      },
      onDefect: this.#options.onDefect,
      ...chartEnvironment(this.#environment),
    });
  }

  async #persist(name: string, effect: TableEffects['persistTable']) {
    const entry = this.#live.get(name);
    if (entry === undefined) return undefined;
    try {
      await this.#change(entry, (record) => ({
        ...record,
        status: effect.status,
        dropSecond: effect.status === 'AS_DROPPED' ? this.#nowSeconds() : 0,
        envs:
          effect.followerStatus === null
            ? record.envs
            : { ...record.envs, [ENV_FOLLOWER_APP_STATUS]: effect.followerStatus },
      }));
    } catch (error) {
      return {
        type: 'TABLE_PERSIST_FAILED',
        error: error instanceof StoreError ? error.code : 'ERR_UNKNOWN',
      };
    }
    if (effect.status === 'AS_DROPPED') {
      this.#dropped.set(entry.record.appId, entry.record);
      this.#live.delete(name);
    }
    return { type: 'TABLE_PERSISTED' };
  }

  /** Changes a record durably; the change is computed from the record as it is when its turn has come. */
  #change(entry: Entry, change: (record: TableRecord) => TableRecord): Promise<void> {
    let next = entry.record;
    return this.#options.store.change(
      () => {
        next = change(entry.record);
        return { key: tableKey(next.appId), value: next };
      },
      () => {
        entry.record = next;
      },
    );
  }

  #nowSeconds(): number {
    return Math.floor(this.#environment.clock.epochMs() / 1000);
  }
}

/** What a requester is told when the change cannot be written. */
function storageAnswer(error: unknown): Required<ChartAnswer> {
  return {
    error: error instanceof StoreError ? error.code : 'ERR_UNKNOWN',
    hint: error instanceof Error ? error.message : String(error),
  };
}

function topState(value: unknown): string {
  return typeof value === 'string' ? value : (Object.keys(value as object)[0] ?? '');
}
