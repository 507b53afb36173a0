/** The process that supervises: the `supervisor` chart, its journal on disk, and whoever finds it after a crash. */
import {
  type HealKind,
  NOTHING_REMEMBERED,
  type SupervisionMemory,
  type SupervisionRequest,
  type SupervisorContext,
  type SupervisorInput,
} from '../../../../../machines/index.js';
import {
  defineProcess,
  type Json,
  type Message,
  type Move,
  type Outcome,
  type Process,
} from '../../model.js';
import { contextOf, Troupe, type TroupeState, type TroupeStep, withContext } from '../../troupe.js';
import { STORAGE_BUDGET } from '../options.js';
import { type ChartEvent, numberedAnew, STALE_NUMBER, textOf, timerMoves } from '../plain.js';
import {
  ASK,
  CLUSTERS,
  CRASH_BUDGET,
  LESS_LEAVE_BUDGET,
  SUPERVISOR,
  SUPERVISOR_TIMES,
  type SupervisorModelOptions,
} from './options.js';

export interface KeeperState {
  readonly up: boolean;
  /** The journal; survives a crash. */
  readonly disk: SupervisionMemory;
  /** What this run was given leave to destroy. */
  readonly leave: readonly HealKind[];
  readonly charts: TroupeState | null;
  /** What is being written. */
  readonly writing: SupervisionMemory | null;
}

type Draft = { -readonly [Key in keyof KeeperState]: KeeperState[Key] };

export function keeper(options: SupervisorModelOptions): Process {
  return defineProcess<KeeperState>(new Keeper(options));
}

class Keeper implements Process<KeeperState> {
  readonly name = SUPERVISOR;
  readonly #troupe: Troupe;
  readonly #options: SupervisorModelOptions;

  constructor(options: SupervisorModelOptions) {
    this.#options = options;
    this.#troupe = new Troupe(options.chart);
  }

  start(): Outcome<KeeperState> {
    return this.#begin(NOTHING_REMEMBERED, this.#options.heal);
  }

  moves(local: KeeperState): readonly Move<KeeperState>[] {
    const { up, disk, leave, charts } = local;
    if (!up) {
      const resume: Move<KeeperState> = { label: 'resume', kind: 'effect', ...this.#begin(disk, leave) };
      const less = { kind: 'operator', budget: LESS_LEAVE_BUDGET, ...this.#begin(disk, []) } as const;
      return leave.length === 0 ? [resume] : [resume, { label: 'resume with less leave', ...less }];
    }
    if (charts === null || this.#isOver(charts)) return [];
    return [
      ...this.#storageMoves(local),
      ...timerMoves<KeeperState>(this.#troupe, charts, {
        conversation: ({ delay }) => (/Deadline$/.test(delay) ? ASK : undefined),
        ofOwnWork: ({ delay }) => delay === 'requestDeadline' && local.writing !== null,
        fired: (timer) => this.#take(local, (state) => this.#troupe.fire(state, timer)),
      }),
      {
        label: 'crash',
        kind: 'fault',
        budget: CRASH_BUDGET,
        local: { up: false, disk, leave, charts: null, writing: null },
        retires: [ASK],
      },
    ];
  }

  receive(local: KeeperState, { body, late }: Message): readonly Outcome<KeeperState>[] {
    const { asked, ...answer } = body as unknown as { asked: string; error: string };
    const waiting = contextOf<SupervisorContext>(local.charts ?? {}, this.#troupe.root);
    if (waiting === undefined) return [{ local }];
    const requestNo = late === undefined && waiting.asked === asked ? waiting.requestNo : STALE_NUMBER;
    const event: ChartEvent = { ...answer, type: 'SUPERVISION_REPLY', requestNo };
    return [this.#take(local, (state) => this.#troupe.take(state, this.#troupe.root, event))];
  }

  key({ charts, ...rest }: KeeperState): string {
    return `${textOf(rest)}${charts === null ? '' : this.#troupe.key(charts)}`;
  }

  describe({ up, disk, charts, writing }: KeeperState): string {
    const journal = `journal ${disk.step}${disk.heal === null ? '' : ` ${disk.heal.kind}`}, ${disk.heals} healings`;
    if (!up || charts === null) return `down, ${journal}`;
    return `${this.#troupe.leaves(charts).join(', ')}, ${journal}${writing === null ? '' : `, writes ${writing.step}`}`;
  }

  hosts({ charts }: KeeperState): Readonly<Record<string, TroupeState>> {
    return charts === null ? {} : { 'supervisor/users': charts };
  }

  #storageMoves(local: KeeperState): readonly Move<KeeperState>[] {
    const { writing } = local;
    if (writing === null) return [];
    const after = (next: KeeperState, error: string): Outcome<KeeperState> => {
      const { requestNo } = contextOf<SupervisorContext>(local.charts ?? {}, this.#troupe.root) ?? {};
      const event: ChartEvent = { type: 'SUPERVISION_REPLY', requestNo, error };
      return this.#take({ ...next, writing: null }, (state) =>
        this.#troupe.take(state, this.#troupe.root, event),
      );
    };
    const written = { ...local, disk: writing };
    const refuses = { kind: 'fault', budget: STORAGE_BUDGET } as const;
    return [
      { label: `the journal says ${writing.step}`, kind: 'effect', ...after(written, 'ERR_OK') },
      { label: `the disk refuses ${writing.step}`, ...refuses, ...after(local, 'ERR_DISK_IO_ERROR') },
      // Written, and told as failed: what an error of the disk means nobody knows.
      {
        label: `the journal says ${writing.step}, unheard`,
        ...refuses,
        ...after(written, 'ERR_DISK_IO_ERROR'),
      },
    ];
  }

  #begin(disk: SupervisionMemory, leave: readonly HealKind[]): Outcome<KeeperState> {
    const { once, verify, healLimit } = this.#options;
    const draft: Draft = { up: true, disk, leave, charts: null, writing: null };
    const input: SupervisorInput = {
      memory: disk,
      once,
      verify,
      heal: leave,
      healLimit,
      quietLooksLimit: 1,
      times: SUPERVISOR_TIMES,
    };
    return this.#settle(draft, this.#troupe.start(input), true);
  }

  #take(local: KeeperState, take: (charts: TroupeState) => TroupeStep): Outcome<KeeperState> {
    const { charts } = local;
    if (charts === null || this.#isOver(charts)) return { local };
    return this.#settle({ ...local }, take(charts), false);
  }

  #settle(draft: Draft, { state, effects }: TroupeStep, isNew: boolean): Outcome<KeeperState> {
    const sends: Message[] = [];
    const asksAnew = isNew || contextOf<SupervisorContext>(state, this.#troupe.root)?.requestNo !== 0;
    // What was being written is given up with the question; whether it gets there nobody knows.
    if (asksAnew) draft.writing = null;
    for (const { name, params } of effects) {
      if (name !== 'askSupervision') continue;
      const { request } = params as { request: SupervisionRequest };
      if (request.kind === 'Record') draft.writing = request.memory;
      else sends.push(messageOf(request, draft.disk.made));
    }
    draft.charts = withContext<SupervisorContext>(
      numberedAnew<SupervisorContext>(state, this.#troupe.root),
      this.#troupe.root,
      inFewWords,
    );
    return { local: draft, sends, retires: asksAnew ? [ASK] : [] };
  }

  #isOver(charts: TroupeState): boolean {
    return charts[this.#troupe.root]?.snapshot.status === 'done';
  }
}

/** Of reasons and troubles only that there is one, and whether it was a look, decides anything. */
function inFewWords(context: SupervisorContext): SupervisorContext {
  const { reason, trouble } = context;
  return {
    ...context,
    reason: reason === null ? null : { error: 'ERR_UNKNOWN', operation: 'supervise' },
    trouble:
      trouble === null
        ? null
        : { error: 'ERR_UNKNOWN', operation: trouble.operation === 'Look' ? 'Look' : 'supervise' },
  };
}

function messageOf(request: SupervisionRequest, made: readonly number[]): Message {
  const { requestNo: _, kind, ...rest } = request;
  const body = { dupid: 0, appId: 0, ...rest, asked: kind, made } as unknown as Json;
  return { from: SUPERVISOR, to: CLUSTERS, kind, body, tag: ASK };
}
