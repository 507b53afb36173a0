/** What could be wrong with the shipping of one partition: gaps, and answers that come late. */
import type {
  PartitionDuplicatorContext as Context,
  PartitionDuplicatorEvent as Event,
} from '../../../../machines/index.js';
import type { Plan } from '../mutant.js';
import { assigns, domain, effectSays, effectSees, guardIs } from './edits.js';

export const PARTITION_DUPLICATOR_MUTANTS: readonly Plan[] = [
  domain(
    'stale.never',
    'a late answer is taken for the awaited one',
    guardIs('stale', () => false),
  ),
  domain(
    'holdsNothing.never',
    'a follower that holds nothing is shipped into',
    guardIs('holdsNothing', () => false),
  ),
  domain(
    'movedOn.equal',
    'an acknowledgement that moves nothing counts as progress',
    guardIs<Context, Event>(
      'movedOn',
      ({ context, event }) => event.type === 'BATCH_SHIPPED' && event.appliedDecree >= context.shipped,
    ),
  ),
  domain(
    'nothingLoaded.less',
    'a batch without mutations is sent',
    guardIs<Context, Event>(
      'nothingLoaded',
      ({ context, event }) => event.type === 'BATCH_LOADED' && event.toDecree < context.shipped,
    ),
  ),
  domain(
    'nothingLoaded.more',
    'a batch with one mutation is taken for none',
    guardIs<Context, Event>(
      'nothingLoaded',
      ({ context, event }) => event.type === 'BATCH_LOADED' && event.toDecree <= context.shipped + 1,
    ),
  ),
  domain(
    'mayKeepReading.limit',
    'a damaged place is given up one read too early',
    guardIs<Context, Event>(
      'mayKeepReading',
      ({ context }) => context.damagedReads + 2 < context.damagedReadsLimit,
    ),
  ),
  domain(
    'maySkip.always',
    'a damaged log is skipped under FAIL_SLOW too',
    guardIs('maySkip', () => true),
  ),
  domain(
    'loadBatch.hole',
    'reading goes on before the hole that was given up',
    effectSees<Context, Event>('loadBatch', ({ context, event }) => ({
      context: { ...context, hole: null },
      event,
    })),
  ),
  domain(
    'shipBatch.hole',
    'a batch after a hole says that it begins after the hole: the follower would not notice the gap',
    effectSees<Context, Event>('shipBatch', ({ context, event }) => ({
      context: { ...context, shipped: Math.max(context.shipped, context.hole?.toDecree ?? -1) },
      event,
    })),
  ),
  domain(
    'shipBatch.toDecree',
    'a batch says that it ends one decree later than it does',
    effectSays('shipBatch', (params) => ({ ...params, toDecree: Number(params.toDecree) + 1 })),
  ),
  domain(
    'noteFollowerAt.loaded',
    'what was loaded counts as applied, whatever the follower says',
    assigns<Context, Event>('noteFollowerAt', (given, { context, event }) =>
      event.type === 'BATCH_SHIPPED' ? { shipped: context.loaded } : given,
    ),
  ),
  domain(
    'skipDamaged.counted',
    'a hole that is met again is counted again',
    assigns<Context, Event>('skipDamaged', (given, { context, event }) => ({
      ...given,
      ...(event.type === 'LOG_DAMAGED' ? { skippedMutations: context.skippedMutations + 1 } : {}),
    })),
  ),
  domain(
    'skipDamaged.silent',
    'skipped mutations are not counted',
    assigns<Context, Event>('skipDamaged', (given, { context }) => ({
      ...given,
      skippedMutations: context.skippedMutations,
    })),
  ),
  domain(
    'noteTrouble.requestNo',
    'a request that failed can still be answered',
    assigns<Context, Event>('noteTrouble', (given, { context }) => ({
      ...given,
      requestNo: context.requestNo,
    })),
  ),
];
