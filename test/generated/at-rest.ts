/** A duplication as an operator sees it when everything has come to rest, with what he can do and what dies. */
import { createMachine } from 'xstate';

/** What is seen at rest. */
export interface AtRest {
  readonly status: 'DS_PREPARE' | 'DS_LOG' | 'DS_PAUSE' | null;
  /** Whether every row of the source is at the follower. */
  readonly equal: boolean;
}

const rest = (status: AtRest['status'], equal: boolean): { readonly meta: AtRest } => ({
  meta: { status, equal },
});
/** It dies and is started again, and nothing has changed. */
const survives = <State extends string>(state: State) => ({ target: state, reenter: true });

/**
 * ```text
 *  none ── ADD ──► logging ◄── START ── paused         shut: the follower takes no creations
 *   │ ▲              │  └──── PAUSE ──►   │
 *  SHUT OPEN       REMOVE               REMOVE
 *   ▼ │              ▼                    ▼
 *  noneShut ─ ADD ─► preparing ─ OPEN ─► logging
 * ```
 */
export const atRest = createMachine({
  id: 'atRest',
  initial: 'none',
  states: {
    none: { ...rest(null, false), on: { ADD: 'logging', SHUT: 'noneShut' } },
    noneShut: { ...rest(null, false), on: { ADD: 'preparing', OPEN: 'none' } },
    preparing: {
      ...rest('DS_PREPARE', false),
      on: { OPEN: 'logging', REMOVE: 'noneShut', KILL_SOURCE_META: survives('preparing') },
    },
    logging: {
      ...rest('DS_LOG', true),
      on: {
        PAUSE: 'paused',
        REMOVE: 'none',
        WRITE: survives('logging'),
        KILL_SOURCE_META: survives('logging'),
        KILL_SOURCE_NODE: survives('logging'),
        KILL_FOLLOWER_META: survives('logging'),
        KILL_FOLLOWER_NODE: survives('logging'),
      },
    },
    paused: {
      ...rest('DS_PAUSE', true),
      on: { START: 'logging', REMOVE: 'none', WRITE: 'behind', KILL_SOURCE_META: survives('paused') },
    },
    behind: {
      ...rest('DS_PAUSE', false),
      on: { START: 'logging', KILL_SOURCE_NODE: survives('behind'), KILL_FOLLOWER_META: survives('behind') },
    },
  },
});
