/**
 * One duplication, at the source's meta server.
 *
 *   DS_INIT ─► DS_PREPARE ─────────────► DS_APP ───────────► DS_LOG ⇄ DS_PAUSE
 *              checkpointing              waitingReady          any ─► DS_REMOVED ─► released ■
 *              creatingFollower           leaving
 *              leaving
 *   beside it:  storage.idle ⇄ writing ⇄ failed
 *
 * Two-phase status: a status is written first and shown when it is durable (SPEC S-DURABLE-1). While a
 * write is under way requests are answered ERR_BUSY. A reply that comes late or twice finds no
 * transition and changes nothing, which is what upstream's second readiness answer lacks.
 */
import { announce, chart, meta } from './duplicationChart.js';
import { lifecycle } from './duplicationLifecycle.js';
import { storage } from './duplicationStorage.js';

export const duplication = chart.createMachine({
  id: 'duplication',
  context: ({ input }) => ({
    ...input,
    status: input.durable?.status ?? 'DS_INIT',
    failMode: input.durable?.failMode ?? 'FAIL_SLOW',
    next: null,
    writeNo: 0,
    prepared: input.confirmed.map(() => false),
    writing: input.confirmed,
    lastCommitted: input.confirmed.map(() => -1),
    partitionTrouble: input.confirmed.map(() => null),
    trouble: null,
    blocked: false,
    storageTrouble: null,
    blockAnnounced: false,
    stuck: null,
  }),
  initial: 'living',
  states: {
    living: {
      type: 'parallel',
      invoke: { src: 'watchdog', id: 'watchdog', input: ({ context }) => context.times.watchdog },
      on: {
        CONFIRM: [
          {
            guard: 'advances',
            actions: [
              {
                type: 'persistProgress',
                params: ({ event }) => ({ partition: event.partition, decree: event.decree }),
              },
              'noteConfirm',
            ],
          },
          { actions: 'noteConfirm' },
        ],
        PROGRESS_PERSISTED: [
          // While a partition is in trouble, the progress of the others does not count as progress.
          { guard: 'someTroubled', actions: 'noteProgressPersisted' },
          { actions: ['noteProgressPersisted', 'tellProgress'] },
        ],
        PROGRESS_PERSIST_FAILED: { actions: 'noteProgressFailed' },
        FOLLOWER_PROGRESS: { actions: ['followerGoesOn', 'tellProgress'] },
        FOLLOWER_TROUBLE: [
          {
            guard: 'newlyBlocked',
            actions: ['noteTrouble', 'noteBlockAnnounced', announce('blocked'), 'tellTrouble'],
          },
          { guard: 'followerTroubled', actions: ['noteTrouble', 'tellTrouble'] },
          { actions: 'followerGoesOn' },
        ],
        STUCK: { actions: ['noteStuck', announce('blocked')] },
        RECOVERED: { actions: ['noteRecovered', announce('recovered')] },
      },
      states: {
        lifecycle,
        storage,
      },
    },
    released: {
      type: 'final',
      meta: meta('nothing: removed, and everything it held is released', 'nobody', 'never', {
        operatorCan: [],
        settled: 'done',
      }),
    },
  },
});
