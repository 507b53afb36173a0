import { describe, expect, it } from 'vitest';
import { errorKind, PEGASUS_ERROR_NAMES } from '../../machines/errors.js';
import {
  type FollowerTableGoal,
  judge,
  NO_ADVANCE,
  ownerInWords,
  troubleOf,
  type Verdict,
  type VerdictContext,
} from '../../machines/followerTableVerdict.js';
import type { FollowerReply, FollowerRequest, Readiness, TableView } from '../../machines/messages.js';
import { EXISTING_TABLE_POLICIES, type ExistingTablePolicy } from '../../machines/vocabulary.js';
import { FOREIGN, followerInput, reply, tableView } from '../support/inputs.js';

type Asked = FollowerRequest['kind'];
const ASKED: readonly Asked[] = ['LookTable', 'CreateTable', 'MarkCreated', 'DropTable', 'QueryPartitions'];
const GOALS: readonly FollowerTableGoal[] = ['adopted', 'ready', 'dropped'];

const context = (more: Partial<VerdictContext> = {}): VerdictContext => ({
  ...followerInput(),
  requestNo: 3,
  asked: 'LookTable',
  attempt: 0,
  requested: false,
  replacing: null,
  replaced: false,
  acknowledged: null,
  furthest: NO_ADVANCE,
  ...more,
});

/** Error names stand for their class; every Pegasus name is put into one of these below. */
type ErrorClass = 'success' | 'absent' | 'exists' | 'retryable' | 'needsSomebody';

const classOf = (error: string): ErrorClass => {
  if (['ERR_APP_NOT_EXIST', 'ERR_OBJECT_NOT_FOUND', 'ERR_APP_DROPPED'].includes(error)) return 'absent';
  if (error === 'ERR_APP_EXIST') return 'exists';
  const kind = errorKind(error);
  return kind === 'success' || kind === 'retryable' ? kind : 'needsSomebody';
};

/** Goal `adopted`, policy `adopt`, the reply carries no table: [asked][class of the error]. */
const BY_ERROR: Record<Asked, Record<ErrorClass, Verdict>> = {
  LookTable: {
    success: 'absent',
    absent: 'absent',
    exists: 'stop',
    retryable: 'again',
    needsSomebody: 'stop',
  },
  CreateTable: {
    success: 'done',
    // The follower cannot say "no such table" to a creation and mean it; retryable or not, its kind decides.
    absent: 'stop',
    exists: 'exists',
    retryable: 'again',
    needsSomebody: 'stop',
  },
  MarkCreated: {
    success: 'done',
    absent: 'absent',
    exists: 'stop',
    retryable: 'again',
    needsSomebody: 'stop',
  },
  DropTable: {
    success: 'done',
    absent: 'absent',
    exists: 'stop',
    retryable: 'again',
    needsSomebody: 'stop',
  },
  QueryPartitions: {
    success: 'notReady',
    absent: 'absent',
    exists: 'stop',
    retryable: 'again',
    needsSomebody: 'stop',
  },
};

describe('what an error means', () => {
  it.each(PEGASUS_ERROR_NAMES)(
    'given %s, when it answers any request, then the verdict is the table’s',
    (error) => {
      for (const asked of ASKED) {
        const verdict = judge(context({ asked }), reply(3, { error }));
        const expected =
          asked === 'CreateTable' && error === 'ERR_OBJECT_NOT_FOUND'
            ? 'again'
            : BY_ERROR[asked][classOf(error)];
        expect(verdict, `${asked} ${error}`).toBe(expected);
      }
    },
  );

  it.each(ASKED)('given an error nobody knows, when it answers %s, then somebody has to look', (asked) => {
    expect(judge(context({ asked }), reply(3, { error: 'ERR_FROM_THE_FUTURE' }))).toBe('stop');
  });

  it.each(ASKED)(
    'given the last attempt at %s, when it fails retryably, then it stops and says why',
    (asked) => {
      const last = context({ asked, attempt: 5 });
      const answer = reply(3, { error: 'ERR_TIMEOUT', peer: 'west-1:34601' });
      expect(judge(last, answer)).toBe('stop');
      expect(troubleOf(last, answer)).toMatchObject({
        error: 'ERR_RETRY_EXHAUSTED',
        peer: 'west-1:34601',
        hint: 'the last of 6 attempts ended with ERR_TIMEOUT',
      });
    },
  );

  it.each(ASKED)('given an answer to another request than %s, then it is stale', (asked) => {
    for (const error of PEGASUS_ERROR_NAMES) {
      expect(judge(context({ asked }), reply(2, { error, table: tableView() }))).toBe('stale');
    }
  });
});

type Table = 'none' | 'ours' | 'oursMarked' | 'foreign' | 'unowned' | 'dropping' | 'creating' | 'otherCount';
const TABLES: Record<Table, TableView | undefined> = {
  none: undefined,
  ours: tableView(),
  oursMarked: tableView({ followerStatus: 'created' }),
  foreign: tableView({ owner: FOREIGN }),
  unowned: tableView({ owner: null, masterCluster: null, followerStatus: null }),
  dropping: tableView({ status: 'AS_DROPPING' }),
  creating: tableView({ status: 'AS_CREATING' }),
  otherCount: tableView({ partitionCount: 8 }),
};

/** A look: [goal][policy][table]. Under `fail` nothing that this run did not ask for is trusted. */
const BY_TABLE: Record<FollowerTableGoal, Record<ExistingTablePolicy, Record<Table, Verdict>>> = {
  adopted: {
    adopt: {
      none: 'absent',
      ours: 'adopted',
      oursMarked: 'adopted',
      foreign: 'stop',
      unowned: 'stop',
      dropping: 'again',
      creating: 'again',
      otherCount: 'stop',
    },
    fail: {
      none: 'absent',
      ours: 'stop',
      oursMarked: 'stop',
      foreign: 'stop',
      unowned: 'stop',
      dropping: 'again',
      creating: 'again',
      otherCount: 'stop',
    },
    replace: {
      none: 'absent',
      ours: 'adopted',
      oursMarked: 'adopted',
      foreign: 'replaceable',
      unowned: 'replaceable',
      dropping: 'again',
      creating: 'again',
      otherCount: 'stop',
    },
  },
  ready: {
    adopt: {
      none: 'absent',
      ours: 'unmarked',
      oursMarked: 'marked',
      foreign: 'stop',
      unowned: 'stop',
      dropping: 'again',
      creating: 'again',
      otherCount: 'stop',
    },
    fail: {
      none: 'absent',
      ours: 'unmarked',
      oursMarked: 'marked',
      foreign: 'stop',
      unowned: 'stop',
      dropping: 'again',
      creating: 'again',
      otherCount: 'stop',
    },
    replace: {
      none: 'absent',
      ours: 'unmarked',
      oursMarked: 'marked',
      foreign: 'replaceable',
      unowned: 'replaceable',
      dropping: 'again',
      creating: 'again',
      otherCount: 'stop',
    },
  },
  dropped: {
    adopt: {
      none: 'gone',
      ours: 'replaceable',
      oursMarked: 'replaceable',
      foreign: 'gone',
      unowned: 'gone',
      dropping: 'again',
      creating: 'again',
      otherCount: 'replaceable',
    },
    fail: {
      none: 'gone',
      ours: 'replaceable',
      oursMarked: 'replaceable',
      foreign: 'gone',
      unowned: 'gone',
      dropping: 'again',
      creating: 'again',
      otherCount: 'replaceable',
    },
    replace: {
      none: 'gone',
      ours: 'replaceable',
      oursMarked: 'replaceable',
      foreign: 'gone',
      unowned: 'gone',
      dropping: 'again',
      creating: 'again',
      otherCount: 'replaceable',
    },
  },
};

describe('what a look means (SPEC S-OWN-1)', () => {
  for (const goal of GOALS) {
    for (const policy of EXISTING_TABLE_POLICIES) {
      it.each(Object.keys(TABLES) as Table[])(
        `given goal ${goal} and policy ${policy}, when the table is %s, then the verdict is the table’s`,
        (table) => {
          const view = TABLES[table];
          const answer: FollowerReply =
            view === undefined ? reply(3, { error: 'ERR_OBJECT_NOT_FOUND' }) : reply(3, { table: view });
          expect(judge(context({ goal, policy }), answer)).toBe(BY_TABLE[goal][policy][table]);
        },
      );
    }
  }

  it('given policy fail, when this very run asked for the table, then it is adopted', () => {
    expect(judge(context({ policy: 'fail', requested: true }), reply(3, { table: tableView() }))).toBe(
      'adopted',
    );
  });

  it('given policy replace, when the one replacement is used up, then a foreign table stops', () => {
    const used = context({ policy: 'replace', replaced: true });
    expect(judge(used, reply(3, { table: tableView({ owner: FOREIGN }) }))).toBe('stop');
  });

  it('given policy replace, when a look says OK and shows no table, then nothing is dropped', () => {
    expect(judge(context({ policy: 'replace' }), reply(3))).toBe('absent');
  });

  it.each([
    [tableView({ owner: FOREIGN }), 'duplication west/users/9'],
    [tableView({ owner: null }), 'a duplication of cluster east, made by another tool'],
    [tableView({ owner: null, masterCluster: null }), 'no duplication: it is a table of its own'],
  ])('given a foreign table, then its owner is named: %#', (view, words) => {
    expect(ownerInWords(view)).toBe(words);
    expect(troubleOf(context(), reply(3, { table: view }))).toMatchObject({
      error: 'BRIDLE_FOREIGN_TABLE',
      hint: `table users_copy belongs to ${words}`,
    });
  });
});

describe('what an acknowledgement is worth', () => {
  it.each([
    ['created', 'CreateTable', 'adopted', reply(3, { error: 'ERR_OBJECT_NOT_FOUND' }), 'again'],
    ['created', 'CreateTable', 'adopted', reply(3, { table: tableView() }), 'adopted'],
    ['dropped', 'DropTable', 'dropped', reply(3, { table: tableView() }), 'again'],
    ['dropped', 'DropTable', 'dropped', reply(3, { error: 'ERR_OBJECT_NOT_FOUND' }), 'gone'],
  ] as const)(
    'given %s was acknowledged (%s, goal %s), when the look is in, then a contradiction is a failure',
    (_, acknowledged, goal, answer, expected) => {
      expect(judge(context({ acknowledged, goal }), answer)).toBe(expected);
    },
  );

  it('given the last attempt, when a listed table is unknown to another question, then it stops', () => {
    for (const asked of ['MarkCreated', 'QueryPartitions'] as const) {
      expect(judge(context({ asked, attempt: 5 }), reply(3, { error: 'ERR_APP_NOT_EXIST' }))).toBe('stop');
    }
  });
});

const READY: Record<string, { answer: FollowerReply; verdict: Verdict }> = {
  all: { answer: ready(4), verdict: 'ready' },
  more: { answer: ready(3), verdict: 'moreReady' },
  moreWithFewerBytes: { answer: ready(3, 4, { copiedBytes: 10 }), verdict: 'moreReady' },
  moreBytes: { answer: ready(2, 4, { copiedBytes: 501 }), verdict: 'moreReady' },
  sameBytes: { answer: ready(2, 4, { copiedBytes: 500 }), verdict: 'notReady' },
  moreBytesBesideTrouble: {
    answer: ready(2, 4, { copiedBytes: 501, trouble: { error: 'ERR_TIMEOUT', operation: 'RPC_NFS_COPY' } }),
    verdict: 'notReady',
  },
  fewerWithMoreBytes: { answer: ready(1, 4, { copiedBytes: 900 }), verdict: 'notReady' },
  same: { answer: ready(2), verdict: 'notReady' },
  fewer: { answer: ready(1), verdict: 'notReady' },
  nothing: { answer: reply(3), verdict: 'notReady' },
  otherCount: { answer: ready(8, 8), verdict: 'stop' },
  foreign: { answer: { ...ready(4), table: tableView({ owner: FOREIGN }) }, verdict: 'absent' },
};

function ready(readyPartitions: number, partitionCount = 4, more: Partial<Readiness> = {}): FollowerReply {
  return reply(3, { readiness: { readyPartitions, partitionCount, trouble: null, ...more } });
}

it.each(Object.entries(READY))(
  'given two of four partitions were ready at most, when the follower says %s, then only more is progress',
  (_, { answer, verdict }) => {
    const furthest = { readyPartitions: 2, copiedBytes: 500 };
    expect(judge(context({ asked: 'QueryPartitions', goal: 'ready', furthest }), answer)).toBe(verdict);
  },
);
