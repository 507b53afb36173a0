/**
 * A table at upstream's follower meta, as far as a duplication sees it.
 *
 *   AVAILABLE.plain │ .creating ─CREATE(created)─► .created         members 0 ─► 1 ─► …
 *
 * Before #2144 every creation of an existing table is answered ERR_APP_EXIST. After it a matrix of the
 * two statuses decides, once the source cluster's name is the same; whose duplication it is does not count.
 */
import { assign, setup } from 'xstate';
import { declareEffects } from '../../../machines/effects.js';
import type { FollowerAppStatus } from '../../../machines/vocabulary.js';
import type { Fixes } from '../fixes.js';

export interface FollowerAppInput {
  /** Null: an ordinary table. */
  readonly masterCluster: string | null;
  /** What the creation asked for; null from masters before #2144. */
  readonly status: FollowerAppStatus | null;
  readonly replicaCount: number;
  /** Which duplication it was made for. Known to the model, and to upstream not at all. */
  readonly madeFor: number | null;
}

export interface FollowerAppContext extends FollowerAppInput {
  /** Of its only partition: the primary and the secondaries. */
  readonly members: number;
}

export type FollowerAppEvent =
  | {
      readonly type: 'CREATE';
      readonly masterCluster: string;
      readonly as: FollowerAppStatus | null;
      readonly by: number;
    }
  | { readonly type: 'MEMBER_JOINED' };

export interface FollowerAppEffects {
  readonly answer: { readonly error: string };
}

export function followerApp(fixes: Fixes) {
  const chart = setup({
    types: {
      context: {} as FollowerAppContext,
      input: {} as FollowerAppInput,
      events: {} as FollowerAppEvent,
    },
    actions: { ...declareEffects<FollowerAppEffects>()('answer') },
    guards: {
      foreign: ({ context, event }) =>
        event.type === 'CREATE' &&
        (!fixes.has('#2144') ||
          event.as === null ||
          event.masterCluster !== context.masterCluster ||
          (fixes.has('owner compared') && event.by !== context.madeFor)),
      as: ({ event }, params: { status: FollowerAppStatus }) =>
        event.type === 'CREATE' && event.as === params.status,
      hasStatus: ({ context }, params: { status: FollowerAppStatus | null }) =>
        context.status === params.status,
    },
  });
  const answer = (error: string) => ({ type: 'answer', params: { error } }) as const;
  const as = (status: FollowerAppStatus) => ({ type: 'as', params: { status } }) as const;
  const refuseForeign = { guard: 'foreign', actions: answer('ERR_APP_EXIST') } as const;
  return chart.createMachine({
    id: 'followerApp',
    context: ({ input }) => ({ ...input, members: 0 }),
    initial: 'made',
    on: {
      MEMBER_JOINED: {
        guard: ({ context }) => context.members < context.replicaCount,
        actions: assign({ members: ({ context }) => context.members + 1 }),
      },
    },
    states: {
      made: {
        always: [
          { guard: { type: 'hasStatus', params: { status: 'creating' } }, target: 'creating' },
          { guard: { type: 'hasStatus', params: { status: 'created' } }, target: 'created' },
          { target: 'plain' },
        ],
      },
      plain: { on: { CREATE: [refuseForeign, { actions: answer('ERR_INVALID_STATE') }] } },
      creating: {
        on: {
          CREATE: [
            refuseForeign,
            { guard: as('creating'), actions: answer('ERR_OK') },
            { target: 'created', actions: [assign({ status: 'created' }), answer('ERR_OK')] },
          ],
        },
      },
      created: {
        on: {
          CREATE: [
            refuseForeign,
            { guard: as('creating'), actions: answer('ERR_APP_EXIST') },
            { actions: answer('ERR_OK') },
          ],
        },
      },
    },
  });
}
