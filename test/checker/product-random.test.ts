/** Random small products: both explorers, the reductions, and liveness worked out the naive way agree. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  check,
  checkDirectly,
  defineProcess,
  type Message,
  type Model,
  type Move,
  type Outcome,
  type Property,
} from '../../runtime/checker/product/index.js';
import { CALM } from './product-models.js';
import { naiveLiveness } from './product-naive.js';

/** `FC_SEED` draws other products, `FC_RUNS` more of them. */
const SEED = Number(process.env.FC_SEED ?? 20_261_122);
const runs = (few: number): number => Number(process.env.FC_RUNS ?? few);
const NAMES = ['p', 'q', 'r'];
const TAGS = ['s', 't'];
const at = fc.integer({ min: 0, max: 2 });

const sending = fc.record({
  to: fc.integer({ min: 0, max: 2 }),
  body: fc.integer({ min: 0, max: 1 }),
  tag: fc.option(fc.constantFrom(...TAGS), { nil: undefined }),
  reliable: fc.boolean(),
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
  /** Fidgeting commutes with everything, unless its first move goes without. */
  fidgets: fc.constantFrom('honest' as const, 'honest' as const, 'lying' as const),
});
type Table = typeof table extends fc.Arbitrary<infer T> ? T : never;
type Wanted = typeof outcome extends fc.Arbitrary<infer T> ? T : never;

/** `sends` left bounds the messages, so the states end. `calm` is for processes that fidget once. */
interface Local {
  readonly calm: boolean;
  readonly at: number;
  readonly sends: number;
}

function tableProcess(self: number, { moves, receipts, fidgets }: Table, count: number, calm: boolean) {
  const name = NAMES[self]!;
  const become = (local: Local, { next, send, retires }: Wanted): Outcome<Local> => {
    const sent = send !== undefined && local.sends > 0 ? [messageOf(self, send, count)] : [];
    return {
      local: { ...local, at: next, sends: local.sends - sent.length },
      sends: sent,
      retires: retires === undefined ? [] : [retires],
    };
  };
  const fidget = (local: Local): Move<Local> => ({
    label: 'fidget',
    kind: 'effect',
    commutes: true,
    local: { ...local, calm: true },
  });
  return defineProcess<Local>({
    name,
    start: () => ({ local: { at: 0, sends: 2, calm } }),
    moves: (local) => [
      ...moves.flatMap(({ when, outcome, kind, budget, unlessInFlight }, index): Move<Local>[] => {
        if (when !== local.at || (index === 0 && fidgets === 'lying' && local.calm !== calm)) return [];
        const limits = { kind, budget, unlessInFlight } as Pick<Move<Local>, 'kind'>;
        return [{ ...become(local, outcome), label: `move ${index}`, ...limits }];
      }),
      ...(local.calm ? [] : [fidget(local)]),
    ],
    receive: (local, message) =>
      receipts
        .find(({ when, body }) => when === local.at && body === message.body)
        ?.outcomes.map((outcome) => become(local, outcome)) ?? [{ local }],
    key: (local) => `${local.at} ${local.sends} ${local.calm}`,
    describe: (local) => `at ${local.at}`,
  });
}

/** Addressed by distance, so that going round in the circle of processes changes nothing. */
const messageOf = (
  from: number,
  { to, body, tag, reliable }: typeof sending extends fc.Arbitrary<infer T> ? T : never,
  count: number,
): Message => ({
  from: NAMES[from]!,
  to: NAMES[(from + to) % count]!,
  kind: 'm',
  body,
  ...(tag === undefined ? {} : { tag }),
  ...(reliable ? { reliable } : {}),
});

const drawn = fc.record({
  tables: fc.array(table, { minLength: 2, maxLength: 3 }),
  reorder: fc.boolean(),
  lateMessages: fc.integer({ min: 0, max: 2 }),
  delayed: fc.option(fc.integer({ min: 0, max: 2 }), { nil: undefined }),
  /** What else a loss costs. */
  shared: fc.boolean(),
  budgets: fc.record({
    loss: fc.integer({ min: 0, max: 1 }),
    duplication: fc.integer({ min: 0, max: 1 }),
    crash: fc.integer({ min: 0, max: 2 }),
    wish: fc.integer({ min: 0, max: 1 }),
  }),
  from: at,
  to: at,
});
type Drawn = typeof drawn extends fc.Arbitrary<infer T> ? T : never;

const localAt = (local: Local) => local.at;

function modelOf(
  { tables, reorder, lateMessages, delayed, shared, budgets, from, to }: Drawn,
  calm = true,
): Model {
  const over = { p: localAt, q: localAt };
  return {
    name: 'random',
    assumptions: { ...CALM, reorder, lateMessages, ...(delayed === undefined ? {} : { delayed }) },
    budgets,
    ...(shared ? { alsoCosts: { loss: 'crash' } } : {}),
    processes: tables.map((table, index) => tableProcess(index, table, tables.length, calm)),
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
        sentence: 'nothing falls that sends',
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
}

/** Every process alike, so that each may take the place of the next. */
function circleOf(drawn: Drawn): Model {
  const names = NAMES.slice(0, drawn.tables.length);
  // Which late messages have to go depends on their order, and that on the names.
  const { properties, ...model } = modelOf({
    ...drawn,
    tables: names.map(() => drawn.tables[0]!),
    lateMessages: 99,
  });
  const over = Object.fromEntries(names.map((name) => [name, localAt]));
  const count = (seen: object, at: number) => Object.values(seen).filter((value) => value === at).length;
  const meet: Property = {
    kind: 'state',
    name: 'Meet',
    sentence: 'not all are at the same place',
    over,
    holds: (seen) => count(seen, drawn.to) < names.length,
    situation: (seen) => count(seen, drawn.from) === 1,
  };
  return {
    ...model,
    properties: [meet, { ...properties[1]!, over } as Property],
    symmetry: names.slice(1).map((_, by) => ({
      name: `round by ${by + 1}`,
      processes: Object.fromEntries(names.map((name, at) => [name, names[(at + by + 1) % names.length]!])),
      local: (_, local) => local,
      message: (message) => message,
    })),
  };
}

const LIMIT = 1_500;
type Verdicts = Awaited<ReturnType<typeof check>>['verdicts'];
const plain = (verdicts: Verdicts) =>
  verdicts.map(({ property, kind, verdict, vacuous, counterexample }) => ({
    property,
    verdict,
    vacuous,
    // What is broken for ever is so in many states: which one comes first is no figure to keep.
    steps: kind === 'state' || kind === 'step' ? (counterexample?.steps.length ?? null) : null,
  }));
const judged = (verdicts: Verdicts) =>
  verdicts.map(({ property, verdict, vacuous }) => ({ property, verdict, vacuous }));

describe(`random products, seed ${SEED}`, () => {
  it('are explored alike, with and without budgets, and judged as the naive way judges them', async () => {
    let compared = 0;
    const broken = new Set<string>();
    const explored = fc.asyncProperty(drawn, async (drawn) => {
      const model = modelOf(drawn);
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
    });
    await fc.assert(explored, { seed: SEED, numRuns: runs(150) });
    expect(compared).toBeGreaterThan(30);
    expect([...broken].sort()).toEqual(['LeadsTo', 'State', 'Stays', 'Step']);
  });

  it('have the same verdicts and lengths when those that symmetry makes equal are explored once', async () => {
    let fewer = 0;
    const explored = fc.asyncProperty(drawn, async (drawn) => {
      const model = circleOf(drawn);
      const full = await check(model, { maxStates: 20_000 });
      if (full.bound !== null) return;
      const reduced = await check(model, { symmetry: true });
      expect(plain(reduced.verdicts)).toEqual(plain(full.verdicts));
      if (reduced.states < full.states) fewer += 1;
    });
    await fc.assert(explored, { seed: SEED, numRuns: runs(100) });
    expect(fewer).toBeGreaterThan(20);
  });

  it('have the same verdicts when moves that commute go first, and claims that are not true are caught', async () => {
    let fewer = 0;
    let refused = 0;
    const explored = fc.asyncProperty(drawn, async (drawn) => {
      const model = modelOf(drawn, false);
      const full = await check(model, { maxStates: 20_000 });
      if (full.bound !== null) return;
      let reduced: Awaited<ReturnType<typeof check>>;
      try {
        reduced = await check(model, { partialOrder: true });
      } catch (error) {
        expect(error).toMatchObject({ code: 'NOT_COMMUTING', place: { step: 'fidget' } });
        expect(drawn.tables.some(({ fidgets }) => fidgets === 'lying')).toBe(true);
        refused += 1;
        return;
      }
      expect(judged(reduced.verdicts)).toEqual(judged(full.verdicts));
      if (reduced.states < full.states) fewer += 1;
    });
    await fc.assert(explored, { seed: SEED, numRuns: runs(80) });
    expect(fewer).toBeGreaterThan(10);
    expect(refused).toBeGreaterThan(10);
  });
});
