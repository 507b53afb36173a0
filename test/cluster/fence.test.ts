/** A table that is closed to its clients: which requests, how they are refused, and when it is known to be closed. */
import { describe, expect, test } from 'vitest';
import { type Cluster, openCluster } from '../../runtime/client/index.js';
import { ClientAdmission, parseDenial } from '../../runtime/cluster/rrdb/client-admission.js';
import { fetchFence } from '../../runtime/live/index.js';
import { open, TestCluster, until } from './in-process.js';

const DENY = 'replica.deny_client_request';
const note = (id: string, run: number) =>
  JSON.stringify({ id, run, by: 'a test', since: '2026-11-30T00:00:00Z', undo: 'bridle migrate --undo x' });

async function started(): Promise<{ servers: TestCluster; cluster: Cluster }> {
  const servers = await TestCluster.start({ name: 'east', replicas: 2 });
  const cluster = await openCluster({ meta: servers.metaName, timeoutMs: 5_000 });
  open.push(() => cluster.close());
  await cluster.createTable('users', { partitionCount: 2 });
  return { servers, cluster };
}

const closed = (cluster: Cluster) =>
  until('every partition to be closed', async () =>
    (await fetchFence(cluster, 'users'))?.partitions.every(({ writesClosed }) => writesClosed),
  );

describe('what is refused', () => {
  test.each([
    ['reconfig*write', { how: 'reconfig', reads: false, writes: true }],
    ['timeout*all', { how: 'timeout', reads: true, writes: true }],
    ['timeout*read', { how: 'timeout', reads: true, writes: false }],
    ['reject*write', null],
    ['timeout', null],
    ['', null],
  ])('given %s, then as upstream has it', (text, denial) => {
    expect(parseDenial(text)).toEqual(denial);
  });

  test('given a write under way, when the table is closed, then it is closed only when that has settled', async () => {
    const admission = new ClientAdmission();
    let settle = () => {};
    const write = admission.during(() => new Promise<void>((resolve) => (settle = resolve)));
    admission.set('reconfig*write', 2);
    expect([admission.refuses('writes'), admission.writesClosed]).toEqual(['reconfig', false]);
    settle();
    await write;
    expect(admission.writesClosed).toBe(true);
    admission.set(null, 1);
    expect(admission.writesClosed, 'an order of an older version').toBe(true);
    admission.set(null, 3);
    expect([admission.refuses('writes'), admission.writesClosed]).toEqual([null, false]);
  });
});

describe('a closed table', () => {
  test('given it is closed to writes, then reads are served, restarts keep it closed, and opening opens it', async () => {
    const { servers, cluster } = await started();
    const users = await cluster.table('users');
    await users.put('ada', 's', '1');
    await cluster.changeTableEnvs('users', { set: { [DENY]: 'reconfig*write' } });
    await closed(cluster);
    await expect(users.put('ada', 's', '2', { timeoutMs: 300 })).rejects.toMatchObject({
      code: 'ERR_INVALID_STATE',
    });
    expect((await users.get('ada', 's'))?.toString()).toBe('1');
    await servers.stopReplica(0);
    await servers.startReplica(0);
    await servers.stopMeta();
    await servers.startMeta();
    await closed(cluster);
    await expect(users.put('bob', 's', '2', { timeoutMs: 300 })).rejects.toThrow();
    await cluster.changeTableEnvs('users', { remove: { [DENY]: null } });
    await until('writes', () => users.put('ada', 's', '3', { timeoutMs: 300 }).then(() => true));
    expect((await fetchFence(cluster, 'users'))?.denial).toBeNull();
  });

  test('given it is to answer nothing, then a write runs into its deadline', async () => {
    const { cluster } = await started();
    await cluster.changeTableEnvs('users', { set: { [DENY]: 'timeout*write' } });
    await closed(cluster);
    const users = await cluster.table('users');
    await expect(users.put('ada', 's', '2', { timeoutMs: 300 })).rejects.toMatchObject({
      code: 'ERR_TIMEOUT',
    });
  });

  test('given a value that is none, then it is refused with what is legal', async () => {
    const { cluster } = await started();
    const set = { [DENY]: 'reject*write' };
    await expect(cluster.changeTableEnvs('users', { set })).rejects.toMatchObject({
      code: 'ERR_INVALID_PARAMETERS',
      hint: expect.stringContaining('reconfig*write'),
    });
  });
});

describe('whose fence it is', () => {
  test('given fences of two migrations and of two runs, then late orders neither put up nor lift what is not theirs', async () => {
    const { cluster } = await started();
    const put = (id: string, run: number) =>
      cluster.changeTableEnvs('users', { set: { [DENY]: 'reconfig*write', 'bridle.fence': note(id, run) } });
    const lift = (id: string, run: number) =>
      cluster.changeTableEnvs('users', { remove: { 'bridle.fence': note(id, run), [DENY]: null } });
    const refused = expect.objectContaining({ code: 'ERR_INVALID_STATE' });
    await put('one', 1);
    await expect(put('two', 1)).rejects.toEqual(refused);
    await expect(lift('two', 9)).rejects.toEqual(refused);
    await put('one', 2);
    await expect(put('one', 1)).rejects.toEqual(refused);
    await expect(lift('one', 1)).rejects.toEqual(refused);
    await lift('one', 2);
    await expect(put('one', 2), 'an order that comes late').rejects.toEqual(refused);
    await put('two', 1);
    expect((await fetchFence(cluster, 'users'))?.note).toMatchObject({ id: 'two', run: 1 });
  });
});
