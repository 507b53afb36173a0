import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { type Handlers, RpcError, RpcServer } from '../../runtime/pegasus/index.js';
import { client, echo, fails, fast, open, QUERY, serve } from './loopback.js';

describe.each(['thft', 'rdsn'] as const)('over %s', (protocol) => {
  test('given pipelined calls, when answers come out of order, then each call gets its own', async () => {
    const { server, address } = await serve({ handlers: echo });
    const c = client({ protocol });
    const done: string[] = [];
    const ask = async (appName: string) => {
      const { err } = await c.call(address, QUERY, { appName }, fast);
      expect(err).toBe(appName);
      done.push(appName);
    };
    await Promise.all(['60', '30', '0'].map(ask));
    expect(done).toEqual(['0', '30', '60']);
    expect(server.stats()).toMatchObject({ connections: 1, requests: 3, byOperation: { [QUERY]: 3 } });
  });

  test('given a slow handler, when the deadline passes, then ERR_TIMEOUT, the signal aborts and the late reply is ignored', async () => {
    let aborted = false;
    const mayAnswer = new AbortController();
    const handlers: Handlers = {
      [QUERY]: async ({ appName }, { signal }) => {
        if (appName === 'slow') {
          signal.addEventListener('abort', () => {
            aborted = true;
          });
          await once(mayAnswer.signal, 'abort');
        }
        return { err: 'ERR_OK', appid: 0, entryList: [] };
      },
    };
    const { address } = await serve({ handlers });
    const c = client({ protocol });
    // Connected before, so that the deadline is the handler's alone.
    await c.call(address, QUERY, { appName: 'quick' }, fast);
    await expect(c.call(address, QUERY, { appName: 'slow' }, { timeoutMs: 100 })).rejects.toThrow(
      fails('ERR_TIMEOUT'),
    );
    await expect.poll(() => aborted, { timeout: 5_000 }).toBe(true);
    mayAnswer.abort();
    await expect
      .poll(() => c.stats(), { timeout: 5_000 })
      .toMatchObject({ lateReplies: 1, pending: 0, connections: 1 });
  });

  test('given a request head, when handled, then the context tells it', async () => {
    const seen: unknown[] = [];
    const { address } = await serve({
      handlers: {
        RPC_RRDB_RRDB_GET: (key, ctx) => {
          seen.push(
            ctx.code,
            ctx.protocol,
            ctx.gpid,
            ctx.partitionHash,
            ctx.threadHash,
            ctx.timeoutMs,
            ctx.peer,
          );
          return { error: 0, value: key, appId: 2, partitionIndex: 4, server: 's' };
        },
      },
    });
    const c = client({ protocol, fromAddress: { host: '127.0.0.1', port: 34801 } });
    const gpid = { appId: 2, partitionIndex: 4 };
    const options = { ...fast, gpid, partitionHash: 2n ** 64n - 1n };
    const { value } = await c.call(address, 'RPC_RRDB_RRDB_GET', Buffer.from('k'), options);
    expect(value.toString()).toBe('k');
    const port = protocol === 'rdsn' ? 34801 : expect.any(Number);
    expect(seen).toEqual([
      'RPC_RRDB_RRDB_GET',
      protocol,
      gpid,
      2n ** 64n - 1n,
      0x3de2,
      2000,
      { host: '127.0.0.1', port },
    ]);
  });

  test('given handlers that fail, when called, then the error travels and the server lives on', async () => {
    const errors: unknown[] = [];
    const { address } = await serve({
      handlers: {
        RPC_CM_LIST_NODES: () => Promise.reject(new RpcError('ERR_INVALID_STATE', 'x', 'y')),
        RPC_CM_CLUSTER_INFO: () => {
          throw new TypeError('a bug');
        },
        RPC_CM_LIST_APPS: () => ({ err: 'ERR_OK' }) as never,
        RPC_CM_DROP_APP: () => Promise.reject(new RpcError('ERR_SOMETHING_NEWER', 'x', 'y')),
      },
      onHandlerError: (error) => errors.push(error),
    });
    const c = client({ protocol });
    const refused = (code: 'RPC_CM_LIST_NODES' | 'RPC_CM_LIST_APPS') =>
      c.call(address, code, { status: 0 }, fast);
    await expect(refused('RPC_CM_LIST_NODES')).rejects.toThrow(fails('ERR_INVALID_STATE'));
    await expect(refused('RPC_CM_LIST_APPS')).rejects.toThrow(fails('ERR_UNKNOWN'));
    await expect(c.call(address, 'RPC_CM_CLUSTER_INFO', {}, fast)).rejects.toThrow(fails('ERR_UNKNOWN'));
    const drop = { appName: 't', options: { successIfNotExist: true } };
    await expect(c.call(address, 'RPC_CM_DROP_APP', drop, fast)).rejects.toThrow(
      fails('ERR_SOMETHING_NEWER'),
    );
    await expect(c.call(address, QUERY, { appName: '' }, fast)).rejects.toThrow(
      fails('ERR_HANDLER_NOT_FOUND'),
    );
    expect(errors).toHaveLength(2);
  });

  test('given a one-way RPC, when called, then it resolves and nothing is answered', async () => {
    let cleared = 0;
    const { address } = await serve({
      handlers: {
        ...echo,
        RPC_RRDB_RRDB_CLEAR_SCANNER: (id) => {
          cleared = id;
          return undefined;
        },
      },
    });
    const c = client({ protocol });
    await c.call(address, 'RPC_RRDB_RRDB_CLEAR_SCANNER', 77, fast);
    await c.call(address, QUERY, { appName: '0' }, fast);
    expect(cleared).toBe(77);
    expect(c.stats()).toMatchObject({ lateReplies: 0, pending: 0 });
  });

  test('given a policy, when it denies or drops, then ERR_ACL_DENY or silence, and the connection stays', async () => {
    const { server, address } = await serve({
      handlers: { ...echo, RPC_CM_CLUSTER_INFO: () => ({ err: 'ERR_OK', keys: [], values: [] }) },
      policy: ({ code }) => (code === QUERY ? 'deny' : code === 'RPC_CM_LIST_APPS' ? 'drop' : 'allow'),
    });
    const c = client({ protocol });
    await expect(c.call(address, QUERY, { appName: '' }, fast)).rejects.toThrow(fails('ERR_ACL_DENY'));
    const dropped = c.call(address, 'RPC_CM_LIST_APPS', { status: 0 }, { timeoutMs: 40 });
    await expect(dropped).rejects.toThrow(fails('ERR_TIMEOUT'));
    expect((await c.call(address, 'RPC_CM_CLUSTER_INFO', {}, fast)).err).toBe('ERR_OK');
    expect(server.stats()).toMatchObject({ connections: 1, denied: 1, dropped: 1 });
  });

  test('given a client that does not admit a reply, when it comes, then the call goes on waiting', async () => {
    const { address } = await serve({ handlers: echo });
    const c = client({ protocol, admitReply: (_, ack) => ack !== `${QUERY}_ACK` });
    const given = new AbortController();
    const ended = expect(
      c.call(address, QUERY, { appName: '0' }, { timeoutMs: 30_000, signal: given.signal }),
    ).rejects.toThrow(fails('ERR_THREAD_INTERRUPTED'));
    await expect
      .poll(() => c.stats(), { timeout: 5_000 })
      .toMatchObject({ refusedReplies: 1, lateReplies: 0, pending: 1 });
    given.abort();
    await ended;
  });
});

test('given a server that dies mid-call, when it is back, then the call failed and the next one connects anew', async () => {
  const sockets: Socket[] = [];
  const dying = createServer((socket) => {
    socket.on('error', () => {});
    sockets.push(socket);
    socket.once('data', () => socket.destroy());
  });
  dying.listen(0, '127.0.0.1');
  await once(dying, 'listening');
  const bound = dying.address();
  const address = { host: '127.0.0.1', port: typeof bound === 'object' && bound !== null ? bound.port : 0 };
  const c = client();
  await expect(c.call(address, QUERY, { appName: '' }, fast)).rejects.toMatchObject({
    code: 'ERR_NETWORK_FAILURE',
    operation: QUERY,
    peer: `127.0.0.1:${address.port}`,
  });
  dying.close();
  await once(dying, 'close');
  await expect(c.call(address, QUERY, { appName: '' }, fast)).rejects.toThrow(fails('ERR_NETWORK_FAILURE'));
  const server = new RpcServer({ handlers: echo });
  open.push(() => server.close());
  await server.listen(address);
  expect((await c.call(address, QUERY, { appName: '0' }, fast)).err).toBe('0');
});

test('given calls in flight, when canceled, closed or too many, then each says why', async () => {
  const { address } = await serve({ handlers: echo });
  const c = client({ maxPendingPerConnection: 2 });
  const canceled = new AbortController();
  const first = c.call(address, QUERY, { appName: '500' }, { ...fast, signal: canceled.signal });
  const second = c.call(address, QUERY, { appName: '500' }, fast);
  await expect(c.call(address, QUERY, { appName: '0' }, fast)).rejects.toThrow(fails('ERR_BUSY'));
  canceled.abort();
  await expect(first).rejects.toThrow(fails('ERR_THREAD_INTERRUPTED'));
  const ended = expect(second).rejects.toThrow(fails('ERR_SESSION_RESET'));
  await c.close();
  await ended;
  await expect(c.call(address, QUERY, { appName: '0' }, fast)).rejects.toThrow(fails('ERR_SESSION_RESET'));
});

test('given a request that does not encode, when called, then it fails alone', async () => {
  const { address } = await serve({ handlers: echo });
  const c = client();
  const good = c.call(address, QUERY, { appName: '0' }, fast);
  const bad = c.call(address, QUERY, {} as never, fast);
  await expect(bad).rejects.toThrow(fails('ERR_INVALID_PARAMETERS'));
  expect((await good).err).toBe('0');
});

test('given a peer that sends garbage or an endless frame, when a client reads it, then its calls fail at once', async () => {
  for (const answer of ['00000003', '7fffffff00000000', '0000001800000000']) {
    const liar = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => socket.write(Buffer.from(answer.padEnd(48, '0'), 'hex')));
    });
    liar.listen(0, '127.0.0.1');
    await once(liar, 'listening');
    const bound = liar.address();
    const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
    const c = client();
    const call = c.call({ host: '127.0.0.1', port }, QUERY, { appName: '' }, fast);
    await expect(call).rejects.toThrow(fails('ERR_NETWORK_FAILURE'));
    liar.close();
  }
});
