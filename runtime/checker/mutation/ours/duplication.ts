/** What could be wrong with a duplication at the source's meta, and what upstream has wrong. */
import type { DuplicationContext, DuplicationEvent, DuplicationStatus } from '../../../../machines/index.js';
import { isLegalSuccessor } from '../../../../machines/index.js';
import type { Plan } from '../mutant.js';
import {
  assignmentSees,
  assigns,
  domain,
  effectSays,
  guardIs,
  guardSees,
  startsWith,
  together,
} from './edits.js';

type Context = DuplicationContext;
type Event = DuplicationEvent;

/** The answer of storage to any write is taken for the answer to this one. */
const anyWrite = (name: string) =>
  guardSees<Context, Event>(name, ({ context, event }) => ({
    context,
    event: 'writeNo' in event ? { ...event, writeNo: context.writeNo } : event,
  }));

/** Every reported decree counts as the follower's own. */
const asTheFollowers = ({ context, event }: { readonly context: Context; readonly event: Event }) => ({
  context,
  event: event.type === 'CONFIRM' ? { ...event, followerHolds: true } : event,
});

const SWAPPED: Partial<Record<string, DuplicationStatus>> = { DS_APP: 'DS_LOG', DS_LOG: 'DS_APP' };

export const DUPLICATION_MUTANTS: readonly Plan[] = [
  domain(
    'recovery.durable',
    'a restarted meta server forgets the durable status and begins anew',
    startsWith((context) => ({ ...context, durable: null, status: 'DS_INIT', failMode: 'FAIL_SLOW' })),
  ),
  domain(
    'recovery.failMode',
    'a restarted meta server forgets the durable fail mode',
    startsWith((context) => ({ ...context, failMode: 'FAIL_SLOW' })),
  ),
  domain(
    'recovery.confirmed',
    'a restarted meta server forgets what was confirmed',
    startsWith((context) => {
      const unknown = (context.confirmed as readonly number[]).map(() => -1);
      return { ...context, confirmed: unknown, writing: unknown };
    }),
  ),
  domain(
    'recovery.onRemove',
    'a restarted meta server keeps the follower table of a removal that was to drop it',
    startsWith((context) => ({ ...context, onRemove: 'keep' })),
  ),
  domain(
    'persisted.writeNo',
    'any answer of storage is taken for that to the last write',
    anyWrite('persisted'),
  ),
  domain('rewritten.writeNo', 'the same, where a fail mode was written', anyWrite('rewritten')),
  domain(
    'persistFailed.writeNo',
    'any failure of storage is taken for that of the last write',
    anyWrite('persistFailed'),
  ),
  domain(
    'persisted.status',
    'a durable status leads on, whichever it is',
    guardIs<Context, Event>(
      'persisted',
      ({ context, event }) =>
        event.type === 'STATUS_PERSISTED' && event.writeNo === context.writeNo && context.next !== null,
    ),
  ),
  domain(
    'alterAsRequested.status',
    'a requested status is shown before it is durable',
    assigns<Context, Event>('alterAsRequested', (given) => ({ ...given, status: given.next?.status })),
  ),
  domain(
    'alter.status',
    'the next status is shown before it is durable',
    assigns<Context, Event>('alter', (given) => ({ ...given, status: given.next?.status })),
  ),
  domain(
    'noteProgressPersisted.max',
    'a confirmed decree follows the last report, also downwards',
    assigns<Context, Event>('noteProgressPersisted', (given, { context, event }) =>
      event.type === 'PROGRESS_PERSISTED'
        ? { confirmed: context.confirmed.map((old, p) => (p === event.partition ? event.decree : old)) }
        : given,
    ),
  ),
  domain(
    'noteConfirm.durable',
    'a confirmed decree is shown before it is durable',
    assigns<Context, Event>('noteConfirm', (given) => ({
      ...given,
      ...(given.writing === undefined ? {} : { confirmed: given.writing }),
    })),
  ),
  domain(
    'advances.grows',
    'a report of a smaller decree is written too',
    guardIs<Context, Event>(
      'advances',
      ({ context, event }, _, original) =>
        original() || (event.type === 'CONFIRM' && event.decree < (context.writing[event.partition] ?? -1)),
    ),
  ),
  domain(
    'advances.followerHolds',
    'a second checkpoint moves the decree that logs are kept from, though the follower may have the first',
    together(
      guardSees<Context, Event>('advances', asTheFollowers),
      assignmentSees<Context, Event>('noteConfirm', asTheFollowers),
    ),
  ),
  domain(
    'allPrepared.every',
    'one prepared partition is enough',
    guardIs<Context, Event>(
      'allPrepared',
      ({ context }) => context.prepared.some(Boolean) && context.confirmed.some((decree) => decree >= 0),
    ),
  ),
  domain(
    'allPrepared.durable',
    'a prepared checkpoint counts before its decree is durable',
    guardIs<Context, Event>('allPrepared', ({ context }) => context.prepared.every(Boolean)),
  ),
  domain(
    'refused.table',
    'operators may ask for DS_LOG before the follower holds the data, as upstream lets them',
    guardIs<Context, Event>(
      'refused',
      ({ context, event }, _, original) =>
        original() &&
        !(event.type === 'MODIFY' && event.status === 'DS_LOG' && context.status.match(/DS_PREPARE|DS_APP/)),
    ),
  ),
  domain(
    'refused.legal',
    'operators may ask for whatever is a legal successor',
    guardIs<Context, Event>(
      'refused',
      ({ context, event }, _, original) =>
        original() &&
        !(event.type === 'MODIFY' && event.status && isLegalSuccessor(context.status, event.status)),
    ),
  ),
  domain(
    'refused.failFast',
    'FAIL_FAST is accepted',
    guardIs<Context, Event>(
      'refused',
      ({ event }, _, original) => original() && !(event.type === 'MODIFY' && event.failMode === 'FAIL_FAST'),
    ),
  ),
  domain(
    'refused.removed',
    'a duplication that is being removed can be changed',
    guardIs<Context, Event>(
      'refused',
      ({ context }, _, original) => original() && context.status !== 'DS_REMOVED',
    ),
  ),
  domain(
    'persistStatus.swapped',
    'DS_APP and DS_LOG change places on their way to storage',
    effectSays('persistStatus', (params) => ({
      ...params,
      status: SWAPPED[params.status as string] ?? params.status,
    })),
  ),
  domain(
    'persistStatus.failMode',
    'the fail mode that is written is always FAIL_SLOW',
    effectSays('persistStatus', (params) => ({ ...params, failMode: 'FAIL_SLOW' })),
  ),
  domain(
    'othersBehind.troubled',
    'a partition in trouble is hidden by one that has caught up',
    guardIs<Context, Event>('othersBehind', () => false),
  ),
];
