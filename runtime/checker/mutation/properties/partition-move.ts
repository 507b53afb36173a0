/** What a move of a partition promises. */
import type {
  PartitionMoveContext,
  PartitionMoveEffects,
  PartitionMoveEvent,
  PartitionMoveInput,
} from '../../../../machines/index.js';
import { asked, promisesOf, same, timerOf, unmoved } from './promise.js';

type Write = PartitionMoveEffects['persistMove'];
const WRITING = /writing$/;
const STEPS: readonly (readonly [control: string, step: Write['step']])[] = [
  ['recording', 'begin'],
  ['deciding.writing', 'complete'],
  ['undoing.writing', 'undo'],
];
const stepOf = (control: string) => STEPS.find(([state]) => state === control)?.[1];
const top = (control: string): string => control.split('.')[0] ?? '';

export const partitionMovePromises = promisesOf<PartitionMoveContext, PartitionMoveEvent, PartitionMoveInput>(
  {
    noDeadline: {
      'partitionMove.recording': 'local storage; nobody has been told anything',
      'partitionMove.deciding.writing': 'local storage, which answers or fails',
      'partitionMove.undoing.writing': 'local storage, which answers or fails',
    },
    help: (view) => {
      if (stepOf(view.control) !== undefined) return { event: { type: 'MOVE_PERSISTED' } };
      return timerOf(view, `partitionMove.${view.control}`);
    },
    settled: ({ control }) => control === 'moved' || control === 'undone',
    promises: [
      {
        name: 'what is said of another attempt changes nothing (S-MOVE-1)',
        ofStep: (seen) => {
          const { event, before } = seen;
          if (!('ballot' in event) || event.ballot === before.context.ballot) return null;
          return unmoved(seen) ? null : `${event.type} of another attempt counts`;
        },
      },
      {
        name: 'the record is written before it is acted on (S-MOVE-1)',
        ofStep: ({ before, after, event, effects }) => {
          const step = before.control === after.control ? undefined : stepOf(after.control);
          const writes = asked<Write>(effects, 'persistMove');
          if ((step === undefined) !== (writes.length === 0))
            return `in ${after.control}: ${writes.length} writes`;
          const [write] = writes;
          if (write !== undefined && write.step !== step)
            return `${write.step} is written in ${after.control}`;
          if (write?.step === 'undo' && !same(write.trouble, after.context.trouble))
            return 'another reason is written';
          if (write?.step === 'undo' && write.trouble === null) return 'no reason is written';
          if (write?.step === 'complete' && write.holds !== after.context.holds)
            return 'what came along is not written';
          if (write?.step === 'complete' && write.trouble !== null) return 'a reason without a failure';
          const ends = after.control === 'moved' || after.control === 'undone';
          if (event.type === 'TABLE_GONE') {
            return after.control === 'undone' && after.context.trouble?.error === 'ERR_APP_DROPPED'
              ? null
              : 'not ended';
          }
          if (ends && event.type !== 'MOVE_PERSISTED') return `${after.control} before it is durable`;
          if (event.type !== 'MOVE_PERSISTED') return null;
          const next = {
            recording: 'leaving',
            deciding: 'moved',
            undoing: 'undone',
          }[top(before.control)];
          if (next !== undefined && after.control !== next) return `durable, and in ${after.control}`;
          return after.control === 'moved' && after.context.trouble !== null ? 'moved, with trouble' : null;
        },
      },
      {
        name: 'the new place is decided only with all of it there (S-MOVE-1)',
        ofStep: ({ before, after, event }) => {
          const decides = top(after.control) === 'deciding' && top(before.control) !== 'deciding';
          const { ballot, decree } = before.context;
          const nothing =
            before.control === 'leaving' && event.type === 'LEFT' && event.ballot === ballot && !event.holds;
          const fetched =
            before.control === 'fetching' &&
            event.type === 'FETCHED' &&
            event.ballot === ballot &&
            event.decree === decree;
          if (decides !== (nothing || fetched)) return decides ? 'decided without all of it' : 'not decided';
          const left = before.control === 'leaving' && event.type === 'LEFT' && event.ballot === ballot;
          if (!left) return null;
          if (event.holds !== (after.control === 'fetching')) return `it goes to ${after.control}`;
          return after.context.decree === event.decree && after.context.holds === event.holds
            ? null
            : 'not noted';
        },
      },
      {
        name: 'from the decision on it goes forward only (S-MOVE-1)',
        ofStep: ({ before, after, event }) => {
          const was = top(before.control);
          if (was !== 'deciding' && was !== 'undoing') return null;
          if (event.type === 'TABLE_GONE' || event.type === 'MOVE_PERSISTED') return null;
          return top(after.control) === was ? null : `${was} goes to ${after.control}`;
        },
      },
      {
        name: 'what fails before is undone, with the reason (S-MOVE-1)',
        ofStep: ({ before, after, event, timer }) => {
          const { ballot, decree } = before.context;
          const waits = before.control === 'leaving' || before.control === 'fetching';
          const own = 'ballot' in event && event.ballot === ballot;
          const failed =
            (before.control === 'leaving' && event.type === 'LEAVE_FAILED' && own) ||
            (before.control === 'fetching' && event.type === 'FETCH_FAILED' && own) ||
            (before.control === 'fetching' && event.type === 'FETCHED' && own && event.decree !== decree) ||
            (before.control === 'recording' && event.type === 'MOVE_PERSIST_FAILED') ||
            (waits && timer !== undefined);
          const undoes = top(after.control) === 'undoing' && top(before.control) !== 'undoing';
          if (failed !== undoes) return undoes ? 'undone for no reason' : `it goes on in ${after.control}`;
          if (!undoes) return null;
          const { trouble } = after.context;
          if (trouble === null || trouble.error === '' || trouble.operation === '') return 'no reason';
          if ('trouble' in event) return same(trouble, event.trouble) ? null : 'another reason';
          if (event.type === 'MOVE_PERSIST_FAILED')
            return trouble.error === event.error ? null : 'another reason';
          const peer = before.control === 'leaving' ? before.context.from : before.context.to;
          if (trouble.peer !== peer) return `${trouble.peer} is blamed`;
          return timer === undefined
            ? trouble.error === 'ERR_INCONSISTENT_STATE' && trouble.hint
              ? null
              : 'another reason'
            : trouble.error === 'ERR_TIMEOUT'
              ? null
              : 'another reason';
        },
      },
      {
        name: 'a failed write is tried again (S-MOVE-1)',
        ofStep: ({ before, after, event }) => {
          if (event.type !== 'MOVE_PERSIST_FAILED' || !WRITING.test(before.control)) return null;
          if (after.control !== before.control.replace(WRITING, 'failed')) return `it is in ${after.control}`;
          const undoes = top(before.control) === 'undoing';
          // Why it is undone must not be lost over what storage says.
          if (undoes)
            return same(before.context.trouble, after.context.trouble) ? null : 'the reason is lost';
          return after.context.trouble?.error === event.error ? null : 'the trouble is not kept';
        },
      },
      {
        name: 'nothing else changes where it is (S-MOVE-1)',
        ofStep: ({ before, after, event, timer }) => {
          if (before.control === after.control || timer !== undefined) return null;
          const known = [
            ...['LEFT', 'LEAVE_FAILED', 'FETCHED', 'FETCH_FAILED', 'TABLE_GONE'],
            ...['MOVE_PERSISTED', 'MOVE_PERSIST_FAILED'],
          ];
          return known.includes(event.type) ? null : `${event.type} leads to ${after.control}`;
        },
      },
      {
        name: 'the durable record decides where it begins (S-MOVE-1)',
        ofStart: ({ after, input, effects }) => {
          const wanted = input.recorded ? 'leaving' : 'recording';
          if (after.control !== wanted) return `it begins in ${after.control}`;
          const [write] = asked<Write>(effects, 'persistMove');
          if (input.recorded) return write === undefined ? null : 'written again';
          return write?.step === 'begin' ? null : 'the attempt is not written';
        },
      },
    ],
  },
);
