/**
 * One duplication at upstream's meta server: a status, and an alteration of it that waits for storage.
 *
 *   DS_INIT ─► DS_PREPARE ─► DS_APP ─► DS_LOG ⇄ DS_PAUSE        any ─► DS_REMOVED ■
 *
 * As upstream has it, and unlike ours: what is written is the *next* status, which is DS_INIT between
 * alterations; a callback of storage is not matched with the write that it is of; every sync of every
 * node drives the creation of the follower table, with no regard to what is under way already.
 */
import { and, assign, raise, setup } from 'xstate';
import { declareEffects } from '../../../machines/effects.js';
import { DUPLICATION_STATUSES, type DuplicationStatus, type FailMode } from '../../../machines/vocabulary.js';
import type { Fixes } from '../fixes.js';

export interface MetaDuplicationInput {
  readonly status: DuplicationStatus;
  readonly failMode: FailMode;
  readonly partitions: number;
}

export interface MetaDuplicationContext {
  /** Where it began: DS_INIT when it is new, else what was stored. */
  readonly recovered: DuplicationStatus;
  readonly altering: boolean;
  readonly failMode: FailMode;
  readonly next: DuplicationStatus;
  readonly nextFailMode: FailMode;
  /** Of each partition; volatile. */
  readonly prepared: readonly boolean[];
}

/** Who alters decides how the result is stored: `add` creates and never overwrites, the others set. */
export type Alterer = 'add' | 'modify' | 'callback';

export type MetaDuplicationEvent =
  | {
      readonly type: 'ALTER';
      readonly to: DuplicationStatus;
      readonly failMode: FailMode;
      readonly by: Alterer;
    }
  | { readonly type: 'WRITTEN' }
  | { readonly type: 'PREPARED'; readonly partition: number; readonly prepared: boolean }
  | { readonly type: 'SYNCED'; readonly node: string }
  | { readonly type: 'CREATED' | 'MARKED' | 'CHECKED'; readonly node: string; readonly error: string };

export interface MetaDuplicationEffects {
  readonly writeRecord: {
    readonly status: DuplicationStatus;
    readonly failMode: FailMode;
    readonly by: Alterer;
  };
  readonly answer: { readonly error: string };
  readonly createFollower: { readonly node: string; readonly as: 'creating' | 'created' };
  readonly checkFollower: { readonly node: string };
  readonly abort: { readonly why: string };
}

type Alter = Extract<MetaDuplicationEvent, { type: 'ALTER' }>;

export function metaDuplication(fixes: Fixes) {
  const chart = setup({
    types: {
      context: {} as MetaDuplicationContext,
      input: {} as MetaDuplicationInput,
      events: {} as MetaDuplicationEvent,
    },
    actions: {
      ...declareEffects<MetaDuplicationEffects>()(
        'writeRecord',
        'answer',
        'createFollower',
        'checkFollower',
        'abort',
      ),
      begin: assign(({ event }) =>
        event.type === 'ALTER' ? { altering: true, next: event.to, nextFailMode: event.failMode } : {},
      ),
      show: assign(({ context }) => ({
        altering: false,
        next: 'DS_INIT' as const,
        failMode: context.nextFailMode,
      })),
      notePrepared: assign(({ context, event }) =>
        event.type === 'PREPARED'
          ? { prepared: context.prepared.map((was, p) => (p === event.partition ? event.prepared : was)) }
          : {},
      ),
      /** Upstream leaves the fail mode out here, and what is left out is FAIL_SLOW. */
      alter: raise(({ context }, params: { to: DuplicationStatus }) => ({
        type: 'ALTER' as const,
        to: params.to,
        failMode: fixes.has('fail mode kept') ? context.failMode : ('FAIL_SLOW' as const),
        by: 'callback' as const,
      })),
    },
    guards: {
      altering: ({ context }) => context.altering,
      skips: ({ event }, params: { status: DuplicationStatus }) =>
        params.status === 'DS_APP' &&
        event.type === 'ALTER' &&
        event.by !== 'callback' &&
        event.to === 'DS_LOG' &&
        fixes.has('readiness not skipped'),
      to: ({ event }, params: { statuses: readonly DuplicationStatus[] }) =>
        event.type === 'ALTER' && params.statuses.includes(event.to),
      unaltered: ({ context, event }, params: { status: DuplicationStatus }) =>
        event.type === 'ALTER' && event.to === params.status && event.failMode === context.failMode,
      harmless: ({ event }) =>
        event.type === 'ALTER' &&
        ((event.by === 'modify' && fixes.has('rdsn#273')) || fixes.has('write only what alters')),
      next: ({ context }, params: { status: DuplicationStatus }) =>
        context.altering && context.next === params.status,
      allPrepared: ({ context }) => context.prepared.every(Boolean),
      recovered: ({ context }, params: { status: DuplicationStatus }) => context.recovered === params.status,
      ok: ({ event }) => 'error' in event && event.error === 'ERR_OK',
    },
  });

  const unaltered = (status: DuplicationStatus) => ({ type: 'unaltered' as const, params: { status } });
  const refuse = (error: string) => ({ type: 'answer', params: { error } }) as const;
  /** The record as upstream serialises it: of what comes next. */
  const write = {
    type: 'writeRecord',
    params: ({ context, event }: { context: MetaDuplicationContext; event: MetaDuplicationEvent }) => ({
      status: context.next,
      failMode: context.nextFailMode,
      by: (event as Alter).by,
    }),
  } as const;

  /** `alter_status` in its order, and `persist_status`. */
  const alterable = (status: DuplicationStatus, ...legal: readonly DuplicationStatus[]) =>
    ({
      ALTER: [
        { guard: 'altering', actions: refuse('ERR_BUSY') },
        { guard: { type: 'skips', params: { status } }, actions: refuse('ERR_INVALID_PARAMETERS') },
        { guard: { type: 'to', params: { statuses: legal } }, actions: ['begin', write] },
        { guard: and([unaltered(status), 'harmless']), actions: refuse('ERR_OK') },
        // Nothing is altered, so what comes next is DS_INIT, and that is what is written.
        { guard: unaltered(status), actions: write },
        { guard: { type: 'to', params: { statuses: [status] } }, actions: ['begin', write] },
        { actions: refuse('ERR_INVALID_PARAMETERS') },
      ],
      WRITTEN: [
        ...[status, ...legal].map((next) => ({
          guard: { type: 'next' as const, params: { status: next } },
          target: next,
          actions: ['show' as const, refuse('ERR_OK')],
        })),
        // An alteration that altered nothing.
        fixes.has('rdsn#273')
          ? { actions: refuse('ERR_OK') }
          : { actions: { type: 'abort' as const, params: { why: 'written, and nothing was altered' } } },
      ],
    }) as const;
  return chart.createMachine({
    id: 'metaDuplication',
    context: ({ input }) => ({
      recovered: input.status,
      altering: false,
      failMode: input.failMode,
      next: 'DS_INIT',
      nextFailMode: input.failMode,
      prepared: Array.from({ length: input.partitions }, () => false),
    }),
    initial: 'recovering',
    on: {
      PREPARED: { actions: 'notePrepared' },
      // Whatever the status is by now.
      CREATED: { guard: 'ok', actions: { type: 'alter', params: { to: 'DS_APP' } } },
      MARKED: {
        guard: 'ok',
        actions: { type: 'checkFollower', params: ({ event }) => ({ node: event.node }) },
      },
      CHECKED: { guard: 'ok', actions: { type: 'alter', params: { to: 'DS_LOG' } } },
    },
    states: {
      recovering: {
        always: DUPLICATION_STATUSES.map((status) => ({
          guard: { type: 'recovered' as const, params: { status } },
          target: status,
        })),
      },
      DS_INIT: { on: alterable('DS_INIT', 'DS_PREPARE', 'DS_LOG', 'DS_REMOVED') },
      DS_PREPARE: {
        on: {
          ...alterable('DS_PREPARE', 'DS_APP', 'DS_REMOVED'),
          SYNCED: {
            guard: 'allPrepared',
            actions: {
              type: 'createFollower',
              params: ({ event }) => ({ node: event.node, as: 'creating' as const }),
            },
          },
        },
      },
      DS_APP: {
        on: {
          ...alterable('DS_APP', 'DS_LOG', 'DS_REMOVED'),
          SYNCED: {
            guard: 'allPrepared',
            actions: fixes.has('#2144')
              ? {
                  type: 'createFollower',
                  params: ({ event }) => ({ node: event.node, as: 'created' as const }),
                }
              : { type: 'checkFollower', params: ({ event }) => ({ node: event.node }) },
          },
        },
      },
      DS_LOG: { on: alterable('DS_LOG', 'DS_PAUSE', 'DS_REMOVED') },
      DS_PAUSE: { on: alterable('DS_PAUSE', 'DS_LOG', 'DS_REMOVED') },
      DS_REMOVED: { type: 'final' },
    },
  });
}
