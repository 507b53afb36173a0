/**
 * The contract, explored: every interleaving of the charts that ship, under the named assumptions of the
 * quick profile. `npm run check:full` explores the larger ones.
 */
import { describe, expect, it } from 'vitest';
import { assign } from 'xstate';
import { advances, confirmRefinement } from '../../machines/duplicationRules.js';
import { judge } from '../../machines/followerTableVerdict.js';
import type { Confirm, DuplicationContext, FollowerReply } from '../../machines/index.js';
import { duplication, followerTable } from '../../machines/index.js';
import { type CheckResult, check, checkDirectly, type Model } from '../../runtime/checker/product/index.js';
import {
  type DuplicationModelOptions,
  duplicationModel,
  ourModels,
  SHIPPED,
} from '../../runtime/checker/product/ours/index.js';

const LIMIT_MS = 300_000;
const verdicts = ({ verdicts }: CheckResult) =>
  verdicts.map(({ property, verdict, vacuous }) => ({ property, verdict, vacuous }));

describe('the contract (SPEC)', () => {
  it.each(ourModels('quick').map((model) => [model.name, model] as const))(
    'given %s, when every interleaving is explored, then every property holds and none is vacuous',
    async (_, model) => {
      const result = await check(model);
      expect(result.bound).toBeNull();
      expect(verdicts(result)).toEqual(
        model.properties.map(({ name }) => ({ property: name, verdict: 'holds', vacuous: false })),
      );
    },
    LIMIT_MS,
  );
});

describe('two explorers', () => {
  const MODELS: readonly Partial<DuplicationModelOptions>[] = [
    { name: 'nothing goes wrong' },
    { name: 'a foreign table', existing: 'foreign', loss: 1 },
    { name: 'a table of nobody, policy fail', existing: 'plain', policy: 'fail', duplication: 1 },
    {
      ...{ name: 'the source’s meta server crashes', existing: 'plain', policy: 'fail', disturbances: 1 },
      crashes: { ...NO_CRASH(), sourceMeta: 1 },
    },
    // Directly, half a minute: npm run test:generated.
    ...(process.env.BRIDLE_GENERATED === 'long'
      ? [
          {
            name: 'the follower’s node crashes',
            crashes: { ...NO_CRASH(), followerNode: 1 },
            disturbances: 1,
          },
        ]
      : []),
  ];
  it.each(MODELS.map((options) => [options.name ?? '', duplicationModel(options)] as const))(
    'given %s, when it is explored directly and in packed states, then figures and verdicts are the same',
    async (_, model) => {
      const packed = await check(model, { budgets: false });
      const direct = await checkDirectly(model);
      const { states, transitions, depth } = direct;
      expect(packed).toMatchObject({ states, transitions, depth });
      expect(verdicts(packed)).toEqual(verdicts(direct));
    },
    LIMIT_MS,
  );

  it(
    'given two partitions, when those that differ in their order are one state, then there are fewer and the verdicts stay',
    async () => {
      const model = duplicationModel({ name: 'two partitions', partitions: 2 });
      const plain = await check(model);
      const reduced = await check(model, { symmetry: true });
      expect(reduced.states).toBeLessThan(plain.states * 0.6);
      expect(verdicts(reduced)).toEqual(verdicts(plain));
    },
    LIMIT_MS,
  );
});

function NO_CRASH() {
  return { sourceMeta: 0, sourceNode: 0, followerMeta: 0, followerNode: 0 };
}

interface Step {
  readonly context: DuplicationContext;
  readonly event: Confirm;
}

/** What was done before the explorer objected: outside of copying every decree counted as the follower's. */
const asTheFollowers = ({ status }: DuplicationContext, event: Confirm): Confirm => ({
  ...event,
  followerHolds: event.followerHolds || !(status === 'DS_PREPARE' || status === 'DS_APP'),
});

/** Charts that are wrong in one place; what the contract forbids has to be found in them. */
describe('defects put in', () => {
  const broken = async (model: Model, property: string) => {
    const { verdicts } = await check(model, { properties: [property] });
    return verdicts[0];
  };

  it(
    'given a checkpoint’s decree confirms like the follower’s own, when a node restarts between two checkpoints, then NoGap is violated',
    async () => {
      const wrong = duplication.provide({
        guards: {
          advances: ({ context, event }: Step) => advances(context, asTheFollowers(context, event)),
        },
        actions: {
          noteConfirm: assign(({ context, event }: Step) =>
            confirmRefinement(context, asTheFollowers(context, event)),
          ),
        },
      } as never);
      const model = duplicationModel({
        name: 'confirmed by a checkpoint',
        crashes: { ...NO_CRASH(), sourceNode: 1 },
        writes: 1,
        charts: { ...SHIPPED, duplication: wrong },
      });
      const verdict = await broken(model, 'NoGap');
      expect(verdict).toMatchObject({ verdict: 'violated', vacuous: false });
      const steps = verdict?.counterexample?.steps ?? [];
      expect(steps.map(({ label }) => label)).toContain('crash');
      expect(steps.at(-1)?.after.sourceNode0).toMatch(/shipping\.blocked/);
    },
    LIMIT_MS,
  );

  it(
    'given a deadline that passes leads nowhere, when a message is lost, then Settles is violated for ever',
    async () => {
      const deaf = followerTable.provide({
        guards: {
          verdict: (
            { context, event }: { context: Parameters<typeof judge>[0]; event: FollowerReply },
            { is }: { is: string },
          ) => is !== 'again' && event.type === 'FOLLOWER_REPLY' && judge(context, event) === is,
        },
      } as never);
      const wrong = duplication.provide({ actors: { followerTable: deaf } } as never);
      const model = duplicationModel({ name: 'deaf', loss: 1, charts: { ...SHIPPED, duplication: wrong } });
      const verdict = await broken(model, 'Settles');
      expect(verdict?.verdict).toBe('violated');
      expect(verdict?.counterexample?.loop).not.toBeNull();
      expect(verdict?.counterexample?.why).toMatch(/sourceMeta/);
    },
    LIMIT_MS,
  );

  it(
    'given nothing that an operator asks for is refused, when he starts it too early, then LegalSuccessor is violated',
    async () => {
      const wrong = duplication.provide({ guards: { refused: () => false } });
      const model = duplicationModel({
        name: 'nothing refused',
        operator: { pause: 0, start: 1, remove: 0, add: 0 },
        charts: { ...SHIPPED, duplication: wrong },
      });
      expect((await broken(model, 'LegalSuccessor'))?.verdict).toBe('violated');
    },
    LIMIT_MS,
  );
});
