/** One move of a partition at its meta server: the `partitionMove` chart, and what nodes report of it. */
import { ChartHost } from '../../../actors/chartHost.js';
import {
  type PartitionMoveEffects,
  type PartitionMoveTimes,
  partitionMove,
  type StateMeta,
  type Trouble,
} from '../../../machines/index.js';
import { Journal } from '../../observe/journal.js';
import { chartEnvironment, type Environment } from '../environment.js';
import type { ArrivalReport, PartitionReport, TroubleReport } from '../node-sync.js';

export type MovePersisted =
  | { readonly type: 'MOVE_PERSISTED' }
  | { readonly type: 'MOVE_PERSIST_FAILED'; readonly error: string }
  | { readonly type: 'TABLE_GONE' };

export interface MoveSubject {
  readonly table: string;
  readonly appId: number;
  readonly partition: number;
  readonly from: string;
  readonly to: string;
  readonly ballot: number;
}

export interface HostedMoveOptions {
  readonly subject: MoveSubject;
  readonly recorded: boolean;
  /** The partition may be without data: a follower's is copied again where it comes to. */
  readonly mayBeEmpty: () => boolean;
  readonly times: PartitionMoveTimes;
  readonly persist: (effect: PartitionMoveEffects['persistMove']) => Promise<MovePersisted>;
  readonly onEnd: (trouble: Trouble | null) => void;
  readonly onDefect: (error: unknown, effect: string) => void;
  readonly environment: Environment;
}

export class HostedMove {
  readonly subject: MoveSubject;
  readonly #options: HostedMoveOptions;
  readonly #host: ChartHost<typeof partitionMove>;
  readonly #journal: Journal;
  /** The furthest that the new node was seen; only what goes beyond it is progress. */
  #furthest = -1;

  constructor(options: HostedMoveOptions) {
    const { subject, environment, recorded, times } = options;
    this.subject = subject;
    this.#options = options;
    this.#journal = new Journal(() => environment.clock.epochMs());
    this.#host = new ChartHost({
      name: `move/${subject.appId}.${subject.partition}/${subject.ballot}`,
      machine: partitionMove,
      partition: subject.partition,
      input: { ...subject, recorded, times },
      handlers: {
        persistMove: (effect: PartitionMoveEffects['persistMove']) => options.persist(effect),
      },
      onDefect: options.onDefect,
      ...chartEnvironment(environment),
      onSnapshot: (actor, snapshot) => this.#journal.note(actor, snapshot),
    });
    this.#host.actor.subscribe({ complete: () => options.onEnd(this.#host.snapshot.context.trouble) });
  }

  /** What it waits for, from whom, since when. */
  view() {
    const history = this.#journal.of(this.#host.name);
    const metas = Object.values(this.#host.snapshot.getMeta() as Record<string, StateMeta | undefined>);
    const meta = metas.find((each) => each !== undefined) ?? null;
    return {
      state: history?.state ?? '',
      meta,
      sinceMs: history?.sinceMs ?? 0,
      trouble: history?.trouble ?? null,
    };
  }

  /** Whether the new node shall fetch the partition, or keep what it has fetched. */
  get fetches(): boolean {
    return this.#host.snapshot.hasTag('fetches');
  }

  start(): this {
    this.#host.start();
    return this;
  }

  stop(): void {
    this.#host.stop();
  }

  tableGone(): void {
    this.#host.send({ type: 'TABLE_GONE' });
  }

  /** Of the node that has the partition. */
  noteOld(report: PartitionReport | undefined): void {
    const { ballot } = this.subject;
    const { left, state, trouble } = report ?? {};
    if (left?.ballot === ballot) {
      if (left.holds || this.#options.mayBeEmpty()) this.#host.send({ type: 'LEFT', ...left });
      else {
        const hint = 'the rows of the partition are gone there';
        this.#failed('LEAVE_FAILED', { error: 'ERR_PATH_NOT_FOUND', operation: 'close partition', hint });
      }
    } else if (state === 'failed') {
      this.#failed('LEAVE_FAILED', trouble ?? { error: 'ERR_INACTIVE_STATE', operation: 'close partition' });
    }
  }

  /** Of the node that it moves to. */
  noteNew(arrival: ArrivalReport | undefined): void {
    const { ballot } = this.subject;
    if (arrival?.ballot !== ballot) return;
    if (arrival.state === 'fetched') this.#host.send({ type: 'FETCHED', ballot, decree: arrival.decree });
    else if (arrival.state === 'failed') {
      this.#failed('FETCH_FAILED', arrival.trouble ?? { error: 'ERR_UNKNOWN', operation: 'fetch partition' });
    } else {
      const { doneBytes = 0, filesDone = 0, state = '' } = arrival.transfer ?? {};
      const late = ['installing', 'opening'].indexOf(state) + 1;
      const reached = doneBytes + filesDone + late;
      if (reached <= this.#furthest) return;
      this.#furthest = reached;
      this.#host.send({ type: 'FETCH_PROGRESS', ballot });
    }
  }

  #failed(type: 'LEAVE_FAILED' | 'FETCH_FAILED', reported: Trouble | TroubleReport): void {
    const { error, operation, peer, hint } = reported;
    const trouble = {
      error,
      operation,
      peer: peer ?? (type === 'LEAVE_FAILED' ? this.subject.from : this.subject.to),
      ...(hint === undefined ? {} : { hint }),
    };
    this.#host.send({ type, ballot: this.subject.ballot, trouble });
  }
}
