/** What the shipping of one partition promises: no gap, no order but the source's, every failure told. */
import type {
  PartitionDuplicatorContext as Context,
  PartitionDuplicatorEvent as Event,
  PartitionDuplicatorInput as Input,
} from '../../../../machines/index.js';
import { describeError } from '../../../../machines/index.js';
import { asked, numbered, promisesOf, timerOf, type View } from './promise.js';

type Status = (Event & { type: 'STATUS' })['status'];
const status = (is: Status): { event: Event } => ({
  event: { type: 'STATUS', status: is, failMode: 'FAIL_SLOW' },
});

/** Which question each state asks. */
const ASKS: Readonly<Record<string, string>> = {
  preparing: 'prepareCheckpoint',
  'shipping.locating': 'probeFollower',
  'shipping.loading': 'loadBatch',
  'shipping.sending': 'shipBatch',
};
const QUESTIONS = Object.values(ASKS);

/** Where a status leads from a state that does not have it yet. */
const LEADS: Readonly<Record<Status, string | null>> = {
  DS_INIT: null,
  DS_PREPARE: 'preparing',
  DS_APP: 'holding',
  DS_LOG: 'shipping.locating',
  DS_PAUSE: 'paused',
  DS_REMOVED: 'stopped',
};
const OF_PREPARE = ['preparing', 'preparingLater', 'prepared'];

function help(view: View<Context>): { event: Event } | ReturnType<typeof timerOf> {
  const { requestNo, shipped, loaded } = view.context;
  switch (view.control) {
    case 'preparing':
      return { event: { type: 'CHECKPOINT_PREPARED', decree: 1 } };
    case 'idle':
      return status('DS_PREPARE');
    case 'prepared':
      return status('DS_APP');
    case 'holding':
    case 'paused':
      return status('DS_LOG');
    case 'shipping.locating':
      return { event: { type: 'FOLLOWER_AT', requestNo, appliedDecree: Math.max(shipped, 1) } };
    case 'shipping.loading':
      return { event: { type: 'BATCH_LOADED', requestNo, toDecree: Math.max(shipped, 2) } };
    case 'shipping.sending':
      return { event: { type: 'BATCH_SHIPPED', requestNo, appliedDecree: loaded } };
    default:
      return timerOf(view, `partitionDuplicator.${view.control}`);
  }
}

export const partitionDuplicatorPromises = promisesOf<Context, Event, Input>({
  noDeadline: {
    'partitionDuplicator.idle': 'the sync tells the status again and again',
    'partitionDuplicator.prepared': 'the sync repeats the report; the duplication’s watchdog counts',
    'partitionDuplicator.holding': 'the sync tells the status; the duplication’s watchdog counts',
    'partitionDuplicator.paused': 'an operator asked for it and ends it',
  },
  help,
  settled: ({ control, timers }) => control === 'shipping.caughtUp' && timers.length > 0,
  promises: [
    ...numbered<Context, Event>({ ask: QUESTIONS }),
    {
      name: 'every question is asked (L-SETTLE-1)',
      ofStep: ({ before, after, effects, event }) => {
        const questions = effects.filter(({ name }) => QUESTIONS.includes(name)).map(({ name }) => name);
        const skips = event.type === 'LOG_DAMAGED' && after.control === 'shipping.loading';
        const restarts = event.type === 'STATUS' && questions.length > 0 && after.control in ASKS;
        const entered =
          before.control !== after.control || (skips && after.context.requestNo !== before.context.requestNo);
        if (restarts && before.control === after.control) return 'a status that it has restarts it';
        const due = entered && after.control in ASKS ? [ASKS[after.control]] : [];
        return questions.join() === due.join() ? null : `it asks ${questions.join() || 'nothing'}`;
      },
    },
    {
      name: 'NoGap (S-GAP-1)',
      ofStep: ({ before, after, effects, event }) => {
        const { shipped, loaded, hole } = after.context;
        for (const { afterDecree } of asked<{ afterDecree: number }>(effects, 'loadBatch')) {
          const beyond =
            hole !== null && shipped >= hole.afterDecree ? Math.max(shipped, hole.toDecree) : shipped;
          if (afterDecree !== beyond) return `it reads after ${afterDecree}, not after ${beyond}`;
        }
        for (const ship of asked<{ fromDecreeExcluded: number; toDecree: number }>(effects, 'shipBatch')) {
          if (ship.fromDecreeExcluded !== shipped) return `a batch follows ${ship.fromDecreeExcluded}`;
          if (ship.toDecree !== loaded || loaded <= shipped) return `a batch ends at ${ship.toDecree}`;
        }
        const located = before.control === 'shipping.locating' && after.control === 'shipping.loading';
        if (located && event.type === 'FOLLOWER_AT') {
          if (event.appliedDecree < 0) return 'it ships into a follower that holds nothing';
          if (shipped !== event.appliedDecree) return 'it does not begin where the follower is';
        }
        if (event.type === 'BATCH_SHIPPED' && shipped !== before.context.shipped) {
          if (shipped !== event.appliedDecree) return 'it does not go on where the follower is';
        }
        const taken = before.control === 'shipping.loading' && after.control === 'shipping.sending';
        if (taken && event.type === 'BATCH_LOADED' && loaded !== event.toDecree)
          return 'what was loaded is forgotten';
        const moved = event.type === 'FOLLOWER_AT' || event.type === 'BATCH_SHIPPED';
        return shipped !== before.context.shipped && !moved ? 'it assumes what the follower holds' : null;
      },
    },
    {
      name: 'what is given up is allowed and counted (S-GAP-1)',
      ofStep: ({ before: { context: before }, after: { context: after }, event }) => {
        const lost = after.skippedMutations - before.skippedMutations;
        if (lost === 0 && after.hole === before.hole && after.skippedTo === before.skippedTo) return null;
        if (event.type !== 'LOG_DAMAGED') return 'given up without damage';
        if (before.failMode !== 'FAIL_SKIP') return 'given up under FAIL_SLOW';
        if (before.damagedReads + 1 < before.damagedReadsLimit) return 'given up too early';
        if (after.damagedReads !== 0) return 'the next hole has fewer reads';
        const from = Math.max(before.shipped, before.skippedTo);
        const holeEnd = after.hole?.toDecree ?? -1;
        if (holeEnd < event.resumeAfterDecree) return 'it reads the damaged part again';
        if (lost !== Math.max(0, event.resumeAfterDecree - from)) return `${lost} counted as lost`;
        return after.skippedTo >= holeEnd ? null : 'it forgets how far it gave up';
      },
    },
    {
      name: 'a damaged log waits, is skipped, or blocks (L-SETTLE-1)',
      ofStep: ({ before, after, event }) => {
        if (event.type !== 'LOG_DAMAGED' || event.requestNo !== before.context.requestNo) return null;
        if (before.control !== 'shipping.loading') return null;
        const { damagedReads, damagedReadsLimit, failMode } = before.context;
        const next =
          damagedReads + 1 < damagedReadsLimit
            ? 'shipping.waiting'
            : failMode === 'FAIL_SKIP'
              ? 'shipping.loading'
              : 'shipping.blocked';
        if (after.control !== next) return `it is in ${after.control}`;
        if (after.context.trouble?.error !== event.trouble.error) return 'the damage is not told';
        if (next === 'shipping.loading') return after.context.hole === null ? 'nothing is skipped' : null;
        const reads = Math.min(damagedReads + 1, damagedReadsLimit);
        return after.context.damagedReads === reads ? null : 'the read is not counted';
      },
    },
    {
      name: 'the status is followed (S-PAUSE-1)',
      ofStep: ({ before, after, event }) => {
        if (event.type !== 'STATUS') return null;
        const lead = LEADS[event.status];
        if (event.status !== 'DS_REMOVED' && event.status !== 'DS_INIT') {
          if (after.context.failMode !== event.failMode) return 'the fail mode is not noted';
        }
        const has =
          lead === null ||
          (event.status === 'DS_PREPARE' && OF_PREPARE.includes(before.control)) ||
          (event.status === 'DS_LOG' && before.control.startsWith('shipping'));
        if (has) return after.control === before.control ? null : `it leaves for ${after.control}`;
        return after.control === lead ? null : `${event.status} leads to ${after.control}`;
      },
    },
    {
      name: 'nothing else leaves a status (S-PAUSE-1)',
      ofStep: ({ before, after, event, timer }) => {
        if (event.type === 'STATUS' || before.control === after.control) return null;
        const prepares = OF_PREPARE.includes(before.control) && OF_PREPARE.includes(after.control);
        const ships = before.control.startsWith('shipping') && after.control.startsWith('shipping');
        if (!prepares && !ships) return `it goes to ${after.control}`;
        if (after.control === 'prepared' && event.type !== 'CHECKPOINT_PREPARED') return 'no checkpoint';
        if (before.control === 'prepared') return 'a prepared partition prepares again';
        const paused = before.control === 'shipping.waiting' || before.control === 'shipping.blocked';
        const leave = paused && (timer !== undefined || event.type === 'RETRY_NOW');
        if (leave && after.control !== 'shipping.locating') return 'it does not ask where the follower is';
        if (!leave && after.control === 'shipping.locating') return 'it asks where the follower is, unasked';
        if (timer?.includes('Poll') && after.control !== 'shipping.loading')
          return 'it does not look at the log';
        return null;
      },
    },
    {
      name: 'each answer leads on (L-SETTLE-1)',
      ofStep: ({ before, after, event }) => {
        const { requestNo, shipped } = before.context;
        const { control } = before;
        if (
          event.type === 'CHECKPOINT_PREPARED' &&
          (control === 'preparing' || control === 'preparingLater')
        ) {
          if (after.control !== 'prepared') return 'a checkpoint is ignored';
          const { checkpointDecree, attempt, trouble } = after.context;
          return checkpointDecree === event.decree && attempt === 0 && trouble === null ? null : 'not noted';
        }
        if (event.type === 'LOG_APPENDED') {
          const woken = control !== 'shipping.caughtUp' || after.control === 'shipping.loading';
          return woken ? null : 'a write wakes nobody';
        }
        if (!('requestNo' in event) || event.requestNo !== requestNo) return null;
        const expect = (from: string, to: string): string | null =>
          control === from && after.control !== to ? `it goes to ${after.control}, not to ${to}` : null;
        switch (event.type) {
          case 'FOLLOWER_AT':
            return expect(
              'shipping.locating',
              event.appliedDecree < 0 ? 'shipping.blocked' : 'shipping.loading',
            );
          case 'BATCH_LOADED':
            return expect(
              'shipping.loading',
              event.toDecree <= shipped ? 'shipping.caughtUp' : 'shipping.sending',
            );
          case 'BATCH_SHIPPED':
            return expect(
              'shipping.sending',
              event.appliedDecree > shipped ? 'shipping.loading' : 'shipping.waiting',
            );
          default:
            return null;
        }
      },
    },
    {
      name: 'failures are told and counted (L-STUCK-1)',
      ofStep: ({ before, after, event, timer }) => {
        const late = before.context.requestNo;
        const failed = event.type === 'FAILED' && event.requestNo === late;
        const over = timer?.includes('Deadline') ?? false;
        const asking = before.control.startsWith('shipping') || before.control === 'preparing';
        if (!(failed || over) || !asking) return null;
        const again =
          over || describeError(event.type === 'FAILED' ? event.trouble.error : '').kind === 'retryable';
        const next =
          before.control === 'preparing' ? 'preparingLater' : again ? 'shipping.waiting' : 'shipping.blocked';
        if (after.control !== next) return `it goes to ${after.control}`;
        const { trouble, attempt, requestNo } = after.context;
        if (!trouble?.operation || (over && trouble.error !== 'ERR_TIMEOUT')) return 'trouble without a name';
        if (failed && trouble !== event.trouble) return 'other trouble is kept';
        if (requestNo === late) return 'it can be answered still';
        const limit = after.context.times.retry.limitAttempts;
        return attempt === Math.min(before.context.attempt + 1, limit) ? null : 'the attempt is not counted';
      },
    },
    {
      name: 'an acknowledgement that moves nothing is a failure (L-STUCK-1)',
      ofStep: ({ before, after, event }) => {
        const located = before.control === 'shipping.locating' && after.control === 'shipping.blocked';
        if (event.type === 'FOLLOWER_AT' && located) {
          return after.context.trouble?.error === 'BRIDLE_GAP' && after.context.trouble.operation
            ? null
            : 'untold';
        }
        if (event.type !== 'BATCH_SHIPPED' || after.control !== 'shipping.waiting') return null;
        const { trouble, attempt } = after.context;
        if (before.control !== 'shipping.sending') return null;
        const counted = attempt === Math.min(before.context.attempt + 1, 2);
        return trouble?.error === 'ERR_INVALID_STATE' && trouble.operation && counted ? null : 'untold';
      },
    },
    {
      name: 'progress starts attempts anew (L-STUCK-1)',
      ofStep: ({ before, after, event, timer }) => {
        const { attempt, trouble, damagedReads } = after.context;
        if (event.type === 'RETRY_NOW') {
          const ended = before.control === 'shipping.waiting' || before.control === 'shipping.blocked';
          if (before.control === 'preparingLater')
            return after.control === 'preparing' ? null : 'not retried';
          if (!ended) return before.control === after.control ? null : 'it is disturbed';
          return after.control === 'shipping.locating' && attempt === 0 ? null : 'not retried';
        }
        const shipped = before.control === 'shipping.sending' && after.control === 'shipping.loading';
        const caughtUp = after.control === 'shipping.caughtUp' && before.control !== after.control;
        if ((shipped || caughtUp) && (attempt !== 0 || trouble !== null || damagedReads !== 0))
          return 'no new start';
        return timer !== undefined && before.control === after.control ? 'a timer changes nothing' : null;
      },
    },
    {
      name: 'it begins with nothing (S-GAP-1)',
      ofStart: ({ after: { control, context } }) =>
        control === 'idle' && context.shipped === -1 && context.hole === null
          ? null
          : `it begins in ${control}`,
    },
  ],
});
