/** The process that migrates: the `migration` chart, its journal on disk, and whoever finds it after a crash. */
import type {
  MigrationContext,
  MigrationInput,
  MigrationRequest,
  MigrationStep,
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
  CANCEL_BUDGET,
  CRASH_BUDGET,
  FOLLOWER,
  MIGRATION_TIMES,
  MIGRATOR,
  type MigrationModelOptions,
  SOURCE,
  UNDO_BUDGET,
} from './options.js';

export interface MigratorState {
  readonly up: boolean;
  /** The journal; survives a crash. */
  readonly disk: { readonly step: MigrationStep; readonly run: number };
  readonly charts: TroupeState | null;
  /** The step that is being written. */
  readonly writing: MigrationStep | null;
}

type Draft = { -readonly [Key in keyof MigratorState]: MigratorState[Key] };

export function migrator(options: MigrationModelOptions): Process {
  return defineProcess<MigratorState>(new Migrator(options));
}

class Migrator implements Process<MigratorState> {
  readonly name = MIGRATOR;
  readonly #troupe: Troupe;

  constructor({ chart }: MigrationModelOptions) {
    this.#troupe = new Troupe(chart);
  }

  start(): Outcome<MigratorState> {
    return this.#begin({ step: 'waiting', run: 1 }, 'new');
  }

  moves(local: MigratorState): readonly Move<MigratorState>[] {
    const { up, disk, charts } = local;
    if (!up) return this.#takeOvers(local);
    if (charts === null || this.#isOver(charts)) return [];
    return [
      ...this.#storageMoves(local),
      ...timerMoves<MigratorState>(this.#troupe, charts, {
        conversation: ({ delay }) => (/requestDeadline|verifyDeadline/.test(delay) ? ASK : undefined),
        ofOwnWork: ({ delay }) => delay === 'requestDeadline' && local.writing !== null,
        fired: (timer) => this.#take(local, (state) => this.#troupe.fire(state, timer)),
      }),
      {
        label: 'cancel',
        kind: 'operator',
        budget: CANCEL_BUDGET,
        ...this.#take(local, (state) => this.#troupe.take(state, this.#troupe.root, { type: 'CANCEL' })),
      },
      {
        label: 'crash',
        kind: 'fault',
        budget: CRASH_BUDGET,
        local: { up: false, disk, charts: null, writing: null },
        retires: [ASK],
      },
    ];
  }

  receive(local: MigratorState, { body, late }: Message): readonly Outcome<MigratorState>[] {
    const { asked, ...answer } = body as unknown as { asked: string; error: string };
    const waiting = contextOf<MigrationContext>(local.charts ?? {}, this.#troupe.root);
    if (waiting === undefined) return [{ local }];
    const requestNo = late === undefined && waiting.asked === asked ? 0 : STALE_NUMBER;
    const event: ChartEvent = { ...answer, type: 'MIGRATION_REPLY', requestNo };
    return [this.#take(local, (state) => this.#troupe.take(state, this.#troupe.root, event))];
  }

  key({ charts, ...rest }: MigratorState): string {
    return `${textOf(rest)}${charts === null ? '' : this.#troupe.key(charts)}`;
  }

  describe({ up, disk, charts, writing }: MigratorState): string {
    const journal = `journal ${disk.step}, run ${disk.run}`;
    if (!up || charts === null) return `down, ${journal}`;
    return `${this.#troupe.leaves(charts).join(', ')}, ${journal}${writing === null ? '' : `, writes ${writing}`}`;
  }

  hosts({ charts }: MigratorState): Readonly<Record<string, TroupeState>> {
    return charts === null ? {} : { 'migration/users': charts };
  }

  /** Somebody finds the journal: it is resumed in the end, unless it is undone before. */
  #takeOvers({ disk }: MigratorState): readonly Move<MigratorState>[] {
    const { step, run } = disk;
    if (step === 'done' || step === 'undone') return [];
    const next = { step, run: run + 1 };
    const start = step === 'decided' ? 'decided' : step === 'waiting' ? 'new' : 'fenced';
    const resume: Move<MigratorState> = { label: 'resume', kind: 'effect', ...this.#begin(next, start) };
    if (step === 'decided') return [resume];
    return [resume, { label: 'undo', kind: 'operator', budget: UNDO_BUDGET, ...this.#begin(next, 'undo') }];
  }

  #storageMoves(local: MigratorState): readonly Move<MigratorState>[] {
    const { writing, disk } = local;
    if (writing === null) return [];
    const after = (next: MigratorState, error: string): Outcome<MigratorState> => {
      const event = { type: 'MIGRATION_REPLY', requestNo: 0, error };
      return this.#take({ ...next, writing: null }, (state) =>
        this.#troupe.take(state, this.#troupe.root, event),
      );
    };
    const written = { ...local, disk: { ...disk, step: writing } };
    const refuses = { kind: 'fault', budget: STORAGE_BUDGET } as const;
    return [
      { label: `the journal says ${writing}`, kind: 'effect', ...after(written, 'ERR_OK') },
      { label: `the disk refuses ${writing}`, ...refuses, ...after(local, 'ERR_DISK_IO_ERROR') },
      // Written, and told as failed: what an error of the disk means nobody knows.
      { label: `the journal says ${writing}, unheard`, ...refuses, ...after(written, 'ERR_DISK_IO_ERROR') },
    ];
  }

  #begin(disk: MigratorState['disk'], start: MigrationInput['start']): Outcome<MigratorState> {
    const draft: Draft = { up: true, disk, charts: null, writing: null };
    const step = this.#troupe.start({
      start,
      verify: true,
      thresholdDecrees: 0,
      calmLooksWanted: 1,
      times: MIGRATION_TIMES,
    } satisfies MigrationInput);
    return this.#settle(draft, step);
  }

  #take(local: MigratorState, take: (charts: TroupeState) => TroupeStep): Outcome<MigratorState> {
    const { charts } = local;
    if (charts === null || this.#isOver(charts)) return { local };
    return this.#settle({ ...local }, take(charts));
  }

  #settle(draft: Draft, { state, effects }: TroupeStep): Outcome<MigratorState> {
    const sends: Message[] = [];
    const asksAnew = contextOf<MigrationContext>(state, this.#troupe.root)?.requestNo !== 0;
    // What was being written is given up with the question; whether it gets there nobody knows.
    if (asksAnew) draft.writing = null;
    for (const { name, params } of effects) {
      if (name !== 'askMigration') continue;
      const { request } = params as { request: MigrationRequest };
      if (request.kind === 'Record') draft.writing = request.step;
      else sends.push(messageOf(request.kind, draft.disk.run));
    }
    draft.charts = withContext<MigrationContext>(
      numberedAnew<MigrationContext>(state, this.#troupe.root),
      this.#troupe.root,
      inFewWords,
    );
    return { local: draft, sends, retires: asksAnew ? [ASK] : [] };
  }

  #isOver(charts: TroupeState): boolean {
    return charts[this.#troupe.root]?.snapshot.status === 'done';
  }
}

const SOME: MigrationContext['reason'] = { error: 'ERR_UNKNOWN', operation: 'migrate' };

/** Reasons, troubles and how it began are told to people and decide nothing: states that differ in them are one. */
function inFewWords(context: MigrationContext): MigrationContext {
  const reason = context.reason === null ? null : SOME;
  const trouble = context.trouble === null ? null : SOME;
  if (context.reason === reason && context.trouble === trouble && context.start === 'new') return context;
  return { ...context, reason, trouble, start: 'new' };
}

function messageOf(kind: MigrationRequest['kind'], run: number): Message {
  const to = kind === 'OpenFollower' ? FOLLOWER : SOURCE;
  const body: Json = { asked: kind, run };
  return { from: MIGRATOR, to, kind: kind === 'Verify' ? 'Look' : kind, body, tag: ASK };
}
