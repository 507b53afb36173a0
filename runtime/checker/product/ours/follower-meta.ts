/** The follower's meta server: the `table` chart of the follower table, its durable record, its nodes. */
import type { Readiness, TableContext, TableEffects, TableView } from '../../../../machines/index.js';
import { defineProcess, type Json, type Message, type Move, type Outcome, type Process } from '../model.js';
import { contextOf, Troupe, type TroupeState, type TroupeStep, withContext } from '../troupe.js';
import {
  crashBudget,
  type DuplicationModelOptions,
  FOLLOWER_META,
  FOLLOWER_TABLE,
  FOREIGN_OWNER,
  followerNode,
  ownerOf,
  SOURCE_META,
  STORAGE_BUDGET,
  TIMES,
} from './options.js';
import { type ChartEvent, tellNodes, textOf, timerMoves, withAt } from './plain.js';

export interface TableRecord {
  readonly owner: string | null;
  readonly masterCluster: string | null;
  readonly followerStatus: string | null;
  /** Grows with every table of the name: an earlier one's partitions are not this one's. */
  readonly instance: number;
}

/** What a follower node is told about its partition. */
export interface FollowerOrder {
  readonly instance: number;
  readonly owner: string;
  /** Instance whose partition the node is known to hold, since this meta server started. */
  readonly heard: number;
}

export interface FollowerMetaState {
  readonly up: boolean;
  /** Survives a crash. */
  readonly disk: {
    readonly table: TableRecord | null;
    readonly instances: number;
    /** No table is created any more for this duplication and for earlier ones. */
    readonly retired: number;
  };
  readonly charts: TroupeState | null;
  /** Of the table that the chart is about; as asked for while it is not durable. */
  readonly asked: TableRecord | null;
  readonly writing: TableEffects['persistTable'] | null;
  /** Instance whose partition each node holds, 0 for none. */
  readonly holds: readonly number[];
  readonly told: readonly (string | null)[];
}

interface Asked {
  readonly kind: string;
  readonly owner?: { readonly duplicationId: number; readonly sourceCluster: string };
  readonly expectedOwner?: string | null;
  readonly retire?: { readonly duplicationId: number };
}

type Draft = { -readonly [Key in keyof FollowerMetaState]: FollowerMetaState[Key] };

export function followerMeta(options: DuplicationModelOptions): Process {
  return defineProcess<FollowerMetaState>(new FollowerMeta(options));
}

class FollowerMeta implements Process<FollowerMetaState> {
  readonly name = FOLLOWER_META;
  readonly #options: DuplicationModelOptions;
  readonly #troupe: Troupe;

  constructor(options: DuplicationModelOptions) {
    this.#options = options;
    this.#troupe = new Troupe(options.charts.table);
  }

  start(): Outcome<FollowerMetaState> {
    const { existing, partitions } = this.#options;
    const foreign = existing === 'foreign';
    const table: TableRecord | null =
      existing === 'none'
        ? null
        : {
            owner: foreign ? FOREIGN_OWNER : null,
            masterCluster: foreign ? 'south' : null,
            followerStatus: foreign ? 'created' : null,
            instance: 1,
          };
    const nodes = Array.from({ length: partitions }, () => null);
    const draft: Draft = {
      up: true,
      disk: { table, instances: table === null ? 0 : 1, retired: 0 },
      charts: null,
      asked: null,
      writing: null,
      holds: nodes.map(() => 0),
      told: nodes,
    };
    return this.#step(draft, (sends) => this.#recover(draft, sends));
  }

  moves(local: FollowerMetaState): readonly Move<FollowerMetaState>[] {
    if (!local.up) return [{ label: 'restart', kind: 'effect', ...this.#restart(local) }];
    return [
      ...this.#storageMoves(local),
      ...timerMoves<FollowerMetaState>(this.#troupe, local.charts, {
        fired: (timer) => this.#charts(local, (charts) => this.#troupe.fire(charts, timer)),
      }),
      { label: 'crash', kind: 'fault', budget: crashBudget('followerMeta'), local: crashed(local) },
    ];
  }

  receive(local: FollowerMetaState, message: Message): readonly Outcome<FollowerMetaState>[] {
    if (!local.up) return message.kind === 'Hello' ? [] : [{ local }];
    switch (message.kind) {
      case 'Hello': {
        const { partition } = message.body as { partition: number };
        const draft: Draft = {
          ...local,
          told: withAt(local.told, partition, null),
          holds: withAt(local.holds, partition, 0),
        };
        return [this.#step(draft, () => {})];
      }
      case 'Holds': {
        const { partition, instance } = message.body as { partition: number; instance: number };
        const draft: Draft = { ...local, holds: withAt(local.holds, partition, instance) };
        return [this.#step(draft, () => {})];
      }
      default:
        return [this.#answer(local, message)];
    }
  }

  key({ charts, ...rest }: FollowerMetaState): string {
    return `${textOf(rest)}${charts === null ? '' : this.#troupe.key(charts)}`;
  }

  describe({ up, charts, disk, asked, writing, holds }: FollowerMetaState): string {
    const durable = disk.table === null ? 'no table' : `table of ${disk.table.owner ?? 'nobody'}`;
    if (!up) return `down, ${durable}`;
    if (charts === null || asked === null) return durable;
    const state = this.#troupe.leaves(charts).join(', ');
    const ready = holds.filter((instance) => instance === asked.instance).length;
    const status = contextOf<TableContext>(charts, this.#troupe.root)?.followerStatus;
    return `${state} of ${asked.owner ?? 'nobody'}, ${status ?? 'unmarked'}, ${ready} ready${writing === null ? '' : ', writes'}`;
  }

  hosts({ charts }: FollowerMetaState): Readonly<Record<string, TroupeState>> {
    return charts === null ? {} : { [`table/${FOLLOWER_TABLE}`]: charts };
  }

  #storageMoves(local: FollowerMetaState): readonly Move<FollowerMetaState>[] {
    const { writing } = local;
    if (writing === null) return [];
    const done: Draft = { ...local, writing: null };
    const { asked } = local;
    done.disk = {
      ...local.disk,
      table:
        writing.status === 'AS_DROPPED' || asked === null
          ? null
          : { ...asked, followerStatus: writing.followerStatus },
    };
    const words = writing.status === 'AS_DROPPED' ? 'the removal' : `the table, ${writing.followerStatus}`;
    return [
      {
        label: `storage writes ${words}`,
        kind: 'effect',
        ...this.#charts(done, (charts) =>
          this.#troupe.take(charts, this.#troupe.root, { type: 'TABLE_PERSISTED' }),
        ),
      },
      {
        label: `storage refuses ${words}`,
        kind: 'fault',
        budget: STORAGE_BUDGET,
        ...this.#charts({ ...local, writing: null }, (charts) =>
          this.#troupe.take(charts, this.#troupe.root, REFUSED),
        ),
      },
    ];
  }

  #restart(local: FollowerMetaState): Outcome<FollowerMetaState> {
    const draft: Draft = { ...local, up: true };
    return this.#step(draft, (sends) => this.#recover(draft, sends));
  }

  #recover(draft: Draft, sends: Message[]): void {
    const { table } = draft.disk;
    draft.asked = table;
    if (table !== null) this.#settle(draft, this.#begin(table, 'AS_AVAILABLE', null), sends);
  }

  #begin(record: TableRecord, durable: 'AS_CREATING' | 'AS_AVAILABLE', requester: string | null): TroupeStep {
    const { owner, masterCluster, followerStatus } = record;
    return this.#troupe.start({
      name: FOLLOWER_TABLE,
      partitionCount: this.#options.partitions,
      replicaCount: 1,
      owner,
      masterCluster,
      followerStatus,
      durable,
      requester,
      storageRetryMs: TIMES.tableStorageRetryMs,
    });
  }

  #answer(local: FollowerMetaState, message: Message): Outcome<FollowerMetaState> {
    const asked = message.body as unknown as Asked;
    const { kind } = asked;
    if (kind === 'LookTable' || kind === 'QueryPartitions') {
      const sends = [reply(kind, this.#view(local, kind === 'QueryPartitions'), message.late)];
      const { retire } = asked;
      if (retire === undefined || retire.duplicationId <= local.disk.retired) return { local, sends };
      // Durable and answered in one step: a write that fails is a question that is asked again.
      return { local: { ...local, disk: { ...local.disk, retired: retire.duplicationId } }, sends };
    }
    if (asked.owner !== undefined && asked.owner.duplicationId <= local.disk.retired) {
      return { local, sends: [reply(kind, { error: 'ERR_APP_DROPPED' }, message.late)] };
    }
    if (local.charts === null) {
      if (kind !== 'CreateTable' && kind !== 'MarkCreated') {
        return { local, sends: [reply(kind, { error: 'ERR_APP_NOT_EXIST' }, message.late)] };
      }
      return this.#create(local, message);
    }
    const event =
      kind === 'DropTable'
        ? { type: 'DROP', requester: kind, expectedOwner: asked.expectedOwner }
        : { type: 'CREATE', requester: kind, ...this.#wanted(asked) };
    return this.#charts(local, (charts) => this.#troupe.take(charts, this.#troupe.root, event), message.late);
  }

  #create(local: FollowerMetaState, message: Message): Outcome<FollowerMetaState> {
    const { kind } = message;
    const { envs } = this.#wanted(message.body as unknown as Asked);
    const instance = local.disk.instances + 1;
    const draft: Draft = {
      ...local,
      disk: { ...local.disk, instances: instance },
      asked: { ...envs, instance },
    };
    return this.#step(draft, (sends) =>
      this.#settle(draft, this.#begin({ ...envs, instance }, 'AS_CREATING', kind), sends, message.late),
    );
  }

  #wanted({ kind, owner }: Asked) {
    return {
      successIfExist: false,
      partitionCount: this.#options.partitions,
      replicaCount: 1,
      envs: {
        masterCluster: owner?.sourceCluster ?? null,
        owner: owner === undefined ? null : ownerOf(owner.duplicationId),
        followerStatus: kind === 'MarkCreated' ? 'created' : 'creating',
      },
    };
  }

  #charts(
    local: FollowerMetaState,
    take: (charts: TroupeState) => TroupeStep,
    late?: true,
  ): Outcome<FollowerMetaState> {
    const { charts } = local;
    if (charts === null) return { local };
    const draft: Draft = { ...local };
    return this.#step(draft, (sends) => this.#settle(draft, take(charts), sends, late));
  }

  /** Runs a step, and tells the nodes what it changed for them. */
  #step(draft: Draft, run: (sends: Message[]) => void): Outcome<FollowerMetaState> {
    const sends: Message[] = [];
    const retires: string[] = [];
    run(sends);
    const orderFor = (partition: number) => this.#orderFor(draft, partition);
    draft.told = tellNodes(draft.told, FOLLOWER_META, followerNode, orderFor, { sends, retires });
    return { local: draft, sends, retires };
  }

  #settle(draft: Draft, { state, effects }: TroupeStep, sends: Message[], late?: true): void {
    // Who asked twice gets one answer to both: answers to one question are alike.
    draft.charts = withContext<TableContext>(state, this.#troupe.root, (context) =>
      new Set(context.waiting).size === context.waiting.length
        ? context
        : { ...context, waiting: [...new Set(context.waiting)] },
    );
    for (const { name, params } of effects) {
      if (name === 'persistTable') draft.writing = params;
      else if (name === 'answer') {
        const { requesters, error } = params as TableEffects['answer'];
        // What is answered at once is as late as its question; what was held back nobody can tell.
        for (const kind of new Set(requesters)) sends.push(reply(kind, { error }, late));
      }
    }
    if (state[this.#troupe.root]?.snapshot.status === 'done') {
      draft.charts = null;
      draft.asked = null;
    }
  }

  #view({ charts, asked, holds }: FollowerMetaState, withReadiness: boolean): Json {
    if (charts === null || asked === null) return { error: 'ERR_APP_NOT_EXIST' };
    const leaf = this.#troupe.leaves(charts)[0] ?? '';
    const { partitions } = this.#options;
    const context = contextOf<TableContext>(charts, this.#troupe.root);
    const view: TableView = {
      status: leaf.split('.')[0] as TableView['status'],
      owner: asked.owner,
      masterCluster: asked.masterCluster,
      followerStatus: (context?.followerStatus ?? null) as TableView['followerStatus'],
      partitionCount: partitions,
    };
    const table = view as unknown as Json;
    if (!withReadiness) return { error: 'ERR_OK', table };
    const readyPartitions = holds.filter((instance) => instance === asked.instance).length;
    const readiness: Readiness = { readyPartitions, partitionCount: partitions, trouble: null };
    return { error: 'ERR_OK', table, readiness: readiness as unknown as Json };
  }

  /** Partitions are placed when the table is durable, and only those of a duplication copy anything. */
  #orderFor({ charts, disk, holds }: FollowerMetaState, partition: number): FollowerOrder | null {
    const { table } = disk;
    if (charts === null || table === null || table.owner === null || table.owner === FOREIGN_OWNER)
      return null;
    return { instance: table.instance, owner: table.owner, heard: holds[partition] ?? 0 };
  }
}

const REFUSED: ChartEvent = { type: 'TABLE_PERSIST_FAILED', error: 'ERR_ZOOKEEPER_OPERATION' };

const crashed = (local: FollowerMetaState): FollowerMetaState => ({
  ...local,
  up: false,
  charts: null,
  asked: null,
  writing: null,
  holds: local.holds.map(() => 0),
  told: local.told.map(() => null),
});

function reply(asked: string, body: Json, late?: true): Message {
  return {
    from: FOLLOWER_META,
    to: SOURCE_META,
    kind: 'Reply',
    body: { ...(body as object), asked } as Json,
    tag: 'ask',
    ...(late === undefined ? {} : { late }),
  };
}
