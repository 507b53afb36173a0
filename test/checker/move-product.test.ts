/** The product of a move: what it promises, and that wrong charts and nodes are found (SPEC S-MOVE-1). */
import { describe, expect, it } from 'vitest';
import { partitionMove } from '../../machines/index.js';
import { check } from '../../runtime/checker/product/index.js';
import { moveModel } from '../../runtime/checker/product/ours/index.js';

const LIMIT_MS = 120_000;

describe('given a meta server and two nodes', () => {
  it.each([
    ['a move there and back', { moves: 2 }],
    ['a lost and a repeated message', { loss: 1, duplication: 1, writes: 1 }],
    ['a meta server that dies', { crashes: { meta: 1, node: 0 } }],
    ['a node that dies', { crashes: { meta: 0, node: 1 } }],
    ['storage that refuses', { storageTimeouts: 1 }],
    ['a report that is given up and arrives late', { slowAnswers: 1, writes: 1 }],
  ] as const)(
    'given %s, then what is promised holds, and each promise was put to the test',
    async (name, options) => {
      const { verdicts } = await check(moveModel({ name, ...options }));
      expect(verdicts.filter(({ verdict }) => verdict !== 'holds')).toEqual([]);
    },
    LIMIT_MS,
  );
});

describe('given something that is wrong', () => {
  it.each([
    ['a node opens the copy that it has kept', { moves: 2, keepsOldCopy: true }, 'NothingLost'],
    [
      'the new place is decided before anything is there',
      { chart: partitionMove.provide({ guards: { nothingThere: () => true } }) },
      'ServedAgain',
    ],
  ] as const)(
    'when %s, then that is found',
    async (name, options, property) => {
      const { verdicts } = await check(moveModel({ name, ...options }), { properties: [property] });
      expect(verdicts[0]).toMatchObject({ verdict: 'violated' });
      expect(verdicts[0]?.counterexample?.steps.length).toBeGreaterThan(0);
    },
    LIMIT_MS,
  );
});
