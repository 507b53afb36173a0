/** Which looks at a duplication are news. */
import { describe, expect, it } from 'vitest';
import type { DuplicationStatus } from '../../machines/index.js';
import { type Alert, AlertDiffer, type AlertLook } from '../../runtime/observe/alerts/index.js';
import { type Explanation, explain } from '../../runtime/observe/explain.js';

const subject = { cluster: 'east', table: 'users', duplicationId: 7 };
const trouble = {
  error: 'ERR_TIMEOUT',
  operation: 'RPC_NFS_COPY',
  count: 3,
  firstSeenMs: 40,
  lastSeenMs: 60,
};

function account(
  status: DuplicationStatus,
  more: Partial<Explanation> & { troubled?: boolean } = {},
): Explanation {
  const { troubled = false, ...facts } = more;
  return {
    ...explain({
      ...{ table: 'users', duplicationId: 7, status, failMode: 'FAIL_SLOW' },
      ...{ remoteCluster: 'west', remoteTable: 'users', blocked: false, stuck: null },
      correlation: 'east/users/7',
      enteredMs: { DS_PREPARE: 10, DS_APP: 20, DS_LOG: 90 },
      actors: [
        {
          actor: 'duplication',
          state: status,
          meta: { waitingFor: 'it', from: 'them', leavesWhen: 'it is there', operatorCan: [] },
          sinceMs: 30,
          trouble: troubled ? trouble : null,
        },
      ],
      progress: {
        ...{ partitionCount: 1, prepared: 1, ready: 0, lagDecrees: 0, confirmed: [1], lastCommitted: [1] },
        ...{ copiedBytes: 0, totalBytes: 0, skippedMutations: 0 },
      },
    }),
    ...facts,
  };
}

const seen = (...args: Parameters<typeof account>): AlertLook => ({
  kind: 'seen',
  explanation: account(...args),
});
const away: AlertLook = { kind: 'unreachable', reason: 'ERR_TIMEOUT' };

function alertsOf(...looks: readonly AlertLook[]): Alert[] {
  const differ = new AlertDiffer(subject);
  return looks.flatMap((look, at) => differ.next(look, 1_000 + at));
}
const kinds = (...looks: readonly AlertLook[]) => alertsOf(...looks).map(({ kind }) => kind);

describe('what is news', () => {
  it.each<readonly [string, readonly AlertLook[], readonly string[]]>([
    ['nothing changes', [seen('DS_APP'), seen('DS_APP')], []],
    ['the status changes', [seen('DS_PREPARE'), seen('DS_APP'), seen('DS_LOG')], ['status', 'status']],
    ['it is blocked at the first look', [seen('DS_APP', { blocked: true })], ['blocked']],
    ['it stays blocked', [seen('DS_APP', { blocked: true }), seen('DS_APP', { blocked: true })], ['blocked']],
    [
      'it is stuck and recovers',
      [seen('DS_APP', { stuck: 'same-error' }), seen('DS_APP')],
      ['stuck', 'recovered'],
    ],
    [
      'stuck becomes blocked',
      [seen('DS_APP', { stuck: 'same-error' }), seen('DS_APP', { stuck: 'same-error', blocked: true })],
      ['stuck', 'blocked'],
    ],
    ['trouble that is only tried again', [seen('DS_APP', { troubled: true })], []],
    ['the cluster is away', [seen('DS_APP'), away, away, seen('DS_APP')], ['unreachable', 'recovered']],
    ['it changes meanwhile', [seen('DS_APP'), away, seen('DS_LOG')], ['unreachable', 'recovered', 'status']],
    ['it is removed', [seen('DS_LOG'), { kind: 'removed' }], ['removed']],
  ])('given %s, then each event is told once', (_, looks, expected) => {
    expect(kinds(...looks)).toEqual(expected);
  });

  it('given the same events seen by two watchers at other times, then the ids are the same', () => {
    const looks = [
      seen('DS_PREPARE'),
      seen('DS_APP', { troubled: true, blocked: true }),
      seen('DS_APP'),
      seen('DS_LOG', { stuck: 'no-progress' }),
    ];
    const one = new AlertDiffer(subject);
    const other = new AlertDiffer(subject);
    const ids = (differ: AlertDiffer, startMs: number) =>
      looks.flatMap((look, at) => differ.next(look, startMs + at)).map(({ id }) => id);
    const told = ids(one, 5_000);
    expect(told).toEqual([
      'east/users/7/status/DS_APP/20',
      'east/users/7/blocked/40',
      'east/users/7/recovered/40',
      'east/users/7/status/DS_LOG/90',
      'east/users/7/stuck/30',
    ]);
    expect(ids(other, 99_000)).toEqual(told);
    // One that was started late tells what it finds, under the same id.
    const late = new AlertDiffer(subject).next(seen('DS_APP', { troubled: true, blocked: true }), 777_777);
    expect(late.map(({ id }) => id)).toEqual(['east/users/7/blocked/40']);
  });

  it('given an alert, then it says what explain says, and what to type next', () => {
    const explanation = account('DS_APP', { troubled: true, blocked: true });
    const [alert] = alertsOf({ kind: 'seen', explanation });
    expect(alert).toMatchObject({
      severity: 'critical',
      summary: explanation.line,
      next: explanation.next,
      explanation,
      ...subject,
    });
    expect(alertsOf(seen('DS_APP'), away)[0]).toMatchObject({ severity: 'warning', explanation: null });
  });
});
