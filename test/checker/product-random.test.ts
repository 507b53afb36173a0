/** Random small products: both explorers, the reductions, and liveness worked out the naive way agree. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  check,
  checkDirectly,
  type Message,
  type Model,
  type Move,
  type Outcome,
  process,
} from '../../runtime/checker/product/index.js';
import { CALM } from './product-models.js';
import { naiveLiveness } from './product-naive.js';

const SEED = 20_261_122;
const NAMES = ['p', 'q', 'r'];
const TAGS = ['s', 't'];
const at = fc.integer({ min: 0, max: 2 });

const sending = fc.record({
  to: fc.integer({ min: 0, max: 2 }),
  body: fc.integer({ min: 0, max: 1 }),
  tag: fc.option(fc.constantFrom(...TAGS), { nil: undefined }),
});
const outcome = fc.record({
  next: at,
  send: fc.option(sending, { nil: undefined, freq: 2 }),
  retires: fc.option(fc.constantFrom(...TAGS), { nil: undefined, freq: 3 }),
});
const move = fc.record({
  when: at,
  outcome,
  kind: fc.constantFrom('timer' as const, 'effect' as const, 'fault' as const, 'environment' as const),
  budget: fc.option(fc.constantFrom('crash', 'wish'), { nil: undefined, freq: 3 }),
  unlessInFlight: fc.option(fc.constantFrom(...TAGS), { nil: undefined, freq: 3 }),
});
const receipt = fc.record({
  when: at,
  body: fc.integer({ min: 0, max: 1 }),
  outcomes: fc.array(outcome, { maxLength: 2 }),
});
const table = fc.record({
  moves: fc.array(move, { minLength: 1, maxLength: 4 }),
  receipts: fc.array(receipt, { maxLength: 4 }),
});
type Table = typeof table extends fc.Arbitrary<infer T> ? T : never;
type Wanted = typeof outcome extends fc.Arbitrary<infer T> ? T : never;

/** `sends` left bounds the messages, so the states end. */
interface Local {
  readonly at: number;
  readonly sends: number;
}

function tableProcess(name: string, { moves, receipts }: Table, count: number) {
  const become = (local: Local, { next, send, retires }: Wanted): Outcome<Local> => {
    const sent = send !== undefined && local.sends > 0 ? [messageOf(name, send, count)] : [];
    return {
      local: { at: next, sends: local.sends - sent.length },
      sends: sent,
      retires: retires === undefined ? [] : [retires],
    };
  };
  return process<Local>({
    name,
    start: () => ({ local: { at: 0, sends: 2 } }),
    moves: (local) =>
      moves.flatMap(({ when, outcome, kind, budget, unlessInFlight }, index): Move<Local>[] =>
        when === local.at
          ? [
              {
                ...become(local, outcome),
                label: `move ${index}`,
                kind,
                budget,
                unlessInFlight,
              } as Move<Local>,
            ]
          : [],
      ),
    receive: (local, message) =>
      receipts
        .find(({ when, body }) => when === local.at && body === message.body)
        ?.outcomes.map((outcome) => become(local, outcome)) ?? [{ local }],
    key: (local) => `${local.at} ${local.sends}`,
    describe: (local) => `at ${local.at}`,
  });
}

const messageOf = (
  from: string,
  { to, body, tag }: { to: number; body: number; tag?: string | undefined },
  count: number,
): Message => ({
  from,
  to: NAMES[to % count]!,
  kind: 'm',
  body,
  ...(tag === undefined ? {} : { tag }),
});

const model = fc
  .record({
    tables: fc.array(table, { minLength: 2, maxLength: 3 }),
    reorder: fc.boolean(),
    lateMessages: fc.integer({ min: 0, max: 2 }),
    budgets: fc.record({
      loss: fc.integer({ min: 0, max: 1 }),
      duplication: fc.integer({ min: 0, max: 1 }),
      crash: fc.integer({ min: 0, max: 2 }),
      wish: fc.integer({ min: 0, max: 1 }),
    }),
    from: at,
    to: at,
  })
  .map(({ tables, reorder, lateMessages, budgets, from, to }): Model => {
    const over = { p: (local: Local) => local.at, q: (local: Local) => local.at };
    return {
      name: 'random',
      assumptions: { ...CALM, reorder, lateMessages },
      budgets,
      processes: tables.map((table, index) => tableProcess(NAMES[index]!, table, tables.length)),
      properties: [
        {
          kind: 'state',
          name: 'State',
          sentence: 'they do not meet',
          over,
          holds: (seen) => !(seen.p === to && seen.q === 2),
          situation: (seen) => seen.p === to,
        },
        {
          kind: 'step',
          name: 'Step',
          sentence: 'nothing falls',
          over,
          holds: (before, after, step) => step.sends.length === 0 || (before as number) <= (after as number),
          situation: (_, __, step) => step.message !== null,
        },
        {
          kind: 'leadsTo',
          name: 'LeadsTo',
          sentence: 'it gets there',
          over,
          from: (seen) => seen.p === from,
          to: (seen) => seen.q === to,
        },
        {
          kind: 'staysPossible',
          name: 'Stays',
          sentence: 'it can get there',
          over,
          to: (seen) => seen.p === to && seen.q === from,
        },
      ],
    };
  });

const LIMIT = 1_500;
const plain = (verdicts: Awaited<ReturnType<typeof check>>['verdicts']) =>
  verdicts.map(({ property, verdict, vacuous, counterexample }) => ({
    property,
    verdict,
    vacuous,
    steps: counterexample?.steps.length ?? null,
  }));

describe(`random products, seed ${SEED}`, () => {
  it('are explored alike, with and without budgets, and judged as the naive way judges them', async () => {
    let compared = 0;
    const broken = new Set<string>();
    await fc.assert(
      fc.asyncProperty(model, async (model) => {
        const packed = await check(model, { budgets: false, maxStates: LIMIT });
        const direct = await checkDirectly(model, { maxStates: LIMIT });
        for (const figure of ['states', 'transitions', 'depth', 'bound'] as const) {
          expect(packed[figure]).toBe(direct[figure]);
        }
        expect(packed.verdicts).toEqual(direct.verdicts);
        if (packed.bound !== null || packed.states > 250) return;
        compared += 1;
        for (const { property, verdict } of packed.verdicts) if (verdict === 'violated') broken.add(property);
        const reduced = await check(model, { maxStates: LIMIT });
        expect(plain(reduced.verdicts)).toEqual(plain(packed.verdicts));
        for (const [index, property] of model.properties.entries()) {
          if (property.kind === 'state' || property.kind === 'step') continue;
          expect(packed.verdicts[index]!.verdict).toBe(naiveLiveness(model, property) ? 'holds' : 'violated');
        }
      }),
      { seed: SEED, numRuns: 250 },
    );
    expect(compared).toBeGreaterThan(50);
    expect([...broken].sort()).toEqual(['LeadsTo', 'State', 'Stays', 'Step']);
  });
});
