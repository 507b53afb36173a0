/** What a table at the follower's meta promises. */
import type { TableContext, TableEffects, TableEvent, TableInput } from '../../../../machines/index.js';
import { decideCreate } from '../../../../machines/index.js';
import { asked, promisesOf, same, timerOf } from './promise.js';

type Answer = TableEffects['answer'];
type Write = TableEffects['persistTable'];
const WRITING = /writing$/;
const writes = (control: string): boolean => WRITING.test(control);

export const tablePromises = promisesOf<TableContext, TableEvent, TableInput>({
  noDeadline: {
    'table.AS_CREATING.writing': 'local storage; the requester has a deadline of its own',
    'table.AS_AVAILABLE.idle': 'waits for nothing',
    'table.AS_AVAILABLE.marking.writing': 'local storage; the requesters have deadlines of their own',
    'table.AS_DROPPING.writing': 'local storage; the requesters have deadlines of their own',
  },
  help: (view) =>
    writes(view.control) ? { event: { type: 'TABLE_PERSISTED' } } : timerOf(view, `table.${view.control}`),
  settled: ({ control }) => control === 'AS_AVAILABLE.idle',
  promises: [
    {
      name: 'every requester is answered (L-OBEY-1)',
      ofStep: ({ before, after, event, effects }) => {
        const answers = asked<Answer>(effects, 'answer');
        const answered = answers.flatMap(({ requesters }) => requesters);
        const expected = [...before.context.waiting, ...('requester' in event ? [event.requester] : [])];
        return same([...answered, ...after.context.waiting].sort(), expected.sort())
          ? null
          : `${expected.length} wait, ${answered.length} are answered, ${after.context.waiting.length} wait on`;
      },
    },
    {
      name: 'DurableFirst (S-DURABLE-1)',
      ofStep: ({ before, after, event, effects }) => {
        const persisted = event.type === 'TABLE_PERSISTED';
        const began = writes(after.control) && before.control !== after.control;
        const [write] = asked<Write>(effects, 'persistTable');
        if (began !== (write !== undefined)) return began ? 'nothing is written' : 'written for no reason';
        if (write !== undefined) {
          const dropping = after.control.startsWith('AS_DROPPING');
          if (write.status !== (dropping ? 'AS_DROPPED' : 'AS_AVAILABLE'))
            return `${write.status} is written`;
          const mark = after.control.includes('marking') ? 'created' : before.context.followerStatus;
          if (write.followerStatus !== mark) return `${write.followerStatus} is written`;
        }
        if (!persisted && before.context.followerStatus !== after.context.followerStatus)
          return 'marked too early';
        if (persisted && before.control === 'AS_AVAILABLE.marking.writing') {
          if (after.context.followerStatus !== 'created') return 'written, and not marked';
        }
        const waited = asked<Answer>(effects, 'answer').some(
          ({ requesters }) => before.context.waiting.length > 0 && same(requesters, before.context.waiting),
        );
        return waited && !persisted && event.type !== 'CREATE' && event.type !== 'DROP'
          ? 'answered before it is durable'
          : null;
      },
    },
    {
      name: 'a durable write is done (S-DURABLE-1)',
      ofStep: ({ before, after, event, effects }) => {
        if (event.type === 'TABLE_PERSIST_FAILED' && writes(before.control)) {
          const failed = before.control.replace(WRITING, 'failed');
          if (after.control !== failed) return `after a failure it is in ${after.control}`;
          return after.context.trouble === event.error ? null : 'the trouble is not kept';
        }
        if (event.type !== 'TABLE_PERSISTED' || !writes(before.control)) return null;
        const next = before.control.startsWith('AS_DROPPING') ? 'AS_DROPPED' : 'AS_AVAILABLE.idle';
        if (after.control !== next) return `it is in ${after.control}`;
        if (after.context.trouble !== null) return 'old trouble is kept';
        return asked<Answer>(effects, 'answer').every(({ error }) => error === 'ERR_OK')
          ? null
          : 'not ERR_OK';
      },
    },
    {
      name: 'OwnTable (S-OWN-2)',
      ofStep: ({ before, event, effects }) => {
        if (event.type === 'DROP') {
          const [refusal] = asked<Answer>(effects, 'answer');
          const mine = event.expectedOwner === undefined || event.expectedOwner === before.context.owner;
          const may = mine && !before.context.duplicating;
          if (before.control !== 'AS_AVAILABLE.idle') return null;
          return may === (refusal === undefined)
            ? null
            : may
              ? 'refused to its owner'
              : 'dropped for another';
        }
        if (event.type !== 'CREATE' || before.control !== 'AS_AVAILABLE.idle') return null;
        const [answer] = asked<Answer>(effects, 'answer');
        const acknowledged = answer === undefined || answer.error === 'ERR_OK';
        if (event.successIfExist) {
          const alike = event.partitionCount === before.context.partitionCount;
          return alike === acknowledged ? null : `${answer?.error} to whoever wants any table`;
        }
        const owned = event.envs.owner === before.context.owner;
        if (acknowledged && !owned) return 'acknowledged to another';
        return owned && !acknowledged && event.envs.masterCluster === before.context.masterCluster
          ? before.context.followerStatus === 'created' && event.envs.owner === null
            ? null
            : `${answer?.error} to its owner`
          : null;
      },
    },
    {
      name: 'a table that is busy says so (S-DURABLE-1)',
      ofStep: ({ before, after, event, effects }) => {
        if (event.type !== 'CREATE' && event.type !== 'DROP') return null;
        if (before.control === 'AS_AVAILABLE.idle') {
          const [refused] = asked<Answer>(effects, 'answer');
          if (event.type === 'DROP') {
            if (refused) return refused.error && refused.hint ? null : 'refused without a reason';
            return after.control === 'AS_DROPPING.writing' ? null : 'neither dropped nor refused';
          }
          const marks = !event.successIfExist && decideCreate(event.envs, before.context).markCreated;
          if (marks !== after.control.includes('marking')) return 'a mark is not written, or one too many';
          return event.type === 'CREATE' && after.control.startsWith('AS_DROPPING')
            ? 'a creation drops'
            : null;
        }
        if (before.control !== after.control) return `it goes to ${after.control}`;
        const busy = before.control.startsWith('AS_CREATING') || event.type === 'CREATE';
        const kept = after.context.waiting.length > before.context.waiting.length;
        const [answer] = asked<Answer>(effects, 'answer');
        const limit = before.context.waiting.length >= 64;
        if (before.control.startsWith('AS_DROPPING') && event.type === 'DROP') {
          return limit === !kept ? null : 'a requester is kept, or refused, wrongly';
        }
        if (before.control.startsWith('AS_AVAILABLE') && event.type === 'CREATE') {
          if (limit) return answer?.error === 'ERR_BUSY' ? null : 'not told that too many wait';
          const marks = !event.successIfExist && decideCreate(event.envs, before.context).markCreated;
          if (kept !== marks) return 'a requester is kept, or answered, wrongly';
          return kept || answer?.error ? null : 'an answer without a word';
        }
        if (before.control.startsWith('AS_AVAILABLE')) {
          return event.type === 'DROP' && answer?.error !== 'ERR_BUSY' ? 'a drop is not refused' : null;
        }
        return busy && (kept || !answer?.error.startsWith('ERR_BUSY'))
          ? 'it does not say that it is busy'
          : null;
      },
    },
    {
      name: 'memory is bounded (S-BOUND-1)',
      ofStep: ({ after }) => (after.context.waiting.length <= 64 ? null : 'more than 64 wait'),
    },
    {
      name: 'a source is known (S-OWN-2)',
      ofStep: ({ after, event }) =>
        event.type === 'DUPLICATING' && after.context.duplicating !== event.yes ? 'not noted' : null,
    },
    {
      name: 'the durable record decides (S-DURABLE-1)',
      ofStart: ({ after, input }) => {
        if (!after.control.startsWith(input.durable)) return `${input.durable} begins in ${after.control}`;
        const kept = ['owner', 'followerStatus', 'masterCluster', 'partitionCount'] as const;
        const lost = kept.find((field) => input[field] !== after.context[field]);
        return lost === undefined ? null : `${lost} is forgotten`;
      },
    },
  ],
});
