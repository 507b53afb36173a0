/** The transitions that are told are those that were taken: held against what the chart itself executed. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createActor, createMachine } from 'xstate';
import { ChartObserver } from '../../../actors/chartObserver.js';
import type { StepLine } from '../../../runtime/observe/recording/lines.js';
import { Recorder } from '../../../runtime/observe/recording/recorder.js';

const EVENTS = ['A', 'B'] as const;
const REGIONS = ['left', 'right'] as const;
const PATHS = REGIONS.flatMap((region) => [
  `both.${region}.one`,
  `both.${region}.two`,
  `both.${region}.two.inner`,
  `both.${region}.two.other`,
]);
const TARGETS = [...PATHS, 'both', 'apart'];
const SOURCES = [...PATHS, ...REGIONS.map((region) => `both.${region}`), 'both', 'apart'];

interface Edge {
  readonly source: string;
  readonly event: (typeof EVENTS)[number];
  readonly target: string | null;
  readonly reenter: boolean;
}

const edge: fc.Arbitrary<Edge> = fc.record({
  source: fc.constantFrom(...SOURCES),
  event: fc.constantFrom(...EVENTS),
  target: fc.option(fc.constantFrom(...TARGETS), { nil: null }),
  reenter: fc.boolean(),
});

/** Two regions, each with a nested state, and a state outside; every edge writes down that it was taken. */
function chartOf(edges: readonly Edge[], taken: string[]) {
  const on = (source: string) => {
    const mine = new Map(edges.filter((each) => each.source === source).map((each) => [each.event, each]));
    return Object.fromEntries(
      [...mine].map(([event, { target, reenter }]) => [
        event,
        {
          ...(target === null ? {} : { target: `#chart.${target}`, reenter }),
          actions: () => void taken.push(`chart.${source} ${event}`),
        },
      ]),
    );
  };
  const region = (name: string) => ({
    initial: 'one',
    on: on(`both.${name}`),
    states: {
      one: { on: on(`both.${name}.one`) },
      two: {
        initial: 'inner',
        on: on(`both.${name}.two`),
        states: {
          inner: { on: on(`both.${name}.two.inner`) },
          other: { on: on(`both.${name}.two.other`) },
        },
      },
    },
  });
  return createMachine({
    id: 'chart',
    initial: 'both',
    states: {
      both: { type: 'parallel', on: on('both'), states: { left: region('left'), right: region('right') } },
      apart: { on: on('apart') },
    },
  } as never);
}

describe('transitions that regions select for themselves', () => {
  test('given any edges and events, then those told are those executed, in their order', () => {
    fc.assert(
      fc.property(
        fc.array(edge, { maxLength: 24 }),
        fc.array(fc.constantFrom(...EVENTS), { minLength: 1, maxLength: 12 }),
        (edges, events) => {
          const taken: string[] = [];
          const recorder = new Recorder({ process: 'p' });
          recorder.start();
          const actor = createActor(chartOf(edges, taken));
          const observer = new ChartObserver({ watcher: recorder.charts, name: 'chart', root: () => actor });
          actor.system.inspect((event) => observer.inspect(event));
          actor.start();
          for (const type of events) actor.send({ type } as never);
          const steps = recorder
            .read(0, 1_000)
            .lines.filter((line): line is StepLine => line.t === 'step')
            .flatMap(({ edges: told }) => told);
          expect(steps).toEqual(taken);
          actor.stop();
        },
      ),
      { numRuns: 200 },
    );
  });
});
