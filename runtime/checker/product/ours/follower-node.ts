/**
 * A follower node with one partition of the follower table: fetching the checkpoint with the
 * `checkpointTransfer` chart, then applying what the source ships.
 */
import type { CheckpointTransferContext, CheckpointTransferEffects } from '../../../../machines/index.js';
import { admitBatch } from '../../../cluster/rrdb/admit-batch.js';
import { defineProcess, type Json, type Message, type Move, type Outcome, type Process } from '../model.js';
import { contextOf, Troupe, type TroupeState, type TroupeStep } from '../troupe.js';
import type { FollowerOrder } from './follower-meta.js';
import {
  crashBudget,
  type DuplicationModelOptions,
  FOLLOWER_META,
  followerNode as followerNodeName,
  STORAGE_BUDGET,
  sourceNode,
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
  view,
} from './plain.js';

/** What the partition holds. */
export interface Copy {
  readonly instance: number;
  readonly owner: string;
  /** The mark beside the rows: everything up to it is here. */
  readonly appliedDecree: number;
  /** Decrees in the order in which they took effect; those of the checkpoint first. */
  readonly effective: readonly number[];
  /** Owners whose batches took effect here. */
  readonly fedBy: readonly string[];
}

export interface FollowerNodeState {
  readonly up: boolean;
  /** Survives a crash. */
  readonly disk: Copy | null;
  readonly charts: TroupeState | null;
  readonly open: boolean;
  readonly order: FollowerOrder | null;
  /** A checkpoint that is being made the partition's store. */
  readonly installing: { readonly requestNo: number; readonly decree: number } | null;
}

type Draft = { -readonly [Key in keyof FollowerNodeState]: FollowerNodeState[Key] };

const FILE = { name: 'rows', sizeBytes: 1, md5: '' } as const;

export function followerNode(options: DuplicationModelOptions, partition: number): Process {
  return defineProcess<FollowerNodeState>(new FollowerNode(options, partition));
}

class FollowerNode implements Process<FollowerNodeState> {
  readonly name: string;
  readonly #partition: number;
  readonly #troupe: Troupe;
  readonly #fetch: string;
  readonly #copy: string;
  readonly #holds: string;

  constructor({ charts }: DuplicationModelOptions, partition: number) {
    this.name = followerNodeName(partition);
    this.#partition = partition;
    this.#troupe = new Troupe(charts.checkpointTransfer);
    this.#fetch = `fetch${partition}`;
    this.#copy = `copy${partition}`;
    this.#holds = `holds${partition}`;
  }

  start(): Outcome<FollowerNodeState> {
    return { local: { up: true, disk: null, charts: null, open: false, order: null, installing: null } };
  }

  moves(local: FollowerNodeState): readonly Move<FollowerNodeState>[] {
    if (!local.up) return [{ label: 'restart', kind: 'effect', ...this.#restart(local) }];
    return [
      ...this.#installMoves(local),
      ...this.#reportMoves(local),
      ...timerMoves<FollowerNodeState>(this.#troupe, local.charts, {
        conversation: ({ delay }) =>
          delay === 'requestDeadline' ? this.#fetch : delay === 'stalledFile' ? this.#copy : undefined,
        ofOwnWork: ({ delay }) => delay === 'installDeadline',
        fired: (timer) => this.#charts(local, (charts) => this.#troupe.fire(charts, timer)),
      }),
      { label: 'crash', kind: 'fault', budget: crashBudget('followerNode'), ...this.#crash(local) },
    ];
  }

  receive(local: FollowerNodeState, message: Message): readonly Outcome<FollowerNodeState>[] {
    if (!local.up) return message.kind === 'Order' ? [] : [{ local }];
    switch (message.kind) {
      case 'Order':
        return [this.#follow(local, message)];
      case 'QueryCheckpointAnswer':
      case 'CopyFileAnswer':
        return [this.#sourceAnswers(local, message)];
      case 'Probe':
      case 'Ship':
        return [this.#apply(local, message)];
      default:
        throw new RangeError(`${this.name} got ${message.kind}`);
    }
  }

  key({ charts, ...rest }: FollowerNodeState): string {
    return `${textOf(rest)}${charts === null ? '' : this.#troupe.key(charts)}`;
  }

  describe({ up, charts, open, disk, installing }: FollowerNodeState): string {
    const rows = disk === null ? 'holds nothing' : `holds ${disk.effective.join(' ')} of ${disk.owner}`;
    if (!up) return `down, ${rows}`;
    const chart = charts === null ? (open ? 'open' : 'idle') : this.#troupe.leaves(charts).join(', ');
    return `${chart}${installing === null ? '' : ', installs'}, ${rows}`;
  }

  hosts({ charts, order }: FollowerNodeState): Readonly<Record<string, TroupeState>> {
    return charts === null ? {} : { [`transfer/${order?.instance ?? 0}.${this.#partition}`]: charts };
  }

  #installMoves(local: FollowerNodeState): readonly Move<FollowerNodeState>[] {
    const { installing, order } = local;
    if (installing === null || order === null) return [];
    const { requestNo, decree } = installing;
    const { instance, owner } = order;
    const effective = Array.from({ length: decree }, (_, index) => index + 1);
    const disk: Copy = { instance, owner, appliedDecree: decree, effective, fedBy: [] };
    const trouble = { error: 'ERR_DISK_IO_ERROR', operation: 'installCheckpoint' };
    return [
      {
        label: 'the checkpoint is installed',
        kind: 'effect',
        ...this.#event({ ...local, disk, installing: null }, { type: 'INSTALLED', requestNo }),
      },
      {
        label: 'the checkpoint cannot be installed',
        kind: 'fault',
        budget: STORAGE_BUDGET,
        ...this.#event({ ...local, installing: null }, { type: 'FAILED', requestNo, trouble }),
      },
    ];
  }

  /** Tells the meta server which partition is open here, anew until it knows. */
  #reportMoves(local: FollowerNodeState): readonly Move<FollowerNodeState>[] {
    const { order, open, disk } = local;
    const instance = open ? (disk?.instance ?? 0) : 0;
    if (order === null || order.heard === instance) return [];
    return [
      {
        label: 'sync',
        kind: 'timer',
        unlessInFlight: this.#holds,
        local,
        sends: [
          {
            from: this.name,
            to: FOLLOWER_META,
            kind: 'Holds',
            body: { partition: this.#partition, instance },
            tag: this.#holds,
          },
        ],
      },
    ];
  }

  #crash(local: FollowerNodeState): Outcome<FollowerNodeState> {
    return {
      local: { ...local, up: false, charts: null, open: false, order: null, installing: null },
      retires: [this.#fetch, this.#copy, this.#holds],
    };
  }

  #restart(local: FollowerNodeState): Outcome<FollowerNodeState> {
    const tag = `followerHello${this.#partition}`;
    const body = { partition: this.#partition };
    return {
      local: { ...local, up: true },
      retires: [tag],
      sends: [{ from: this.name, to: FOLLOWER_META, kind: 'Hello', body, tag, reliable: true }],
    };
  }

  #follow(local: FollowerNodeState, { body }: Message): Outcome<FollowerNodeState> {
    const order = body as unknown as FollowerOrder | null;
    const retires: string[] = [];
    const sends: Message[] = [];
    const draft: Draft = { ...local, order };
    const same = order !== null && local.order?.instance === order.instance;
    if (!same) {
      // Another table, or none: what was here goes, on disk too.
      if (local.charts !== null) retires.push(this.#fetch, this.#copy);
      draft.charts = null;
      draft.open = false;
      draft.installing = null;
      if (order === null || local.disk?.instance !== order.instance) draft.disk = null;
    }
    if (order !== null && !same) {
      const started = this.#troupe.start({
        partition: this.#partition,
        parallelFiles: 1,
        times: TIMES.transfer,
        installed: draft.disk !== null,
      });
      retires.push(...this.#settle(draft, started, sends));
    }
    return { local: draft, sends, retires };
  }

  #sourceAnswers(local: FollowerNodeState, { kind, body, late, from }: Message): Outcome<FollowerNodeState> {
    const { decree, error } = body as { decree?: number; error?: string };
    const requestNo = late === undefined ? 0 : STALE_NUMBER;
    if (kind === 'QueryCheckpointAnswer') {
      const trouble = { error, operation: 'RPC_QUERY_LAST_CHECKPOINT_INFO', peer: from };
      const checkpoint = { decree, directory: `checkpoint.${decree}`, files: [FILE] };
      return this.#event(
        local,
        error === undefined
          ? { type: 'CHECKPOINT_AT', requestNo, checkpoint }
          : { type: 'FAILED', requestNo, trouble },
      );
    }
    // The copy that asked has been stopped: nobody is there to hear the answer.
    if (late !== undefined) return { local };
    const trouble = { error, operation: 'RPC_NFS_COPY', peer: from };
    return this.#event(
      local,
      error === undefined
        ? { type: 'FILE_VERIFIED', name: FILE.name }
        : { type: 'FILE_FAILED', name: FILE.name, trouble },
    );
  }

  /** Each decree takes effect once, and only next to what is there. */
  #apply(local: FollowerNodeState, message: Message): Outcome<FollowerNodeState> {
    const { owner, fromDecreeExcluded, toDecree } = message.body as {
      owner: string;
      fromDecreeExcluded?: number;
      toDecree?: number;
    };
    const { disk, open } = local;
    const answer = (event: object, changed = local): Outcome<FollowerNodeState> => ({
      local: changed,
      sends: [answerTo(message, 'At', { event: view(event) })],
    });
    const fail = (error: string): Outcome<FollowerNodeState> =>
      answer({ type: 'FAILED', trouble: { error, operation: 'RPC_RRDB_RRDB_DUPLICATE' } });
    if (!open || disk === null) return fail('ERR_OBJECT_NOT_FOUND');
    if (owner !== disk.owner) return fail('BRIDLE_FOREIGN_TABLE');
    const { appliedDecree } = disk;
    if (toDecree === undefined || fromDecreeExcluded === undefined) {
      return answer({ type: 'FOLLOWER_AT', appliedDecree });
    }
    const admission = admitBatch(appliedDecree, { fromDecreeExcluded, toDecreeIncluded: toDecree });
    if (admission === 'repeated') return answer({ type: 'BATCH_SHIPPED', appliedDecree });
    if (admission !== 'apply') return fail('ERR_TRY_AGAIN');
    const shipped = Array.from(
      { length: toDecree - fromDecreeExcluded },
      (_, i) => fromDecreeExcluded + i + 1,
    );
    const changed: FollowerNodeState = {
      ...local,
      disk: {
        ...disk,
        appliedDecree: toDecree,
        effective: [...disk.effective, ...shipped],
        fedBy: disk.fedBy.includes(owner) ? disk.fedBy : [...disk.fedBy, owner],
      },
    };
    return answer({ type: 'BATCH_SHIPPED', appliedDecree: toDecree }, changed);
  }

  #event(local: FollowerNodeState, event: ChartEvent): Outcome<FollowerNodeState> {
    return this.#charts(local, (charts) => this.#troupe.take(charts, this.#troupe.root, event));
  }

  #charts(local: FollowerNodeState, take: (charts: TroupeState) => TroupeStep): Outcome<FollowerNodeState> {
    if (local.charts === null) return { local };
    const draft: Draft = { ...local };
    const sends: Message[] = [];
    const retires = this.#settle(draft, take(local.charts), sends);
    return { local: draft, sends, retires };
  }

  /** Takes over what the chart did, and performs its effects. @returns conversations given up */
  #settle(draft: Draft, { state, effects }: TroupeStep, sends: Message[]): string[] {
    const current = contextOf<CheckpointTransferContext>(state, this.#troupe.root)?.requestNo ?? 0;
    const retires = current === 0 ? [] : [this.#fetch];
    draft.charts = numberedAnew<CheckpointTransferContext>(state, this.#troupe.root);
    if (draft.installing !== null) {
      draft.installing = {
        ...draft.installing,
        requestNo: renumbered(current, draft.installing.requestNo),
      };
    }
    for (const { name, params } of effects) {
      switch (name) {
        case 'locatePrimary':
          // Where the primary is does not change here.
          retires.push(...this.#next(draft, { type: 'PRIMARY_AT', address: this.#source }, sends));
          break;
        case 'queryCheckpoint':
          sends.push(this.#toSource('QueryCheckpoint', {}, this.#fetch));
          break;
        case 'spawn':
          retires.push(this.#copy);
          sends.push(this.#toSource('CopyFile', { decree: params.input.decree }, this.#copy));
          break;
        case 'stop':
          retires.push(this.#copy);
          break;
        case 'installCheckpoint': {
          const { checkpoint } = params as CheckpointTransferEffects['installCheckpoint'];
          draft.installing = { requestNo: 0, decree: checkpoint.decree };
          break;
        }
        case 'openPartition':
          draft.open = true;
          retires.push(...this.#next(draft, { type: 'OPENED' }, sends));
          break;
      }
    }
    if (draft.charts !== null && draft.charts[this.#troupe.root]?.snapshot.status === 'done') {
      draft.charts = null;
    }
    return retires;
  }

  /** The answer to what was asked in this step comes within it. */
  #next(draft: Draft, event: ChartEvent, sends: Message[]): string[] {
    if (draft.charts === null) return [];
    const answer = { ...event, requestNo: 0 };
    return this.#settle(draft, this.#troupe.take(draft.charts, this.#troupe.root, answer), sends);
  }

  get #source(): string {
    return sourceNode(this.#partition);
  }

  #toSource(kind: string, body: Json, tag: string): Message {
    return { from: this.name, to: this.#source, kind, body, tag };
  }
}
