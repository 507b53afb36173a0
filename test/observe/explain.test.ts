/** One account of a duplication: its headline, its waits, and the next command. */
import { describe, expect, test } from 'vitest';
import { DUPLICATION_STATUSES, type DuplicationStatus } from '../../machines/index.js';
import {
  describeTransfer,
  parseTransfer,
  transferTrouble,
} from '../../runtime/cluster/meta/transfer-trouble.js';
import {
  type ExplainedActor,
  type ExplainInput,
  explain,
  explanationSchema,
} from '../../runtime/observe/explain.js';

const actor = (more: Partial<ExplainedActor> = {}): ExplainedActor => ({
  actor: 'duplication',
  state: 'living.lifecycle.DS_APP.waitingReady living.storage.idle',
  meta: {
    waitingFor: 'the partitions',
    from: 'the follower',
    leavesWhen: 'they are ready',
    operatorCan: ['explain', 'retry'],
  },
  sinceMs: 10,
  trouble: null,
  ...more,
});

const input = (more: Partial<ExplainInput> = {}): ExplainInput => ({
  table: 'users',
  duplicationId: 7,
  status: 'DS_APP',
  failMode: 'FAIL_SLOW',
  remoteCluster: 'west',
  remoteTable: 'users',
  blocked: false,
  stuck: null,
  progress: {
    ...{ partitionCount: 2, prepared: 2, ready: 0, lagDecrees: 0, confirmed: [1, 1], lastCommitted: [1, 1] },
    ...{ copiedBytes: 0, totalBytes: 0, skippedMutations: 0 },
  },
  actors: [actor()],
  ...more,
});

const trouble = {
  error: 'ERR_ACL_DENY',
  operation: 'RPC_CM_CREATE_APP',
  peer: '10.0.0.9:34601',
  firstSeenMs: 5,
  lastSeenMs: 9,
  count: 3,
};

describe('the account', () => {
  test('given each status, then it fits its schema and names a command', () => {
    for (const status of DUPLICATION_STATUSES) {
      const told = explanationSchema.parse(explain(input({ status })));
      expect(told.line.startsWith(status)).toBe(true);
      expect(told.next).toMatch(/^bridle /);
    }
  });

  test('given nothing is wrong, then the next command follows the status', () => {
    const next = (status: DuplicationStatus) => explain(input({ status })).next;
    expect(next('DS_LOG')).toBe('bridle verify users');
    expect(next('DS_PAUSE')).toBe('bridle start users');
    expect(next('DS_APP')).toBe('bridle status users --watch');
  });

  test('given the innermost of several actors is in trouble, then that makes the headline', () => {
    const follower = actor({
      actor: 'followerTable',
      trouble,
      meta: { ...actor().meta, waitingFor: 'the table' },
    });
    const told = explain(input({ blocked: true, actors: [actor(), follower, actor({ actor: 'storage' })] }));
    expect(told.line).toContain('DS_APP BLOCKED');
    expect(told.line).toContain('waiting for the table');
    expect(told.line).toContain('ERR_ACL_DENY in RPC_CM_CREATE_APP at 10.0.0.9:34601, 3×');
    expect(told.waiting.map((wait) => wait.actor)).toEqual(['duplication', 'followerTable', 'storage']);
    expect(told.waiting[1]?.trouble?.causes.length).toBeGreaterThan(0);
    expect(told.next).toMatch(/^bridle /);
  });

  test('given it is stuck or behind, then the line says so', () => {
    expect(explain(input({ stuck: 'no-progress' })).line).toContain('STUCK (no-progress)');
    const progress = { ...input().progress, lagDecrees: 40 };
    expect(explain(input({ status: 'DS_LOG', progress })).line).toContain('40 mutations behind');
  });

  test('given verbs of several actors, then each is offered once, with those of the status', () => {
    const told = explain(input({ actors: [actor(), actor({ actor: 'followerTable' })] }));
    expect(told.operatorCan).toEqual(['explain', 'retry', 'remove', 'fail-mode']);
  });
});

const report = (error: string, more: object = {}) => ({
  ...{
    appId: 1,
    partitionIndex: 0,
    state: 'copying' as const,
    lastCommitted: -1,
    firstLogDecree: -1,
    logBytes: 0,
  },
  transfer: {
    ...{
      state: 'waiting',
      waitingFor: 'the backoff',
      primary: '10.0.0.1:34801',
      doneBytes: 5,
      totalBytes: 9,
    },
    ...{ filesDone: 1, filesTotal: 2, sinceMs: 1 },
  },
  duplications: [],
  trouble: {
    ...{ error, operation: 'RPC_NFS_COPY', peer: '10.0.0.1:34801', node: '10.0.0.2:34801' },
    ...{ attempts: 4, firstSeenMs: 1_000 },
    ...more,
  },
});
const NODE = '10.0.0.2:34801';
const told = (...reports: string[]) => transferTrouble(reports.map((transfer) => ({ transfer })));

describe('what a follower tells about its partitions', () => {
  test('given a copy that is refused, then both ends are named, since when and how often', () => {
    expect(told(describeTransfer(NODE, null, report('ERR_TIMEOUT')))).toMatchObject({
      error: 'ERR_TIMEOUT',
      peer: '10.0.0.1:34801',
      hint: `follower node ${NODE} cannot reach 10.0.0.1:34801 since 1970-01-01T00:00:01.000Z, 4 attempts`,
    });
  });

  test('given trouble of the node’s own, then it does not read as if the source were unreachable', () => {
    const own = { peer: undefined, operation: 'open partition', hint: 'the directory is gone' };
    const hint = told(describeTransfer(NODE, null, report('ERR_PATH_NOT_FOUND', own)))?.hint;
    expect(hint).toContain('the directory is gone');
    expect(hint).not.toContain('cannot reach');
  });

  test('given a node that is silent, then that is the trouble, and since when', () => {
    const trouble = told(describeTransfer(NODE, 2_000, report('ERR_TIMEOUT')));
    expect(trouble).toMatchObject({ error: 'ERR_NETWORK_FAILURE', peer: NODE });
    expect(trouble?.hint).toContain(`follower node ${NODE} does not report since 1970-01-01T00:00:02.000Z`);
  });

  test('given several in trouble, then the oldest is told, however often another has tried', () => {
    const young = describeTransfer('b:1', null, report('ERR_TIMEOUT', { attempts: 90, firstSeenMs: 9_000 }));
    const unknown = describeTransfer('c:1', 0, undefined);
    const old = describeTransfer('a:1', null, report('ERR_TIMEOUT', { attempts: 2 }));
    expect(told(young, unknown, old)?.hint).toContain('a:1');
  });

  test('given a follower that says nothing, or nonsense, then that is said', () => {
    for (const silent of [[{}], [{ transfer: '{"node":' }]]) {
      expect(transferTrouble(silent)?.hint).toContain('does not say why');
    }
    expect(parseTransfer('[]')).toBeNull();
    expect(transferTrouble([])).toBeNull();
  });

  test('given copies that go on, then there is no trouble', () => {
    expect(told(describeTransfer(NODE, null, { ...report('x'), trouble: null }))).toBeNull();
    expect(told(describeTransfer(NODE, null, undefined))).toBeNull();
  });
});
