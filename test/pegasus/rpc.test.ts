import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { BinaryWriter } from '../../runtime/pegasus/buffer.js';
import {
  type Address,
  type Handlers,
  RpcClient,
  type RpcClientOptions,
  RpcError,
  RpcServer,
  type RpcServerOptions,
} from '../../runtime/pegasus/index.js';
import { decodeThftRequest, decodeThftResponse, encodeThftRequest } from '../../runtime/pegasus/thft.js';
import { encodeWrapped } from '../../runtime/pegasus/thrift.js';

const open: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function serve(options: RpcServerOptions): Promise<{ server: RpcServer; address: Address }> {
  const server = new RpcServer(options);
  open.push(() => server.close());
  return { server, address: await server.listen({ host: '127.0.0.1', port: 0 }) };
}

function client(options: Partial<RpcClientOptions> = {}): RpcClient {
  const made = new RpcClient({ protocol: 'thft', ...options });
  open.push(() => made.close());
  return made;
}

async function raw(address: Address, bytes: string | Buffer): Promise<Socket> {
  const socket = connect(address);
  socket.on('error', () => {});
  open.push(() => socket.destroy());
  await once(socket, 'connect');
  socket.write(bytes);
  return socket;
}

async function readAll(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  if (!socket.closed) await once(socket, 'close');
  return Buffer.concat(chunks);
}

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const fails = (code: string) => expect.objectContaining({ name: 'RpcError', code });
const QUERY = 'RPC_CM_QUERY_DUPLICATION';
const fast = { timeoutMs: 2000 };
/** Answers with the table's name, after as many milliseconds as it says. */
const echo: Handlers = {
  [QUERY]: async ({ appName }) => {
    if (Number(appName) > 0) await sleep(Number(appName));
    return { err: appName, appid: 1, entryList: [] };
  },
};

function thft(code: string, args: (w: BinaryWriter) => void): Buffer {
  const w = new BinaryWriter();
  const gpid = { appId: 0, partitionIndex: 0 };
  const head = { version: 0, code, seqId: 1, gpid, timeoutMs: 1000, threadHash: 0 } as const;
  encodeThftRequest(w, { ...head, partitionHash: 0n, isBackup: false }, args);
  return w.finish();
}

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
    const handlers: Handlers = {
      [QUERY]: async (_, { signal }) => {
        signal.addEventListener('abort', () => {
          aborted = true;
        });
        await sleep(90);
        return { err: 'ERR_OK', appid: 0, entryList: [] };
      },
    };
    const { address } = await serve({ handlers });
    const c = client({ protocol });
    await expect(c.call(address, QUERY, { appName: 't' }, { timeoutMs: 30 })).rejects.toThrow(
      fails('ERR_TIMEOUT'),
    );
    await sleep(120);
    expect(aborted).toBe(true);
    expect(c.stats()).toMatchObject({ lateReplies: 1, pending: 0, connections: 1 });
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

  test('given a client that does not admit a reply, when it comes, then the call times out', async () => {
    const { address } = await serve({ handlers: echo });
    const c = client({ protocol, admitReply: (_, ack) => ack !== `${QUERY}_ACK` });
    await expect(c.call(address, QUERY, { appName: '0' }, { timeoutMs: 40 })).rejects.toThrow(
      fails('ERR_TIMEOUT'),
    );
    expect(c.stats()).toMatchObject({ refusedReplies: 1, lateReplies: 0 });
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

test.each([
  ['unknown protocol', Buffer.from('_RAW0000')],
  ['oversized frame', Buffer.from('54484654000000000000003000000000000fffff00000000', 'hex')],
  ['wrong header length', Buffer.from('544846540000000000000031000000000000000000000000', 'hex')],
  ['second frame without magic', Buffer.concat([thft('RPC_NOBODY', (w) => w.u8(0)), Buffer.alloc(48)])],
])('given a %s, when sent, then only that connection is closed and counted', async (_, bytes) => {
  const reasons: string[] = [];
  const { server, address } = await serve({
    handlers: echo,
    limits: { maxFrameBytes: 10_000 },
    onMalformed: (_peer, reason) => reasons.push(reason),
  });
  const c = client();
  const before = c.call(address, QUERY, { appName: '30' }, fast);
  await readAll(await raw(address, bytes));
  expect((await before).err).toBe('30');
  expect(server.stats()).toMatchObject({ connections: 1, malformed: 1 });
  expect(reasons).toHaveLength(1);
});

test.each([
  [
    'a PUT key of type string',
    'RPC_RRDB_RRDB_PUT',
    '0c00010b0001000000040001616200',
    'ERR_INVALID_PARAMETERS',
  ],
  ['a GET of a struct', 'RPC_RRDB_RRDB_GET', '0c00010b000100000004000161620000', 'ERR_INVALID_PARAMETERS'],
  ['a GET without argument', 'RPC_RRDB_RRDB_GET', '00', 'ERR_INVALID_DATA'],
  ['a cut argument', QUERY, '0c00010b0001000000ff', 'ERR_INVALID_DATA'],
  ['an argument lacking a field', QUERY, '0c00010000', 'ERR_INVALID_PARAMETERS'],
  ['an RPC of an inherited name', 'toString', '00', 'ERR_HANDLER_NOT_FOUND'],
  ['an RPC nobody knows', 'RPC_CM_NO_SUCH_RPC', '0c00010000', 'ERR_HANDLER_NOT_FOUND'],
])('given %s, when sent, then an rpc error answers and the connection stays', async (_, code, hex, error) => {
  const stub = () => ({
    error: 0,
    value: Buffer.alloc(0),
    appId: 0,
    partitionIndex: 0,
    decree: 0,
    server: '',
  });
  const { server, address } = await serve({
    handlers: { ...echo, RPC_RRDB_RRDB_PUT: stub, RPC_RRDB_RRDB_GET: stub },
  });
  const socket = await raw(
    address,
    thft(code, (w) => w.bytes(Buffer.from(hex, 'hex'))),
  );
  const [reply] = (await once(socket, 'data')) as [Buffer];
  expect(decodeThftResponse(reply)).toMatchObject({ error, code: `${code}_ACK`, seqId: 1 });
  socket.write(thft(QUERY, (w) => encodeWrapped(w, 'blob', Buffer.alloc(0), 1)));
  await once(socket, 'data');
  expect(server.stats()).toMatchObject({ connections: 1, requests: 2, malformed: 0 });
});

test('given HTTP GETs on one connection, when served, then they are answered in order', async () => {
  const { address } = await serve({
    handlers: {},
    http: async ({ path, query }) => {
      if (path === '/slow') await sleep(30);
      if (path === '/bug') throw new Error('a bug');
      return {
        status: 200,
        contentType: 'application/json',
        body: JSON.stringify([path, query.get('name')]),
      };
    },
  });
  const socket = await raw(
    address,
    'GET /slow?name=t%20x HTTP/1.1\r\nHost: a\r\n\r\nGET /bug HTTP/1.1\r\n\r\nGET /last HTTP/1.1\r\nConnection: close\r\n\r\n',
  );
  const text = (await readAll(socket)).toString();
  const at = ['HTTP/1.1 200 OK', '["/slow","t x"]', 'HTTP/1.1 500', '["/last",null]'].map((s) =>
    text.indexOf(s),
  );
  expect(at.every((x) => x >= 0)).toBe(true);
  expect(at).toEqual([...at].sort((a, b) => a - b));
  expect(text).toContain('Content-Length: 15');
});

test.each([
  ['a duplicate parameter', 'GET /a?x=1&x=2 HTTP/1.1\r\n\r\n', 400],
  ['a bad escape', 'GET /%zz HTTP/1.1\r\n\r\n', 400],
  ['a body', 'GET / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello', 400],
  ['another method after GET', 'GET /nope HTTP/1.1\r\n\r\nPOST / HTTP/1.1\r\n\r\n', 405],
])('given an HTTP request with %s, when sent, then it is refused', async (_, request, status) => {
  const { address } = await serve({ handlers: {}, http: () => ({ status: 200, body: '' }) });
  const socket = await raw(address, request);
  socket.once('end', () => socket.end());
  expect((await readAll(socket)).toString()).toContain(`HTTP/1.1 ${status} `);
});

test('given half a frame and then silence, when the header timeout passes, then the connection is closed', async () => {
  const { server, address } = await serve({ handlers: echo, limits: { headerTimeoutMs: 40 } });
  const c = client();
  const slow = c.call(address, QUERY, { appName: '150' }, fast);
  const silent = await raw(address, '');
  const loris = await raw(address, 'GET /');
  const drip = setInterval(() => loris.write('x'), 10);
  await Promise.all([readAll(silent), readAll(loris)]);
  clearInterval(drip);
  // A request in work is not a header that does not come.
  expect((await slow).err).toBe('150');
  expect(server.stats()).toMatchObject({ malformed: 2, connections: 1 });
});

test('given an idle connection, when the idle timeout passes, then it is closed and the client connects again', async () => {
  const { server, address } = await serve({ handlers: echo, limits: { idleTimeoutMs: 40 } });
  const c = client();
  await c.call(address, QUERY, { appName: '0' }, fast);
  await sleep(100);
  expect(server.stats().connections).toBe(0);
  expect((await c.call(address, QUERY, { appName: '0' }, fast)).err).toBe('0');
});

test('given as many connections as allowed, when one more comes, then it alone is closed', async () => {
  const { server, address } = await serve({ handlers: echo, limits: { maxConnections: 1 } });
  const c = client();
  await c.call(address, QUERY, { appName: '0' }, fast);
  await readAll(await raw(address, ''));
  expect((await c.call(address, QUERY, { appName: '0' }, fast)).err).toBe('0');
  expect(server.stats()).toMatchObject({ connections: 1, refused: 1 });
});

test('given a caller that sends more than may be in work, when served, then never more are, and all get answers', async () => {
  let now = 0;
  let most = 0;
  const handlers: Handlers = {
    [QUERY]: async ({ appName }) => {
      most = Math.max(most, ++now);
      await sleep(1);
      now--;
      return { err: appName, appid: 0, entryList: [] };
    },
  };
  const { address } = await serve({ handlers, limits: { maxInFlightPerConnection: 4 } });
  const c = client();
  const names = Array.from({ length: 200 }, (_, i) => `t${i}`);
  const answers = await Promise.all(names.map((appName) => c.call(address, QUERY, { appName }, fast)));
  expect(answers.map((a) => a.err)).toEqual(names);
  expect(most).toBe(4);
});

test('given a caller that does not read, when answers are large, then the server stops reading and later sends all', async () => {
  const value = Buffer.alloc(256 * 1024, 7);
  let handled = 0;
  const { address } = await serve({
    handlers: {
      RPC_RRDB_RRDB_GET: () => {
        handled++;
        return { error: 0, value, appId: 0, partitionIndex: 0, server: '' };
      },
    },
  });
  const socket = await raw(address, '');
  socket.pause();
  const requests = 200;
  const get = thft('RPC_RRDB_RRDB_GET', (w) => encodeWrapped(w, 'blob', Buffer.from('k'), 1));
  for (let i = 0; i < requests; i++) socket.write(get);
  await sleep(100);
  expect(handled).toBeLessThan(requests);
  let received = 0;
  socket.on('data', (chunk: Buffer) => {
    received += chunk.length;
    if (received >= requests * value.length && handled === requests) socket.end();
  });
  socket.resume();
  await once(socket, 'close');
  expect(handled).toBe(requests);
});

test('given a caller that closes its side, when its request is still in work, then it gets the answer', async () => {
  const { address } = await serve({ handlers: echo });
  const socket = connect({ ...address, allowHalfOpen: true });
  open.push(() => socket.destroy());
  const request = thft(QUERY, (w) => {
    w.bytes(Buffer.from('0c00010b0001000000023330' + '0000', 'hex'));
  });
  expect(decodeThftRequest(request).code).toBe(QUERY);
  socket.end(request);
  expect(decodeThftResponse(await readAll(socket)).error).toBe('ERR_OK');
});

test('given a taken port, when listening, then ERR_ADDRESS_ALREADY_USED', async () => {
  const { address } = await serve({ handlers: {} });
  await expect(new RpcServer({ handlers: {} }).listen(address)).rejects.toThrow(
    fails('ERR_ADDRESS_ALREADY_USED'),
  );
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
