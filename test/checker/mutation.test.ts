/** Mutants of small machines, where what each edit does can be seen, and who finds them out. */
import { describe, expect, it } from 'vitest';
import { type AnyStateMachine, assign, setup } from 'xstate';
import { watched } from '../../runtime/checker/mutation/fields.js';
import { inLockstep } from '../../runtime/checker/mutation/lockstep.js';
import { mutantsOf } from '../../runtime/checker/mutation/mutants.js';
import { differenceOnPaths, treeOf } from '../../runtime/checker/mutation/path-killer.js';
import { explore, transitionPairCover } from '../../runtime/testing.js';
import { chain, deciding, door, timed } from './paths-machines.js';

const ids = (machine: AnyStateMachine, options: Parameters<typeof mutantsOf>[1] = {}): string[] =>
  mutantsOf(machine, options).map(({ id }) => id);

/** Where a machine is after some events, as a text. */
const endsIn = (machine: AnyStateMachine, ...events: string[]): string => {
  const found = explore(machine, { events: events.map((type) => ({ type })) });
  return found.states.map(({ control }) => control).join();
};

const counter = setup({
  types: { context: {} as { n: number; last: string } },
  actions: {
    count: assign(({ context }) => ({ n: (context.n + 1) % 3, last: 'up' })),
    tell: (_: unknown, _params: { n: number; word: string }) => {},
  },
}).createMachine({
  id: 'counter',
  context: { n: 0, last: '' },
  on: {
    UP: { actions: ['count', { type: 'tell', params: ({ context }) => ({ n: context.n, word: 'up' }) }] },
  },
});

describe('mutants of a machine', () => {
  it('given a machine, when it is mutated, then it stays as it was', () => {
    const before = endsIn(door, 'OPEN', 'CLOSE');
    mutantsOf(door);
    expect(endsIn(door, 'OPEN', 'CLOSE')).toBe(before);
  });

  it('given a door, when a transition is dropped, then there is one mutant for each and it stays shut', () => {
    const mutants = mutantsOf(door, { operators: ['drop-transition'] });
    expect(mutants.map(({ id }) => id)).toEqual([
      'drop-transition door.closed OPEN',
      'drop-transition door.open CLOSE',
    ]);
    expect(endsIn(mutants[0]!.machine, 'OPEN', 'CLOSE')).toBe('closed');
  });

  it('given a door, when a transition is retargeted, then it leads to the sibling', () => {
    const [stuck] = mutantsOf(door, { operators: ['retarget'] });
    expect(stuck!.sentence).toBe('it goes to door.closed instead of door.open');
    expect(endsIn(stuck!.machine, 'OPEN')).toBe('closed');
  });

  it('given deadlines, when one is dropped, then its timer never runs', () => {
    const [first] = mutantsOf(timed, { operators: ['drop-deadline'] });
    expect(first!.id).toBe('drop-deadline timed.waiting after 100');
    expect(explore(first!.machine, { events: [] }).states[0]!.timers).toEqual([]);
  });

  it('given a composed guard, then each of its parts is left out once', () => {
    expect(ids(deciding, { operators: ['weaken-guard'] })).toEqual([
      'weaken-guard deciding.open DECIDE part 1',
      'weaken-guard deciding.open DECIDE part 2',
    ]);
  });

  it('given assignments and parameters that functions make, when they were watched, then each field is forgotten once', () => {
    const { machine, seen } = watched(counter);
    explore(machine, { events: [{ type: 'UP' }] });
    expect(ids(counter, { operators: ['forget-field'], fields: seen })).toEqual([
      'forget-field counter UP tell[1].n',
      'forget-field counter UP tell[1].word',
      'forget-field count.last',
      'forget-field count.n',
    ]);
  });
});

describe('killing mutants', () => {
  const exploration = explore(chain, { events: [{ type: 'GO' }] });
  const tree = treeOf(transitionPairCover(exploration).paths, 'behaviour');

  it('given the original, then no path tells it from itself', () => {
    expect(differenceOnPaths(chain, tree)).toBe(null);
  });

  it('given a chain of three transitions, then its paths kill every mutant but two that are no different', () => {
    const operators = ['drop-transition', 'drop-action', 'retarget'] as const;
    const alive: string[] = [];
    for (const { id, machine } of mutantsOf(chain, { operators })) {
      const how = differenceOnPaths(machine, tree);
      if (how === null) alive.push(id);
      else expect(how, id).toMatch(/^path [0-9a-f]{10} step \d/);
    }
    // Both lead, by a way that is shorter, to the same place within the same step.
    expect(alive).toEqual(['retarget chain.a GO', 'retarget chain.b INNER']);
  });

  it('given two machines that are alike, when run in lockstep, then every pair of states is compared', () => {
    const alike = inLockstep(door, door.provide({}), {}, { oracle: 'everything' });
    expect(alike).toEqual({ difference: null, pairs: 2, complete: true });
  });

  it('given a machine that differs later, when run in lockstep, then the shortest way there is named', () => {
    const mutants = mutantsOf(door, { operators: ['drop-transition'] });
    const { difference } = inLockstep(door, mutants[1]!.machine, {}, { oracle: 'behaviour' });
    expect(difference?.events.map(({ type }) => type)).toEqual(['OPEN', 'CLOSE']);
    expect(difference?.what).toBe('it is in "open", not in "closed"');
  });
});
