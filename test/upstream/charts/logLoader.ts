/**
 * How upstream finds the file of the private log to ship from, while a collector works beside it.
 *
 *   resting ─LIST─► checking ─► constructing ─► (next file) … ─► found ■          aborted ■
 */
import { assign, setup } from 'xstate';
import type { Fixes } from '../fixes.js';

export interface LogLoaderContext {
  /** Files that are still to be opened, by the highest decree in them, in the order of opening. */
  readonly files: readonly number[];
  /** Opened files that the collector had chosen. */
  readonly failed: boolean;
}

export type LogLoaderEvent =
  | { readonly type: 'LIST'; readonly files: readonly number[]; readonly cleanable: number }
  | { readonly type: 'STEP'; readonly exists: boolean };

export function logLoader(fixes: Fixes) {
  const chart = setup({
    types: { context: {} as LogLoaderContext, events: {} as LogLoaderEvent },
    actions: {
      list: assign(({ event }) => {
        if (event.type !== 'LIST') return {};
        const { files, cleanable } = event;
        // From the newest to the first that holds nothing but what may be collected.
        return { failed: false, files: fixes.has('#2373') ? files.filter((max) => max > cleanable) : files };
      }),
      next: assign({ files: ({ context }) => context.files.slice(1) }),
      fail: assign({ failed: true, files: [] }),
    },
    guards: {
      missing: ({ event }) => event.type === 'STEP' && !event.exists,
      last: ({ context }) => context.files.length <= 1,
    },
  });
  return chart.createMachine({
    id: 'logLoader',
    context: { files: [], failed: false },
    initial: 'resting',
    states: {
      resting: { on: { LIST: { target: 'checking', actions: 'list' } } },
      checking: {
        on: {
          STEP: [{ guard: 'missing', target: 'resting', actions: 'fail' }, { target: 'constructing' }],
        },
      },
      /** The file was there when it was checked; its object is made now. */
      constructing: {
        on: {
          STEP: [
            { guard: 'missing', target: 'aborted' },
            { guard: 'last', target: 'found' },
            { target: 'checking', actions: 'next' },
          ],
        },
      },
      found: { type: 'final' },
      aborted: { type: 'final' },
    },
  });
}
