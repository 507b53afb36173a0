/** What each criterion finds, counted by hand, and what a suite covers. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assign, createMachine } from 'xstate';
import {
  ActorDriver,
  coverageAsJson,
  coverageAsJUnit,
  coverageAsText,
  coverageOf,
  describePaths,
  explore,
  faultStateCover,
  guardOutcomes,
  overlayOf,
  type PathFailure,
  pathInWords,
  randomWalks,
  replaySteps,
  type Suite,
  shortestPaths,
  simplePaths,
  suiteAsMermaid,
  suiteAsVitest,
  testPaths,
  transitionCover,
  transitionPairCover,
} from '../../runtime/testing.js';
import { chain, type Decide, deciding, door, fetching, player, regions, timed } from './paths-machines.js';

const doorFound = explore(door, { events: [{ type: 'OPEN' }, { type: 'CLOSE' }] });
const events = (suite: Suite): string[] =>
  suite.paths.map(({ steps }) => steps.map(({ event }) => event.type).join(' '));

describe('criteria', () => {
  it('given a door', () => {
    expect(events(shortestPaths(doorFound))).toEqual(['', 'OPEN']);
    expect(events(shortestPaths(doorFound, { prefixes: false }))).toEqual(['OPEN']);
    expect(events(simplePaths(doorFound))).toEqual(['', 'OPEN']);
    expect(events(simplePaths(doorFound, { maximal: true }))).toEqual(['OPEN']);
    expect(events(transitionCover(doorFound))).toEqual(['OPEN CLOSE']);
    expect(events(transitionPairCover(doorFound))).toEqual(['OPEN CLOSE OPEN']);
    expect(events(faultStateCover(doorFound, ['CLOSE']))).toEqual(['CLOSE', 'OPEN CLOSE']);
    expect(() => faultStateCover(doorFound, ['SLAM'])).toThrow('no event of this exploration is of SLAM');
  });

  it('given one step of three transitions, then one path and two pairs', () => {
    const found = explore(chain);
    expect(transitionCover(found)).toMatchObject({
      goals: { total: 3, covered: 3 },
      paths: [{ steps: [{}] }],
    });
    expect(transitionPairCover(found).goals).toEqual({ total: 2, covered: 2 });
  });

  it('given a transition nothing reaches, then it is unmet by name', () => {
    const found = explore(door, { events: [{ type: 'CLOSE' }] });
    expect(transitionCover(found).unmet).toEqual(['door.closed OPEN', 'door.open CLOSE']);
  });

  it('given a limit, then what is left out is counted', () => {
    const suite = shortestPaths(explore(player), { limit: 4 });
    expect(suite).toMatchObject({ goals: { total: 9, covered: 4 }, leftOut: 5 });
    expect(simplePaths(explore(player), { limit: 3 }).leftOut).toBe(1);
  });

  it('given a and (b or not c), then MC/DC takes four runs', () => {
    const flags = [false, true];
    const decide: Decide[] = flags.flatMap((a) =>
      flags.flatMap((b) => flags.map((c): Decide => ({ type: 'DECIDE', a, b, c }))),
    );
    const found = explore(deciding, { events: decide });
    // a false: 1; a, b: 1; a, not b, c or not: 2. What is not asked is not told apart.
    expect(found.observations.length).toBe(4);
    const suite = guardOutcomes(found);
    expect(suite.goals).toEqual({ total: 8, covered: 8 });
    expect(suite.paths.map(({ steps }) => steps.length)).toEqual([1, 1, 1, 1]);
    const onlyYes = guardOutcomes(explore(deciding, { events: decide.slice(-1) }));
    expect(onlyYes.goals).toEqual({ total: 8, covered: 1 });
    expect(onlyYes.unmet[0]).toBe('deciding.open DECIDE if and(a, or(b, not(c))): no');
  });

  it('given a seed, then the walks are the same; another seed, others', () => {
    const found = explore(player);
    const walk = (seed: number) =>
      randomWalks(found, { seed, count: 5, length: 12 }).paths.map(({ id }) => id);
    expect(walk(7)).toEqual(walk(7));
    expect(walk(7)).not.toEqual(walk(8));
    const never = randomWalks(found, { weights: { NEXT: 0 } });
    expect(events(never).join(' ')).not.toContain('NEXT');
  });

  it('given the same machine again, then the ids are the same', () => {
    const ids = (): string[] => transitionPairCover(explore(player)).paths.map(({ id }) => id);
    expect(ids()).toEqual(ids());
  });
});

describe('coverage', () => {
  const found = explore(fetching);
  const suite = transitionCover(found);
  const coverage = coverageOf(found, suite.paths);

  it('given a transition cover, then transitions and states are covered and counted', () => {
    expect(coverage.transitions.notCovered).toEqual([]);
    expect(coverage.transitions.unreachable).toEqual([]);
    expect(overlayOf(coverage).states['fetching.loading']).toBe(
      coverage.transitions.covered['fetching.idle START']! + 1,
    );
    expect(coverageAsText(coverage)).toContain('transitions      4 of 4 reachable');
    expect(coverageAsJson(coverage)).toMatchObject({ transitions: { covered: 4, notCovered: [] } });
  });

  it('given nothing run, then not covered is told from unreachable', () => {
    const closed = explore(door, { events: [{ type: 'OPEN' }] });
    const none = coverageOf(closed, []);
    expect(none.transitions).toMatchObject({
      notCovered: ['door.closed OPEN'],
      unreachable: ['door.open CLOSE'],
    });
    const xml = coverageAsJUnit(none, ['transitions']);
    expect(xml).toContain('tests="2" failures="1" skipped="1"');
    expect(xml).toContain('<skipped message="unreachable within bounds"/>');
  });
});

describe('running', () => {
  it.each([
    ['door', door],
    ['timed', timed],
    ['fetching', fetching],
    ['regions', regions],
    ['player', player],
    ['chain', chain],
  ])('given every pair of %s, then a live actor agrees', async (_, machine) => {
    const { paths } = transitionPairCover(explore(machine));
    const result = await testPaths(paths, { start: (path) => new ActorDriver(machine, path) });
    expect(result.failures.map(({ message }) => message)).toEqual([]);
    expect(result.passed).toBeGreaterThan(0);
  });

  it('given a driver that is wrong, then the path, the step and the replay are printed', async () => {
    let stops = 0;
    const { failures } = await testPaths(transitionCover(doorFound).paths, {
      start: () => ({
        send: () => {},
        check: (expected) => {
          if (expected.value === 'open') throw new Error('the door is stuck');
        },
        stop: () => void stops++,
      }),
    });
    const [failure] = failures as [PathFailure];
    expect(failure.step).toBe(1);
    expect(stops).toBe(1);
    expect(failure.message).toContain('failed at step 1, OPEN:\nthe door is stuck');
    expect(failure.message).toContain('given door (default) in closed\n when OPEN\n then open');
    expect(failure.message).toContain(`replay: bridle paths --machine door --replay ${failure.path.id}`);
  });

  it('prints as given, when, then', () => {
    const path = shortestPaths(explore(timed)).paths.at(-1)!;
    expect(pathInWords(path)).toBe(
      [
        'given timed (default) in waiting',
        ' when the timer fires: xstate.after.100.timed.waiting',
        ' then waiting',
        ' when GO',
        ' then last',
        ' when the timer fires: xstate.after.200.timed.last',
        ' then over, done',
      ].join('\n'),
    );
  });

  it('writes a vitest file and a diagram', () => {
    const suite = transitionCover(doorFound);
    const file = suiteAsVitest(suite, { module: './door.js', machine: 'door' });
    expect(file).toContain('import { door } from "./door.js";');
    expect(file).toContain('{ event: {"type":"OPEN"}, state: "open" },');
    expect(suiteAsMermaid(suite)).toContain('s0 --> s1: OPEN');
    replaySteps(door, undefined, [{ event: { type: 'OPEN' }, state: 'open' }]);
    expect(() => replaySteps(door, undefined, [{ event: { type: 'OPEN' }, state: 'closed' }])).toThrow(
      'step 1, OPEN: expected closed, now in open',
    );
  });
});

// One call, each path a test.
describePaths(
  'the door, path by path',
  transitionPairCover(doorFound).paths,
  (path) => new ActorDriver(door, path),
  {
    describe,
    it,
  },
);

describe('any machine', () => {
  const states = ['s0', 's1', 's2', 's3', 's4'] as const;
  const types = ['A', 'B', 'C'] as const;
  const target = fc.option(fc.constantFrom(...states), { nil: undefined });
  const transition = fc.record({ target, counts: fc.boolean(), at: fc.integer({ min: 0, max: 3 }) });
  const machines = fc
    .array(fc.array(transition, { minLength: 3, maxLength: 3 }), { minLength: 5, maxLength: 5 })
    .map((rows) =>
      createMachine({
        id: 'any',
        context: { n: 0 },
        initial: 's0',
        states: Object.fromEntries(
          rows.map((row, at) => [
            states[at]!,
            {
              on: Object.fromEntries(
                row.map(({ target: to, counts, at: when }, index) => [
                  types[index]!,
                  {
                    ...(to === undefined ? {} : { target: to }),
                    // 3: always.
                    ...(when === 3
                      ? {}
                      : { guard: ({ context }: { context: { n: number } }) => context.n === when }),
                    ...(counts
                      ? {
                          actions: assign({
                            n: ({ context }: { context: { n: number } }) => (context.n + 1) % 3,
                          }),
                        }
                      : {}),
                  },
                ]),
              ),
            },
          ]),
        ) as never,
      }),
    );

  it('given a transition cover, then its replay takes every transition it claims', async () => {
    const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
    console.log(`paths property: SEED=${seed}`);
    await fc.assert(
      fc.asyncProperty(machines, async (machine) => {
        const found = explore(machine);
        const suite = transitionCover(found);
        const result = await testPaths(suite.paths, { start: (path) => new ActorDriver(machine, path) });
        expect(result.failures.map(({ message }) => message)).toEqual([]);
        const claimed = new Set(suite.paths.flatMap(({ covers }) => covers));
        const taken = new Set(suite.paths.flatMap(({ steps }) => steps.flatMap((step) => step.transitions)));
        expect(taken).toEqual(claimed);
        const reachable = new Set(found.edges.flatMap(({ transitions }) => transitions));
        expect(claimed.size).toBe(reachable.size);
        const pairs = transitionPairCover(found);
        expect(coverageOf(found, pairs.paths).pairs.notCovered).toEqual([]);
      }),
      { seed, numRuns: 60 },
    );
  });
});
