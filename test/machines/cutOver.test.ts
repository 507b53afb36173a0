import { describe, expect, it } from 'vitest';
import { type CutOverFacts, reasonsAgainstCutOver } from '../../machines/cutOver.js';

const READY: CutOverFacts = {
  status: 'DS_LOG',
  blocked: false,
  lagDecrees: 0,
  skippedMutations: 0,
  followerPartitionsMissing: 0,
  fence: 'open',
};

describe('whether clients could move', () => {
  it.each([
    ['all is well', {}, []],
    ['our own fence is in force', { fence: 'in-force' }, []],
    ['the lag is at the threshold', { lagDecrees: 100 }, []],
    ['the lag is above it', { lagDecrees: 101 }, ['lag wait']],
    ['nobody tells the lag', { lagDecrees: -1 }, ['lag wait']],
    ['the copy is under way', { status: 'DS_APP', lagDecrees: 999 }, ['status wait']],
    ['it is paused', { status: 'DS_PAUSE' }, ['status operator']],
    ['it was removed', { status: 'DS_REMOVED' }, ['status operator']],
    ['there is none', { status: 'gone', blocked: true }, ['no-duplication operator']],
    ['it is blocked', { blocked: true }, ['blocked wait']],
    ['mutations were skipped', { skippedMutations: 1 }, ['skipped operator']],
    ['nobody tells what was skipped', { skippedMutations: -1 }, []],
    ['somebody else has closed it', { fence: 'foreign' }, ['fenced operator']],
    ['a partition is not served', { followerPartitionsMissing: 1 }, ['no-primary wait']],
    ['nobody tells whether they are', { followerPartitionsMissing: -1 }, ['no-primary wait']],
    ['the sides differ', { verified: false }, ['unverified operator']],
    ['the sides are equal', { verified: true }, []],
    [
      'everything is wrong',
      { status: 'DS_APP', skippedMutations: 1, blocked: true, fence: 'foreign' },
      ['status wait', 'skipped operator', 'fenced operator', 'blocked wait'],
    ],
  ] as const)('given %s, then the reasons are these, the gravest first', (_, facts, expected) => {
    const reasons = reasonsAgainstCutOver({ ...READY, ...facts }, 100);
    expect(reasons.map(({ code, kind }) => `${code} ${kind}`)).toEqual(expected);
    for (const { text } of reasons) expect(text).toMatch(/\S/);
  });
});
