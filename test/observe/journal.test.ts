/** Since when, and how often: what charts without a clock cannot say themselves. */
import { describe, expect, test } from 'vitest';
import type { Trouble } from '../../machines/index.js';
import { formatStateValue, Journal } from '../../runtime/observe/journal.js';

const timeout = (peer = '10.0.0.1:34801'): Trouble => ({
  error: 'ERR_TIMEOUT',
  operation: 'RPC_NFS_COPY',
  peer,
});

function journal() {
  let nowMs = 0;
  const kept = new Journal(() => nowMs);
  const at = (ms: number, value: unknown, trouble: Trouble | null = null, attempt?: number) => {
    nowMs = ms;
    kept.note('actor', { value, context: { trouble, ...(attempt === undefined ? {} : { attempt }) } });
    const history = kept.of('actor');
    if (history === undefined) throw new Error('nothing was noted');
    return history;
  };
  return { at, kept };
}

describe('since when', () => {
  test('given steps within one state, then it counts from the entry', () => {
    const { at } = journal();
    at(10, 'copying');
    expect(at(50, 'copying')).toMatchObject({ state: 'copying', sinceMs: 10 });
    expect(at(60, 'waiting')).toMatchObject({ state: 'waiting', sinceMs: 60 });
    expect(at(70, 'copying')).toMatchObject({ sinceMs: 70 });
  });

  test('given one region moves, then the other one’s wait is as old as it was', () => {
    const { at } = journal();
    at(10, { living: { lifecycle: 'DS_LOG', storage: 'idle' } });
    const { pathsSinceMs, sinceMs } = at(90, { living: { lifecycle: 'DS_LOG', storage: 'writing' } });
    expect(sinceMs).toBe(90);
    expect([...pathsSinceMs]).toEqual([
      ['living.lifecycle.DS_LOG', 10],
      ['living.storage.writing', 90],
    ]);
  });

  test('given values of any depth, then the active paths are written one after the other', () => {
    expect(formatStateValue('a')).toBe('a');
    expect(formatStateValue({ a: { b: 'c', d: {} }, e: 'f' })).toBe('a.b.c a.d e.f');
    expect(formatStateValue(undefined)).toBe('');
  });
});

describe('how often', () => {
  test('given the same trouble again, then it is counted, and is as old as the first', () => {
    const { at } = journal();
    at(10, 'asking', timeout(), 1);
    at(20, 'backingOff', timeout(), 2);
    expect(at(30, 'asking', timeout(), 3).trouble).toMatchObject({
      count: 3,
      firstSeenMs: 10,
      lastSeenMs: 30,
    });
  });

  test('given steps in which nothing went wrong again, then they are not counted', () => {
    const { at } = journal();
    const trouble = timeout();
    at(10, 'asking', trouble, 1);
    at(20, 'backingOff', trouble, 1);
    expect(at(30, 'asking', trouble, 1).trouble).toMatchObject({ count: 1, lastSeenMs: 10 });
  });

  test('given attempts have reached their limit, then further failures are still counted', () => {
    const { at } = journal();
    for (let i = 0; i < 5; i++) at(10 * i, 'blocked', timeout(), 12);
    expect(at(90, 'blocked', timeout(), 12).trouble).toMatchObject({ count: 6, firstSeenMs: 0 });
  });

  test('given a chart that counts no attempts, then each time it notes trouble counts', () => {
    const { at } = journal();
    at(10, 'copying', timeout());
    at(20, 'copying', timeout());
    expect(at(30, 'copying', timeout()).trouble).toMatchObject({ count: 3, firstSeenMs: 10 });
  });

  test('given another error, operation or peer, or none for a moment, then counting starts anew', () => {
    const { at } = journal();
    at(10, 'asking', timeout());
    at(20, 'asking', timeout());
    expect(at(30, 'asking', timeout('10.0.0.2:34801')).trouble).toMatchObject({ count: 1, firstSeenMs: 30 });
    at(40, 'asking');
    expect(at(50, 'asking', timeout('10.0.0.2:34801')).trouble).toMatchObject({ count: 1, firstSeenMs: 50 });
    const denied = { ...timeout('10.0.0.2:34801'), error: 'ERR_ACL_DENY' };
    expect(at(60, 'asking', denied).trouble).toMatchObject({ error: 'ERR_ACL_DENY', count: 1 });
  });

  test('given newer words about the same trouble, then they are shown', () => {
    const { at } = journal();
    at(10, 'copying', { ...timeout(), hint: '3 attempts' });
    expect(at(20, 'copying', { ...timeout(), hint: '4 attempts' }).trouble).toMatchObject({
      hint: '4 attempts',
      firstSeenMs: 10,
    });
  });

  test('given an actor is forgotten, then nothing is known of it', () => {
    const { at, kept } = journal();
    at(10, 'copying', timeout());
    kept.forget('actor');
    expect(kept.of('actor')).toBeUndefined();
  });
});
