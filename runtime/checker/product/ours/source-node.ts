/**
 * A source node with the primary of one partition: its log, its checkpoint, and the
 * `partitionDuplicator` chart while the meta server's orders name a duplication.
 */
import {
  logNeededAfter,
  type PartitionDuplicatorContext,
  type PartitionDuplicatorEffects,
  progressReport,
  type Trouble,
} from '../../../../machines/index.js';
import { defineProcess, type Json, type Message, type Move, type Outcome, type Process } from '../model.js';
import { contextOf, Troupe, type TroupeState, type TroupeStep } from '../troupe.js';
import {
  crashBudget,
  type DuplicationModelOptions,
  followerNode,
  ownerOf,
  SOURCE_META,
  STORAGE_BUDGET,
  sourceNode as sourceNodeName,
  TIMES,
} from './options.js';
import {
  answerTo,
  type ChartEvent,
  numberedAnew,
  renumbered,
  STALE_NUMBER,
  textOf,
  timerMoves,
} from './plain.js';
import type { Heard, Order } from './source-meta.js';

export interface SourceNodeState {
  readonly up: boolean;
  /** Survives a crash; decrees start with 1. */
  readonly disk: {
    /** Of the last write that was acknowledged. */
    readonly lastDecree: number;
    /** The log holds what comes after it. */
    readonly collectedTo: number;
    /** Of the newest durable checkpoint, −1 while there is none. */
    readonly checkpoint: number;
  };
  readonly charts: TroupeState | null;
  /** Null until the meta server has said anything, and while it names no duplication. */
  readonly order: Order | null;
  /** The meta server has spoken since this node started. */
  readonly told: boolean;
  /** Number of the request for the checkpoint that is being made. */
  readonly making: number | null;
  /** The log was read where it had been collected already. */
  readonly readCollected: boolean;
}

/** The first write is there before anything begins. */
const FIRST_DECREE = 1;
const DAMAGED_READS_LIMIT = 2;

type Draft = { -readonly [Key in keyof SourceNodeState]: SourceNodeState[Key] };

export function sourceNode(options: DuplicationModelOptions, partition: number): Process {
  return defineProcess<SourceNodeState>(new SourceNode(options, partition));
}

class SourceNode implements Process<SourceNodeState> {
  readonly name: string;
  readonly #options: DuplicationModelOptions;
  readonly #partition: number;
  readonly #troupe: Troupe;
  readonly #ship: string;
  readonly #sync: string;

  constructor(options: DuplicationModelOptions, partition: number) {
    this.name = sourceNodeName(partition);
    this.#options = options;
    this.#partition = partition;
    this.#troupe = new Troupe(options.charts.partitionDuplicator);
    this.#ship = `ship${partition}`;
    this.#sync = `sync${partition}`;
  }

  start(): Outcome<SourceNodeState> {
    const disk = { lastDecree: FIRST_DECREE, collectedTo: 0, checkpoint: -1 };
    return {
      local: { up: true, disk, charts: null, order: null, told: false, making: null, readCollected: false },
    };
  }

  moves(local: SourceNodeState): readonly Move<SourceNodeState>[] {
    if (!local.up) return [{ label: 'restart', kind: 'effect', ...this.#restart(local) }];
    return [
      ...this.#checkpointMoves(local),
      ...this.#syncMoves(local),
      ...timerMoves<SourceNodeState>(this.#troupe, local.charts, {
        conversation: ({ delay }) => (delay === 'requestDeadline' ? this.#ship : undefined),
        ofOwnWork: ({ delay }) => delay === 'checkpointDeadline',
        fired: (timer) => this.#charts(local, (charts) => this.#troupe.fire(charts, timer)),
      }),
      ...this.#writeMoves(local),
      ...this.#collectMoves(local),
      { label: 'crash', kind: 'fault', budget: crashBudget('sourceNode'), ...this.#crash(local) },
    ];
  }

  receive(local: SourceNodeState, message: Message): readonly Outcome<SourceNodeState>[] {
    if (!local.up) return message.kind === 'Order' ? [] : [{ local }];
    switch (message.kind) {
      case 'Order':
        return [this.#follow(local, message)];
      case 'At':
        return [this.#followerAnswers(local, message)];
      case 'QueryCheckpoint':
      case 'CopyFile':
        return [{ local, sends: [this.#serve(local, message)] }];
      default:
        throw new RangeError(`${this.name} got ${message.kind}`);
    }
  }

  key({ charts, ...rest }: SourceNodeState): string {
    return `${textOf(rest)}${charts === null ? '' : this.#troupe.key(charts)}`;
  }

  describe({ up, charts, disk, making }: SourceNodeState): string {
    const log = `log (${disk.collectedTo}, ${disk.lastDecree}], checkpoint ${disk.checkpoint}`;
    if (!up) return `down, ${log}`;
    const chart = charts === null ? 'no duplicator' : this.#troupe.leaves(charts).join(', ');
    return `${chart}${making === null ? '' : ', makes a checkpoint'}, ${log}`;
  }

  hosts({ charts, order }: SourceNodeState): Readonly<Record<string, TroupeState>> {
    return charts === null ? {} : { [`duplicator/${order?.id ?? 0}/${this.#partition}`]: charts };
  }

  #checkpointMoves(local: SourceNodeState): readonly Move<SourceNodeState>[] {
    const requestNo = local.making;
    if (requestNo === null) return [];
    const decree = local.disk.lastDecree;
    const made = { ...local, making: null, disk: { ...local.disk, checkpoint: decree } };
    const trouble: Trouble = { error: 'ERR_DISK_IO_ERROR', operation: 'prepareCheckpoint' };
    return [
      {
        label: 'the checkpoint is durable',
        kind: 'effect',
        ...this.#event(made, { type: 'CHECKPOINT_PREPARED', decree }),
      },
      {
        label: 'the checkpoint fails',
        kind: 'fault',
        budget: STORAGE_BUDGET,
        ...this.#event({ ...local, making: null }, { type: 'FAILED', requestNo, trouble }),
      },
    ];
  }

  /** Tells the meta server what it has not heard yet; told anew until it has, and until it is durable. */
  #syncMoves(local: SourceNodeState): readonly Move<SourceNodeState>[] {
    const report = this.#report(local);
    if (report === null || local.order === null) return [];
    const { heard, confirmed } = local.order;
    if (textOf(report) === textOf(heard) && confirmed >= report.decree) return [];
    return [
      {
        label: 'sync',
        kind: 'timer',
        unlessInFlight: this.#sync,
        local,
        sends: [
          {
            from: this.name,
            to: SOURCE_META,
            kind: 'Sync',
            body: { partition: this.#partition, report } as unknown as Json,
            tag: this.#sync,
          },
        ],
      },
    ];
  }

  #writeMoves(local: SourceNodeState): readonly Move<SourceNodeState>[] {
    const { lastDecree } = local.disk;
    if (lastDecree >= FIRST_DECREE + this.#options.writes) return [];
    const written = { ...local, disk: { ...local.disk, lastDecree: lastDecree + 1 } };
    const waiting = this.#troupe.leaves(local.charts ?? {}).includes('shipping.caughtUp');
    return [
      {
        label: `client writes ${lastDecree + 1}`,
        kind: 'environment',
        ...(waiting ? this.#event(written, { type: 'LOG_APPENDED' }) : { local: written }),
      },
    ];
  }

  #collectMoves(local: SourceNodeState): readonly Move<SourceNodeState>[] {
    if (!this.#options.gc || !local.told) return [];
    const { checkpoint, collectedTo } = local.disk;
    const to = Math.min(checkpoint, this.#neededAfter(local));
    if (to <= collectedTo) return [];
    return [
      {
        label: `collect the log to ${to}`,
        kind: 'effect',
        local: { ...local, disk: { ...local.disk, collectedTo: to } },
      },
    ];
  }

  #neededAfter({ order, charts }: SourceNodeState): number {
    if (order === null) return Number.POSITIVE_INFINITY;
    return logNeededAfter(this.#context(charts) ?? { shipped: -1 }, order.confirmed);
  }

  #crash(local: SourceNodeState): Outcome<SourceNodeState> {
    return {
      local: { ...local, up: false, charts: null, order: null, told: false, making: null },
      retires: [this.#ship, this.#sync],
    };
  }

  #restart(local: SourceNodeState): Outcome<SourceNodeState> {
    const body = { partition: this.#partition };
    const tag = `hello${this.#partition}`;
    return {
      local: { ...local, up: true },
      retires: [tag],
      sends: [{ from: this.name, to: SOURCE_META, kind: 'Hello', body, tag, reliable: true }],
    };
  }

  #follow(local: SourceNodeState, { body }: Message): Outcome<SourceNodeState> {
    const order = body as unknown as Order | null;
    const before = local.order;
    const retires: string[] = [];
    const draft: Draft = { ...local, order, told: true };
    if (order === null || (before !== null && before.id !== order.id)) {
      draft.charts = null;
      draft.making = null;
      if (before !== null) retires.push(this.#ship);
    }
    if (order === null) return { local: draft, retires };
    const sends: Message[] = [];
    if (draft.charts === null) {
      const started = this.#troupe.start({
        partition: this.#partition,
        damagedReadsLimit: DAMAGED_READS_LIMIT,
        times: TIMES.partition,
      });
      retires.push(...this.#settle(draft, started, sends));
    }
    const news =
      before === null ||
      before.id !== order.id ||
      before.status !== order.status ||
      before.failMode !== order.failMode;
    if (news && draft.charts !== null) {
      const { status, failMode } = order;
      const event: ChartEvent = { type: 'STATUS', status, failMode };
      const step = this.#troupe.take(draft.charts, this.#troupe.root, event);
      retires.push(...this.#settle(draft, step, sends));
    }
    return { local: draft, retires, sends };
  }

  #followerAnswers(local: SourceNodeState, { body, late }: Message): Outcome<SourceNodeState> {
    const answer = body as unknown as { event: ChartEvent };
    return this.#event(local, { ...answer.event, requestNo: late === undefined ? 0 : STALE_NUMBER });
  }

  /** Answers a follower node that copies the checkpoint. */
  #serve({ disk }: SourceNodeState, question: Message): Message {
    const { decree } = question.body as { decree?: number };
    const found = question.kind === 'QueryCheckpoint' ? disk.checkpoint >= 0 : disk.checkpoint === decree;
    const answer = found ? { decree: disk.checkpoint } : { error: 'ERR_OBJECT_NOT_FOUND' };
    return answerTo(question, `${question.kind}Answer`, answer);
  }

  #event(local: SourceNodeState, event: ChartEvent): Outcome<SourceNodeState> {
    return this.#charts(local, (charts) => this.#troupe.take(charts, this.#troupe.root, event));
  }

  #charts(local: SourceNodeState, take: (charts: TroupeState) => TroupeStep): Outcome<SourceNodeState> {
    if (local.charts === null) return { local };
    const draft: Draft = { ...local };
    const sends: Message[] = [];
    const retires = this.#settle(draft, take(local.charts), sends);
    return { local: draft, sends, retires };
  }

  /** Takes over what the chart did, and performs its effects. @returns conversations given up */
  #settle(draft: Draft, { state, effects }: TroupeStep, sends: Message[]): string[] {
    const current = this.#context(state)?.requestNo ?? 0;
    if (draft.making !== null) draft.making = renumbered(current, draft.making);
    draft.charts = numberedAnew<PartitionDuplicatorContext>(state, this.#troupe.root);
    const retires = current === 0 ? [] : [this.#ship];
    for (const { name, params } of effects) {
      if (name === 'prepareCheckpoint') {
        // One at a time; a chart that has given up on one gets the next one with it.
        draft.making = 0;
      } else if (name === 'loadBatch') {
        const next = this.#load(draft, params as PartitionDuplicatorEffects['loadBatch']);
        if (draft.charts === null) continue;
        retires.push(...this.#settle(draft, this.#troupe.take(draft.charts, this.#troupe.root, next), sends));
      } else if (name === 'probeFollower' || name === 'shipBatch') {
        sends.push(this.#toFollower(draft, name, params));
      }
    }
    return retires;
  }

  /** Reading the log is answered within the step: nothing can come between that would matter. */
  #load(draft: Draft, { afterDecree }: PartitionDuplicatorEffects['loadBatch']): ChartEvent {
    const { lastDecree, collectedTo } = draft.disk;
    const failed = (error: string) => ({
      type: 'FAILED',
      requestNo: 0,
      trouble: { error, operation: 'loadBatch' },
    });
    if (afterDecree > lastDecree) return failed('BRIDLE_SOURCE_BEHIND');
    if (afterDecree < collectedTo) {
      draft.readCollected = true;
      return failed('BRIDLE_GAP');
    }
    const toDecree = Math.min(afterDecree + 1, lastDecree);
    return { type: 'BATCH_LOADED', requestNo: 0, toDecree };
  }

  #toFollower(
    { order }: SourceNodeState,
    name: 'probeFollower' | 'shipBatch',
    { fromDecreeExcluded, toDecree }: PartitionDuplicatorEffects['shipBatch'],
  ): Message {
    const owner = ownerOf(order?.id ?? 0);
    const batch = { owner, fromDecreeExcluded, toDecree };
    return {
      from: this.name,
      to: followerNode(this.#partition),
      kind: name === 'probeFollower' ? 'Probe' : 'Ship',
      body: name === 'probeFollower' ? { owner } : batch,
      tag: this.#ship,
    };
  }

  #report({ charts, order }: SourceNodeState): Heard | null {
    const context = this.#context(charts);
    if (context === undefined || order === null) return null;
    return { id: order.id, ...progressReport(context) };
  }

  #context(charts: TroupeState | null): PartitionDuplicatorContext | undefined {
    return contextOf<PartitionDuplicatorContext>(charts ?? {}, this.#troupe.root);
  }
}
