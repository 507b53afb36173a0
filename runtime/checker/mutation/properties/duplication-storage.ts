/** What a duplication promises about its storage: durable first, legal, sticky, never backwards. */
import type {
  DuplicationContext as Context,
  DuplicationEffects as Effects,
  DuplicationEvent as Event,
  DuplicationInput as Input,
} from '../../../../machines/index.js';
import { isLegalSuccessor } from '../../../../machines/index.js';
import { asked, type ChartPromise, same, type View } from './promise.js';

const writes = ({ control }: View<Context>): boolean => control.includes('storage.writing');
const failed = ({ control }: View<Context>): boolean => control.includes('storage.failed');
const idle = ({ control }: View<Context>): boolean => control.includes('storage.idle');

/** Answer to the write under way; one that was refused and is durable all the same counts too. */
export const answers = (before: View<Context>, event: Event): boolean =>
  'writeNo' in event &&
  event.writeNo === before.context.writeNo &&
  (writes(before) || (failed(before) && event.type === 'STATUS_PERSISTED'));

export const duplicationStorage: readonly ChartPromise<Context, Event, Input>[] = [
  {
    name: 'DurableFirst (S-DURABLE-1)',
    ofStep: ({ before, after, event }) => {
      const [old, now] = [before.context, after.context];
      const changed = old.status !== now.status || old.failMode !== now.failMode;
      const durable = event.type === 'STATUS_PERSISTED' && answers(before, event);
      if (changed && !durable) return `${now.status} ${now.failMode} is shown before it is durable`;
      if (durable && (now.status !== old.next?.status || now.failMode !== old.next.failMode)) {
        return 'what is durable is not shown';
      }
      if (after.status !== 'active') return null;
      return idle(after) === (now.next === null) ? null : 'what is written and where it waits do not agree';
    },
  },
  {
    name: 'one write at a time, and the right one (S-DURABLE-1)',
    ofStep: ({ before, after, effects, event }) => {
      const [write, more] = asked<Effects['persistStatus']>(effects, 'persistStatus');
      if (more !== undefined) return 'two writes at once';
      const over = answers(before, event);
      if (write === undefined) {
        const began = writes(after) && (!writes(before) || over);
        return began ? 'it waits for a write that nobody was asked for' : null;
      }
      if (writes(before) && !over) return 'a second write while one is under way';
      const { next, writeNo, onRemove } = after.context;
      if (write.status !== next?.status || write.failMode !== next.failMode)
        return 'another status is written';
      if (write.writeNo !== writeNo || write.onRemove !== onRemove)
        return 'it is written with something else';
      const fresh = !failed(before) && write.writeNo === before.context.writeNo;
      if (fresh) return 'it has the number of an earlier write';
      return (write.status as string) === 'DS_INIT' ? 'DS_INIT is written' : null;
    },
  },
  {
    name: 'late answers of storage change nothing (S-DURABLE-1)',
    ofStep: ({ before, after, event, effects }) => {
      if (!('writeNo' in event) || answers(before, event)) return null;
      const still = before.control === after.control && same(before.context, after.context);
      return still && effects.length === 0 ? null : `a late ${event.type} changes something`;
    },
  },
  {
    name: 'storage is heard (S-DURABLE-1)',
    ofStep: ({ before, after, event, timer }) => {
      if (timer?.includes('storage.failed')) return writes(after) ? null : 'a refused write is not repeated';
      if (timer?.includes('storage.writing')) {
        const { storageTrouble: trouble } = after.context;
        const told = trouble?.error === 'ERR_TIMEOUT' && trouble.operation === 'persistStatus';
        return writes(after) && told ? null : 'a slow write is given up, or not told of';
      }
      const [was, is] = [before.context.storageTrouble, after.context.storageTrouble];
      if (!('writeNo' in event) || !answers(before, event)) {
        const deleting = timer?.includes('deletingRecord') ?? false;
        return deleting || same(was, is) ? null : 'somebody else hides or ends its trouble';
      }
      if (event.type === 'STATUS_PERSIST_FAILED') {
        if (!failed(after)) return 'a refused write is not waited for';
        return is?.error === event.error && is.operation === 'persistStatus' ? null : 'untold';
      }
      if (failed(after)) return 'a durable write counts as refused';
      return was !== null && is !== null && idle(after) ? 'old trouble is kept' : null;
    },
  },
  {
    name: 'LegalSuccessor (S-LEGAL-1)',
    ofStep: ({ after, effects }) => {
      for (const { status } of asked<Effects['persistStatus']>(effects, 'persistStatus')) {
        if (!isLegalSuccessor(after.context.status, status)) return `${status} after ${after.context.status}`;
      }
      return null;
    },
  },
  {
    name: 'PauseSticky (S-PAUSE-1)',
    ofStep: ({ before, after, event, effects }) => {
      const { context } = before;
      const asks = event.type === 'MODIFY' ? event : null;
      for (const write of asked<Effects['persistStatus']>(effects, 'persistStatus')) {
        const repeated = context.next !== null && failed(before);
        const left = after.context.status === 'DS_PAUSE' && write.status !== 'DS_PAUSE';
        if (left && !(repeated ? context.next?.status === write.status : asks?.status === write.status)) {
          return `left for ${write.status} unasked`;
        }
        const mode = after.context.failMode;
        if (
          write.failMode !== mode &&
          write.failMode !== (repeated ? context.next?.failMode : asks?.failMode)
        ) {
          return `${write.failMode} unasked`;
        }
        if (asks?.status !== undefined && write.status !== asks.status)
          return 'another status than was asked for';
        if (asks?.failMode !== undefined && write.failMode !== asks.failMode) return 'another fail mode';
        if (asks !== null && asks.status === undefined && write.status !== context.status) return 'unasked';
        if (asks?.onRemove !== undefined && write.onRemove !== asks.onRemove)
          return 'another end of the table';
      }
      return after.context.onRemove === (asks?.onRemove ?? context.onRemove) || asks !== null
        ? null
        : 'what becomes of the follower table changes unasked';
    },
  },
  {
    name: 'Monotone (S-MONO-1)',
    ofStep: ({ before, after, event, effects }) => {
      const [old, now] = [before.context, after.context];
      for (const [p, decree] of now.confirmed.entries()) {
        const was = old.confirmed[p] ?? -1;
        const written = event.type === 'PROGRESS_PERSISTED' && event.partition === p;
        if (decree < was) return 'a confirmed decree falls';
        if (decree !== was && !(written && decree === Math.max(was, event.decree)))
          return 'it is shown before it is durable';
        if (written && decree < event.decree) return 'what is durable is not shown';
        const refused = event.type === 'PROGRESS_PERSIST_FAILED' && event.partition === p;
        if (refused && now.writing[p] !== decree) return 'a refused decree is not written again';
        if ((now.writing[p] ?? -1) < decree) return 'less is being written than is durable';
      }
      const writing = asked<Effects['persistProgress']>(effects, 'persistProgress');
      for (const { partition, decree } of writing) {
        if (decree <= (old.writing[partition] ?? Number.POSITIVE_INFINITY))
          return 'a smaller decree is written';
        if (now.writing[partition] !== decree) return 'it forgets what it writes';
        if (event.type !== 'CONFIRM' || event.decree !== decree || event.partition !== partition)
          return 'unreported';
      }
      const { length } = writing;
      const grew = now.writing.some((decree, p) => decree > (old.writing[p] ?? -1));
      return grew && length !== 1 ? 'a reported decree is not written' : null;
    },
  },
  {
    name: 'NoPrematureGc (S-GC-1)',
    ofStep: ({ before, event, effects, after }) => {
      if (event.type !== 'CONFIRM') return null;
      const known = before.context.writing[event.partition];
      if (known === undefined) return null;
      const writing = asked(effects, 'persistProgress').length > 0;
      if (writing && !event.followerHolds && known >= 0) return 'logs go that the follower may still need';
      const due = event.decree > known && (known < 0 || event.followerHolds);
      if (due && !writing) return 'a confirmed decree is not written';
      const p = event.partition;
      const { prepared, lastCommitted, partitionTrouble } = after.context;
      const noted = prepared[p] === event.prepared && lastCommitted[p] === event.lastCommitted;
      return noted && same(partitionTrouble[p], event.trouble) ? null : 'a report is not noted';
    },
  },
];
