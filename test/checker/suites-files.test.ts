/** The acceptance suites of checkpoint transfer: questions, files read over sockets, files kept on disk. */
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { RateLimiter } from '../../actors/rateLimiter.js';
import type { CheckpointView, FileCopyInput } from '../../machines/index.js';
import { DEFAULT_LIMITS } from '../../runtime/cluster/config.js';
import { REAL_ENVIRONMENT } from '../../runtime/cluster/environment.js';
import { copyDirectory, DiskSink } from '../../runtime/cluster/nfs/disk-sink.js';
import { queryCheckpoint, RemoteSource } from '../../runtime/cluster/nfs/remote-source.js';
import { CheckpointService } from '../../runtime/cluster/nfs/source-service.js';
import { CheckpointFetch } from '../../runtime/cluster/replica/checkpoint-fetch.js';
import { NodeCounts } from '../../runtime/cluster/replica/node-counts.js';
import { silentLog } from '../../runtime/observe/log.js';
import { RepeatLog } from '../../runtime/observe/repeat-log.js';
import {
  type Address,
  formatAddress,
  type Handlers,
  RpcClient,
  RpcServer,
} from '../../runtime/pegasus/index.js';
import { MemoryEngine, nodeFileSystem, PartitionStore } from '../../runtime/store/index.js';
import {
  type CheckpointSourceScene,
  type CheckpointSourceWanted,
  checkpointSourcePortSuite,
  type FileSinkScene,
  type FileSourceScene,
  type FileSourceWanted,
  fileSinkSuite,
  fileSourceSuite,
} from '../../runtime/testing.js';
import { directory, open, SHORT } from '../cluster/in-process.js';

const gpid = { appId: 2, partitionIndex: 1 };
const LOOPBACK = { host: '127.0.0.1', port: 0 };

/** A source's partition of texts, and a server that hands out its checkpoints. */
class Source {
  readonly server: RpcServer;
  readonly store: PartitionStore<unknown>;
  readonly client: RpcClient;
  readonly #primary: { has: boolean } = { has: true };
  address: Address = LOOPBACK;
  silent = false;
  refusal: string | null = null;
  evil = false;

  private constructor(store: PartitionStore<unknown>) {
    this.store = store;
    this.client = new RpcClient({ protocol: 'rdsn' });
    const service = new CheckpointService({ partition: () => ({ store }), serverAddress: LOOPBACK });
    this.server = new RpcServer({
      handlers: this.#handlers(service.handlers),
      policy: () => (this.silent ? 'drop' : this.refusal === null ? 'allow' : 'deny'),
    });
    open.push(() => Promise.all([this.client.close(), this.server.close(), service.close(), store.close()]));
  }

  static async start(base: string): Promise<Source> {
    const source = new Source(await openTexts(join(base, 'source')));
    source.address = await source.server.listen(LOOPBACK);
    return source;
  }

  get name(): string {
    return formatAddress(this.address);
  }

  orphan(): void {
    this.#primary.has = false;
  }

  async publish(texts: readonly string[]): Promise<number> {
    for (const text of texts) await this.store.write({ code: 'PUT', message: Buffer.from(text) });
    return (await this.store.checkpoint()).decree;
  }

  #handlers(handlers: Handlers): Handlers {
    return {
      ...handlers,
      RPC_QUERY_LAST_CHECKPOINT_INFO: async (request, context) => {
        const answer = await handlers.RPC_QUERY_LAST_CHECKPOINT_INFO!(request, context);
        const { state } = answer;
        return this.evil
          ? {
              ...answer,
              state: { ...state, files: state.files.map((_, at) => (at === 0 ? '../evil' : `${at}`)) },
            }
          : answer;
      },
      RPC_CM_QUERY_PARTITION_CONFIG_BY_INDEX: () => ({
        ...{ err: 'ERR_OK', appId: gpid.appId, partitionCount: 2, isStateful: true },
        partitions: [
          {
            ...{
              pid: gpid,
              ballot: 1,
              maxReplicaCount: 1,
              lastDrops: [],
              hpLastDrops: [],
              partitionFlags: 0,
            },
            ...{ lastCommittedDecree: 0, primary: this.#primary.has ? this.address : null, hpPrimary: null },
            ...{ secondaries: [], hpSecondaries: [] },
          },
        ],
      }),
    };
  }
}

const openTexts = (path: string) =>
  PartitionStore.open({
    directory: path,
    openEngine: (at) => MemoryEngine.open(at),
    apply: ({ message }) => ({ puts: [[message, Buffer.alloc(0)]] }),
  });

async function sourceScene({ deadlineMs }: FileSourceWanted): Promise<FileSourceScene> {
  const source = await Source.start(await directory());
  await source.publish(Array.from({ length: 40 }, (_, at) => `text ${at} ${'x'.repeat(at)}`));
  const view = await queryCheckpoint(source.client, source.name, gpid, { timeoutMs: 3_000 });
  const file = view.files[0]!;
  const path = join(source.store.checkpoints.latest()!.directory, file.name);
  return {
    source: new RemoteSource({ client: source.client, blockTimeoutMs: deadlineMs }),
    input: { partition: 1, primary: source.name, directory: view.directory, decree: view.decree, file },
    content: await readFile(path),
    cutShort: () => truncate(path, file.sizeBytes - 10),
    silence: () => {
      source.silent = true;
    },
    refuse: (error) => {
      source.refusal = error;
    },
    goAway: () => source.server.close(),
  };
}

fileSourceSuite('file source: over the wire', { start: sourceScene }, { describe, it });

async function sinkScene(): Promise<FileSinkScene> {
  const base = await directory();
  let full = false;
  const fileSystem: typeof nodeFileSystem = {
    ...nodeFileSystem,
    open: async (path, options) => {
      const file = await nodeFileSystem.open(path, options);
      const write = file.write.bind(file);
      file.write = async (buffers, position) => {
        if (!full) return write(buffers, position);
        await write([buffers[0]!.subarray(0, 9)], position);
        throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
      };
      return file;
    },
  };
  const pathOf = ({ decree, file }: FileCopyInput) => join(copyDirectory(base, decree), file.name);
  const bytesOf = (path: string) => readFile(path).catch(() => null);
  return {
    // A new one each time: what two of them must not do at once holds between them too.
    get sink() {
      return new DiskSink({ base, fileSystem });
    },
    finished: (input) => bytesOf(pathOf(input)),
    // Of a process that ends the disk is what is left, and that is all a new sink has.
    crash: async () => undefined,
    spoil: async (input, offset) => {
      const final = pathOf(input);
      const path = (await bytesOf(final)) === null ? `${final}.part` : final;
      const bytes = await readFile(path);
      bytes[offset]! ^= 1;
      await writeFile(path, bytes);
    },
    fill: (isFull) => {
      full = isFull;
    },
  };
}

fileSinkSuite('file sink: the disk', { start: sinkScene }, { describe, it });

async function checkpointScene({ deadlineMs }: CheckpointSourceWanted): Promise<CheckpointSourceScene> {
  const base = await directory();
  const source = await Source.start(base);
  const [at, copyBase] = [join(base, 'partition'), join(base, 'copy')];
  const times = { ...SHORT, transfer: { ...SHORT.transfer, requestDeadlineMs: deadlineMs } };
  let opened: PartitionStore<unknown> | null = null;
  const installed = async () => {
    // The directory appears at once, with everything in it.
    if (!existsSync(at)) return null;
    opened ??= await openTexts(at);
    const rows = await opened.scan();
    return rows.map(([key]) => `${key}`);
  };
  const deliver = async ({ decree, files }: CheckpointView) => {
    const from = source.store.checkpoints.list().find((each) => each.decree === decree)?.directory ?? '';
    await mkdir(copyDirectory(copyBase, decree), { recursive: true });
    for (const { name } of files) await cp(join(from, name), join(copyDirectory(copyBase, decree), name));
  };
  open.push(() => opened?.close());
  const port = new CheckpointFetch({
    node: {
      config: {
        ...{
          role: 'replica',
          cluster: { name: 'west', id: 2 },
          listen: LOOPBACK,
          directory: base,
          metas: [],
        },
        ...{ remotes: {}, policy: null, times, limits: DEFAULT_LIMITS },
      },
      ...{
        address: '127.0.0.1:9',
        client: source.client,
        log: new RepeatLog(silentLog, () => 0),
        environment: REAL_ENVIRONMENT,
      },
      limiter: new RateLimiter({ bytesPerSecond: 0 }),
      counts: new NodeCounts(),
      checkpoints: () => {
        throw new Error('nobody copies from here');
      },
    },
    order: {
      ...{ appId: 5, appName: 'users', partitionIndex: gpid.partitionIndex, partitionCount: 2, owner: null },
      ...{
        master: { cluster: 'east', metas: [source.name], table: 'users' },
        existed: false,
        duplications: [],
      },
    },
    ...{ directory: at, copyBase },
    open: async () => {
      opened ??= await openTexts(at);
    },
  });
  return {
    ...{ port, installed, deliver },
    publish: (texts) => source.publish(texts),
    spoil: async ({ decree, files }) => {
      const path = join(copyDirectory(copyBase, decree), files[0]!.name);
      const bytes = await readFile(path);
      bytes[0]! ^= 1;
      await writeFile(path, bytes);
    },
    orphan: () => source.orphan(),
    nameEvil: () => {
      source.evil = true;
    },
    silence: () => {
      source.silent = true;
    },
    goAway: () => source.server.close(),
  };
}

checkpointSourcePortSuite('checkpoint source: over the wire', { start: checkpointScene }, { describe, it });
