/** What the states of a migration are made of; see `migration.ts` for the picture. */
import { assign, raise, setup } from 'xstate';
import { declareEffects, describeStates, nextRequestNo, type StateMeta } from './effects.js';
import {
  type MigrationContext,
  type MigrationEffects,
  type MigrationEvent,
  type MigrationInput,
  type MigrationOutput,
  reasonOf,
  troubleOf,
} from './migrationRules.js';
import {
  type MigrationRequestKind,
  type MigrationSight,
  type MigrationStep,
  sees,
} from './migrationVerdict.js';
import { retryCeilingMs } from './retry.js';

export const chart = setup({
  types: {
    context: {} as MigrationContext,
    input: {} as MigrationInput,
    events: {} as MigrationEvent,
    output: {} as MigrationOutput,
    meta: {} as StateMeta,
    tags: {} as 'blocked',
  },
  actions: {
    ...declareEffects<MigrationEffects>()('askMigration'),
    numberRequest: assign(({ context }, params: { asked: MigrationRequestKind }) => ({
      requestNo: nextRequestNo(context.requestNo),
      asked: params.asked,
    })),
    timeOut: raise(({ context }) => ({
      type: 'MIGRATION_REPLY' as const,
      requestNo: context.requestNo,
      error: 'ERR_TIMEOUT',
    })),
    noteView: assign(({ event }) => (event.type === 'MIGRATION_REPLY' ? { view: event.view ?? null } : {})),
    noteCalm: assign(({ context }) => ({ calmLooks: context.calmLooks + 1 })),
    noteRestless: assign({ calmLooks: 0 }),
    noteTrouble: assign(({ context, event }) =>
      event.type === 'MIGRATION_REPLY' && event.error !== 'ERR_OK'
        ? {
            trouble: troubleOf(context, event),
            attempt: Math.min(context.attempt + 1, context.times.retry.limitAttempts),
          }
        : {},
    ),
    forgetTrouble: assign({ attempt: 0, trouble: null }),
    beginAnew: assign({ attempt: 0, trouble: null, calmLooks: 0, view: null }),
    noteDecided: assign({ decided: true }),
    /** The first reason stays: what goes wrong while undoing is not why it was undone. */
    giveReason: assign(({ context, event }) => ({
      reason: context.reason ?? reasonOf(context, event),
    })),
  },
  guards: {
    sees: ({ context, event }, params: { what: MigrationSight }) =>
      event.type === 'MIGRATION_REPLY' && sees(context, event, params.what),
    drainedUnverified: ({ context, event }) =>
      event.type === 'MIGRATION_REPLY' && context.verify && sees(context, event, 'drained'),
    decided: ({ context }) => context.decided,
    undecided: ({ context }) => !context.decided,
    startsUndo: ({ context }) => context.start === 'undo',
    startsDecided: ({ context }) => context.start === 'decided',
    startsFenced: ({ context }) => context.start === 'fenced',
    asksToClose: ({ context }) => context.view?.fence !== 'asked',
    hasEnded: ({ context }) => context.view?.status === 'gone',
  },
  delays: {
    requestDeadline: ({ context }) => context.times.requestDeadlineMs,
    verifyDeadline: ({ context }) => context.times.verifyDeadlineMs,
    waitingDeadline: ({ context }) => context.times.waitingDeadlineMs,
    fencingDeadline: ({ context }) => context.times.fencingDeadlineMs,
    drainingDeadline: ({ context }) => context.times.drainingDeadlineMs,
    patience: ({ context }) => context.times.patienceMs,
    blockedRecheck: ({ context }) => context.times.blockedRecheckMs,
    /** The poll while all is well, a backoff after a failure. */
    pause: ({ context }) =>
      context.attempt === 0 ? context.times.pollMs : retryCeilingMs(context.times.retry, context.attempt),
  },
});

type Asked = Exclude<MigrationRequestKind, 'Record'> | { readonly record: MigrationStep };
/** What a transition of these tables may note. */
type Noting =
  | 'noteView'
  | 'noteCalm'
  | 'noteRestless'
  | 'noteTrouble'
  | 'forgetTrouble'
  | 'noteDecided'
  | 'giveReason';

/** An answer that shows this leads there. */
export interface SightRow {
  readonly guard:
    | { readonly type: 'sees'; readonly params: { readonly what: MigrationSight } }
    | 'drainedUnverified';
  readonly target: string;
  readonly actions?: Noting | readonly Noting[];
}

const on = (what: MigrationSight) => ({ type: 'sees' as const, params: { what } });

const ask = (what: Asked) => {
  const asked = typeof what === 'string' ? what : 'Record';
  return [
    { type: 'numberRequest', params: { asked } },
    {
      type: 'askMigration',
      params: ({ context: { requestNo } }: { context: MigrationContext }) => ({
        request:
          typeof what === 'string'
            ? { requestNo, kind: what }
            : { requestNo, kind: 'Record' as const, step: what.record },
      }),
    },
  ] as const;
};

/**
 * A state that asks for something and waits for the answer; past the deadline its outcome is unknown, which
 * is an answer, too. The first row that fits counts; of a late answer nothing is seen.
 *
 * @example
 * asking('Look', meta('how far it is', SIDES, OR_AGAIN), [seen('again', 'pausing', 'noteTrouble')])
 */
export const asking = (
  what: Asked,
  meta: StateMeta,
  rows: readonly SightRow[],
  deadline: 'requestDeadline' | 'verifyDeadline' = 'requestDeadline',
) => ({
  meta,
  entry: [...ask(what)],
  after: { [deadline]: { actions: 'timeOut' as const } },
  on: { MIGRATION_REPLY: rows },
});

export const seen = (what: MigrationSight, target: string, ...actions: readonly Noting[]): SightRow => ({
  guard: on(what),
  target,
  ...(actions.length > 0 && { actions }),
});
/** Gives up where there is a way back, and is blocked where there is none. */
export const giveUp = { target: '#migration.givingUp', actions: 'giveReason' } as const;
/** Where nothing is decided for certain. */
export const undo = { target: '#migration.undoing', actions: 'giveReason' } as const;
/** Not in the phases that a run can come to after the decision, too. */
export const cancel = { guard: 'undecided', ...undo } as const;
export const givesUp = (what: MigrationSight): SightRow => ({ guard: on(what), ...giveUp });
export const undoes = (what: MigrationSight): SightRow => ({ guard: on(what), ...undo });

export const meta = describeStates('status', 'undo');
export const forward = describeStates('status', 'resume');
export const SIDES = 'both clusters';
export const JOURNAL = 'the disk of the operator';
export const OR_AGAIN = 'it answers; past the request deadline it is asked again';
export const THEN_LOOK = 'it answers, or the request deadline passes; then both clusters are looked at';
export const EITHER_WAY = 'it answers, either way';

/** A state that nothing leads out of by itself, but for a slow look whether the obstacle is gone. */
export const blocked = (meta: StateMeta, target: string) => {
  const again = { target, actions: 'forgetTrouble' } as const;
  return {
    tags: 'blocked' as const,
    meta: { ...meta, settled: 'blocked' as const },
    after: { blockedRecheck: again },
    on: { RETRY_NOW: again },
  };
};
