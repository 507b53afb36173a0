/** What a duplication promises about standing still: the watchdog hears of it, and so does everybody else. */
import type {
  DuplicationContext as Context,
  DuplicationEffects as Effects,
  DuplicationEvent as Event,
  DuplicationInput as Input,
} from '../../../../machines/index.js';
import type { Effect } from '../../paths/effect.js';
import { answers } from './duplication-storage.js';
import { asked, type ChartPromise, type Seen, same } from './promise.js';

type Announcement = Effects['announce'];
const sent = (effects: readonly Effect[], type: string): Effect[] =>
  effects.filter(({ kind, name, to }) => kind === 'send' && name === type && to === 'watchdog');

/** Behind what its source has committed; and where no source has told yet, nobody knows that it is not. */
const lags = (confirmed: number, lastCommitted: number): boolean =>
  lastCommitted < 0 || (confirmed >= 0 && lastCommitted > confirmed);

const lagging = ({ status, confirmed, lastCommitted }: Context): readonly number[] =>
  status === 'DS_LOG'
    ? confirmed.flatMap((decree, p) => (lags(decree, lastCommitted[p] ?? -1) ? [p] : []))
    : [];

const isTroubled = ({ partitionTrouble }: Context): boolean =>
  partitionTrouble.some((trouble) => trouble !== null);

/** What the watchdog is to hear when a status begins: in `DS_LOG` that depends on who is behind already. */
function patience(context: Context): 'EXPECT' | 'QUIET' {
  if (context.status === 'DS_PAUSE' || context.status === 'DS_REMOVED') return 'QUIET';
  if (context.status !== 'DS_LOG') return 'EXPECT';
  return lagging(context).length > 0 || isTroubled(context) ? 'EXPECT' : 'QUIET';
}

const STAGES: Readonly<Record<Context['status'], readonly string[]>> = {
  DS_INIT: ['prepare'],
  DS_PREPARE: ['prepare', 'create'],
  DS_APP: ['copy'],
  DS_LOG: ['ship'],
  DS_PAUSE: [],
  DS_REMOVED: [],
};

const shows = ({ before, event }: Seen<Context, Event>): boolean =>
  event.type === 'STATUS_PERSISTED' && answers(before, event);
/** A checkpoint's decree counts once, as the first. */
const advances = ({ context }: Seen<Context, Event>['before'], event: Event): boolean => {
  if (event.type !== 'CONFIRM') return false;
  const known = context.writing[event.partition] ?? Number.POSITIVE_INFINITY;
  return event.decree > known && (known < 0 || event.followerHolds);
};

export const duplicationWatch: readonly ChartPromise<Context, Event, Input>[] = [
  {
    name: 'the watchdog knows what to expect (L-STUCK-1)',
    ofStep: (seen) => {
      const { before, after, event, effects } = seen;
      const { status } = after.context;
      if (status !== before.context.status) {
        return sent(effects, patience(after.context)).length > 0 ? null : `${status} is not told`;
      }
      if (event.type !== 'CONFIRM' || status !== 'DS_LOG') return null;
      const { confirmed, lastCommitted, partitionTrouble } = after.context;
      const p = event.partition;
      const holds = Math.max(event.decree, confirmed[p] ?? -1);
      const behind = lags(holds, event.lastCommitted);
      const others = confirmed.some(
        (decree, q) => q !== p && (partitionTrouble[q] !== null || lags(decree, lastCommitted[q] ?? -1)),
      );
      const due = advances(before, event) || event.trouble !== null || behind;
      if (due) return sent(effects, 'EXPECT').length > 0 ? null : 'progress is due, and it is not told';
      return sent(effects, 'QUIET').length > 0 === others ? 'calm is told wrongly' : null;
    },
    ofStart: ({ after, effects }) =>
      sent(effects, patience(after.context)).length > 0 ? null : 'it is not told at the start',
  },
  {
    name: 'the watchdog hears at what stage it is, and who lags (L-STUCK-1)',
    ofStep: ({ after, effects, event }) => {
      const { status } = after.context;
      const behind = lagging(after.context);
      for (const { params } of [...sent(effects, 'EXPECT'), ...sent(effects, 'PROGRESS')]) {
        const told = params as { stage?: string; partition?: number | null; lagging: readonly number[] };
        if (!same(told.lagging, behind)) return `it hears that ${told.lagging.join()} lag`;
        if (told.stage !== undefined && !STAGES[status].includes(told.stage))
          return `${told.stage} in ${status}`;
        const of = event.type === 'PROGRESS_PERSISTED' ? event.partition : null;
        if (told.partition !== undefined && told.partition !== of) return 'it hears of another’s progress';
      }
      return null;
    },
  },
  {
    name: 'the watchdog hears of progress (L-STUCK-1)',
    ofStep: (seen) => {
      const { before, event, effects } = seen;
      const progressed = sent(effects, 'PROGRESS').length > 0;
      if (event.type === 'PROGRESS_PERSISTED') {
        return progressed === !isTroubled(before.context) ? null : 'progress in trouble counts, or none does';
      }
      const done =
        (event as { type: string }).type === 'xstate.done.actor.followerTable' &&
        before.context.status !== 'DS_REMOVED';
      const due = event.type === 'FOLLOWER_PROGRESS' || done || shows(seen);
      return progressed === due ? null : due ? 'it does not' : 'of none';
    },
  },
  {
    name: 'the watchdog hears of trouble (L-STUCK-1)',
    ofStep: ({ before, after, event, timer, effects }) => {
      const [told] = sent(effects, 'TROUBLE').map(({ params }) => params as { error: string });
      const { trouble, storageTrouble } = after.context;
      const writing = before.control.includes('storage.writing');
      const refused =
        event.type === 'STATUS_PERSIST_FAILED' && writing && event.writeNo === before.context.writeNo;
      const slow = timer?.includes('storage.writing') ?? false;
      const follower = event.type === 'FOLLOWER_TROUBLE' && event.trouble !== null;
      const partition =
        event.type === 'CONFIRM' &&
        event.trouble !== null &&
        !advances(before, event) &&
        after.context.status === 'DS_LOG';
      if (partition)
        return told?.error === event.trouble?.error ? null : 'a partition in trouble is not told';
      if (refused || slow) return told?.error === storageTrouble?.error ? null : 'storage’s is not told';
      if (follower) return told?.error === trouble?.error ? null : 'trouble is not told';
      return told === undefined ? null : 'of trouble that is none';
    },
  },
  {
    name: 'a blocked follower table is announced, once (L-STUCK-1)',
    ofStep: ({ before, after, event, effects }) => {
      const news = asked<Announcement>(effects, 'announce').map(({ what }) => what);
      const [old, now] = [before.context, after.context];
      if (event.type === 'FOLLOWER_TROUBLE' && event.trouble !== null) {
        const due = event.blocked && !old.blockAnnounced;
        if (news.includes('blocked') !== due) return due ? 'it is not' : 'it is, again';
        if (now.blockAnnounced !== (old.blockAnnounced || event.blocked)) return 'it forgets that it was';
        return now.trouble === event.trouble && now.blocked === event.blocked
          ? null
          : 'the trouble is not shown';
      }
      const done = (event as { type: string }).type === 'xstate.done.actor.followerTable';
      if (done || event.type === 'FOLLOWER_PROGRESS' || event.type === 'FOLLOWER_TROUBLE') {
        if (now.blocked || now.blockAnnounced || now.trouble !== null) return 'what is over is shown';
        const due = old.blockAnnounced && old.stuck === null;
        return news.includes('recovered') === due
          ? null
          : due
            ? 'its end is not'
            : 'its end is, and it was not';
      }
      if (event.type === 'STUCK') {
        return news.includes('blocked') && now.stuck === event.reason ? null : 'the watchdog is not heard';
      }
      if (event.type === 'RECOVERED') {
        return news.includes('recovered') && now.stuck === null ? null : 'the watchdog is not heard';
      }
      const removed = now.status === 'DS_REMOVED' && old.status !== 'DS_REMOVED';
      if (removed) return now.blockAnnounced || now.blocked ? 'a removal keeps what is over' : null;
      return now.stuck === old.stuck && now.blockAnnounced === old.blockAnnounced
        ? null
        : 'it changes by itself';
    },
  },
  {
    name: 'what is announced is true (L-STUCK-1)',
    ofStep: (seen) => {
      const { after, event, effects } = seen;
      const { status, stuck, blocked, storageTrouble } = after.context;
      // What blocks the follower table is the follower's; otherwise storage's comes first.
      const { trouble } = after.context;
      const due = event.type === 'FOLLOWER_TROUBLE' && event.trouble ? trouble : (storageTrouble ?? trouble);
      for (const news of asked<Announcement>(effects, 'announce')) {
        const removed = news.what === 'status' && status === 'DS_REMOVED';
        if (news.status !== status || news.stuck !== stuck) return 'it says something else';
        if (!removed && !same(news.trouble, due)) return 'it tells of other trouble';
      }
      if (blocked && trouble === null) return 'blocked without a reason';
      const told = asked<Announcement>(effects, 'announce').some(({ what }) => what === 'status');
      return told === shows(seen) ? null : 'a status is announced, or shown, without the other';
    },
  },
];
