/** Machines that have, between them, every feature of XState 5 that a diagram shows. */

import type { AnyStateMachine } from 'xstate';
import {
  and,
  assign,
  cancel,
  createMachine,
  emit,
  enqueueActions,
  fromPromise,
  log,
  not,
  or,
  raise,
  sendParent,
  sendTo,
  setup,
  spawnChild,
  stateIn,
  stopChild,
} from 'xstate';

const keeper = createMachine({ id: 'keeper', initial: 'awake', states: { awake: {} } });
const feed = fromPromise(async () => 'fed');

const base = setup({
  types: { context: {} as { meals: number; to: string }, events: {} as { type: string; to?: string } },
  actors: { keeper, feed },
  actions: {
    note: () => {},
    count: assign({ meals: ({ context }) => context.meals + 1 }),
    hire: spawnChild('keeper', { id: 'night', systemId: 'nightKeeper' }),
    tell: (_, _params: { to: string; loud?: boolean }) => {},
    pass: sendTo('night', { type: 'PASS' }),
  },
  guards: {
    hungry: ({ context }) => context.meals < 3,
    atLeast: ({ context }, params: { meals: number }) => context.meals >= params.meals,
    greedy: and(['hungry', not('sated')]),
    sated: ({ context }) => context.meals > 5,
  },
  delays: { nap: 1_000, doze: ({ context }) => context.meals * 10 },
});

/** Hierarchy, regions, history, timers, actors, guards and every action that XState brings. */
const kitchenSink = base.createMachine({
  id: 'zoo',
  version: '2.1.0',
  description: 'Everything at once: "quotes", <tags> & semicolons; colons: too',
  context: { meals: 0, to: 'x' },
  initial: 'closed',
  output: { visitors: 7 },
  on: {
    'visitor.*': { actions: log('a visitor', 'gate') },
    '*': { actions: enqueueActions(({ enqueue }) => enqueue('note')) },
    'xstate.done.actor.night': '.closed',
    'xstate.error.actor.*': { actions: 'note' },
  },
  entry: 'hire',
  exit: [stopChild('night'), cancel('alarm')],
  states: {
    closed: {
      description: 'Nobody in',
      tags: ['quiet', 'dark'],
      meta: { waitingFor: 'the morning', since: { year: 1900, by: ['a', 'b'] }, big: true },
      on: {
        OPEN: [
          { guard: 'greedy', target: 'open', description: 'with an appetite', meta: { rare: true } },
          {
            guard: or([{ type: 'atLeast', params: { meals: 2 } }, ({ context }) => context.to === "it's"]),
            target: 'open.feeding',
          },
          { target: ['#zoo.open.feeding.lions', '#bears'] },
        ],
        RESUME: 'open.recent',
        RESUME_ALL: 'open.deepest',
        FORBIDDEN: {},
        'odd:name; "x" # y': { target: 'end', actions: { type: 'tell', params: { to: 'a;b', loud: true } } },
      },
    },
    open: {
      initial: {
        target: 'strolling',
        actions: ['note', { type: 'tell', params: ({ context }) => ({ to: context.to }) }],
      },
      onDone: { target: 'closed', actions: sendParent({ type: 'DAY_OVER' }) },
      on: { CLOSE: 'closed', AGAIN: { target: 'open', reenter: true }, SELF: 'open', INNER: '.strolling' },
      states: {
        strolling: {
          always: [
            { guard: stateIn('#zoo.closed'), target: 'feeding' },
            { guard: 'sated', actions: 'count' },
          ],
          after: {
            nap: { target: 'feeding', guard: 'hungry' },
            doze: [
              { guard: 'sated', target: 'leaving' },
              { actions: raise({ type: 'YAWN' }, { delay: 20, id: 'alarm' }) },
            ],
            500: 'strolling',
          },
          entry: [raise({ type: 'STROLL' }), 'pass', emit({ type: 'seen' })],
          exit: () => {},
        },
        feeding: {
          type: 'parallel',
          invoke: {
            src: 'feed',
            id: 'feed',
            input: { portions: 2 },
            onDone: { target: 'leaving', actions: 'count' },
            onError: [{ guard: 'hungry', target: 'strolling' }, { actions: 'note' }],
            onSnapshot: { actions: 'note' },
          },
          states: {
            lions: {
              initial: 'waiting',
              states: { waiting: { on: { EAT: 'eating' } }, eating: {}, back: { type: 'history' } },
            },
            bears: {
              id: 'bears',
              initial: 'sleeping',
              states: {
                sleeping: { on: { WAKE: { target: 'up', actions: 'hire' } } },
                up: { type: 'final' },
              },
              onDone: { actions: ['note'] },
            },
            every: { type: 'history', history: 'deep' },
          },
        },
        recent: { type: 'history' },
        deepest: { type: 'history', history: 'deep', target: 'feeding' },
        leaving: { type: 'final', output: ({ context }) => context.meals },
      },
    },
    end: { id: 'end', type: 'final', entry: 'note', output: { tired: true } },
  },
});

/** Names that formats give a meaning of their own. */
const badNames = createMachine({
  id: 'state',
  initial: 'end',
  states: {
    end: { on: { note: 'note', class: 'class', '-->': 'two words', 'a\\b': '1st', '%% c': 'ünï' } },
    note: { always: 'class' },
    class: { id: 'class' },
    classDef: { id: 'classDef' },
    'two words': { id: 'two words' },
    two_words: { id: 'two_words' },
    '1st': { id: '1st', on: { GO: 'a-b' } },
    ünï: {},
    'a-b': { id: 'a-b', tags: ['</state>'] },
    a_b: { id: 'a_b' },
    default: { id: 'default', description: 'line one\nline two' },
  },
});

/** The smallest one: not even an id, and no children. */
const atomic = createMachine({ on: { PING: { actions: 'pong' } } });

const parallelRoot = createMachine({
  id: 'lamps',
  type: 'parallel',
  on: { BOTH: { target: ['.left.on', '.right.on'] } },
  states: {
    left: { initial: 'off', states: { off: { on: { L: 'on' } }, on: { on: { L: 'off' } } } },
    right: { initial: 'off', states: { off: { on: { R: 'on' } }, on: { on: { R: 'off' } } } },
  },
});

/** Logic in place, and an actor without an id of its own. */
const inline = createMachine({
  id: 'inline',
  initial: 'working',
  states: {
    working: {
      invoke: { src: fromPromise(async () => 1), onDone: 'done', onError: 'working' },
      entry: spawnChild(keeper, { id: 'k' }),
    },
    done: { type: 'final' },
  },
});

/** By id, as the command line names them. */
export const ZOO: Readonly<Record<string, AnyStateMachine>> = {
  zoo: kitchenSink,
  state: badNames,
  '(machine)': atomic,
  lamps: parallelRoot,
  inline,
};
