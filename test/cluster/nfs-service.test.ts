/** The source's service and the follower's side of it, over real sockets and real files. */
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { lastValueFrom, toArray } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { copyFile } from '../../actors/fileCopy.js';
import { RateLimiter } from '../../actors/rateLimiter.js';
import type { CheckpointView } from '../../machines/checkpointTransfer.js';
import { DiskSink } from '../../runtime/cluster/nfs/disk-sink.js';
import { queryCheckpoint, RemoteSource } from '../../runtime/cluster/nfs/remote-source.js';
import {
  CheckpointService,
  type CheckpointServiceOptions,
} from '../../runtime/cluster/nfs/source-service.js';
import {
  type Address,
  type CopyRequest,
  formatAddress,
  type Handlers,
  RpcClient,
  RpcServer,
  type RpcServerOptions,
} from '../../runtime/pegasus/index.js';
import { MemoryEngine, PartitionStore } from '../../runtime/store/index.js';

const gpid = { appId: 2, partitionIndex: 1 };
const options = { timeoutMs: 3000 };

let directory: string;
let cleanUps: (() => Promise<unknown>)[];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bridle-nfs-'));
  cleanUps = [() => rm(directory, { recursive: true, force: true })];
});
afterEach(async () => {
  for (const cleanUp of cleanUps.toReversed()) await cleanUp();
});

async function openStore() {
  const store = await PartitionStore.open({
    directory: join(directory, 'store'),
    openEngine: (path) => MemoryEngine.open(path),
    apply: ({ message }) => ({ puts: [[message.subarray(0, 4), message]] }),
  });
  cleanUps.push(() => store.close());
  return store;
}

const write = (store: PartitionStore<unknown>, text: string) =>
  store.write({ code: 'RPC_RRDB_RRDB_PUT', message: Buffer.from(text.repeat(100)) });

async function serve(handlers: Handlers, more: Partial<RpcServerOptions> = {}): Promise<Address> {
  const server = new RpcServer({ handlers, ...more });
  cleanUps.push(() => server.close());
  return server.listen({ host: '127.0.0.1', port: 0 });
}

function newClient() {
  const client = new RpcClient({ protocol: 'rdsn' });
  cleanUps.push(() => client.close());
  return client;
}

async function given(more: Partial<CheckpointServiceOptions> = {}, server: Partial<RpcServerOptions> = {}) {
  const store = await openStore();
  const service = new CheckpointService({
    partition: ({ appId, partitionIndex }) => (appId === 2 && partitionIndex === 1 ? { store } : undefined),
    serverAddress: { host: '127.0.0.1', port: 34801 },
    ...more,
  });
  cleanUps.push(() => service.close());
  const address = await serve(service.handlers, server);
  const client = newClient();
  return { store, service, address, client, primary: formatAddress(address) };
}

/** A source with one checkpoint, at decree 2. */
async function givenCheckpoint(
  more: Partial<CheckpointServiceOptions> = {},
  server: Partial<RpcServerOptions> = {},
) {
  const parts = await given(more, server);
  await write(parts.store, 'one ');
  await write(parts.store, 'two ');
  const checkpoint = await parts.store.checkpoint();
  const file = checkpoint.files[0]!;
  const request: CopyRequest = {
    source: parts.address,
    sourceDir: '2.1/checkpoint.2',
    dstDir: '',
    fileName: file.name,
    offset: 0,
    size: 10,
    isLast: false,
    overwrite: true,
  };
  const read = (changes: Partial<CopyRequest>) =>
    parts.client.call(parts.address, 'RPC_NFS_COPY', { ...request, ...changes }, options);
  return { ...parts, checkpoint, file, read };
}

function copyFirst(view: CheckpointView, primary: string, source: RemoteSource) {
  const file = view.files[0]!;
  const input = { partition: 1, primary, directory: view.directory, decree: view.decree, file };
  const sink = new DiskSink({ base: join(directory, 'copy') });
  const limiter = new RateLimiter({ bytesPerSecond: 0 });
  return copyFile({ input, source, sink, limiter, blockBytes: 128, readAheadBlocks: 2 });
}

describe('asking for a checkpoint', () => {
  it('describes the latest one, with checksums, and not where it is', async () => {
    const { client, primary, checkpoint } = await givenCheckpoint();
    const view = await queryCheckpoint(client, primary, gpid, options);
    expect(view).toEqual({ decree: 2, directory: '2.1/checkpoint.2', files: checkpoint.files });
  });

  it('answers as upstream does', async () => {
    const { client, address, checkpoint } = await givenCheckpoint();
    const ask = (checksumType: number) =>
      client.call(
        address,
        'RPC_QUERY_LAST_CHECKPOINT_INFO',
        {
          pid: gpid,
          learner: null,
          signature: 0n,
          lastCommittedDecreeInApp: 0,
          lastCommittedDecreeInPrepareList: 0,
          appSpecificLearnRequest: Buffer.alloc(0),
          checksumType,
        },
        options,
      );
    const answer = await ask(1);
    expect(answer).toMatchObject({ err: 'ERR_OK', lastCommittedDecree: 2, learnee: { port: 34801 } });
    expect(answer.state).toMatchObject({ toDecreeIncluded: 2, fileSizes: [checkpoint.files[0]!.sizeBytes] });
    expect(answer.state.fileChecksums).toBeUndefined();
    expect((await ask(2)).state.fileChecksums).toEqual([checkpoint.files[0]!.md5]);
    expect(answer.baseLocalDir).not.toContain(directory);
  });

  it('has no partition, no checkpoint yet, or none that is late enough', async () => {
    const { client, primary, store } = await given();
    const trouble = (error: string) => ({
      trouble: { error, operation: 'RPC_QUERY_LAST_CHECKPOINT_INFO', peer: primary },
    });
    const elsewhere = { appId: 2, partitionIndex: 3 };
    const ask = (minDecree?: number) =>
      queryCheckpoint(client, primary, gpid, {
        ...options,
        ...(minDecree === undefined ? {} : { minDecree }),
      });
    await expect(queryCheckpoint(client, primary, elsewhere, options)).rejects.toMatchObject(
      trouble('ERR_OBJECT_NOT_FOUND'),
    );
    await expect(ask()).rejects.toMatchObject(trouble('ERR_PATH_NOT_FOUND'));
    await write(store, 'one ');
    await store.checkpoint();
    await expect(ask(2)).rejects.toMatchObject(trouble('ERR_PATH_NOT_FOUND'));
    expect((await ask(1)).decree).toBe(1);
  });

  it('makes a checkpoint when a newer one is wanted than there is', async () => {
    const { client, primary, store } = await givenCheckpoint();
    await write(store, 'later ');
    const wanted = store.lastCommittedDecree;
    const answer = await queryCheckpoint(client, primary, gpid, { ...options, minDecree: wanted });
    expect(answer.decree).toBe(wanted);
  });

  it('asks for the sizes when the source computes no checksums', async () => {
    const { service, checkpoint, client } = await givenCheckpoint();
    const old = await serve({
      ...service.handlers,
      RPC_QUERY_LAST_CHECKPOINT_INFO: async (request, context) => {
        const answer = await service.handlers.RPC_QUERY_LAST_CHECKPOINT_INFO!(request, context);
        return { ...answer, state: { ...answer.state, fileSizes: undefined, fileChecksums: undefined } };
      },
    });
    const view = await queryCheckpoint(client, formatAddress(old), gpid, options);
    const { name, sizeBytes } = checkpoint.files[0]!;
    expect(view.files).toEqual([{ name, sizeBytes, md5: '' }]);
  });

  it.each([
    ['leaves its directory', { files: ['../../etc/passwd'], fileSizes: [1], fileChecksums: [''] }],
    ['is named twice', { files: ['a', 'a'], fileSizes: [1, 1], fileChecksums: ['', ''] }],
    ['has no size', { files: ['a'], fileSizes: [], fileChecksums: [''] }],
    ['has a negative size', { files: ['a'], fileSizes: [-1], fileChecksums: [''] }],
    ['has a checksum that is none', { files: ['a'], fileSizes: [1], fileChecksums: ['xyz'] }],
  ])('refuses a list with a file that %s', async (_, changes) => {
    const { service, client } = await givenCheckpoint();
    const wrong = await serve({
      RPC_QUERY_LAST_CHECKPOINT_INFO: async (request, context) => {
        const answer = await service.handlers.RPC_QUERY_LAST_CHECKPOINT_INFO!(request, context);
        return { ...answer, state: { ...answer.state, ...changes } };
      },
    });
    const asking = queryCheckpoint(client, formatAddress(wrong), gpid, options);
    await expect(asking).rejects.toMatchObject({ trouble: { error: 'ERR_INVALID_DATA' } });
  });
});

describe('reading files', () => {
  it('tells the sizes of all files, or of some', async () => {
    const { client, address, file } = await givenCheckpoint();
    const ask = (fileList: string[], sourceDir = '2.1/checkpoint.2') =>
      client.call(
        address,
        'RPC_NFS_GET_FILE_SIZE',
        { source: address, dstDir: '', fileList, sourceDir, overwrite: true },
        options,
      );
    const all = { error: 0, fileList: [file.name], sizeList: [file.sizeBytes] };
    expect(await ask([])).toEqual(all);
    expect(await ask([file.name])).toEqual(all);
    // The numbers of ERR_OBJECT_NOT_FOUND and ERR_INVALID_PARAMETERS.
    expect(await ask(['other'])).toEqual({ error: 10, fileList: [], sizeList: [] });
    expect(await ask([], directory)).toEqual({ error: 15, fileList: [], sizeList: [] });
  });

  it('gives the bytes and their checksum', async () => {
    const { read, checkpoint, file } = await givenCheckpoint();
    const bytes = await readFile(join(checkpoint.directory, file.name));
    const answer = await read({ offset: 5, size: 20, pid: gpid });
    expect(answer).toMatchObject({
      error: 'ERR_OK',
      offset: 5,
      size: 20,
      crc32: crc32(bytes.subarray(5, 25)),
    });
    expect(answer.fileContent.equals(bytes.subarray(5, 25))).toBe(true);
    expect(await read({ offset: bytes.length, size: 0 })).toMatchObject({ error: 'ERR_OK', size: 0 });
  });

  it.each<[string, Partial<CopyRequest>, string]>([
    ['a parent directory', { fileName: '../manifest.json' }, 'ERR_INVALID_PARAMETERS'],
    ['the parent', { fileName: '..' }, 'ERR_INVALID_PARAMETERS'],
    ['an absolute path', { fileName: '/etc/passwd' }, 'ERR_INVALID_PARAMETERS'],
    ['a backslash', { fileName: '..\\x' }, 'ERR_INVALID_PARAMETERS'],
    ['a NUL', { fileName: 'state.bin\0' }, 'ERR_INVALID_PARAMETERS'],
    ['no name', { fileName: '' }, 'ERR_INVALID_PARAMETERS'],
    ['the manifest itself', { fileName: 'manifest.json' }, 'ERR_OBJECT_NOT_FOUND'],
    ['a file that is not listed', { fileName: 'other' }, 'ERR_OBJECT_NOT_FOUND'],
    ['a real path as directory', { sourceDir: '/etc' }, 'ERR_INVALID_PARAMETERS'],
    ['a way out of the directory', { sourceDir: '2.1/checkpoint.2/../..' }, 'ERR_INVALID_PARAMETERS'],
    ['another spelling', { sourceDir: '2.1/checkpoint.02' }, 'ERR_INVALID_PARAMETERS'],
    ['another checkpoint', { sourceDir: '2.1/checkpoint.3' }, 'ERR_OBJECT_NOT_FOUND'],
    ['another partition', { sourceDir: '2.7/checkpoint.2' }, 'ERR_OBJECT_NOT_FOUND'],
    ['two partitions at once', { pid: { appId: 2, partitionIndex: 7 } }, 'ERR_INVALID_PARAMETERS'],
    ['a negative offset', { offset: -1 }, 'ERR_INVALID_PARAMETERS'],
    ['a negative size', { size: -1 }, 'ERR_INVALID_PARAMETERS'],
    ['an offset behind the end', { offset: 1e9, size: 0 }, 'ERR_INVALID_PARAMETERS'],
    ['more than there is', { offset: 5, size: 4 << 20 }, 'ERR_INVALID_PARAMETERS'],
    ['more than a block', { size: (4 << 20) + 1 }, 'ERR_INVALID_PARAMETERS'],
  ])('refuses %s', async (_, changes, error) => {
    const { read } = await givenCheckpoint();
    const answer = await read(changes);
    expect(answer).toMatchObject({ error, size: 0 });
    expect(answer.fileContent.length).toBe(0);
  });

  it('gives nothing for any other name or directory', async () => {
    const { read, file } = await givenCheckpoint();
    const seed = Number(process.env.FC_SEED ?? Date.now() % 1_000_000);
    console.log(`source service: seed ${seed}`);
    const piece = fc.oneof(
      fc.constantFrom('..', '.', '/', '\\', '2.1', 'checkpoint.2', 'manifest.json', '~'),
      fc.string(),
    );
    const path = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join('/'));
    await fc.assert(
      fc.asyncProperty(path, path, async (fileName, sourceDir) => {
        fc.pre(fileName !== file.name && sourceDir !== '2.1/checkpoint.2');
        expect((await read({ fileName })).error).not.toBe('ERR_OK');
        expect((await read({ sourceDir })).error).not.toBe('ERR_OK');
      }),
      { seed, numRuns: 100 },
    );
  });

  it('does not follow a link that took the place of a file', async () => {
    const { read, checkpoint, file } = await givenCheckpoint();
    const path = join(checkpoint.directory, file.name);
    await writeFile(join(directory, 'secret'), Buffer.alloc(file.sizeBytes));
    await unlink(path);
    await symlink(join(directory, 'secret'), path);
    expect((await read({})).error).toBe('ERR_FILE_OPERATION_FAILED');
  });

  it('does not read from a file that changed its size, or from a directory', async () => {
    const { read, checkpoint, file } = await givenCheckpoint();
    const path = join(checkpoint.directory, file.name);
    await writeFile(path, 'short');
    expect((await read({ size: 5 })).error).toBe('ERR_FILE_OPERATION_FAILED');
    await unlink(path);
    await mkdir(path);
    expect((await read({ size: 5 })).error).toBe('ERR_FILE_OPERATION_FAILED');
  });

  it('keeps a checkpoint pinned until nobody has read it for a while', async () => {
    let nowMs = 0;
    const { client, primary, read, service, store } = await givenCheckpoint({
      pinMs: 1000,
      now: () => nowMs,
    });
    expect(service.pinned(gpid)).toEqual([]);
    await queryCheckpoint(client, primary, gpid, options);
    nowMs = 900;
    await read({});
    nowMs = 1899;
    expect(service.pinned(gpid)).toEqual([2]);
    expect(service.pinned({ appId: 2, partitionIndex: 7 })).toEqual([]);
    // A newer checkpoint does not take it away
    await write(store, 'six ');
    await store.checkpoint();
    await store.checkpoints.prune(1, service.pinned(gpid));
    expect((await read({})).error).toBe('ERR_OK');
    nowMs = 3000;
    expect(service.pinned(gpid)).toEqual([]);
    await store.checkpoints.prune(1, service.pinned(gpid));
    expect((await read({})).error).toBe('ERR_OBJECT_NOT_FOUND');
    expect(service.pinned(gpid)).toEqual([]);
  });

  it('keeps few files open, and none for long', async () => {
    const { read, service, store } = await givenCheckpoint({ maxOpenFiles: 2, idleFileMs: 500 });
    for (let decree = 3; decree < 8; decree++) {
      await write(store, 'more');
      await store.checkpoint();
    }
    const all = [2, 3, 4, 5, 6, 7].map((decree) => read({ sourceDir: `2.1/checkpoint.${decree}` }));
    expect((await Promise.all(all)).map(({ error }) => error)).toEqual(Array(6).fill('ERR_OK'));
    expect(service.openFiles).toBeLessThanOrEqual(2);
    expect(service.openFiles).toBeGreaterThan(0);
    await expect.poll(() => service.openFiles, { timeout: 5000 }).toBe(0);
    expect((await read({})).error).toBe('ERR_OK');
  });
});

describe('copying over sockets', () => {
  it('copies a file of a checkpoint block by block', async () => {
    const { client, primary, checkpoint } = await givenCheckpoint();
    const view = await queryCheckpoint(client, primary, gpid, options);
    const reports = await lastValueFrom(
      copyFirst(view, primary, new RemoteSource({ client, appId: 2 })).pipe(toArray()),
    );
    expect(reports.at(-1)).toEqual({ type: 'FILE_VERIFIED', name: view.files[0]!.name });
    expect(reports.length).toBe(Math.ceil(view.files[0]!.sizeBytes / 128) + 1);
    const copied = await readFile(join(directory, 'copy', '2', view.files[0]!.name));
    expect(createHash('md5').update(copied).digest('hex')).toBe(checkpoint.files[0]!.md5);
  });

  it('names the peer and the operation that a firewall refuses', async () => {
    const { client, primary } = await givenCheckpoint(
      {},
      { policy: ({ code }) => (code === 'RPC_NFS_COPY' ? 'deny' : 'allow') },
    );
    const view = await queryCheckpoint(client, primary, gpid, options);
    const end = await lastValueFrom(copyFirst(view, primary, new RemoteSource({ client })));
    const trouble = { error: 'ERR_ACL_DENY', operation: 'RPC_NFS_COPY', peer: primary };
    expect(end).toMatchObject({ type: 'FILE_FAILED', trouble });
  });

  it('times out at a source that is silent', async () => {
    const { client, primary } = await givenCheckpoint(
      {},
      { policy: ({ code }) => (code === 'RPC_NFS_COPY' ? 'drop' : 'allow') },
    );
    const view = await queryCheckpoint(client, primary, gpid, options);
    const end = await lastValueFrom(
      copyFirst(view, primary, new RemoteSource({ client, blockTimeoutMs: 100 })),
    );
    const trouble = { error: 'ERR_TIMEOUT', operation: 'RPC_NFS_COPY', peer: primary };
    expect(end).toMatchObject({ type: 'FILE_FAILED', trouble });
    expect(client.stats().pending).toBe(0);
  });

  it('drops its calls when it is stopped', async () => {
    const { client, primary } = await givenCheckpoint(
      {},
      { policy: ({ code }) => (code === 'RPC_NFS_COPY' ? 'drop' : 'allow') },
    );
    const view = await queryCheckpoint(client, primary, gpid, options);
    const copy = copyFirst(view, primary, new RemoteSource({ client })).subscribe();
    await expect.poll(() => client.stats().pending).toBe(2);
    copy.unsubscribe();
    expect(client.stats().pending).toBe(0);
  });

  it('says who is not there at all', async () => {
    const { client, primary } = await givenCheckpoint();
    const view = await queryCheckpoint(client, primary, gpid, options);
    const end = await lastValueFrom(copyFirst(view, '127.0.0.1:1', new RemoteSource({ client })));
    const trouble = { error: 'ERR_NETWORK_FAILURE', operation: 'RPC_NFS_COPY', peer: '127.0.0.1:1' };
    expect(end).toMatchObject({ type: 'FILE_FAILED', trouble });
    await expect(queryCheckpoint(client, 'nonsense', gpid, options)).rejects.toMatchObject({
      trouble: { error: 'ERR_INVALID_PARAMETERS', peer: 'nonsense' },
    });
  });

  it('copies from a source that sends no checksums of blocks', async () => {
    const { client, service } = await givenCheckpoint();
    const old = formatAddress(
      await serve({
        ...service.handlers,
        RPC_NFS_COPY: async (request, context) => {
          const { crc32: _, ...answer } = await service.handlers.RPC_NFS_COPY!(request, context);
          return answer;
        },
      }),
    );
    const view = await queryCheckpoint(client, old, gpid, options);
    const end = await lastValueFrom(copyFirst(view, old, new RemoteSource({ client })));
    expect(end).toMatchObject({ type: 'FILE_VERIFIED' });
  });
});
