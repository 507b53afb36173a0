/** The acceptance suites of storage, for every engine, map and file system there is. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import {
  ClassicLevelEngine,
  MemoryEngine,
  nodeFileSystem,
  type OpenEngine,
  openDurableMap,
  openMemoryMap,
} from '../../runtime/store/index.js';
import {
  durableMapSuite,
  type FileSystemScene,
  fileSystemSuite,
  type StoreScene,
  storeSuite,
} from '../../runtime/testing.js';
import { FaultyFileSystem } from '../store/support.js';

async function inDirectory<Scene extends object>(make: (directory: string) => Promise<Scene> | Scene) {
  const directory = await mkdtemp(join(tmpdir(), 'bridle-suite-'));
  const scene = await make(directory);
  const { close } = scene as { close?: () => Promise<void> };
  return {
    ...scene,
    close: async () => {
      await close?.();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** `keeps`: whether the engine still has its state when it is opened again. */
const engine = (open: OpenEngine, keeps: boolean) => (): Promise<StoreScene> =>
  inDirectory(async (directory) => {
    const path = join(directory, 'engine');
    const opened = await open(path);
    return {
      engine: opened,
      freshPath: (name: string) => join(directory, name),
      openCheckpoint: open,
      ...(keeps && { openTwice: () => open(path) }),
      ...(keeps && {
        reopened: async () => {
          await opened.close();
          return open(path);
        },
      }),
      close: () => opened.close(),
    };
  });

const levelDb: OpenEngine = (directory) => ClassicLevelEngine.open(directory);
storeSuite('engine: LevelDB', { start: engine(levelDb, true) }, { describe, it });
// Tables are written, merged and dropped all the time with so little memory.
const small: OpenEngine = (directory) => ClassicLevelEngine.open(directory, { writeBufferSizeBytes: 65_536 });
storeSuite('engine: LevelDB, small buffer', { start: engine(small, true) }, { describe, it });
storeSuite(
  'engine: memory',
  {
    start: engine((directory) => MemoryEngine.open(directory), false),
    leaveOut: {
      reopened: 'it forgets everything on close, and the log is applied again',
      openTwice: 'nothing is shared, so nothing is locked',
    },
  },
  { describe, it },
);

durableMapSuite(
  'durable map: LevelDB',
  {
    start: () =>
      inDirectory(async (directory) => {
        let map = await openDurableMap(directory);
        return {
          map,
          reopened: async () => {
            await map.close();
            map = await openDurableMap(directory);
            return map;
          },
          openTwice: () => openDurableMap(directory),
          close: () => map.close(),
        };
      }),
  },
  { describe, it },
);
durableMapSuite(
  'durable map: memory',
  {
    start: () => ({ map: openMemoryMap() }),
    leaveOut: {
      reopened: 'it forgets everything on close',
      openTwice: 'each opening is a map of its own',
    },
  },
  { describe, it },
);

fileSystemSuite(
  'file system: the disk',
  {
    start: () => inDirectory((directory) => ({ directory, fileSystem: nodeFileSystem })),
    leaveOut: { fill: 'a disk of its own would be needed; test/e2e/full-disk.test.ts has one' },
  },
  { describe, it },
);
fileSystemSuite(
  'file system: the one that tests make fail',
  {
    start: () =>
      inDirectory((directory): FileSystemScene => {
        const fileSystem = new FaultyFileSystem();
        const fill = () => {
          fileSystem.failWrite = { errno: 'ENOSPC', afterBytes: 7 };
        };
        return { directory, fileSystem, fill };
      }),
  },
  { describe, it },
);
