import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Cluster } from '../../runtime/client/index.js';
import {
  type Duplication,
  type DuplicationEvent,
  duplicate,
  openDuplication,
} from '../../runtime/live/index.js';
import { PEER, ScriptedMeta } from './scripted-meta.js';

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const eventually = (check: () => void) => vi.waitFor(check, { timeout: 15_000, interval: 10 });
const fails = (code: string) => expect.objectContaining({ name: 'BridleError', code });

let meta: ScriptedMeta;
let source: Cluster;
const closing: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  meta = await new ScriptedMeta().start();
  source = await meta.open();
  closing.push(
    () => meta.stop(),
    () => source.close(),
  );
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function openUsers(pollMs = 10): Promise<Duplication> {
  const users = await openDuplication({ source, table: 'users', pollMs });
  closing.push(() => users[Symbol.asyncDispose]());
  return users;
}

function record(duplication: Duplication): DuplicationEvent[] {
  const events: DuplicationEvent[] = [];
  duplication.events$.subscribe((event) => events.push(event));
  return events;
}

const types = (events: readonly DuplicationEvent[]) =>
  events.map((event) => (event.type === 'status' ? `${event.from}→${event.to}` : event.type));

describe('watching', () => {
  it('tells each change of status once, to every subscriber, from one poll loop', async () => {
    const users = await openUsers();
    const first: string[] = [];
    const second: string[] = [];
    users.status$.subscribe((status) => first.push(status));
    const events = record(users);
    await eventually(() => expect(first).toEqual(['DS_PREPARE']));
    users.status$.subscribe((status) => second.push(status));
    expect(second, 'the latest is replayed').toEqual(['DS_PREPARE']);

    meta.script.status = 'DS_APP';
    await eventually(() => expect(second).toEqual(['DS_PREPARE', 'DS_APP']));
    await sleep(60);
    meta.script.status = 'DS_LOG';
    await eventually(() => expect(second).toEqual(['DS_PREPARE', 'DS_APP', 'DS_LOG']));

    expect(first).toEqual(second);
    expect(types(events)).toEqual(['DS_PREPARE→DS_APP', 'DS_APP→DS_LOG']);
    expect(Math.abs(meta.count('query') - meta.count('bridle.explain'))).toBeLessThanOrEqual(2);
  });

  it('does not ask before somebody subscribes, nor after the last one has gone', async () => {
    const users = await openUsers();
    const before = meta.asked.length;
    await sleep(50);
    expect(meta.asked.length).toBe(before);

    const watching = users.progress$.subscribe();
    await eventually(() => expect(meta.asked.length).toBeGreaterThan(before + 4));
    watching.unsubscribe();
    await sleep(30);
    const after = meta.asked.length;
    await sleep(60);
    expect(meta.asked.length).toBe(after);
  });

  it('shows progress in decrees and partitions', async () => {
    const users = await openUsers();
    const progress = await users.waitFor(({ partitions }) => partitions.length === 2, { timeoutMs: 5_000 });
    expect(progress).toMatchObject({
      stage: 'preparing',
      partitionCount: 2,
      prepared: 2,
      ready: 1,
      lagDecrees: 3,
      copiedBytes: undefined,
      blocked: false,
    });
    expect(progress.partitions[1]).toEqual({ index: 1, confirmedDecree: 4, lastCommittedDecree: 6 });
  });

  it('survives a meta server that goes away and comes back', async () => {
    const users = await openUsers();
    const events = record(users);
    const reached = users.waitFor('DS_LOG', { timeoutMs: 25_000 });
    await eventually(() => expect(meta.count('bridle.explain')).toBeGreaterThan(0));

    await meta.stop();
    await eventually(() => expect(types(events)).toEqual(['unreachable']));
    meta.script.status = 'DS_LOG';
    await meta.start();

    await expect(reached).resolves.toMatchObject({ status: 'DS_LOG' });
    expect(types(events)).toEqual(['unreachable', 'recovered', 'DS_PREPARE→DS_LOG']);
  });

  it('tells trouble and blocked once, and when it moves again', async () => {
    const users = await openUsers();
    const events = record(users);
    meta.script.blocked = true;
    await eventually(() => expect(types(events)).toEqual(['trouble', 'blocked']));
    await sleep(60);
    meta.script.blocked = false;
    await eventually(() => expect(types(events)).toEqual(['trouble', 'blocked', 'recovered']));
  });
});

describe('waiting', () => {
  it('rejects when blocked, with code, peer and the next command', async () => {
    meta.script.blocked = true;
    const users = await openUsers();
    const { line, next } = await users.explain();
    await expect(users.waitFor('DS_LOG', { failWhenBlocked: true })).rejects.toMatchObject({
      code: 'ERR_ACL_DENY',
      peer: PEER,
      hint: line,
      next,
    });
  });

  it('waits on when blocked, unless told otherwise', async () => {
    meta.script.blocked = true;
    const users = await openUsers();
    const waiting = users.waitFor('DS_LOG', { timeoutMs: 10_000 });
    await sleep(80);
    meta.script.status = 'DS_LOG';
    await expect(waiting).resolves.toMatchObject({ status: 'DS_LOG' });
  });

  it('rejects at its deadline with what is waited for', async () => {
    const users = await openUsers();
    await expect(users.waitFor('DS_LOG', { timeoutMs: 150 })).rejects.toMatchObject({
      code: 'ERR_TIMEOUT',
      hint: 'DS_PREPARE · waiting for the copy',
      next: 'bridle explain users',
    });
  });

  it('ends with its signal, before and while it waits', async () => {
    const users = await openUsers();
    await expect(users.waitFor('DS_LOG', { signal: AbortSignal.abort() })).rejects.toEqual(
      fails('ERR_THREAD_INTERRUPTED'),
    );
    const interrupt = new AbortController();
    const waiting = users.waitFor('DS_LOG', { signal: interrupt.signal });
    setTimeout(() => interrupt.abort(), 40);
    await expect(waiting).rejects.toEqual(fails('ERR_THREAD_INTERRUPTED'));
  });

  it('ends when the handle is disposed of, and so does every stream', async () => {
    const users = await openUsers();
    let completed = 0;
    const complete = () => completed++;
    users.status$.subscribe({ complete });
    users.progress$.subscribe({ complete });
    users.events$.subscribe({ complete });
    const waiting = users.waitFor('DS_LOG');
    const rejected = expect(waiting).rejects.toEqual(fails('ERR_THREAD_INTERRUPTED'));
    await users[Symbol.asyncDispose]();
    await rejected;
    await eventually(() => expect(completed).toBe(3));
    await sleep(30);
    const after = meta.asked.length;
    await sleep(50);
    expect(meta.asked.length).toBe(after);
  });

  it('rejects when it is removed meanwhile; waitRemoved resolves', async () => {
    const users = await openUsers();
    const events = record(users);
    const waiting = users.waitFor('DS_LOG').catch((error: unknown) => error);
    await eventually(() => expect(meta.count('query')).toBeGreaterThan(1));
    await users.remove({ follower: 'drop', wait: true, timeoutMs: 5_000 });
    expect(await waiting).toEqual(fails('ERR_OBJECT_NOT_FOUND'));
    expect(types(events)).toEqual(['removed']);
    expect(meta.asked).toContain('modify {"status":5,"followerTablePolicy":"drop"}');
    await expect(users.explain()).rejects.toEqual(fails('ERR_OBJECT_NOT_FOUND'));
    await expect(users.remove(), 'removing twice').resolves.toBeUndefined();
  });

  it('hands on what a condition throws', async () => {
    const users = await openUsers();
    const broken = () => {
      throw new Error('broken condition');
    };
    await expect(users.waitFor(broken)).rejects.toThrow('broken condition');
  });
});

describe('starting', () => {
  it('registers the target and adds, then finds the same one', async () => {
    meta.script.dupid = undefined;
    const west = await new ScriptedMeta().start();
    const target = await west.open();
    closing.push(
      () => west.stop(),
      () => target.close(),
    );
    await using added = await duplicate({
      source,
      table: 'users',
      target,
      existingTable: 'fail',
      onRemove: 'drop',
    });
    expect(added).toMatchObject({ id: 7, existed: false, remoteTable: 'users' });
    expect(meta.asked).toEqual([`bridle.set-remote east ${west.meta}`, 'add fail true']);
    await using again = await duplicate({ source, table: 'users', target: 'west' });
    expect(again).toMatchObject({ id: 7, existed: true });
  });

  it('refuses another remote table than before, and a table that is not there', async () => {
    const other = { source, table: 'users', target: 'west', remoteTable: 'copy' };
    await expect(duplicate(other)).rejects.toEqual(fails('ERR_INVALID_PARAMETERS'));
    await expect(duplicate({ source, table: 'nobody', target: 'west' })).rejects.toEqual(
      fails('ERR_APP_NOT_EXIST'),
    );
    await expect(openDuplication({ source, table: 'users', target: 'north' })).rejects.toEqual(
      fails('ERR_OBJECT_NOT_FOUND'),
    );
    await expect(openDuplication({ source, table: 'users', pollMs: 0 })).rejects.toEqual(
      fails('ERR_INVALID_PARAMETERS'),
    );
  });

  it('works with a cluster that knows none of our commands, and claims nothing it cannot see', async () => {
    meta.script.kind = 'real';
    const west = await new ScriptedMeta().start();
    const target = await west.open();
    closing.push(
      () => west.stop(),
      () => target.close(),
    );
    await using users = await duplicate({ source, table: 'users', target, pollMs: 10 });
    const explanation = await users.explain();
    expect(explanation).toMatchObject({
      status: 'DS_PREPARE',
      blocked: false,
      next: 'bridle status users --watch',
    });
    expect(explanation.line).toContain('waiting for a checkpoint of every partition and the follower table');
    const progress = await users.waitFor('DS_PREPARE', { timeoutMs: 5_000 });
    expect(progress).toMatchObject({ prepared: undefined, ready: undefined, lagDecrees: 3 });
  });

  it('steers, and hands on the reason of a refusal', async () => {
    const users = await openUsers();
    await users.retry();
    await users.setFailMode('skip');
    meta.script.status = 'DS_APP';
    await expect(users.start()).rejects.toMatchObject({ hint: 'legal in DS_APP: remove, fail-mode' });
    meta.script.status = 'DS_LOG';
    await users.pause();
    await users.start();
    expect(meta.asked.filter((one) => one.startsWith('modify'))).toEqual([
      'modify {"retryNow":true}',
      'modify {"failMode":1}',
      'modify {"status":3}',
      'modify {"status":4}',
      'modify {"status":3}',
    ]);
    await expect(users.verify()).rejects.toEqual(fails('BRIDLE_USAGE'));
  });
});
