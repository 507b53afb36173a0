/** What an adapter cannot show is named with its reason, never skipped in silence. */
import { expect, describe as group, test } from 'vitest';
import {
  clusterPortSuite,
  type DeclaredSuite,
  durableStatusPortSuite,
  type TestFunctions,
} from '../../runtime/testing.js';
import { MemoryFollower, MemoryPartition, MemoryStatus } from './suites-doubles.js';
import { run } from './suites-run.js';

group('what is left out', () => {
  const small = (leaveOut: Record<string, string>) => (functions: TestFunctions) =>
    durableStatusPortSuite(
      'small',
      {
        start: () => {
          const inner = new MemoryStatus();
          return { port: inner, reopened: () => inner.reopened() };
        },
        leaveOut,
      },
      functions,
    );

  test('given a hook with a reason, then its tests are there under the name of the reason, and in the list', async () => {
    const { declared, titles, failed } = await run(small({ failWrites: 'nothing fails here' }));
    expect(failed.size).toBe(0);
    const named = titles.filter((title) =>
      title.startsWith('LEFT OUT, failWrites: nothing fails here | given '),
    );
    expect(named).toHaveLength(2);
    expect((declared as DeclaredSuite).leftOut).toHaveLength(2);
    expect((declared as DeclaredSuite).tests).toHaveLength(titles.length - 2);
  });

  test('given a missing hook without a reason, then its tests fail and name it', async () => {
    const { failed } = await run(small({}));
    expect(failed.size).toBe(2);
    expect([...failed.values()].every((why) => why.includes('has no `failWrites`'))).toBe(true);
  });

  test('given a hook that is there and left out, then that is told', async () => {
    const { failed } = await run((functions) =>
      durableStatusPortSuite(
        'x',
        { start: () => new MemoryStatus(), leaveOut: { failWrites: 'too much work' } },
        functions,
      ),
    );
    expect([...failed.values()].every((why) => why.includes('nothing needs to be left out'))).toBe(true);
    expect(failed.size).toBe(2);
  });

  test('given a whole cluster that is a follower only, then each other port is named with the reason', async () => {
    const leftOut = { leftOut: 'a follower only' };
    const { titles, failed, declared } = await run((functions) =>
      clusterPortSuite(
        'mine',
        {
          followerMeta: {
            start: ({ deadlineMs }) => new MemoryFollower(deadlineMs),
            leaveOut: { garble: 'values' },
          },
          logShipper: { start: (wanted) => new MemoryPartition(wanted) },
          ...{ durableStatus: leftOut, partitionLog: leftOut, checkpointSource: leftOut },
          ...{ fileSource: leftOut, fileSink: { leftOut: ' ' } },
        },
        functions,
      ),
    );
    expect([...failed]).toEqual([
      ['LEFT OUT,   | every promise of fileSink', expect.stringContaining('without a reason')],
    ]);
    expect(titles.filter((title) => title.startsWith('LEFT OUT, a follower only'))).toHaveLength(4);
    expect((declared as readonly DeclaredSuite[]).map(({ name }) => name)).toHaveLength(7);
  });
});
