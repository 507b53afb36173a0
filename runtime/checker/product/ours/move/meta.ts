/** The meta server: the `partitionMove` chart, and the record that decides where the partition is. */
import type { PartitionMoveContext } from '../../../../../machines/index.js';
import { defineProcess, type Message, type Move, type Outcome, type Process } from '../../model.js';
import { contextOf, Troupe, type TroupeState, type TroupeStep } from '../../troupe.js';
import { STORAGE_BUDGET } from '../options.js';
import { answerTo, type ChartEvent, textOf, timerMoves, view } from '../plain.js';
import {
  crashBudgetOf,
  META,
  MOVE_BUDGET,
  MOVE_TIMES,
  type MoveModelOptions,
  type NodeName,
  type Orders,
  otherOf,
  type Report,
} from './options.js';

interface Place {
  readonly node: NodeName;
  readonly ballot: number;
  /** The attempt that is under way. */
  readonly moving: number | null;
  /** The largest that any attempt has had. */
  readonly last: number;
}

export interface MetaState {
  readonly up: boolean;
  /** Survives a crash. */
  readonly disk: Place;
  readonly charts: TroupeState | null;
  readonly writing: 'begin' | 'complete' | 'undo' | null;
  /** Ballot of the copy that each node has said it has open. */
  readonly open: Readonly<Record<NodeName, number | null>>;
}

const UNHEARD: MetaState['open'] = { a: null, b: null };

export function meta(options: MoveModelOptions): Process {
  return defineProcess<MetaState>(new Meta(options));
}

class Meta implements Process<MetaState> {
  readonly name = META;
  readonly #troupe: Troupe;

  constructor(options: MoveModelOptions) {
    this.#troupe = new Troupe(options.chart);
  }

  start(): Outcome<MetaState> {
    const disk: Place = { node: 'a', ballot: 0, moving: null, last: 0 };
    return { local: { up: true, disk, charts: null, writing: null, open: UNHEARD } };
  }

  moves(local: MetaState): readonly Move<MetaState>[] {
    const { up, disk, charts, writing } = local;
    if (!up) return [{ label: 'restart', kind: 'effect', ...this.#restart(disk) }];
    const moves: Move<MetaState>[] = [
      {
        ...{ label: 'crash', kind: 'fault', budget: crashBudgetOf('meta') },
        local: { up: false, disk, charts: null, writing: null, open: UNHEARD },
      },
    ];
    if (charts === null) {
      const asked = this.#begin({ ...local }, disk.last + 1, false);
      moves.push({ label: 'move', kind: 'operator', budget: MOVE_BUDGET, ...asked });
      return moves;
    }
    moves.push(
      ...timerMoves<MetaState>(this.#troupe, charts, {
        fired: (timer) => this.#take(local, (state) => this.#troupe.fire(state, timer)),
      }),
    );
    if (writing !== null) {
      const written = { ...local, disk: recordAfter(disk, writing, this.#ballotOf(charts)), writing: null };
      moves.push(
        {
          label: `the record says ${writing}`,
          kind: 'effect',
          ...this.#tell(written, { type: 'MOVE_PERSISTED' }),
        },
        {
          ...{ label: `storage refuses ${writing}`, kind: 'fault', budget: STORAGE_BUDGET },
          ...this.#tell(
            { ...local, writing: null },
            { type: 'MOVE_PERSIST_FAILED', error: 'ERR_DISK_IO_ERROR' },
          ),
        },
      );
    }
    return moves;
  }

  receive(local: MetaState, message: Message): readonly Outcome<MetaState>[] {
    if (!local.up) return [{ local }];
    const node = message.from as NodeName;
    const report = message.body as unknown as Report;
    const heard = {
      ...local,
      open: { ...local.open, [node]: report.open ? (report.copy?.ballot ?? null) : null },
    };
    const { local: next } = this.#note(heard, node, report);
    return [{ local: next, sends: [answerTo(message, 'Orders', view(this.#ordersFor(next, node, report)))] }];
  }

  key({ charts, ...rest }: MetaState): string {
    return `${textOf(rest)}${charts === null ? '' : this.#troupe.key(charts)}`;
  }

  describe({ up, disk, charts, writing }: MetaState): string {
    const at = charts === null ? 'idle' : this.#troupe.leaves(charts).join(', ');
    const record = `${disk.node} by ${disk.ballot}${disk.moving === null ? '' : `, moving by ${disk.moving}`}`;
    return `${up ? at : 'down'}, the record: ${record}${writing === null ? '' : `, writes ${writing}`}`;
  }

  hosts({ charts }: MetaState): Readonly<Record<string, TroupeState>> {
    return charts === null ? {} : { 'move/1.0': charts };
  }

  #note(local: MetaState, node: NodeName, { left, arrived }: Report): Outcome<MetaState> {
    const isOld = node === local.disk.node;
    if (local.charts === null) return { local };
    if (isOld && left !== null) return this.#tell(local, { type: 'LEFT', ...left });
    return !isOld && arrived !== null ? this.#tell(local, { type: 'FETCHED', ...arrived }) : { local };
  }

  #ordersFor({ disk, charts, open }: MetaState, node: NodeName, { copy, arrived }: Report): Orders {
    const isPlace = disk.node === node;
    const fetches = charts !== null && /^(fetching|deciding)/.test(this.#troupe.leaves(charts)[0] ?? '');
    const isOld = !isPlace && copy !== null && copy.ballot < disk.ballot;
    return {
      mine: isPlace ? { ballot: disk.ballot, leaving: disk.moving } : null,
      arrival: !isPlace && fetches && disk.moving !== null ? disk.moving : null,
      dropBelow: isOld && open[disk.node] === disk.ballot ? disk.ballot : null,
      dropArrival: !isPlace && disk.moving === null && arrived !== null,
    };
  }

  #restart(disk: Place): Outcome<MetaState> {
    const local: MetaState = { up: true, disk, charts: null, writing: null, open: UNHEARD };
    return disk.moving === null ? { local } : this.#begin(local, disk.moving, true);
  }

  #begin(local: MetaState, ballot: number, recorded: boolean): Outcome<MetaState> {
    const { node } = local.disk;
    const input = { partition: 0, from: node, to: otherOf(node), ballot, recorded, times: MOVE_TIMES };
    return this.#settle(local, this.#troupe.start(input));
  }

  #tell(local: MetaState, event: ChartEvent): Outcome<MetaState> {
    return this.#take(local, (state) => this.#troupe.take(state, this.#troupe.root, event));
  }

  #take(local: MetaState, take: (charts: TroupeState) => TroupeStep): Outcome<MetaState> {
    return local.charts === null ? { local } : this.#settle(local, take(local.charts));
  }

  #settle(local: MetaState, { state, effects }: TroupeStep): Outcome<MetaState> {
    let { writing } = local;
    for (const { name, params } of effects) {
      if (name === 'persistMove') writing = (params as { step: NonNullable<MetaState['writing']> }).step;
    }
    const isOver = state[this.#troupe.root]?.snapshot.status === 'done';
    return { local: { ...local, charts: isOver ? null : state, writing } };
  }

  #ballotOf(charts: TroupeState): number {
    return contextOf<PartitionMoveContext>(charts, this.#troupe.root)?.ballot ?? -1;
  }
}

function recordAfter(disk: Place, step: NonNullable<MetaState['writing']>, ballot: number): Place {
  const last = Math.max(disk.last, ballot);
  if (step === 'begin') return { ...disk, moving: ballot, last };
  if (step === 'undo') return { ...disk, moving: null, last };
  return { node: otherOf(disk.node), ballot, moving: null, last };
}
