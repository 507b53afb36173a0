import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  CATALOGUE,
  describeError,
  type ErrorKind,
  errorKind,
  nextCommand,
  PEGASUS_ERROR_NAMES,
  renderErrorDocs,
} from '../../machines/errors.js';

const BRIDLE_CODES = [
  'ERR_THREAD_INTERRUPTED',
  'ERR_SESSION_RESET',
  'BRIDLE_CANNOT_CUT_OVER',
  'BRIDLE_FENCED',
  'BRIDLE_DECIDED',
  'BRIDLE_NEEDS_PERMISSION',
  'BRIDLE_PAUSED',
  'BRIDLE_DUPLICATION_GONE',
  'BRIDLE_FOREIGN_TABLE',
  'BRIDLE_GAP',
  'BRIDLE_SOURCE_BEHIND',
  'BRIDLE_PREFLIGHT',
  'BRIDLE_NO_PROGRESS',
  'BRIDLE_BAD_INPUT',
  'BRIDLE_BAD_NAME',
  'BRIDLE_VALUE_TOO_LARGE',
  'BRIDLE_ROWS_DIFFER',
  'BRIDLE_BAD_RESUME',
  'BRIDLE_LOG_DAMAGED',
  'BRIDLE_SERVER_DIED',
  'BRIDLE_NOT_RUNNING',
  'BRIDLE_USAGE',
  'BRIDLE_CLUSTER_ID_CLASH',
  'BRIDLE_UNKNOWN_NODE',
  'BRIDLE_NODE_DEAD',
  'BRIDLE_MOVING',
  'BRIDLE_ALREADY_THERE',
  'BRIDLE_MOVE_UNDONE',
  'BRIDLE_TLS_FILES',
  'BRIDLE_TLS_UNTRUSTED',
  'BRIDLE_TLS_EXPIRED',
  'BRIDLE_TLS_WRONG_NAME',
  'BRIDLE_TLS_REFUSED',
  'BRIDLE_TLS_MISMATCH',
];

/** Every form a `next` command may take; the words in capitals stand for what a person fills in. */
const COMMANDS = [
  /^bridle --help$/,
  /^bridle up --meta-port [A-Z_]+ --replicas N --data PATH$/,
  /^bridle down --data PATH$/,
  /^bridle table create NAME --partitions N$/,
  /^bridle table list( --meta PEER)?$/,
  /^bridle load TABLE PATH$/,
  /^bridle (duplicate|preflight) TABLE --to CLUSTER$/,
  /^bridle (status|explain|pause|start|retry|verify|move) TABLE$/,
  /^bridle remove TABLE --follower (keep|drop)$/,
  /^bridle policy show$/,
  /^bridle up --help$/,
  /^bridle status( --meta PEER| --tls-[a-z]+ FILE)*$/,
  /^bridle migrate --resume JOURNAL$/,
  /^bridle supervise TABLE --to CLUSTER --heal HEAL$/,
];

describe('every code has an entry that helps', () => {
  it('given the names of Pegasus and of Bridle, when counted, then the catalogue has exactly these', () => {
    expect(PEGASUS_ERROR_NAMES).toHaveLength(88);
    expect(Object.keys(CATALOGUE)).toEqual([...PEGASUS_ERROR_NAMES, ...BRIDLE_CODES]);
  });

  it.each(Object.entries(CATALOGUE))('given %s, when described, then no field is empty', (code, entry) => {
    expect(entry.code).toBe(code);
    const sentences = [entry.what, entry.consequence, ...entry.causes];
    // Placeholders belong to commands only: callers print the sentences as they are.
    for (const sentence of sentences) expect(sentence).toMatch(/^[A-Z][^{}]+\.$/);
    expect(entry.causes.length).toBeGreaterThanOrEqual(1);
    expect(entry.causes.length).toBeLessThanOrEqual(4);
    const command = nextCommand(code, {});
    expect(
      COMMANDS.some((form) => form.test(command)),
      command,
    ).toBe(true);
  });
});

describe('the kind decides what a caller does', () => {
  const expected: Record<ErrorKind, readonly string[]> = {
    success: ['ERR_OK', 'ERR_DUP_EXIST'],
    retryable: [
      'ERR_FORWARD_TO_OTHERS',
      'ERR_BUSY',
      'ERR_BUSY_CREATING',
      'ERR_BUSY_DROPPING',
      'ERR_TIMEOUT',
      'ERR_NETWORK_FAILURE',
      'ERR_SERVICE_NOT_ACTIVE',
      'ERR_UNDER_RECOVERY',
      'ERR_STATE_FREEZED',
      'ERR_TRY_AGAIN',
      'ERR_INACTIVE_STATE',
      'ERR_NOT_ENOUGH_MEMBER',
      'ERR_INVALID_STATE',
      'ERR_OBJECT_NOT_FOUND',
      'ERR_PATH_NOT_FOUND',
      'ERR_PARENT_PARTITION_MISUSED',
      'ERR_CHILD_NOT_READY',
      'BRIDLE_SERVER_DIED',
    ],
    operator: [
      'ERR_ACL_DENY',
      'ERR_INVALID_PARAMETERS',
      'ERR_INCONSISTENT_STATE',
      'ERR_APP_EXIST',
      'ERR_DISK_INSUFFICIENT',
      'ERR_HANDLER_NOT_FOUND',
      'ERR_OPERATION_DISABLED',
      'ERR_RETRY_EXHAUSTED',
      'BRIDLE_FOREIGN_TABLE',
      'BRIDLE_GAP',
    ],
    terminal: ['ERR_APP_NOT_EXIST', 'BRIDLE_BAD_INPUT', 'BRIDLE_USAGE'],
  };

  it.each(Object.entries(expected))(
    'given the codes that are %s, when classified, then so',
    (kind, codes) => {
      expect(codes.filter((code) => errorKind(code) !== kind)).toEqual([]);
    },
  );

  it('given an answer that never came, when described, then the outcome counts as unknown', () => {
    for (const code of ['ERR_TIMEOUT', 'ERR_NETWORK_FAILURE', 'ERR_RETRY_EXHAUSTED', 'BRIDLE_SERVER_DIED'])
      expect(describeError(code).outcomeUnknown, code).toBe(true);
    for (const code of ['ERR_OK', 'ERR_ACL_DENY', 'ERR_APP_EXIST', 'ERR_BUSY'])
      expect(describeError(code).outcomeUnknown, code).toBe(false);
  });
});

describe('a name nobody knows', () => {
  it.each(['ERR_FROM_THE_FUTURE', '', 'constructor', '__proto__', 'toString'])(
    'given %j, when described, then it keeps its code and is treated as ERR_UNKNOWN',
    (code) => {
      expect(describeError(code)).toEqual({ ...CATALOGUE.ERR_UNKNOWN, code });
      expect(errorKind(code)).toBe('operator');
    },
  );
});

describe('the next command', () => {
  it('given values, when filled, then it can be typed as it stands', () => {
    expect(nextCommand('ERR_TIMEOUT', { table: 'users' })).toBe('bridle explain users');
    expect(nextCommand('BRIDLE_FOREIGN_TABLE', { peer: '127.0.0.1:35601' })).toBe(
      'bridle table list --meta 127.0.0.1:35601',
    );
  });

  it('given no value or an empty one, when filled, then its name stands there in capitals', () => {
    expect(nextCommand('ERR_TIMEOUT', {})).toBe('bridle explain TABLE');
    expect(nextCommand('ERR_TIMEOUT', { table: '' })).toBe('bridle explain TABLE');
    expect(nextCommand('BRIDLE_BAD_INPUT', { table: 'users' })).toBe('bridle load users PATH');
  });

  it('given characters a shell would act on, when filled, then they are quoted', () => {
    expect(nextCommand('BRIDLE_BAD_INPUT', { table: 'a;b', path: "it's $& here.csv" })).toBe(
      "bridle load 'a;b' 'it'\\''s $& here.csv'",
    );
  });
});

describe('docs/errors.md', () => {
  it('given the catalogue, when rendered, then the committed file is the same (UPDATE_DOCS=1 writes it)', () => {
    const file = new URL('../../docs/errors.md', import.meta.url);
    if (process.env.UPDATE_DOCS === '1') writeFileSync(file, renderErrorDocs());
    expect(readFileSync(file, 'utf8')).toBe(renderErrorDocs());
  });

  it('given the catalogue, when rendered, then every code has its section exactly once', () => {
    const headings = [...renderErrorDocs().matchAll(/^### (\w+)$/gm)].map((match) => match[1]);
    expect(headings.toSorted()).toEqual(Object.keys(CATALOGUE).toSorted());
  });
});
