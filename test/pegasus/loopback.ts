import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, expect } from 'vitest';
import { BinaryWriter } from '../../runtime/pegasus/buffer.js';
import {
  type Address,
  type Handlers,
  RpcClient,
  type RpcClientOptions,
  RpcServer,
  type RpcServerOptions,
} from '../../runtime/pegasus/index.js';
import { encodeThftRequest } from '../../runtime/pegasus/thft.js';

/** Closed after each test, last first. */
export const open: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

export async function serve(options: RpcServerOptions): Promise<{ server: RpcServer; address: Address }> {
  const server = new RpcServer(options);
  open.push(() => server.close());
  return { server, address: await server.listen({ host: '127.0.0.1', port: 0 }) };
}

export function client(options: Partial<RpcClientOptions> = {}): RpcClient {
  const made = new RpcClient({ protocol: 'thft', ...options });
  open.push(() => made.close());
  return made;
}

export async function raw(address: Address, bytes: string | Buffer): Promise<Socket> {
  const socket = connect(address);
  socket.on('error', () => {});
  open.push(() => socket.destroy());
  await once(socket, 'connect');
  socket.write(bytes);
  return socket;
}

export async function readAll(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  // A server that closes while bytes are on their way to it answers them with a reset: closed all the same.
  socket.on('error', () => undefined);
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
  return Buffer.concat(chunks);
}

export const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
export const fails = (code: string) => expect.objectContaining({ name: 'RpcError', code });
export const QUERY = 'RPC_CM_QUERY_DUPLICATION';
export const fast = { timeoutMs: 2000 };
/** Answers with the table's name, after as many milliseconds as it says. */
export const echo: Handlers = {
  [QUERY]: async ({ appName }) => {
    if (Number(appName) > 0) await sleep(Number(appName));
    return { err: appName, appid: 1, entryList: [] };
  },
};

export function thft(code: string, args: (w: BinaryWriter) => void): Buffer {
  const w = new BinaryWriter();
  const gpid = { appId: 0, partitionIndex: 0 };
  const head = { version: 0, code, seqId: 1, gpid, timeoutMs: 1000, threadHash: 0 } as const;
  encodeThftRequest(w, { ...head, partitionHash: 0n, isBackup: false }, args);
  return w.finish();
}
