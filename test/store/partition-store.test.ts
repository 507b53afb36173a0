import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  ClassicLevelEngine,
  type Engine,
  MemoryEngine,
  type OpenEngine,
  PartitionStore,
  type PartitionStoreOptions,
  parseManifest,
  StoreError,
} from '../../runtime/store/index.js';
import { applyText, codeOf, contentOf, FaultyFileSystem, modelAfter, temporaryDirectory } from './support.js';

type Extra = Omit<PartitionStoreOptions<string>, 'directory' | 'apply'>;
const open = (directory: string, extra: Extra = {}) =>
  PartitionStore.open<string>({ directory, apply: applyText, ...extra });
const write = (store: PartitionStore<string>, text: string) =>
  store.write({ code: 'TEST', message: Buffer.from(text) });
const writeAll = (store: PartitionStore<string>, commands: readonly string[]) =>
  Promise.all(commands.map((text) => write(store, text)));
const commandsFor = (count: number, from = 0) =>
  Array.from({ length: count }, (_, i) =>
    i % 7 === 3 ? `del k${(i + from) % 50}` : `add k${((i + from) * 31) % 90} ${i}`,
  );

const engines: Record<string, OpenEngine> = {
  LevelDB: (directory) => ClassicLevelEngine.open(directory, { writeBufferSizeBytes: 65_536 }),
  memory: (directory) => MemoryEngine.open(directory),
};

for (const [name, openEngine] of Object.entries(engines)) {
  describe(`partition on ${name}`, () => {
    it('applies writes in decree order and shows them to reads made afterwards', async () => {
      const store = await open(join(temporaryDirectory(), 'p'), { openEngine });
      const commands = commandsFor(300);
      const written = await writeAll(store, commands);
      expect(written.map(({ decree }) => decree)).toEqual(commands.map((_, i) => i + 1));
      expect(await contentOf(store)).toEqual(modelAfter(commands));
      expect((await write(store, 'add fresh 5')).result).toBe('5');
      expect((await write(store, 'add fresh 5')).result).toBe('10');
      expect((await store.get(Buffer.from('fresh')))?.toString()).toBe('10');
      expect([store.lastCommittedDecree, store.lastDurableDecree, store.minDecreeInLog]).toEqual([
        302, 302, 1,
      ]);
      expect(store.marks).toEqual({ seen: 302 });
      await store.close();
    });

    it('has the same content after close and open, and after a crash of the machine', async () => {
      const directory = join(temporaryDirectory(), 'p');
      let store = await open(directory, {
        openEngine,
        bootId: 'first',
        logOptions: { segmentSizeBytes: 1_000 },
      });
      const commands = commandsFor(200);
      await writeAll(store, commands.slice(0, 100));
      await store.checkpoint();
      expect(await store.collectLog(1_000)).toBeGreaterThan(0);
      expect(store.minDecreeInLog).toBeLessThanOrEqual(101);
      await writeAll(store, commands.slice(100));
      await store.close();
      store = await open(directory, { openEngine, bootId: 'first' });
      expect(await contentOf(store)).toEqual(modelAfter(commands));
      await store.close();
      // The machine stopped while the engine was open: its files are not believed any more.
      writeFileSync(
        join(directory, 'engine.json'),
        JSON.stringify({ formatVersion: 1, bootId: 'first', closedCleanly: false }),
      );
      for (const file of existsSync(join(directory, 'engine'))
        ? readdirSync(join(directory, 'engine'))
        : []) {
        if (file.endsWith('.log')) truncateSync(join(directory, 'engine', file), 10);
      }
      store = await open(directory, { openEngine, bootId: 'second' });
      expect(await contentOf(store)).toEqual(modelAfter(commands));
      expect(store.lastCommittedDecree).toBe(200);
      await store.close();
    });

    it('installs a checkpoint elsewhere and goes on from there with decrees of its own', async () => {
      const root = temporaryDirectory();
      const source = await open(join(root, 'source'), { openEngine });
      const commands = commandsFor(150);
      await writeAll(source, commands);
      const info = await source.checkpoint();
      expect(info.decree).toBe(150);
      await writeAll(source, ['put late 1']);
      const received = join(root, 'received');
      cpSync(info.directory, received, { recursive: true });
      const target = join(root, 'follower');
      mkdirSync(`${target}.installing`);
      writeFileSync(join(`${target}.installing`, 'junk'), 'rest of an interrupted attempt');
      await PartitionStore.install(
        target,
        received,
        parseManifest(
          JSON.parse(
            JSON.stringify({ formatVersion: 1, decree: info.decree, marks: info.marks, files: info.files }),
          ),
        ),
      );
      await PartitionStore.install(target, received, info);
      rmSync(received, { recursive: true });
      let follower = await open(target, { openEngine });
      expect(follower.marks).toEqual({ seen: 150, installed: 150 });
      expect([follower.lastCommittedDecree, follower.lastDurableDecree, follower.minDecreeInLog]).toEqual([
        150, 150, 151,
      ]);
      expect(await contentOf(follower)).toEqual(modelAfter(commands));
      expect((await write(follower, 'put own 1')).decree).toBe(151);
      await follower.close();
      await PartitionStore.install(target, received, info);
      follower = await open(target, { openEngine });
      expect(await contentOf(follower)).toEqual(modelAfter([...commands, 'put own 1']));
      expect(follower.marks).toEqual({ seen: 151, installed: 150 });
      await follower.close();
      await source.close();
    });
  });
}

describe('checkpoints', () => {
  it('contain exactly their decree while writes go on', async () => {
    const root = temporaryDirectory();
    const store = await open(join(root, 'p'), { openEngine: engines.LevelDB! });
    const commands = commandsFor(6_000);
    let sent = 0;
    const writing = Promise.all(
      Array.from({ length: 32 }, async () => {
        while (sent < commands.length) await write(store, commands[sent++]!);
      }),
    );
    for (let i = 0; i < 5; i++) {
      const [info, same] = await Promise.all([store.checkpoint(), store.checkpoint()]);
      expect(same).toBe(info);
      const copy = join(root, `copy${i}`);
      cpSync(info.directory, copy, { recursive: true });
      const engine = await ClassicLevelEngine.open(copy);
      expect([engine.lastAppliedDecree, info.marks]).toEqual([
        info.decree,
        info.decree === 0 ? {} : { seen: info.decree },
      ]);
      // Decrees follow the order of the calls, so the model is a prefix of the commands.
      expect(await contentOf(engine)).toEqual(modelAfter(commands.slice(0, info.decree)));
      await engine.close();
    }
    await writing;
    await store.checkpoint();
    const decrees = store.checkpoints.list().map(({ decree }) => decree);
    expect(await store.checkpoints.prune(1, [decrees[0]!])).toEqual(decrees.slice(1, -1));
    expect(store.checkpoints.list().map(({ decree }) => decree)).toEqual([decrees[0], 6_000]);
    await store.close();
  });

  it('forget half-made ones on open', async () => {
    const directory = join(temporaryDirectory(), 'p');
    await (await open(directory)).close();
    for (const name of ['checkpoint.7', 'checkpoint.making']) {
      mkdirSync(join(directory, 'checkpoints', name));
      writeFileSync(join(directory, 'checkpoints', name, '000005.ldb'), 'x');
    }
    const store = await open(directory);
    expect(store.checkpoints.list()).toEqual([]);
    expect(readdirSync(join(directory, 'checkpoints'))).toEqual([]);
    await store.close();
  });

  it('are made again when the name of the one before could not be made durable', async () => {
    const fileSystem = new FaultyFileSystem();
    const store = await open(join(temporaryDirectory(), 'p'), { fileSystem });
    await writeAll(store, ['put a 1']);
    fileSystem.failSyncDirectory = { errno: 'EIO' };
    expect(await codeOf(store.checkpoint())).toBe('ERR_DISK_IO_ERROR');
    expect(store.checkpoints.list()).toEqual([]);
    fileSystem.failSyncDirectory = undefined;
    expect((await store.checkpoint()).decree).toBe(1);
    await store.close();
  });

  it('are durably installed when that failed before and is asked for again', async () => {
    const root = temporaryDirectory();
    const fileSystem = new FaultyFileSystem();
    const store = await open(join(root, 'p'));
    await writeAll(store, ['put a 1']);
    const { directory, ...manifest } = await store.checkpoint();
    const install = () => PartitionStore.install(join(root, 'q'), directory, manifest, fileSystem);
    await install();
    fileSystem.syncedDirectories.length = 0;
    fileSystem.failSyncDirectory = { errno: 'EIO' };
    expect(await codeOf(install())).toBe('ERR_DISK_IO_ERROR');
    fileSystem.failSyncDirectory = undefined;
    await install();
    expect(fileSystem.syncedDirectories).toEqual([root]);
    await store.close();
  });

  it('are refused when a file is not what the manifest says, or would leave the directory', async () => {
    const root = temporaryDirectory();
    const store = await open(join(root, 'p'));
    await writeAll(store, ['put a 1']);
    const info = await store.checkpoint();
    const received = join(root, 'received');
    cpSync(info.directory, received, { recursive: true });
    const file = join(received, info.files.find(({ sizeBytes }) => sizeBytes > 0)!.name);
    truncateSync(file, 1);
    expect(await codeOf(PartitionStore.install(join(root, 'x'), received, info))).toBe('ERR_WRONG_CHECKSUM');
    rmSync(file);
    expect(await codeOf(PartitionStore.install(join(root, 'x'), received, info))).toBe('ERR_PATH_NOT_FOUND');
    for (const name of ['../evil', '..', '.', 'a/b', 'a\\b', '', 'manifest.json']) {
      const files = [{ name, sizeBytes: 0, md5: 'd41d8cd98f00b204e9800998ecf8427e' }];
      expect(await codeOf(PartitionStore.install(join(root, 'x'), received, { ...info, files }))).toBe(
        'ERR_CORRUPTION',
      );
    }
    expect(existsSync(join(root, 'x'))).toBe(false);
    expect(await codeOf(PartitionStore.install(join(root, 'p'), info.directory, info))).toBe(
      'ERR_PATH_ALREADY_EXIST',
    );
    await store.close();
  });
});

describe('partition', () => {
  it('never collects log above the latest checkpoint', async () => {
    const store = await open(join(temporaryDirectory(), 'p'), { logOptions: { segmentSizeBytes: 500 } });
    await writeAll(store, commandsFor(100));
    expect(await store.collectLog(100)).toBe(0);
    await store.checkpoint();
    await writeAll(store, commandsFor(100));
    await store.collectLog(200);
    expect(store.minDecreeInLog).toBeGreaterThan(50);
    expect(store.minDecreeInLog).toBeLessThanOrEqual(101);
    await store.close();
  });

  it('tells tailing readers about every group', async () => {
    const store = await open(join(temporaryDirectory(), 'p'));
    const seen: number[] = [];
    store.appended$.subscribe((decree) => seen.push(decree));
    await writeAll(store, commandsFor(10));
    await write(store, 'put a 1');
    expect([seen[0], seen.at(-1)]).toEqual([0, 11]);
    expect((await store.readLog({ afterDecree: 9 })).mutations.map(({ decree }) => decree)).toEqual([10, 11]);
    await store.close();
  });

  it('rejects a write that the state machine refuses, and goes on', async () => {
    const directory = join(temporaryDirectory(), 'p');
    let store = await open(directory);
    const settled = await Promise.allSettled(
      ['put a 1', 'nonsense', 'put b 2'].map((text) => write(store, text)),
    );
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    await store.close();
    store = await open(directory);
    expect(store.lastCommittedDecree).toBe(3);
    expect(await contentOf(store)).toEqual(modelAfter(['put a 1', 'put b 2']));
    await store.close();
  });

  it('gives timestamps that grow even when the clock does not', async () => {
    const store = await open(join(temporaryDirectory(), 'p'), { nowUs: () => 1_000n });
    await writeAll(store, ['put a 1', 'put b 1', 'put c 1']);
    const { mutations } = await store.readLog({ afterDecree: 0 });
    expect(mutations.map(({ timestampUs }) => timestampUs)).toEqual([1_000n, 1_001n, 1_002n]);
    await store.close();
  });

  it('waits for the disk when too much is under way', async () => {
    const store = await open(join(temporaryDirectory(), 'p'), { logOptions: { maxQueuedBytes: 200 } });
    const written = await writeAll(store, commandsFor(200));
    expect(written.map(({ decree }) => decree)).toEqual(written.map((_, i) => i + 1));
    await store.close();
  });

  it('loses nothing acknowledged when the disk is full for a while', async () => {
    const directory = join(temporaryDirectory(), 'p');
    const fileSystem = new FaultyFileSystem();
    let store = await open(directory, { logOptions: { fileSystem } });
    await writeAll(store, ['put a 1', 'put b 1']);
    fileSystem.failWrite = { errno: 'ENOSPC', afterBytes: 40 };
    expect(await Promise.all(['put a 2', 'put c 2'].map((text) => codeOf(write(store, text))))).toEqual([
      'ERR_DISK_INSUFFICIENT',
      'ERR_DISK_INSUFFICIENT',
    ]);
    fileSystem.failWrite = undefined;
    expect((await write(store, 'put d 1')).decree).toBe(3);
    await store.close();
    store = await open(directory);
    expect(await contentOf(store)).toEqual(modelAfter(['put a 1', 'put b 1', 'put d 1']));
    await store.close();
  });

  it('stops when the engine fails, and catches up from the log when opened again', async () => {
    const directory = join(temporaryDirectory(), 'p');
    let broken = false;
    const openEngine: OpenEngine = async (path) => {
      const engine = await ClassicLevelEngine.open(path);
      const apply: Engine['apply'] = (batch) =>
        broken
          ? Promise.reject(new StoreError('ERR_DISK_IO_ERROR', { operation: 'test' }))
          : engine.apply(batch);
      return new Proxy(engine, {
        get: (target, name) => {
          if (name === 'apply') return apply;
          const value: unknown = Reflect.get(target, name, target);
          return typeof value === 'function' ? value.bind(target) : value;
        },
      });
    };
    let store = await open(directory, { openEngine });
    await write(store, 'add a 1');
    broken = true;
    expect(await codeOf(write(store, 'add a 1'))).toBe('ERR_INVALID_STATE');
    broken = false;
    expect(await codeOf(write(store, 'add a 1'))).toBe('ERR_INVALID_STATE');
    await store.close();
    store = await open(directory, { openEngine });
    expect(await contentOf(store)).toEqual(modelAfter(['add a 1', 'add a 1']));
    await store.close();
  });

  it('cannot be opened twice, and refuses use after close', async () => {
    const directory = join(temporaryDirectory(), 'p');
    const store = await open(directory);
    const underway = writeAll(store, commandsFor(20));
    expect(await codeOf(open(directory))).toBe('ERR_LOCK_ALREADY_EXIST');
    await underway;
    const last = write(store, 'put a 1');
    await store.close();
    expect((await last).decree).toBe(21);
    expect(await codeOf(write(store, 'put a 1'))).toBe('ERR_INVALID_STATE');
    expect(await codeOf(store.checkpoint())).toBe('ERR_INVALID_STATE');
  });

  it('refuses to open when the log lost what the engine has', async () => {
    const directory = join(temporaryDirectory(), 'p');
    const store = await open(directory);
    await writeAll(store, ['put a 1', 'put b 1']);
    await store.close();
    truncateSync(join(directory, 'log', 'log.1'), 40);
    expect(await codeOf(open(directory))).toBe('ERR_INCONSISTENT_STATE');
  });
});
