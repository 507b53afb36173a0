/**
 * What the checker is measured on: callers that each ask a server some rounds, over a network that
 * reorders. With `c` callers and `r` rounds there are (3r + 1) ^ c states: a caller is before, on the way
 * to, or on the way back from each round.
 */
import { assign, createMachine, initialTransition, transition } from 'xstate';

const ASSUMPTIONS = {
  name: 'bench',
  loss: 0,
  duplication: 0,
  reorder: true,
  crashes: {},
  roleChanges: 0,
  storageTimeouts: 0,
  operator: {},
  sizes: {},
  lateMessages: 0,
};

export const statesOf = (callers, rounds) => (3 * rounds + 1) ** callers;

const property = {
  kind: 'state',
  name: 'SomebodyAsks',
  sentence: 'the first two are not at the same even round for ever',
  over: { caller0: (caller) => roundsOf(caller) % 2, caller1: (caller) => roundsOf(caller) % 3 },
  holds: () => true,
  situation: (seen) => seen.caller0 === 1,
};
const roundsOf = (caller) => (typeof caller === 'number' ? caller >> 1 : caller.context.rounds);

/** Callers as numbers: what remains to be measured is the explorer. */
export function numbersModel(callers, rounds) {
  const caller = (name) => ({
    name,
    start: () => ({ local: 0 }),
    moves: (at) =>
      at % 2 === 0 && at < 2 * rounds
        ? [
            {
              label: 'ask',
              kind: 'effect',
              local: at + 1,
              sends: [message(name, 'server', 'ask', (at >> 1) % 2)],
            },
          ]
        : [],
    receive: (at) => [{ local: at + 1 }],
    key: String,
    describe: (at) => `round ${at >> 1}`,
  });
  const server = {
    name: 'server',
    start: () => ({ local: 0 }),
    moves: () => [],
    receive: (_, asked) => [{ local: 0, sends: [message('server', asked.from, 'answer', asked.body)] }],
    key: String,
    describe: () => 'serving',
  };
  const names = Array.from({ length: callers }, (_, index) => `caller${index}`);
  return {
    name: `callers ${callers} rounds ${rounds}`,
    assumptions: ASSUMPTIONS,
    budgets: {},
    processes: [...names.map(caller), server],
    properties: [property],
  };
}

const message = (from, to, kind, body) => ({ from, to, kind, body });

const callerMachine = (rounds) =>
  createMachine({
    id: 'caller',
    context: { rounds: 0 },
    initial: 'idle',
    states: {
      idle: {
        on: {
          ask: { target: 'waiting', guard: ({ context }) => context.rounds < rounds, actions: 'sendAsk' },
        },
      },
      waiting: {
        on: { answer: { target: 'idle', actions: assign({ rounds: ({ context }) => context.rounds + 1 }) } },
      },
    },
  });

const serverMachine = createMachine({
  id: 'server',
  initial: 'serving',
  states: { serving: { on: { ask: { actions: 'sendAnswer' } } } },
});

/** Takes a step of a chart. @returns its next snapshot and the messages it sends */
function chartStep(machine, name, snapshot, event) {
  const [next, actions] = transition(machine, snapshot, event);
  const sends = actions.flatMap(({ type }) =>
    type === 'sendAsk'
      ? [message(name, 'server', 'ask', snapshot.context.rounds % 2)]
      : type === 'sendAnswer'
        ? [message('server', event.from, 'answer', event.body)]
        : [],
  );
  return { local: next, sends };
}

const eventOf = ({ kind, from, body }) => ({ type: kind, from, body });
const keyOf = ({ value, context }) => JSON.stringify([value, context]);

/** The same product with every process an XState chart, for `check`. */
export function chartsModel(callers, rounds) {
  const machines = chartsOf(callers, rounds);
  const processes = Object.entries(machines).map(([name, machine]) => ({
    name,
    start: () => ({ local: initialTransition(machine)[0] }),
    moves: (local) =>
      name !== 'server' && local.can({ type: 'ask' })
        ? [{ label: 'ask', kind: 'effect', ...chartStep(machine, name, local, { type: 'ask' }) }]
        : [],
    receive: (local, received) => [chartStep(machine, name, local, eventOf(received))],
    key: keyOf,
    describe: ({ value }) => String(value),
  }));
  return { ...numbersModel(0, 0), processes, properties: [property] };
}

/** The same product as one actor logic, as `@xstate/graph` explores it. */
export function chartsLogic(callers, rounds) {
  const machines = chartsOf(callers, rounds);
  const snapshotOf = (context) => ({ status: 'active', output: undefined, error: undefined, context });
  const sorted = (messages) =>
    messages
      .map((one) => JSON.stringify(one))
      .sort()
      .map((text) => JSON.parse(text));
  return {
    logic: {
      getInitialSnapshot: () => {
        const locals = Object.fromEntries(
          Object.entries(machines).map(([name, machine]) => [name, initialTransition(machine)[0]]),
        );
        return snapshotOf({ locals, network: [] });
      },
      transition: ({ context: { locals, network } }, { process, event, consumed }) => {
        const { local, sends } = chartStep(machines[process], process, locals[process], event);
        const rest = consumed === undefined ? network : network.toSpliced(consumed, 1);
        return snapshotOf({ locals: { ...locals, [process]: local }, network: sorted([...rest, ...sends]) });
      },
      getPersistedSnapshot: (snapshot) => snapshot,
    },
    options: {
      events: ({ context: { locals, network } }) => [
        ...Object.keys(machines)
          .filter((name) => name !== 'server' && locals[name].can({ type: 'ask' }))
          .map((process) => ({ type: 'step', process, event: { type: 'ask' } })),
        ...network.map((one, consumed) => ({ type: 'step', process: one.to, event: eventOf(one), consumed })),
      ],
      serializeState: ({ context: { locals, network } }) =>
        JSON.stringify([Object.values(locals).map(keyOf), network]),
      limit: Number.POSITIVE_INFINITY,
    },
  };
}

function chartsOf(callers, rounds) {
  const machine = callerMachine(rounds);
  return {
    ...Object.fromEntries(Array.from({ length: callers }, (_, index) => [`caller${index}`, machine])),
    server: serverMachine,
  };
}
