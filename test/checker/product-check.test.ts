/** The product explorer on small products whose states and verdicts are known by hand. */
import { describe, expect, it } from 'vitest';
import {
  type CheckOptions,
  type CheckResult,
  check,
  checkDirectly,
  type Model,
} from '../../runtime/checker/product/index.js';
import { durable, grid, handshake, mutualExclusion, numbered, tokenRing, workers } from './product-models.js';

const MODELS: readonly Model[] = [
  grid(3, 4),
  handshake({ loss: 2, duplication: 1 }),
  handshake({ loss: 1, duplication: 2, reorder: true }),
  handshake({ loss: 1, retries: false }),
  mutualExclusion(false),
  mutualExclusion(true),
  tokenRing(4, 0),
  tokenRing(4, 2),
  numbered(false),
  numbered(true),
  durable(false),
  durable(true),
  workers(3),
];

const figures = ({ states, transitions, depth, bound }: CheckResult) => ({
  states,
  transitions,
  depth,
  bound,
});
const verdicts = (result: CheckResult) =>
  Object.fromEntries(
    result.verdicts.map(({ property, verdict, vacuous, counterexample }) => [
      property,
      {
        verdict,
        vacuous,
        steps: counterexample?.steps.length ?? null,
        ends: counterexample?.loop?.length === 0,
      },
    ]),
  );
const verdict = (result: CheckResult, property: string) =>
  result.verdicts.find((verdict) => verdict.property === property)!;
const trace = (result: CheckResult, property: string) =>
  verdict(result, property).counterexample!.steps.map(({ what, label }) => `${what} ${label}`);

describe('both explorers', () => {
  it.each(MODELS.map((model, index) => [`${model.name} ${index}`, model] as const))(
    'find the same states, steps and verdicts: %s',
    async (_, model) => {
      const packed = await check(model, { budgets: false });
      const direct = await checkDirectly(model);
      expect(figures(packed)).toEqual(figures(direct));
      expect(packed.verdicts).toEqual(direct.verdicts);
    },
  );

  it.each([7, 20, 50])('stop at the same place when %i states are all they may keep', async (maxStates) => {
    const model = handshake({ loss: 3, duplication: 3, reorder: true });
    const packed = await check(model, { budgets: false, maxStates });
    expect(figures(packed)).toEqual(figures(await checkDirectly(model, { maxStates })));
    expect(packed).toMatchObject({ bound: 'states', states: maxStates });
  });
});

describe('what can be counted by hand', () => {
  it('two counters to 3: 16 states, 24 steps, 6 deep, and the last state breaks the property', async () => {
    const result = await check(grid(2, 3));
    expect(figures(result)).toEqual({ states: 16, transitions: 24, depth: 6, bound: null });
    expect(trace(result, 'NotAllAtTop')).toHaveLength(1 + 6);
    expect(verdict(result, 'GetsThere').verdict).toBe('holds');
  });

  it('a ring of three: 6 states; a crash adds the one without a token', async () => {
    expect(figures(await check(tokenRing(3, 0)))).toMatchObject({ states: 6, transitions: 6 });
    const options = { budgets: false };
    expect(figures(await check(tokenRing(3, 1), options))).toMatchObject({ states: 7, transitions: 9 });
  });

  it('a repeated message is served twice after three steps', async () => {
    const result = await check(handshake({ duplication: 1 }));
    expect(trace(result, 'ServedOnce')).toEqual([
      'start start',
      'move ask',
      'receive a copy ask',
      'receive ask',
    ]);
  });

  it('a reliable message is neither lost nor repeated', async () => {
    const lossy = { loss: 1, duplication: 1 };
    const result = await check(handshake({ ...lossy, reliable: true }));
    expect(figures(result)).toEqual(figures(await check(handshake())));
    expect(result.states).toBeLessThan((await check(handshake(lossy))).states);
  });

  it('numbers arrive in order unless messages overtake', async () => {
    expect(verdict(await check(numbered(false)), 'Rising')).toMatchObject({
      verdict: 'holds',
      vacuous: false,
    });
    expect(trace(await check(numbered(true)), 'Rising')).toHaveLength(1 + 4);
  });

  it('two are inside after eight steps when looking and taking are apart', async () => {
    expect(trace(await check(mutualExclusion(true)), 'OneInside')).toHaveLength(1 + 8);
    expect(verdict(await check(mutualExclusion(false)), 'OneInside').verdict).toBe('holds');
  });

  it('what is shown from memory is lost by a crash', async () => {
    expect(trace(await check(durable(true)), 'ShownIsDurable')).toEqual([
      'start start',
      'move write',
      'move show',
      'move crash',
    ]);
    expect(verdict(await check(durable(false)), 'ShownIsDurable').verdict).toBe('holds');
  });
});

describe('liveness', () => {
  it('a lost request is repeated in the end, since the timer stays possible', async () => {
    const result = await check(handshake({ loss: 2, duplication: 1 }));
    expect(verdict(result, 'Answered')).toMatchObject({ verdict: 'holds', vacuous: false });
    expect(verdict(result, 'CanBeDone').verdict).toBe('holds');
  });

  it('without a timer a lost request is the end, and the sentence says so', async () => {
    const result = await check(handshake({ loss: 1, retries: false }));
    expect(trace(result, 'Answered')).toEqual(['start start', 'move ask', 'lose ask']);
    expect(verdict(result, 'Answered').counterexample).toMatchObject({ loop: [] });
    expect(verdict(result, 'Answered').counterexample!.why).toContain(
      "client stays in 'asking': nothing more happens",
    );
    expect(trace(result, 'CanBeDone')).toEqual(['start start', 'move ask', 'lose ask']);
  });

  it('a timer that stays possible ends the wait, however often something else happens', async () => {
    expect(verdict(await check(durable(false)), 'Written').verdict).toBe('holds');
  });

  it('who may be passed by again and again can wait for ever: a loop, not an end', async () => {
    const { counterexample } = verdict(await check(mutualExclusion(false)), 'GetsIn');
    const loop = counterexample!.loop!;
    expect(loop.length).toBeGreaterThan(0);
    expect(loop.every((step) => step.after.a === 'wanting')).toBe(true);
    const before = counterexample!.steps.at(-1)!;
    expect(loop.at(-1)).toMatchObject({ after: before.after, inFlight: before.inFlight });
    expect(counterexample!.why).toContain("a stays in 'wanting'");
    expect(counterexample!.why).toContain('passed by: arrival of take from a at lock');
  });

  it('a fault that may stay away does not have to happen, and one that happened is not undone', async () => {
    expect(verdict(await check(tokenRing(3, 0)), 'ComesBack').verdict).toBe('holds');
    const result = await check(tokenRing(3, 1));
    expect(trace(result, 'ComesBack')).toEqual(['start start', 'move crash']);
    expect(trace(result, 'CanComeBack')).toEqual(['start start', 'move crash']);
  });

  it('what never asked proves nothing', async () => {
    const model = handshake();
    const property = { ...model.properties[2]!, from: () => false } as Model['properties'][number];
    const result = await check({ ...model, properties: [property] });
    expect(result.verdicts[0]).toMatchObject({ verdict: 'holds', vacuous: true });
  });
});

describe('reductions', () => {
  const same = async (model: Model, options: CheckOptions) => {
    const full = await check(model, { budgets: false });
    const reduced = await check(model, { budgets: false, ...options });
    return { full, reduced };
  };

  it.each(MODELS.map((model, index) => [`${model.name} ${index}`, model] as const))(
    'budgets change no verdict and no length: %s',
    async (_, model) => {
      const { full, reduced } = await same(model, { budgets: true });
      expect(verdicts(reduced)).toEqual(verdicts(full));
      expect(reduced.states).toBeLessThanOrEqual(full.states);
    },
  );

  it('budgets leave out states', async () => {
    const { full, reduced } = await same(handshake({ loss: 3, duplication: 3 }), { budgets: true });
    expect(reduced.states).toBeLessThan(full.states);
    expect(reduced.reductions).toEqual(['budgets']);
  });

  it.each([mutualExclusion(false), mutualExclusion(true), workers(2)])(
    'symmetry changes no verdict and no length, and its traces are real: $name',
    async (model) => {
      const { full, reduced } = await same(model, { symmetry: true });
      expect(verdicts(reduced)).toEqual(verdicts(full));
      expect(reduced.states).toBeLessThan(full.states);
      expect(reduced.reductions).toContain('symmetry');
      for (const { counterexample } of reduced.verdicts) {
        for (const [at, step] of (counterexample?.steps ?? []).entries()) {
          const before = counterexample!.steps[at - 1]?.after ?? step.after;
          const changed = Object.keys(step.after).filter((name) => step.after[name] !== before[name]);
          expect([[], [step.process]]).toContainEqual(changed);
        }
      }
    },
  );

  it('partial order changes no verdict', async () => {
    const { full, reduced } = await same(workers(4), { partialOrder: true });
    const plain = (result: CheckResult) =>
      result.verdicts.map(({ verdict, vacuous }) => ({ verdict, vacuous }));
    expect(plain(reduced)).toEqual(plain(full));
    expect(reduced.states).toBeLessThan(full.states);
    expect(reduced.reductions).toContain('partialOrder');
  });

  it('partial order catches a claim that is not true', async () => {
    await expect(check(workers(3, { liar: true }), { partialOrder: true })).rejects.toMatchObject({
      code: 'NOT_COMMUTING',
      place: { process: 'worker0', state: '{"thought":false,"poked":0}', step: 'think' },
    });
  });
});

describe('bounds', () => {
  it('what was not seen is unknown, what was found stays found', async () => {
    const result = await check(handshake({ loss: 2, duplication: 2 }), { maxStates: 5 });
    expect(result).toMatchObject({ bound: 'states', states: 5 });
    expect(verdict(result, 'ServedOnce')).toMatchObject({ verdict: 'unknown', vacuous: false });
    expect(verdict(result, 'Answered').verdict).not.toBe('holds');
  });

  it('memory is a bound too', async () => {
    const result = await check(grid(5, 9), { maxBytes: 300_000 });
    expect(result.bound).toBe('memory');
    expect(verdict(result, 'NotAllAtTop').verdict).toBe('unknown');
  });

  it('a signal stops it with what is known so far', async () => {
    const controller = new AbortController();
    const result = await check(grid(6, 9), {
      signal: controller.signal,
      onProgress: ({ states, queue }) => {
        expect(states).toBeGreaterThan(queue);
        controller.abort();
      },
    });
    expect(result.bound).toBe('interrupted');
    expect(result.states).toBeGreaterThan(0);
    expect(result.verdicts.map(({ verdict }) => verdict)).toEqual(['unknown', 'unknown']);
  });

  it('stops at the first violation if asked to', async () => {
    const result = await check(handshake({ duplication: 2, loss: 1 }), { stopAtFirst: true });
    expect(verdict(result, 'ServedOnce').verdict).toBe('violated');
    expect(verdict(result, 'CanBeDone').verdict).toBe('unknown');
  });

  it('judges only what is asked for', async () => {
    const result = await check(handshake(), { properties: ['Answered'] });
    expect(result.verdicts.map(({ property }) => property)).toEqual(['Answered']);
  });
});
