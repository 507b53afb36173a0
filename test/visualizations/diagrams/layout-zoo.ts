/** A machine with one of everything that a chart can have. */
import { fromPromise, sendParent, setup } from 'xstate';

const keeper = setup({}).createMachine({ id: 'keeper' });
const feeding = fromPromise(async () => 'fed');

export const zoo = setup({
  types: { context: {} as { visitors: number } },
  actors: { keeper, feeding },
  actions: {
    openGates: () => {},
    closeGates: () => {},
    countVisitor: () => {},
    feed: (_, _params: { food: string; grams: number }) => {},
    ringBell: () => {},
    tellOwner: sendParent({ type: 'OPENED' }),
  },
  guards: { sunny: () => true, enough: () => true },
  delays: { closingTime: 8_000 },
}).createMachine({
  id: 'zoo',
  description: 'A day at the zoo, with everything that a chart can have.',
  context: { visitors: 0 },
  initial: 'closed',
  on: { FIRE: { target: '.evacuated', actions: 'ringBell' }, VISITOR: { actions: 'countVisitor' } },
  states: {
    closed: {
      entry: 'closeGates',
      on: {
        KEY: [
          { guard: 'sunny', target: 'open', actions: ['openGates', 'tellOwner'] },
          { target: 'open.animals.asleep' },
        ],
        KNOCK: 'closed',
        BACK: 'open.last',
      },
    },
    open: {
      type: 'parallel',
      tags: ['busy', 'paying'],
      invoke: { src: 'keeper', id: 'keeper', onDone: 'closed', onError: { target: 'evacuated' } },
      after: { closingTime: 'closed' },
      on: {
        SWAP: { target: ['.animals.asleep', '.shop.selling'], description: 'The night shift begins.' },
        RESTART: { target: 'open', reenter: true },
      },
      states: {
        animals: {
          initial: 'awake',
          states: {
            awake: {
              description: 'Most of them.',
              entry: [{ type: 'feed', params: { food: 'hay', grams: 400 } }],
              invoke: { src: 'feeding', onDone: { target: 'asleep', guard: 'enough' } },
              on: { '*': { actions: 'countVisitor' }, LULLABY: { target: 'awake', reenter: true } },
            },
            asleep: { after: { 500: 'awake', 900: { guard: 'enough', target: 'gone' } } },
            gone: { type: 'final' },
          },
        },
        shop: {
          initial: 'counting',
          states: {
            counting: { always: [{ guard: 'enough', target: 'selling' }, { target: 'shut' }] },
            selling: { on: { SOLD_OUT: 'shut', OVERFLOWING_QUEUE_AT_THE_TILL: '#zoo.evacuated' } },
            shut: { type: 'final' },
          },
          onDone: { actions: 'closeGates' },
        },
        last: { type: 'history', history: 'deep' },
      },
      onDone: 'closed',
    },
    pausing: {
      initial: 'resting',
      states: {
        resting: { on: { GO: 'walking' } },
        walking: {},
        again: { type: 'history', target: 'resting' },
      },
      on: { AGAIN: '.again', LEAVE: 'evacuated' },
    },
    evacuated: { type: 'final', output: 'empty', meta: { waitingFor: 'nothing', from: 'nobody' } },
  },
});
