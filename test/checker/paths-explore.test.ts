/** Exploring one machine: every feature of XState, counted by hand, and every way to refuse. */
import { describe, expect, it } from 'vitest';
import { assign, createMachine } from 'xstate';
import { getAdjacencyMap, getShortestPaths } from 'xstate/graph';
import {
  boundsInWords,
  type Exploration,
  explore,
  PathsError,
  shortestPaths,
} from '../../runtime/testing.js';
import { chain, door, fetching, player, regions, spawning, timed } from './paths-machines.js';

const controls = ({ states }: Exploration): readonly string[] => states.map((state) => state.control);

describe('every feature, counted by hand', () => {
  it('given a door, then 2 states and 2 steps', () => {
    const found = explore(door);
    expect(controls(found)).toEqual(['closed', 'open']);
    expect(found.edges.length).toBe(2);
    expect(boundsInWords(found)).toBe('2 states, 2 steps; complete for these inputs and events');
  });

  it('given an event nothing takes, then it is a step that stays', () => {
    const found = explore(door, { events: [{ type: 'SLAM' }] });
    expect(found.edges).toMatchObject([{ from: 0, to: 0, transitions: [] }]);
  });

  it('given after without a target, then it fires once', () => {
    const found = explore(timed);
    expect(found.states.map(({ control, context, timers }) => [control, context, timers.length])).toEqual([
      ['waiting', { n: 0 }, 1],
      ['last', { n: 0 }, 1],
      ['waiting', { n: 1 }, 0],
      ['over', { n: 0 }, 0],
      ['last', { n: 1 }, 1],
      ['over', { n: 1 }, 0],
    ]);
    expect(found.edges.length).toBe(5);
  });

  it('given an invoked promise, then it ends with each output and fails', () => {
    const found = explore(fetching, { children: { fetch: { output: ['x', 'y'] } } });
    expect(controls(found)).toEqual(['idle', 'loading', 'loaded', 'loaded', 'failed']);
    expect(found.edges.map(({ event }) => event.type)).toEqual([
      'START',
      'xstate.done.actor.fetch',
      'xstate.done.actor.fetch',
      'xstate.error.actor.fetch',
      'RETRY',
    ]);
    expect(found.states[1]?.children).toEqual(['fetch']);
    expect(found.states[4]?.children).toEqual([]);
  });

  it('given an error nobody handles, then the machine ends in error', () => {
    const found = explore(spawning, { children: { worker: { error: ['broken'] } } });
    expect(controls(found)).toEqual(['none', 'some', 'some (error)']);
  });

  it('given children and a parent, then what is asked of them is an effect', () => {
    const [spawn, stop] = explore(spawning).edges.map(({ effects }) =>
      effects.map(({ kind, name, to }) => [kind, name, to]),
    );
    expect(spawn?.slice(1)).toEqual([
      ['send', 'SPAWNED', 'parent'],
      ['spawn', 'worker', undefined],
    ]);
    expect(stop).toEqual([['stop', 'worker', undefined]]);
  });

  it('given regions, then an event can take one transition in each', () => {
    const found = explore(regions);
    expect([found.states.length, found.edges.length, found.chart.transitions.length]).toEqual([4, 11, 6]);
    const both = found.edges.find(({ from, event }) => from === 0 && event.type === 'BOTH');
    expect(both?.transitions.map((at) => found.chart.transitions[at]?.id)).toEqual([
      'regions.a.off BOTH',
      'regions.b.off BOTH',
    ]);
  });

  it('given history, then what it remembers tells states apart', () => {
    const found = explore(player);
    expect([found.states.length, found.edges.length]).toEqual([9, 15]);
    // The default key of xstate/graph leaves history out.
    expect(Object.keys(getAdjacencyMap(player, {})).length).toBe(3);
  });

  it('given raise and always, then one step takes them all, in order', () => {
    const found = explore(chain);
    expect(controls(found)).toEqual(['a', 'd']);
    expect(found.edges[0]?.transitions.map((at) => found.chart.transitions[at]?.id)).toEqual([
      'chain.a GO',
      'chain.b INNER',
      'chain.c always',
    ]);
  });

  it('given preempting regions, then only what was really taken counts', () => {
    const preempting = createMachine({
      id: 'p',
      initial: 'both',
      states: {
        both: {
          type: 'parallel',
          states: {
            a: { initial: 'x', states: { x: { on: { GO: '#p.left' } } } },
            b: { initial: 'y', states: { y: { on: { GO: '#p.right' } } } },
          },
        },
        left: {},
        right: {},
      },
    });
    const found = explore(preempting);
    expect(found.edges[0]?.transitions.map((at) => found.chart.transitions[at]?.id)).toEqual([
      'p.both.a.x GO',
    ]);
  });
});

describe('the same as xstate/graph where it can explore', () => {
  it.each([
    ['door', door, ['OPEN', 'CLOSE']],
    ['regions', regions, ['A', 'B', 'BOTH']],
    ['chain', chain, ['GO']],
  ])('given %s, then nodes, edges and shortest paths agree', (_, machine, types) => {
    const events = types.map((type) => ({ type }));
    const found = explore(machine, { events });
    const theirs = Object.values(getAdjacencyMap(machine, { events }));
    expect(found.states.length).toBe(theirs.length);
    expect(found.edges.length).toBe(
      theirs.reduce((sum, { transitions }) => sum + Object.keys(transitions).length, 0),
    );
    const lengths = (paths: readonly { steps: readonly unknown[] }[], first: number): number[] =>
      paths.map(({ steps }) => steps.length - first).sort();
    // Their first step is xstate.init.
    expect(lengths(shortestPaths(found).paths, 0)).toEqual(lengths(getShortestPaths(machine, { events }), 1));
  });
});

function refusal(body: () => unknown): { code: string; place: object; message: string } {
  try {
    body();
  } catch (error) {
    if (error instanceof PathsError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

const holding = (value: unknown) =>
  createMachine({ id: 'm', context: { held: [{ value }] }, initial: 'idle', states: { idle: {} } });

describe('what is refused, by machine, state and field', () => {
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  it.each([
    ['a function', () => 1, 'context.held[0].value', 'function'],
    ['a symbol', Symbol('s'), 'context.held[0].value', 'symbol'],
    ['a class instance', new (class Socket {})(), 'context.held[0].value', 'Socket'],
    ['a cycle', cycle, 'context.held[0].value.self', 'contains itself'],
  ])('given %s in the context', (_, value, field, what) => {
    const error = refusal(() => explore(holding(value)));
    expect(error).toMatchObject({ code: 'UNSERIALISABLE', place: { machine: 'm', state: 'idle', field } });
    expect(error.message).toContain(what);
  });

  const growing = createMachine({
    id: 'growing',
    context: { seen: [] as number[], steady: 1 },
    initial: 'a',
    states: {
      a: { on: { TICK: { target: 'b', actions: assign({ seen: ({ context }) => [...context.seen, 1] }) } } },
      b: { on: { TOCK: 'a' } },
    },
  });
  it('given a list that only grows, then its path is named', () => {
    expect(refusal(() => explore(growing, { growthWindow: 40 }))).toMatchObject({
      code: 'UNBOUNDED',
      place: { machine: 'growing', field: 'context.seen.length' },
    });
  });

  it('given a bound instead, then it is reported, with the field that is suspect', () => {
    const found = explore(growing, { growthWindow: 0, maxStates: 60 });
    expect(found.bounds).toMatchObject({ reached: 'maxStates', cutSteps: 1, suspect: 'context.seen.length' });
    expect(boundsInWords(found)).toContain('bound reached: maxStates 60, 1 steps cut');
    const shallow = explore(growing, { maxDepth: 3 });
    expect(shallow.bounds).toMatchObject({ reached: 'maxDepth', unexpanded: 1, suspect: null });
    expect(shallow.states.length).toBe(4);
  });

  let calls = 0;
  const impure = (how: object) =>
    createMachine({
      id: 'impure',
      context: { n: [0] },
      initial: 'a',
      states: { a: { on: { GO: how as never } }, b: {} },
    });
  it.each([
    ['an action', { actions: assign({ n: () => [++calls] }) }, 'the next state'],
    ['a guard', { guard: () => ++calls % 2 === 0, target: 'b' }, 'the next state'],
    [
      'a context changed in place',
      {
        actions: assign({
          n: ({ context }) => (context as { n: number[] }).n.concat((context as { n: number[] }).n.push(1)),
        }),
      },
      'the next state',
    ],
  ])('given %s that is impure, then the event is named', (_, how, what) => {
    const error = refusal(() => explore(impure(how), { maxStates: 5 }));
    expect(error).toMatchObject({ code: 'IMPURE', place: { machine: 'impure', state: 'a', event: 'GO' } });
    expect(error.message).toContain(what);
  });

  it('given a guard that throws, then machine, state and event are named', () => {
    const throwing = impure({
      guard: () => {
        throw new Error('no such row');
      },
    });
    const error = refusal(() => explore(throwing));
    expect(error).toMatchObject({ code: 'THREW', place: { machine: 'impure', state: 'a', event: 'GO' } });
    expect(error.message).toContain('no such row');
  });

  it('given always without end, then it ends in an error', () => {
    const endless = createMachine({
      id: 'endless',
      initial: 'a',
      states: { a: { on: { GO: 'b' } }, b: { always: 'c' }, c: { always: 'b' } },
    });
    expect(refusal(() => explore(endless))).toMatchObject({ code: 'THREW', place: { event: 'GO' } });
  });

  it('given nonsense, then it is a matter of usage', () => {
    expect(refusal(() => explore(door, { maxStates: 0 })).code).toBe('USAGE');
    expect(refusal(() => explore(door, { events: [{} as never] })).code).toBe('USAGE');
  });
});
