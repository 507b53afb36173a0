/**
 * The source's meta server: the `duplication` chart with its children, its durable record, and storage
 * that does writes in the order it was told.
 */
import type {
  DuplicationContext,
  DuplicationEffects,
  DuplicationInput,
  DuplicationStatus,
  FailMode,
  FollowerReply,
  FollowerRequest,
  FollowerTableContext,
  FollowerTableOnRemove,
} from '../../../../machines/index.js';
import { defineProcess, type Json, type Message, type Move, type Outcome, type Process } from '../model.js';
import { contextOf, Troupe, type TroupeState, type TroupeStep, withContext } from '../troupe.js';
import {
  crashBudget,
  type DuplicationModelOptions,
  FOLLOWER_META,
  FOLLOWER_TABLE,
  OPERATOR,
  type OperatorVerb,
  SOURCE_CLUSTER,
  SOURCE_META,
  SOURCE_TABLE,
  STORAGE_BUDGET,
  sourceNode,
  TIMES,
} from './options.js';
import {
  type ChartEvent,
  numberedAnew,
  renumbered,
  STALE_NUMBER,
  tellNodes,
  textOf,
  timerMoves,
  withAt,
} from './plain.js';
import {
  diskAfter,
  doneEvent,
  type MetaDisk,
  type MetaRecord,
  refusedEvent,
  type Write,
  writeInWords,
} from './source-meta-storage.js';

/** What a source node reports about its partition. */
export interface Heard {
  readonly id: number;
  readonly decree: number;
  readonly followerHolds: boolean;
  readonly prepared: boolean;
}

/** What a source node is told about its partition. */
export interface Order {
  readonly id: number;
  readonly status: DuplicationStatus;
  readonly failMode: FailMode;
  readonly confirmed: number;
  /** What this meta server has heard from the node, since it started. */
  readonly heard: Heard | null;
}

export interface SourceMetaState {
  readonly up: boolean;
  /** Survives a crash. */
  readonly disk: MetaDisk;
  readonly charts: TroupeState | null;
  readonly writes: readonly Write[];
  readonly heard: readonly (Heard | null)[];
  /** What each node was told last, as text; null: nothing since this meta server started. */
  readonly told: readonly (string | null)[];
  /** The status that an operator asked for last, of those that were taken up. */
  readonly wanted: DuplicationStatus | null;
}

const FOLLOWER_CHART = 'followerTable';
const ASK = 'ask';
const STATUS_OF_VERB: Partial<Record<OperatorVerb, DuplicationStatus>> = {
  pause: 'DS_PAUSE',
  start: 'DS_LOG',
  remove: 'DS_REMOVED',
};

type Draft = { -readonly [Key in keyof SourceMetaState]: SourceMetaState[Key] };

export function sourceMeta(options: DuplicationModelOptions): Process {
  return defineProcess<SourceMetaState>(new SourceMeta(options));
}

class SourceMeta implements Process<SourceMetaState> {
  readonly name = SOURCE_META;
  readonly #options: DuplicationModelOptions;
  readonly #troupe: Troupe;
  readonly #none: readonly null[];

  constructor(options: DuplicationModelOptions) {
    this.#options = options;
    this.#troupe = new Troupe(options.charts.duplication, { without: options.watchdog ? [] : ['watchdog'] });
    this.#none = Array.from({ length: options.partitions }, () => null);
  }

  start(): Outcome<SourceMetaState> {
    const confirmed = this.#none.map(() => -1);
    const draft: Draft = {
      up: true,
      disk: { record: null, confirmed, lastId: 0 },
      charts: null,
      writes: [],
      heard: this.#none,
      told: this.#none,
      wanted: null,
    };
    return this.#step(draft, (sends) => this.#add(draft, null, sends));
  }

  moves(local: SourceMetaState): readonly Move<SourceMetaState>[] {
    if (!local.up) return [{ label: 'restart', kind: 'effect', ...this.#restart(local) }];
    return [
      ...this.#storageMoves(local),
      ...timerMoves<SourceMetaState>(this.#troupe, local.charts, {
        conversation: ({ delay }) => (delay === 'requestDeadline' ? ASK : undefined),
        fired: (timer) => this.#charts(local, (charts) => this.#troupe.fire(charts, timer)),
      }),
      { label: 'crash', kind: 'fault', budget: crashBudget('sourceMeta'), ...this.#crash(local) },
    ];
  }

  receive(local: SourceMetaState, message: Message): readonly Outcome<SourceMetaState>[] {
    if (message.kind === 'Request') return [this.#operatorAsks(local, message)];
    // A node that starts waits until somebody answers.
    if (!local.up) return message.kind === 'Hello' ? [] : [{ local }];
    switch (message.kind) {
      case 'Hello':
        return [this.#hello(local, (message.body as { partition: number }).partition)];
      case 'Sync':
        return [this.#sync(local, message.body as unknown as { partition: number; report: Heard })];
      case 'Reply':
        return [this.#reply(local, message)];
      default:
        throw new RangeError(`sourceMeta got ${message.kind}`);
    }
  }

  key({ charts, ...rest }: SourceMetaState): string {
    return `${textOf(rest)}${charts === null ? '' : this.#troupe.key(charts)}`;
  }

  describe({ up, charts, disk, writes }: SourceMetaState): string {
    if (!up) return `down, ${disk.record?.status ?? 'no record'} durable`;
    if (charts === null) return 'no duplication';
    const leaves = this.#troupe
      .leaves(charts)
      .map((leaf) => leaf.replace(/^living\.(lifecycle|storage)\./, ''));
    const child = charts[FOLLOWER_CHART] === undefined ? [] : this.#troupe.leaves(charts, FOLLOWER_CHART);
    const durable = `${disk.record?.status ?? 'no record'} durable`;
    return [...leaves, ...child.map((leaf) => `table ${leaf}`), durable, ...writes.map(writeInWords)].join(
      ', ',
    );
  }

  hosts({ charts, disk }: SourceMetaState): Readonly<Record<string, TroupeState>> {
    return charts === null ? {} : { [`duplication/${disk.lastId}`]: charts };
  }

  #storageMoves(local: SourceMetaState): readonly Move<SourceMetaState>[] {
    const [write, ...writes] = local.writes;
    if (write === undefined) return [];
    const words = writeInWords(write);
    const done: Move<SourceMetaState> = {
      label: `storage does ${words}`,
      kind: 'effect',
      ...this.#stored({ ...local, writes, disk: diskAfter(local.disk, write) }, doneEvent(write)),
    };
    const refused: Move<SourceMetaState> = {
      label: `storage refuses ${words}`,
      kind: 'fault',
      budget: STORAGE_BUDGET,
      ...this.#stored({ ...local, writes }, refusedEvent(write)),
    };
    return [done, refused];
  }

  #stored(local: SourceMetaState, event: ChartEvent | null): Outcome<SourceMetaState> {
    return event === null
      ? { local }
      : this.#charts(local, (charts) => this.#troupe.take(charts, this.#troupe.root, event));
  }

  #crash(local: SourceMetaState): Outcome<SourceMetaState> {
    const requester = this.#context(local.charts)?.requester ?? null;
    return {
      local: {
        ...local,
        up: false,
        charts: null,
        writes: [],
        heard: this.#none,
        told: this.#none,
      },
      retires: [ASK],
      sends: requester === null ? [] : [operatorAnswer(requester, 'ERR_NETWORK_FAILURE')],
    };
  }

  #restart(local: SourceMetaState): Outcome<SourceMetaState> {
    const draft: Draft = { ...local, up: true };
    return this.#step(draft, (sends) => {
      const { record, confirmed } = local.disk;
      if (record === null) return [];
      const durable = { status: record.status, failMode: record.failMode };
      const input = this.#input(record.id, record.onRemove, durable, confirmed, null);
      return this.#settle(draft, this.#troupe.start(input), sends);
    });
  }

  #operatorAsks(local: SourceMetaState, { body }: Message): Outcome<SourceMetaState> {
    const { verb } = body as unknown as { verb: OperatorVerb };
    if (!local.up) return { local, sends: [operatorAnswer(verb, 'ERR_NETWORK_FAILURE')] };
    const draft: Draft = { ...local };
    const { charts } = local;
    if (verb === 'add') {
      if (charts !== null) return { local, sends: [operatorAnswer(verb, 'ERR_DUP_EXIST')] };
      return this.#step(draft, (sends) => this.#add(draft, verb, sends));
    }
    if (charts === null) return { local, sends: [operatorAnswer(verb, 'ERR_OBJECT_NOT_FOUND')] };
    const status = STATUS_OF_VERB[verb];
    const { onRemove } = this.#options;
    const event = { type: 'MODIFY', requester: verb, status, ...(verb === 'remove' ? { onRemove } : {}) };
    return this.#step(draft, (sends) => {
      const step = this.#troupe.take(charts, this.#troupe.root, event);
      if (step.effects.some(({ name }) => name === 'persistStatus')) draft.wanted = status ?? null;
      return this.#settle(draft, step, sends);
    });
  }

  #hello(local: SourceMetaState, partition: number): Outcome<SourceMetaState> {
    const draft: Draft = { ...local, told: withAt(local.told, partition, null) };
    return this.#step(draft, () => []);
  }

  #sync(
    local: SourceMetaState,
    { partition, report }: { partition: number; report: Heard },
  ): Outcome<SourceMetaState> {
    const { charts } = local;
    // A report about an earlier duplication is nobody's business any more.
    if (charts === null || this.#context(charts)?.identity.duplicationId !== report.id) return { local };
    const draft: Draft = { ...local, heard: withAt(local.heard, partition, report) };
    const { decree, followerHolds, prepared } = report;
    const told = { partition, decree, followerHolds, prepared, lastCommitted: decree, trouble: null };
    const event = { type: 'CONFIRM', ...told };
    return this.#step(draft, (sends) =>
      this.#settle(draft, this.#troupe.take(charts, this.#troupe.root, event), sends),
    );
  }

  #reply(local: SourceMetaState, { body, late }: Message): Outcome<SourceMetaState> {
    const { asked, ...answer } = body as unknown as { asked: string } & Omit<FollowerReply, 'requestNo'>;
    const waiting = contextOf<FollowerTableContext>(local.charts ?? {}, FOLLOWER_CHART);
    if (waiting === undefined) return { local };
    const requestNo = late === undefined && waiting.asked === asked ? 0 : STALE_NUMBER;
    const event: FollowerReply = { ...answer, type: 'FOLLOWER_REPLY', requestNo };
    return this.#charts(local, (charts) => this.#troupe.take(charts, FOLLOWER_CHART, event));
  }

  #add(draft: Draft, requester: string | null, sends: Message[]): string[] {
    const id = draft.disk.lastId + 1;
    draft.disk = { ...draft.disk, lastId: id, confirmed: this.#none.map(() => -1) };
    draft.heard = this.#none;
    draft.wanted = null;
    const input = this.#input(id, this.#options.onRemove, null, draft.disk.confirmed, requester);
    return this.#settle(draft, this.#troupe.start(input), sends);
  }

  #charts(local: SourceMetaState, take: (charts: TroupeState) => TroupeStep): Outcome<SourceMetaState> {
    const { charts } = local;
    if (charts === null) return { local };
    const draft: Draft = { ...local };
    return this.#step(draft, (sends) => this.#settle(draft, take(charts), sends));
  }

  /** Runs a step, and tells the nodes what it changed for them. */
  #step(draft: Draft, run: (sends: Message[]) => readonly string[]): Outcome<SourceMetaState> {
    const sends: Message[] = [];
    const retires = [...run(sends)];
    const orderFor = (partition: number) => this.#orderFor(draft, partition);
    draft.told = tellNodes(draft.told, SOURCE_META, sourceNode, orderFor, { sends, retires });
    return { local: draft, sends, retires };
  }

  /** Takes over what the charts did, and performs their effects. @returns conversations given up */
  #settle(draft: Draft, { state, effects, began }: TroupeStep, sends: Message[]): string[] {
    const before = contextOf<FollowerTableContext>(draft.charts ?? {}, FOLLOWER_CHART);
    const context = contextOf<DuplicationContext>(state, this.#troupe.root);
    const current = context?.writeNo ?? 0;
    const child = contextOf<FollowerTableContext>(state, FOLLOWER_CHART);
    const gone = child === undefined;
    const asksAnew = gone ? before !== undefined : began.includes(FOLLOWER_CHART) || child.requestNo !== 0;
    const retires = asksAnew ? [ASK] : [];
    draft.writes = draft.writes.map((write) =>
      write.kind === 'status' ? { ...write, writeNo: renumbered(current, write.writeNo) } : write,
    );
    for (const { name, params } of effects) {
      switch (name) {
        case 'persistStatus':
          draft.writes = [...draft.writes, this.#statusWrite(draft, params, current)];
          break;
        case 'persistProgress':
          draft.writes = [
            ...draft.writes,
            { kind: 'progress', partition: params.partition, decree: params.decree },
          ];
          break;
        case 'deleteRecord':
          // Told twice it is done twice, which is no different.
          if (!draft.writes.some(({ kind }) => kind === 'delete')) {
            draft.writes = [...draft.writes, { kind: 'delete' }];
          }
          break;
        case 'askFollower':
          sends.push(request(params.request));
          break;
        case 'answer':
          if (params.requester !== null)
            sends.push(operatorAnswer(params.requester, params.error, params.hint));
          break;
      }
    }
    const released = state[this.#troupe.root]?.snapshot.status === 'done';
    draft.charts = released ? null : this.#numberedAnew(state);
    if (released) {
      draft.writes = [];
      draft.heard = this.#none;
      draft.wanted = null;
    }
    return retires;
  }

  #numberedAnew(state: TroupeState): TroupeState {
    const parent = withContext<DuplicationContext>(state, this.#troupe.root, (context) =>
      context.writeNo === 0 ? context : { ...context, writeNo: 0 },
    );
    return numberedAnew<FollowerTableContext>(parent, FOLLOWER_CHART);
  }

  #statusWrite(draft: Draft, params: DuplicationEffects['persistStatus'], current: number): Write {
    const { status, failMode, onRemove, writeNo } = params;
    const record: MetaRecord = { id: draft.disk.lastId, status, failMode, onRemove };
    return { kind: 'status', writeNo: renumbered(current, writeNo), record };
  }

  #orderFor({ charts, disk, heard }: SourceMetaState, partition: number): Order | null {
    const context = this.#context(charts);
    if (context === undefined || context.status === 'DS_INIT' || context.status === 'DS_REMOVED') return null;
    const { status, failMode, confirmed } = context;
    return {
      id: disk.lastId,
      status,
      failMode,
      confirmed: confirmed[partition] ?? -1,
      heard: heard[partition] ?? null,
    };
  }

  #context(charts: TroupeState | null): DuplicationContext | undefined {
    return contextOf<DuplicationContext>(charts ?? {}, this.#troupe.root);
  }

  #input(
    duplicationId: number,
    onRemove: FollowerTableOnRemove,
    durable: DuplicationInput['durable'],
    confirmed: readonly number[],
    requester: string | null,
  ): DuplicationInput {
    return {
      identity: { sourceCluster: SOURCE_CLUSTER, sourceTable: SOURCE_TABLE, duplicationId },
      remoteCluster: 'west',
      remoteTable: FOLLOWER_TABLE,
      remoteReplicaCount: 1,
      policy: this.#options.policy,
      onRemove,
      durable,
      confirmed,
      requester,
      times: TIMES.duplication,
    };
  }
}

function request({ requestNo: _, ...body }: FollowerRequest): Message {
  return { from: SOURCE_META, to: FOLLOWER_META, kind: body.kind, body: body as unknown as Json, tag: ASK };
}

function operatorAnswer(verb: string, error: string, hint?: string): Message {
  const body = hint === undefined ? { verb, error } : { verb, error, hint };
  return { from: SOURCE_META, to: OPERATOR, kind: 'Answer', body, tag: `answer ${verb}`, reliable: true };
}
