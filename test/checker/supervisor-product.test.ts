/** The product of a supervisor: what it promises, and that wrong charts are found. */
import { describe, expect, it } from 'vitest';
import { supervisor } from '../../machines/index.js';
import {
  judgeSupervision,
  type SightContext,
  type SupervisionReply,
  type SupervisionSight,
} from '../../machines/supervisorVerdict.js';
import { check } from '../../runtime/checker/product/index.js';
import { supervisorModel } from '../../runtime/checker/product/ours/index.js';

const LIMIT_MS = 120_000;

/** A chart that judges as if something else were so. */
const judging = (
  change: (context: SightContext) => SightContext,
  sees = (sight: SupervisionSight): SupervisionSight => sight,
) =>
  supervisor.provide({
    guards: {
      sees: (
        { context, event }: { context: SightContext; event: { type: string } },
        { what }: { what: readonly SupervisionSight[] },
      ) =>
        event.type === 'SUPERVISION_REPLY' &&
        what.includes(sees(judgeSupervision(change(context), event as SupervisionReply))),
    },
  } as never);

describe('given clusters of somebody else', () => {
  it.each([
    ['a way that is shut', { shut: true }],
    ['a table of a stranger', { table: 'foreign', strangers: 1 }],
    ['nothing allowed', { heal: [], crashes: 1, table: 'leftover' }],
    ['an operator who pauses and removes', { operator: { pause: 1, start: 1, remove: 1 }, breaks: 1 }],
    ['a supervisor that dies and goes on watching', { once: false, crashes: 1 }],
  ] as const)(
    'given %s, then what is promised holds, and each promise was put to the test',
    async (name, options) => {
      const { verdicts } = await check(supervisorModel({ name, ...options }));
      expect(verdicts.filter(({ verdict }) => verdict !== 'holds')).toEqual([]);
    },
    LIMIT_MS,
  );
});

describe('given a supervisor that is wrong', () => {
  it.each([
    [
      'it thinks that what a run before it was allowed is allowed still',
      {
        crashes: 1,
        chart: judging((context) => ({ ...context, heal: ['drop-orphan', 'drop-leftover', 'recopy'] })),
      },
      'TakesOnlyWhatItMay',
    ],
    [
      'it takes what somebody removed for what it has removed itself',
      {
        operator: { pause: 0, start: 0, remove: 1 },
        chart: judging((context) => ({ ...context, memory: { ...context.memory, step: 'cleared' } })),
      },
      'NotBehindTheirBacks',
    ],
  ] as const)(
    'when %s, then that is found',
    async (name, options, property) => {
      const { verdicts } = await check(supervisorModel({ name, ...options }), { properties: [property] });
      expect(verdicts[0]).toMatchObject({ verdict: 'violated' });
      expect(verdicts[0]?.counterexample?.steps.length).toBeGreaterThan(0);
    },
    LIMIT_MS,
  );

  it(
    'when a deadline that passes leads nowhere and an answer is lost, then Settles is violated',
    async () => {
      const deaf = judging(
        (context) => context,
        (sight) => (sight === 'again' ? 'stale' : sight),
      );
      const options = { name: 'deaf', loss: 1, lostCreations: 0, chart: deaf };
      const { verdicts } = await check(supervisorModel(options), { properties: ['Settles'] });
      expect(verdicts[0]?.verdict).toBe('violated');
    },
    LIMIT_MS,
  );
});
