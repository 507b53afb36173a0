/**
 * The writing of a status: one write at a time, ERR_BUSY meanwhile, repeated until it succeeds. A requester
 * is answered when the change is durable, or told that it is kept and not durable yet.
 */
import { assign } from 'xstate';
import { announce, chart, meta } from './duplicationChart.js';
import { refusal } from './duplicationRules.js';

export const storage = chart.createStateConfig({
  initial: 'idle',
  // Wherever it is heard, what is durable is shown: also when storage had refused the same write before.
  on: {
    STATUS_PERSISTED: {
      guard: { type: 'persisted', params: {} },
      target: '.idle',
      actions: [
        'show',
        announce('status'),
        'tellProgress',
        {
          type: 'answer',
          params: ({ context }) => ({ requester: context.requester, error: 'ERR_OK' }),
        },
        'forgetRequester',
      ],
    },
  },
  states: {
    idle: {
      on: {
        ALTER: {
          target: 'writing',
          actions: {
            type: 'alter',
            params: ({ context, event }) => ({ to: event.to, requester: context.requester }),
          },
        },
        MODIFY: [
          {
            guard: 'refused',
            actions: {
              type: 'answer',
              params: ({ context, event }) => ({
                requester: event.requester,
                ...(refusal(context, event) ?? { error: 'ERR_OK' }),
              }),
            },
          },
          {
            guard: 'unchanged',
            actions: {
              type: 'answer',
              params: ({ event }) => ({ requester: event.requester, error: 'ERR_OK' }),
            },
          },
          { target: 'writing', actions: 'alterAsRequested' },
        ],
      },
    },
    writing: {
      meta: meta(
        'a changed status or fail mode to be durable',
        'the meta server’s storage',
        'it is written; past the storage deadline the requester is told so, and the write goes on',
      ),
      entry: {
        type: 'persistStatus',
        params: ({ context }) => ({
          writeNo: context.writeNo,
          status: context.next?.status ?? context.status,
          failMode: context.next?.failMode ?? context.failMode,
          onRemove: context.onRemove,
        }),
      },
      // Said once, and not written a second time: two writes under way could land in either order.
      after: {
        storageRetry: {
          actions: [
            assign({ storageTrouble: { error: 'ERR_TIMEOUT', operation: 'persistStatus' } }),
            {
              type: 'answer',
              params: ({ context }) => ({
                requester: context.requester,
                error: 'ERR_TIMEOUT',
                hint: 'the change is kept; storage has not said yet whether it is written',
              }),
            },
            'forgetRequester',
            'tellTrouble',
          ],
        },
      },
      on: {
        STATUS_PERSIST_FAILED: {
          guard: 'persistFailed',
          target: 'failed',
          actions: [
            assign({
              storageTrouble: ({ event }) => ({ error: event.error, operation: 'persistStatus' }),
            }),
            {
              type: 'answer',
              params: ({ context, event }) => ({
                requester: context.requester,
                error: event.error,
                hint: 'the change is kept and written as soon as storage allows',
              }),
            },
            'forgetRequester',
            'tellTrouble',
          ],
        },
        MODIFY: {
          actions: {
            type: 'answer',
            params: ({ event }) => ({
              requester: event.requester,
              error: 'ERR_BUSY',
              hint: 'an earlier change is still being written',
            }),
          },
        },
      },
    },
    failed: {
      meta: meta(
        'the next try to write a change that storage refused',
        'the clock',
        'the storage retry is due',
      ),
      on: {
        MODIFY: {
          actions: {
            type: 'answer',
            params: ({ context, event }) => ({
              requester: event.requester,
              error: 'ERR_BUSY',
              hint: `an earlier change cannot be written: ${context.storageTrouble?.error ?? 'storage fails'}`,
            }),
          },
        },
      },
      after: { storageRetry: 'writing' },
    },
  },
});
