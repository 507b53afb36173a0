/** What the reader sees of a machine, and what it refuses. */

import { describe, expect, it } from 'vitest';
import { createMachine } from 'xstate';
import { transitionIds } from '../../../actors/transitionIds.js';
import { DiagramError, OUR_CHARTS, readChart } from '../../../visualizations/diagrams/index.js';
import { ALL_CHARTS } from './all-charts.js';
import { ZOO } from './zoo.js';

const zoo = readChart(ZOO.zoo!);
const stateOf = (id: string) => zoo.states.find((state) => state.id === id)!;
const edgesOf = (source: string) => zoo.edges.filter((edge) => edge.source === source);

describe('reading a chart', () => {
  it('gives every state with kind, parent and history', () => {
    const rows = zoo.states.map(({ id, kind, parent, history }) => [id, kind, parent, history]);
    expect(rows).toEqual([
      ['zoo', 'compound', null, null],
      ['zoo.closed', 'atomic', 'zoo', null],
      ['zoo.open', 'compound', 'zoo', null],
      ['zoo.open.strolling', 'atomic', 'zoo.open', null],
      ['zoo.open.feeding', 'parallel', 'zoo.open', null],
      ['zoo.open.feeding.lions', 'compound', 'zoo.open.feeding', null],
      ['zoo.open.feeding.lions.waiting', 'atomic', 'zoo.open.feeding.lions', null],
      ['zoo.open.feeding.lions.eating', 'atomic', 'zoo.open.feeding.lions', null],
      ['zoo.open.feeding.lions.back', 'history', 'zoo.open.feeding.lions', 'shallow'],
      ['bears', 'compound', 'zoo.open.feeding', null],
      ['zoo.open.feeding.bears.sleeping', 'atomic', 'bears', null],
      ['zoo.open.feeding.bears.up', 'final', 'bears', null],
      ['zoo.open.feeding.every', 'history', 'zoo.open.feeding', 'deep'],
      ['zoo.open.recent', 'history', 'zoo.open', 'shallow'],
      ['zoo.open.deepest', 'history', 'zoo.open', 'deep'],
      ['zoo.open.leaving', 'final', 'zoo.open', null],
      ['end', 'final', 'zoo', null],
    ]);
    expect(stateOf('zoo.open.deepest').historyDefault).toEqual(['zoo.open.feeding']);
    expect(stateOf('zoo.open.recent').historyDefault).toEqual([]);
  });

  it('tells events, timers, ends and errors of actors, and transitions without an event', () => {
    const rows = (source: string) =>
      edgesOf(source).map(({ kind, label, targets }) => [kind, label, ...targets]);
    expect(rows('zoo')).toEqual([
      ['wildcard', 'visitor.*'],
      ['wildcard', 'any event'],
      ['done', 'done night', 'zoo.closed'],
      ['error', 'error any actor'],
    ]);
    expect(rows('zoo.open.strolling')).toEqual([
      ['after', 'after 500 ms', 'zoo.open.strolling'],
      ['after', 'after nap (1000 ms)', 'zoo.open.feeding'],
      ['after', 'after doze', 'zoo.open.leaving'],
      ['after', 'after doze'],
      ['always', 'always', 'zoo.open.feeding'],
      ['always', 'always'],
    ]);
    expect(rows('zoo.open.feeding')).toEqual([
      ['done', 'done feed', 'zoo.open.leaving'],
      ['error', 'error feed', 'zoo.open.strolling'],
      ['error', 'error feed'],
      ['snapshot', 'snapshot feed'],
    ]);
    expect(rows('zoo.open')).toContainEqual(['done', 'done', 'zoo.closed']);
    expect(edgesOf('zoo.open').map(({ reenter }) => reenter)).toEqual([false, true, false, false, false]);
  });

  it('writes guards as the chart does, composed ones too', () => {
    expect(
      edgesOf('zoo.closed')
        .slice(0, 3)
        .map(({ guard, targets }) => [guard, ...targets]),
    ).toEqual([
      ['and(hungry, not(sated))', 'zoo.open'],
      [
        expect.stringMatching(/^or\(atLeast\(\{ meals: 2 \}\), \(?\{context\}\)? => .*\)$/),
        'zoo.open.feeding',
      ],
      [null, 'zoo.open.feeding.lions', 'bears'],
    ]);
    expect(edgesOf('zoo.open.strolling')[4]!.guard).toBe('stateIn(#zoo.closed)');
  });

  it('writes actions with what is fixed, and tells what named ones are made of', () => {
    const { entry, exit } = stateOf('zoo.open.strolling');
    expect(entry.map(({ name, params, kind, does }) => [kind, name, params, does])).toEqual([
      ['raise', 'raise', 'STROLL', null],
      ['send', 'pass', null, 'sendTo(night, PASS)'],
      ['emit', 'emit', 'seen', null],
    ]);
    expect(exit).toHaveLength(1);
    expect(stateOf('zoo.open').initial!.actions.map(({ name, params }) => [name, params])).toEqual([
      ['note', null],
      ['tell', '…'],
    ]);
    expect(edgesOf('zoo.open.strolling')[3]!.actions[0]!.params).toBe(
      "YAWN, { id: 'alarm', delay: '20 ms' }",
    );
    expect(stateOf('zoo').exit.map(({ kind, params }) => [kind, params])).toEqual([
      ['stop', 'night'],
      ['cancel', 'alarm'],
    ]);
  });

  it('names the actors that it starts, in place or by name', () => {
    expect(zoo.actors).toEqual([
      { id: 'night', logic: 'keeper', how: 'spawned', systemId: 'nightKeeper', input: null },
      { id: 'feed', logic: 'feed', how: 'invoked', systemId: null, input: '{ portions: 2 }' },
      { id: 'night', logic: 'keeper', how: 'spawned', systemId: 'nightKeeper', input: null },
    ]);
    expect(readChart(ZOO.inline!).actors.map(({ id, logic }) => [id, logic])).toEqual([
      ['0.inline.working', 'inline'],
      ['k', 'inline keeper'],
    ]);
  });

  it('keeps descriptions, tags, meta and outputs', () => {
    expect(stateOf('zoo.closed')).toMatchObject({
      description: 'Nobody in',
      tags: ['quiet', 'dark'],
      meta: { waitingFor: 'the morning', since: { year: 1900 } },
    });
    expect(edgesOf('zoo.closed')[0]).toMatchObject({ description: 'with an appetite', meta: { rare: true } });
    expect(stateOf('zoo').output).toBe('{ visitors: 7 }');
    expect(stateOf('zoo.open.leaving')).toMatchObject({ hasOutput: true, output: '…' });
    expect([zoo.version, zoo.description]).toEqual(['2.1.0', expect.stringContaining('Everything')]);
  });

  it.each(ALL_CHARTS)('names the transitions of %s as recordings and coverage do', (name, chart) => {
    const machine = { ...OUR_CHARTS, ...ZOO }[name]!;
    expect(chart.edges.map(({ id }) => id)).toEqual([...transitionIds(machine).values()]);
  });
});

describe('what is not understood', () => {
  const problemOf = (config: unknown): DiagramError => {
    try {
      readChart(createMachine(config as never) as never);
    } catch (error) {
      if (error instanceof DiagramError) return error;
      throw error;
    }
    throw new Error('it was read');
  };

  it.each([
    [
      'a key of an earlier XState',
      { id: 'm', states: { a: { onEntry: 'x' } }, initial: 'a' },
      'm.a',
      'state key "onEntry"',
    ],
    ['a key of a transition', { id: 'm', on: { GO: { in: 'x' } } }, 'm', 'transition key "in"'],
    ['a key of an invocation', { id: 'm', invoke: { src: 'x', data: 1 } }, 'm', 'invoke key "data"'],
    ['an id that is used twice', { id: 'm', initial: 'a', states: { a: { id: 'm' } } }, 'm', 'id "m"'],
    [
      'an unknown kind of state',
      { id: 'm', initial: 'a', states: { a: { type: 'choice' } } },
      'm.a',
      'type "choice"',
    ],
    [
      'a history that leads nowhere',
      { id: 'm', initial: 'a', states: { a: {}, h: { type: 'history', target: 'b' } } },
      'm.h',
      'history target "b"',
    ],
    ['an action without a type', { id: 'm', entry: [{ params: 1 }] }, 'm', 'an action'],
    [
      'an action of XState’s that is new',
      { id: 'm', entry: Object.assign(() => {}, { type: 'xstate.teleport' }) },
      'm',
      'action xstate.teleport',
    ],
  ])('given %s, then an error names machine, state and feature', (_, config, state, feature) => {
    expect(problemOf(config)).toMatchObject({ machine: 'm', state, feature });
  });

  it('given no machine of XState 5 at all, then an error says so', () => {
    expect(() => readChart({ states: {} } as never)).toThrow('is not an XState 5 machine');
  });
});
