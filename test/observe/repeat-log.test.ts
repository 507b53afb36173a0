/** Repeated failures: once at once, then a summary, then the end. */
import { describe, expect, it } from 'vitest';
import { actorLog } from '../../runtime/observe/actor-log.js';
import { Journal } from '../../runtime/observe/journal.js';
import { RepeatLog, type RepeatLogOptions } from '../../runtime/observe/repeat-log.js';
import { recordingLog } from '../cluster/in-process.js';

function logOf(options: RepeatLogOptions = {}) {
  const { log: plain, lines } = recordingLog();
  const time = { nowMs: 0 };
  return { log: new RepeatLog(plain, () => time.nowMs, options), lines, time };
}
const texts = (lines: readonly { level: string; message: string }[]) =>
  lines.map(({ level, message }) => `${level} ${message}`);
const failure = { correlation: 'east/users/7#0', actor: 'partitionDuplicator', error: 'ERR_TIMEOUT' };

describe('what is said about the same', () => {
  it('given five failures a second for ten minutes, then there is a line at once, one a minute, and one at the end', () => {
    const { log, lines, time } = logOf();
    for (; time.nowMs < 600_000; time.nowMs += 200) log.warn('a try failed', failure);
    expect(lines).toHaveLength(10);
    expect(lines[0]).toMatchObject({ level: 'warn', message: 'a try failed', facts: failure });
    expect(lines[1]).toMatchObject({
      message: 'a try failed: 300 more of the same',
      facts: { ...failure, more: 300, inMs: 60_000, total: 301 },
    });
    log.over(failure);
    expect(lines.at(-1)).toMatchObject({
      level: 'info',
      message: 'works again',
      facts: { actor: 'partitionDuplicator', after: 'ERR_TIMEOUT', failures: 3_000, lastedMs: 600_000 },
    });
    log.over(failure);
    expect(lines).toHaveLength(11);
    log.warn('a try failed', failure);
    expect(texts(lines).at(-1)).toBe('warn a try failed');
  });

  it.each([
    ['another error', { error: 'ERR_BUSY' }],
    ['another peer', { peer: '10.0.0.1:34801' }],
    ['another partition', { correlation: 'east/users/7#1', partition: 1 }],
    ['another operation', { operation: 'RPC_NFS_COPY' }],
  ])('given %s, then that is a line of its own', (_, other) => {
    const { log, lines } = logOf();
    log.warn('a try failed', failure);
    log.warn('a try failed', { ...failure, ...other });
    expect(lines).toHaveLength(2);
  });

  it('given texts and counts that differ, then it is the same', () => {
    const { log, lines } = logOf();
    for (let n = 0; n < 5; n++) log.warn('a try failed', { ...failure, hint: `since ${n}`, attempts: n });
    expect(lines).toHaveLength(1);
  });

  it('given two errors in turns, then each is said once, and the end names both', () => {
    const { log, lines } = logOf();
    for (let n = 0; n < 50; n++) log.warn('a try failed', { ...failure, error: n % 2 ? 'ERR_A' : 'ERR_B' });
    log.over(failure);
    expect(lines).toHaveLength(3);
    expect(lines[2]?.facts).toMatchObject({ after: 'ERR_B, ERR_A', failures: 50 });
  });

  it('given more things than are remembered, then memory is bounded and what was held back is said', () => {
    const { log, lines } = logOf({ limit: 10 });
    log.warn('a try failed', failure);
    log.warn('a try failed', failure);
    for (let n = 0; n < 10_000; n++) log.error('a try failed', { actor: `${n}` });
    expect(texts(lines).filter((text) => text.endsWith('1 more of the same'))).toHaveLength(1);
    expect(lines).toHaveLength(10_002);
    // What was forgotten is news again.
    log.warn('a try failed', failure);
    expect(lines).toHaveLength(10_003);
  });

  it('given the end of a process, then nothing that was held back is lost', () => {
    const { log, lines } = logOf();
    log.warn('a try failed', failure);
    log.warn('a try failed', failure);
    log.flush();
    expect(texts(lines)).toEqual(['warn a try failed', 'warn a try failed: 1 more of the same']);
  });

  it('given lines that are no failures, then each is said', () => {
    const { log, lines } = logOf();
    log.info('listening');
    log.info('listening');
    expect(lines).toHaveLength(2);
  });
});

describe('an actor’s journal as a log', () => {
  const of = (actor: string, trouble: object | null, attempt = 0) =>
    [actor, { value: 'trying', context: { trouble, attempt } }] as const;
  const journalOf = () => {
    const { log, lines, time } = logOf();
    const listener = actorLog({
      log,
      facts: { table: 'users', correlation: 'east/users/7' },
      name: (actor) => (actor === 'root' ? null : actor),
    });
    return { journal: new Journal(() => time.nowMs, listener), lines };
  };

  it.each([
    ['ERR_TIMEOUT', 'warn'],
    ['ERR_ACL_DENY', 'error'],
  ])('given %s, then it is logged as %s, with where and whose', (error, level) => {
    const { journal, lines } = journalOf();
    journal.note(...of('followerTable', { error, operation: 'RPC_CM_CREATE_APP', peer: 'a:1' }));
    expect(lines).toEqual([
      {
        level,
        message: 'a try failed',
        facts: {
          ...{ table: 'users', correlation: 'east/users/7', actor: 'followerTable' },
          ...{ error, operation: 'RPC_CM_CREATE_APP', peer: 'a:1' },
        },
      },
    ]);
  });

  it('given failures and their end, then the end is said; those of the whole are not said twice', () => {
    const { journal, lines } = journalOf();
    for (let n = 0; n < 5; n++) {
      const trouble = { error: 'ERR_TIMEOUT', operation: 'x' };
      journal.note(...of('followerTable', trouble, n));
      journal.note(...of('root', trouble, n));
    }
    journal.note(...of('followerTable', null));
    journal.note(...of('root', null));
    expect(texts(lines)).toEqual(['warn a try failed', 'info works again']);
    expect(lines[1]?.facts).toMatchObject({ failures: 5, correlation: 'east/users/7' });
  });
});
