/**
 * An upstream follower replica that opens with a copy of the checkpoint: the opening thread waits for the
 * task that copies.
 *
 *   queued ─THREAD─► waiting ─COPIED─► opened ■
 */
import { setup } from 'xstate';

export type OpenerEvent = { readonly type: 'THREAD' | 'COPIED' };

export const opener = setup({ types: { events: {} as OpenerEvent } }).createMachine({
  id: 'opener',
  initial: 'queued',
  states: {
    queued: { on: { THREAD: 'waiting' } },
    waiting: { on: { COPIED: 'opened' } },
    opened: { type: 'final' },
  },
});
