/** The runbook: what was seen is told as such, and what nobody can see is told as a question. */
import { describe, expect, it } from 'vitest';
import { DUPLICATION_STATUSES } from '../../machines/index.js';
import { diagnose, type Observed } from '../../runtime/observe/diagnosis.js';
import { explain, HEADLINE_COLUMNS } from '../../runtime/observe/explain.js';

const observed = (more: Partial<Observed> = {}): Observed => ({
  kind: 'bridle',
  table: 'users',
  dupid: 7,
  remoteCluster: 'west',
  status: 'DS_APP',
  troubles: [],
  partitionCount: 2,
  prepared: 2,
  confirmed: [1, 1],
  lagDecrees: 0,
  skippedMutations: 0,
  ...more,
});
const trouble = (error: string, operation: string) => ({ error, operation, peer: '10.0.0.1:34801' });

describe('given what an embedded cluster tells', () => {
  it.each([
    [
      'DS_PREPARE',
      { prepared: 1 },
      /1 of 2 partitions have a checkpoint/,
      /Checkpoints of the source are slow/,
    ],
    [
      'DS_PREPARE',
      { troubles: [trouble('ERR_TIMEOUT', 'RPC_CM_CREATE_APP')] },
      /ERR_TIMEOUT/,
      /does not come back/,
    ],
    [
      'DS_PREPARE',
      { troubles: [trouble('BRIDLE_FOREIGN_TABLE', 'RPC_CM_CREATE_APP')] },
      /FOREIGN/,
      /somebody else/,
    ],
    [
      'DS_APP',
      { troubles: [trouble('ERR_TIMEOUT', 'RPC_NFS_COPY')] },
      /RPC_NFS_COPY/,
      /cannot read from the source/,
    ],
    ['DS_APP', { troubles: [trouble('ERR_APP_NOT_EXIST', 'RPC_CM_LIST_APPS')] }, /NOT_EXIST/, /was dropped/],
    [
      'DS_LOG',
      { troubles: [trouble('ERR_TIMEOUT', 'RPC_RRDB_RRDB_DUPLICATE')] },
      /DUPLICATE/,
      /away or refuses/,
    ],
    ['DS_LOG', { troubles: [trouble('BRIDLE_LOG_DAMAGED', 'read log')] }, /DAMAGED/, /damaged/],
    ['DS_LOG', { lagDecrees: 9 }, /9 mutations behind/, /faster/],
    ['DS_LOG', { skippedMutations: 3 }, /3 mutations were skipped/, /missing at the follower/],
  ] as const)('when it is %s with %j, then the runbook names the cause', (status, more, sign, cause) => {
    const [first, ...others] = diagnose(observed({ status, ...more }));
    expect(others).toEqual([]);
    expect(first).toMatchObject({ seen: true });
    expect(first?.sign).toMatch(sign);
    expect(first?.cause).toMatch(cause);
    expect(first?.look).not.toBe('');
  });

  it.each(DUPLICATION_STATUSES)('when nothing is wrong in %s, then no cause is made up', (status) => {
    expect(diagnose(observed({ status }))).toEqual([]);
  });
});

describe('given a real Pegasus, which tells a status and decrees', () => {
  it.each(['DS_PREPARE', 'DS_APP', 'DS_LOG'] as const)(
    'when it is %s, then the log lines to look for are told, and none is claimed to be there',
    (status) => {
      const rows = diagnose(observed({ kind: 'pegasus', status, prepared: -1 }));
      expect(rows.length).toBeGreaterThan(1);
      for (const row of rows) {
        expect(row.seen).toBe(false);
        expect(row.look).not.toMatch(/^bridle (preflight|policy)/);
      }
    },
  );

  it('when partitions have reported nothing, then that is seen and comes first', () => {
    const [first] = diagnose(
      observed({ kind: 'pegasus', status: 'DS_PREPARE', prepared: -1, confirmed: [-1, 4] }),
    );
    expect(first).toMatchObject({ seen: true, sign: '1 of 2 partitions have not reported a decree yet' });
  });
});

describe('the headline', () => {
  it.each([
    ['a long wait', null],
    ['a short trouble', { error: 'ERR_BUSY', operation: 'save', peer: '10.0.0.1:1' }],
    [
      'the longest trouble',
      {
        error: 'ERR_TIMEOUT',
        operation: 'RPC_CM_QUERY_PARTITION_CONFIG_BY_INDEX',
        peer: 'a-host-with-a-name.that-goes-on.and-on.example.org:34601',
      },
    ],
  ])('when there is %s, then it fits into a line and begins with the status', (_, what) => {
    const { headline, line } = explain({
      table: 'users',
      duplicationId: 7,
      status: 'DS_APP',
      failMode: 'FAIL_SLOW',
      remoteCluster: 'west',
      remoteTable: 'users',
      blocked: false,
      stuck: 'same-error',
      progress: {
        ...{ partitionCount: 1, prepared: 1, ready: 0, lagDecrees: 0, confirmed: [1], lastCommitted: [1] },
        ...{ copiedBytes: 0, totalBytes: 0, skippedMutations: 0 },
      },
      actors: [
        {
          actor: 'followerTable',
          state: 'copying',
          meta: {
            waitingFor: 'the follower’s nodes to copy, verify and open the checkpoint of every partition',
            from: 'them',
            leavesWhen: 'they have',
            operatorCan: [],
          },
          sinceMs: 1,
          trouble: what === null ? null : { ...what, firstSeenMs: 1, lastSeenMs: 2, count: 12_345 },
        },
      ],
    });
    expect(headline.length).toBeLessThanOrEqual(HEADLINE_COLUMNS);
    expect(headline).toMatch(/^DS_APP STUCK \(same-error\) · /);
    if (what !== null) expect(headline).toContain(what.error);
    expect(line.length).toBeGreaterThanOrEqual(headline.length);
  });
});
