/** Durable storage of one partition (log, engine, checkpoints) and of a meta server (map). */
export type { ApplyMutation, Change, StateReader } from './applier.js';
export {
  type CheckpointFile,
  type CheckpointManifest,
  parseManifest,
  readManifest,
  verifyFiles,
} from './checkpoint-manifest.js';
export { type CheckpointInfo, CheckpointStore } from './checkpoint-store.js';
export { ClassicLevelEngine, type ClassicLevelEngineOptions } from './classic-level-engine.js';
export {
  type DurableMap,
  type Json,
  type MapCommit,
  type MapEntry,
  type MemoryMapImage,
  type MemoryMapOptions,
  openDurableMap,
  openMemoryMap,
} from './durable-map.js';
export type {
  Engine,
  EngineBatch,
  EngineSnapshot,
  EngineState,
  KeyValue,
  Marks,
  OpenEngine,
  ScanRange,
} from './engine.js';
export { LogCorruption, StoreError, type StoreErrorCode } from './errors.js';
export {
  type DirectoryEntry,
  type FileSystem,
  type LogFile,
  nodeFileSystem,
  type OpenOptions,
} from './file-system.js';
export { MemoryEngine } from './memory-engine.js';
export type { Mutation } from './mutation.js';
export { type LogChunk, MutationLog, type MutationLogOptions, type ReadLogOptions } from './mutation-log.js';
export { installedDecree, partitionPaths } from './partition-install.js';
export {
  PartitionStore,
  type PartitionStoreOptions,
  type WriteRequest,
  type Written,
} from './partition-store.js';
