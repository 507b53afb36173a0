/**
 * The primary of an upstream follower partition until it is open.
 *
 *   unassigned ─PROPOSED─► locating ─LOCATED─► querying ─CHECKPOINT─► opened ■
 *
 * It takes whatever checkpoint the source's primary of the moment has. Any failure starts over.
 */
import { assign, setup } from 'xstate';
import type { Fixes } from '../fixes.js';

export interface FollowerReplicaContext {
  /** Of the checkpoint it opened with. */
  readonly decree: number;
  /** The least decree that will do; upstream does not ask for any. */
  readonly least: number;
}

export type FollowerReplicaEvent =
  | { readonly type: 'PROPOSED' }
  | { readonly type: 'LOCATED'; readonly least: number }
  | { readonly type: 'CHECKPOINT'; readonly decree: number };

export function followerReplica(fixes: Fixes) {
  return setup({
    types: { context: {} as FollowerReplicaContext, events: {} as FollowerReplicaEvent },
    guards: {
      useless: ({ context, event }) =>
        event.type === 'CHECKPOINT' &&
        (event.decree === 0 || (fixes.has('least decree asked') && event.decree < context.least)),
    },
  }).createMachine({
    id: 'followerReplica',
    context: { decree: 0, least: 0 },
    initial: 'unassigned',
    states: {
      unassigned: { on: { PROPOSED: 'locating' } },
      locating: {
        on: { LOCATED: { target: 'querying', actions: assign({ least: ({ event }) => event.least }) } },
      },
      querying: {
        on: {
          CHECKPOINT: [
            { guard: 'useless', target: 'unassigned' },
            { target: 'opened', actions: assign({ decree: ({ event }) => event.decree }) },
          ],
        },
      },
      opened: { type: 'final' },
    },
  });
}
