import { copyFileSync } from 'node:fs';
import { request } from 'node:https';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type PeerIdentity,
  RpcClient,
  RpcError,
  RpcServer,
  TlsCredentials,
  type TlsFiles,
  tcp,
  tlsNetwork,
} from '../../runtime/pegasus/index.js';
import { TestAuthority } from './certificates.js';

const HOST = '127.0.0.1';
const CODE = 'RPC_CM_LIST_NODES';
const LIMITS = { timeoutMs: 20_000 };

let ours: TestAuthority;
let theirs: TestAuthority;
let server: TlsFiles;
let west: TlsFiles;

beforeAll(() => {
  ours = new TestAuthority();
  theirs = new TestAuthority('another authority');
  server = ours.server('east');
  west = ours.server('west');
}, 60_000);

afterAll(() => {
  ours[Symbol.dispose]();
  theirs[Symbol.dispose]();
});

interface Scene extends AsyncDisposable {
  readonly port: number;
  readonly callers: (PeerIdentity | undefined)[];
  readonly refused: string[];
  call(files: TlsFiles | null, protocol?: 'thft' | 'rdsn'): Promise<string>;
}

const networkOf = (files: TlsFiles | null) =>
  files === null ? tcp : tlsNetwork({ credentials: new TlsCredentials(files) });

async function scene(files: TlsFiles | null): Promise<Scene> {
  const callers: (PeerIdentity | undefined)[] = [];
  const refused: string[] = [];
  const credentials = files === null ? null : new TlsCredentials(files);
  const network =
    credentials === null
      ? tcp
      : tlsNetwork({ credentials, onRefused: (_, { code, message }) => refused.push(`${code}: ${message}`) });
  const rpc = new RpcServer({
    network,
    http: ({ path }) => ({ status: 200, body: `path ${path}` }),
    handlers: {
      [CODE]: (_, { identity }) => {
        callers.push(identity);
        return { err: 'ERR_OK', infos: [] };
      },
    },
  });
  const { port } = await rpc.listen({ host: HOST, port: 0 });
  return {
    port,
    callers,
    refused,
    async call(own, protocol = 'thft') {
      await using client = new RpcClient({ protocol, network: networkOf(own) });
      return await client.call({ host: HOST, port }, CODE, { status: 1 }, LIMITS).then(
        ({ err }) => err,
        (error: unknown) => (error instanceof RpcError ? error.code : String(error)),
      );
    },
    [Symbol.asyncDispose]: () => rpc.close(),
  };
}

test.each(['thft', 'rdsn'] as const)(
  'given both certificates, when %s is spoken over TLS, then the server knows who calls',
  async (protocol) => {
    await using it = await scene(server);
    expect(await it.call(west, protocol)).toBe('ERR_OK');
    const [caller] = it.callers;
    expect(caller?.names).toEqual([{ cluster: 'west', role: 'server' }]);
    expect(caller?.covers('127.0.0.1')).toBe(true);
    expect(caller?.covers('10.0.0.1')).toBe(false);
  },
);

const DAY_MS = 24 * 3_600_000;
const ago = (days: number) => new Date(Date.now() - days * DAY_MS);

interface Refusal {
  readonly title: string;
  readonly server: () => TlsFiles | null;
  readonly client: () => TlsFiles | null;
  readonly code: string;
  /** What the server says of it. */
  readonly told?: RegExp;
}

const REFUSALS: readonly Refusal[] = [
  {
    title: 'a caller that speaks no TLS',
    server: () => server,
    client: () => null,
    code: 'BRIDLE_TLS_MISMATCH',
    told: /BRIDLE_TLS_MISMATCH: the caller does not speak TLS/,
  },
  {
    title: 'a server that speaks no TLS',
    server: () => null,
    client: () => west,
    code: 'BRIDLE_TLS_MISMATCH',
  },
  {
    title: 'a caller of another authority',
    server: () => server,
    client: () => ({ ...theirs.server('west'), caFile: ours.caFile }),
    code: 'BRIDLE_TLS_REFUSED',
    told: /BRIDLE_TLS_UNTRUSTED/,
  },
  {
    title: 'a server of another authority',
    server: () => ({ ...theirs.server('east'), caFile: ours.caFile }),
    client: () => west,
    code: 'BRIDLE_TLS_UNTRUSTED',
  },
  {
    title: 'a server for another address',
    server: () => ours.issue('elsewhere', { names: ['URI:bridle://east/server', 'IP:10.9.8.7'] }),
    client: () => west,
    code: 'BRIDLE_TLS_WRONG_NAME',
  },
];

test.each(REFUSALS)('given $title, when called, then $code', async ({ server, client, code, told }) => {
  await using it = await scene(server());
  expect(await it.call(client())).toBe(code);
  expect(it.callers).toEqual([]);
  if (told !== undefined) expect(it.refused.join()).toMatch(told);
});

test('given a certificate that has expired, when it is to be used, then that is said at once', () => {
  const old = ours.issue('old', { names: ['IP:127.0.0.1'], notBefore: ago(9), notAfter: ago(2) });
  expect(() => new TlsCredentials(old)).toThrow(/our own certificate .* has expired/);
});

test.each([
  ['the key of another', () => ({ ...server, keyFile: west.keyFile }), /is not the key of the certificate/],
  ['no file', () => ({ ...server, certFile: '/nowhere/x.crt' }), /cannot be read: ENOENT/],
  [
    'a key where a certificate belongs',
    () => ({ ...server, certFile: server.keyFile }),
    /no certificate in PEM/,
  ],
  [
    'a certificate where a key belongs',
    () => ({ ...server, keyFile: server.certFile }),
    /no private key in PEM/,
  ],
])('given %s, when it is to be used, then the error names the file and no content', (_, files, told) => {
  expect(() => new TlsCredentials(files())).toThrow(told);
});

test('given a caller without a certificate, when it connects, then it is refused in TLS’s own words', async () => {
  await using it = await scene(server);
  const status = await new Promise((resolve) => {
    const asked = request(
      { host: HOST, port: it.port, path: '/x', rejectUnauthorized: false },
      ({ statusCode }) => resolve(statusCode),
    );
    asked.on('error', () => resolve('refused'));
    asked.end();
  });
  expect(status).toBe('refused');
  expect(it.refused.join()).toMatch(/shows no certificate/);
});

test('given HTTP in the clear, when it comes to a port with TLS, then the answer says what to use', async () => {
  await using it = await scene(server);
  const answer = await new Promise<string>((resolve) => {
    const socket = connect(it.port, HOST, () => socket.write('GET /metrics HTTP/1.1\r\n\r\n'));
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
    });
    socket.on('close', () => resolve(text));
  });
  expect(answer).toMatch(/^HTTP\/1\.1 400 .*speaks TLS/s);
});

test('given new files in place of the old ones, when they are looked at, then callers meet the new certificate', async () => {
  const own = ours.server('east');
  const credentials = new TlsCredentials(own);
  await using rpc = new RpcServer({
    network: tlsNetwork({ credentials }),
    handlers: { [CODE]: () => ({ err: 'ERR_OK', infos: [] }) },
  });
  const { port } = await rpc.listen({ host: HOST, port: 0 });
  const call = async () => {
    await using client = new RpcClient({ protocol: 'thft', network: networkOf(west) });
    return await client.call({ host: HOST, port }, CODE, { status: 1 }, LIMITS).then(
      ({ err }) => err,
      (error: unknown) => (error as RpcError).code,
    );
  };
  expect(await call()).toBe('ERR_OK');
  const renewed = ours.issue('renewed', { names: ['URI:bridle://east/server', 'IP:10.1.1.1'] });
  copyFileSync(renewed.certFile, own.certFile);
  copyFileSync(renewed.keyFile, own.keyFile);
  credentials.look();
  expect(await call()).toBe('BRIDLE_TLS_WRONG_NAME');
});

test('given files that are broken while in use, when they are looked at, then those before stay in use', async () => {
  const own = ours.server('east');
  const problems: string[] = [];
  const credentials = new TlsCredentials(own, { onProblem: ({ message }) => problems.push(message) });
  const before = credentials.current;
  copyFileSync(west.keyFile, own.keyFile);
  credentials.look();
  expect(problems.join()).toMatch(/is not the key/);
  expect(credentials.current).toBe(before);
});
