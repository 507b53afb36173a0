/** Small machines, one for each feature of XState, with states and steps that can be counted by hand. */
import { and, assign, createMachine, fromPromise, not, or, raise, sendParent, setup } from 'xstate';

/** closed ⇄ open; SLAM is taken nowhere. 2 states, 2 transitions. */
export const door = createMachine({
  id: 'door',
  initial: 'closed',
  states: { closed: { on: { OPEN: 'open' } }, open: { on: { CLOSE: 'closed' } } },
});

/** `after` fires once: in `waiting` it counts and stays, in `last` it leaves. */
export const timed = setup({ types: { context: {} as { n: number } } }).createMachine({
  id: 'timed',
  context: { n: 0 },
  initial: 'waiting',
  states: {
    waiting: {
      after: { 100: { actions: assign({ n: ({ context }) => context.n + 1 }) } },
      on: { GO: 'last' },
    },
    last: { after: { 200: 'over' } },
    over: { type: 'final' },
  },
});

/** A promise that ends, with two outputs, or fails. */
export const fetching = setup({
  types: { context: {} as { got: string | null }, events: {} as { type: 'START' } | { type: 'RETRY' } },
  actors: { fetch: fromPromise<string>(() => new Promise(() => {})) },
}).createMachine({
  id: 'fetching',
  context: { got: null },
  initial: 'idle',
  states: {
    idle: { on: { START: 'loading' } },
    loading: {
      invoke: {
        src: 'fetch',
        id: 'fetch',
        onDone: { target: 'loaded', actions: assign({ got: ({ event }) => event.output }) },
        onError: 'failed',
      },
    },
    loaded: { type: 'final' },
    failed: { on: { RETRY: 'loading' } },
  },
});

/** Two regions of two states: 4 states, 6 transitions, 11 steps; BOTH moves both regions at once. */
export const regions = createMachine({
  id: 'regions',
  type: 'parallel',
  states: {
    a: { initial: 'off', states: { off: { on: { A: 'on', BOTH: 'on' } }, on: { on: { A: 'off' } } } },
    b: { initial: 'off', states: { off: { on: { B: 'on', BOTH: 'on' } }, on: { on: { B: 'off' } } } },
  },
});

/** A player that goes on where it was stopped: each state is three, told apart by history alone. */
export const player = createMachine({
  id: 'player',
  initial: 'off',
  states: {
    off: { on: { POWER: 'on.last' } },
    on: {
      initial: 'one',
      on: { POWER: 'off' },
      states: { one: { on: { NEXT: 'two' } }, two: { on: { NEXT: 'one' } }, last: { type: 'history' } },
    },
  },
});

/** `always` and `raise`: one event, three transitions. */
export const chain = createMachine({
  id: 'chain',
  initial: 'a',
  states: {
    a: { on: { GO: { target: 'b', actions: raise({ type: 'INNER' }) } } },
    b: { on: { INNER: 'c' } },
    c: { always: 'd' },
    d: {},
  },
});

/** Speaks to its parent and spawns a child that is stopped again. */
export const spawning = setup({
  actors: { worker: fromPromise(() => new Promise(() => {})) },
}).createMachine({
  id: 'spawning',
  initial: 'none',
  states: {
    none: {
      on: {
        SPAWN: {
          target: 'some',
          actions: [
            ({ context }) => context,
            // Built-in actions are told from the machine's own by their kind.
            sendParent({ type: 'SPAWNED' }),
          ],
        },
      },
    },
    some: { invoke: { src: 'worker', id: 'worker' }, on: { STOP: 'none' } },
  },
});

type Flags = { a: boolean; b: boolean; c: boolean };
export type Decide = { type: 'DECIDE' } & Flags;

/** `a and (b or not c)`, evaluated from left to right. */
export const deciding = setup({
  types: { events: {} as Decide },
  guards: { a: ({ event }) => event.a, b: ({ event }) => event.b, c: ({ event }) => event.c },
}).createMachine({
  id: 'deciding',
  initial: 'open',
  states: {
    open: { on: { DECIDE: { guard: and(['a', or(['b', not('c')])]), target: 'yes' } } },
    yes: {},
  },
});
