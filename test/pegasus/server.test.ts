import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { type Handlers, RpcServer } from '../../runtime/pegasus/index.js';
import { decodeThftRequest, decodeThftResponse } from '../../runtime/pegasus/thft.js';
import { encodeWrapped } from '../../runtime/pegasus/thrift.js';
import { client, echo, fails, fast, open, QUERY, raw, readAll, serve, sleep, thft } from './loopback.js';

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
  const { server, address } = await serve({ handlers: echo, limits: { idleTimeoutMs: 150 } });
  const c = client();
  await c.call(address, QUERY, { appName: '0' }, fast);
  // Both ends know of it before the next call.
  await expect.poll(() => server.stats().connections, { timeout: 5_000 }).toBe(0);
  await expect.poll(() => c.stats().connections, { timeout: 5_000 }).toBe(0);
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
