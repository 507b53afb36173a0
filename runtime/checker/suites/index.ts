/** Acceptance suites for whoever implements a port. See docs/testing.md. */

export {
  type Block,
  CopyError,
  type FileSink,
  type FileSource,
  type OpenSink,
} from '../../../actors/ports/fileCopy.js';
export type {
  CheckpointSourcePort,
  DurableStatusPort,
  FollowerMetaPort,
  LoadedBatch,
  LogShipperPort,
  Outcome,
  PartitionLogPort,
} from '../../../actors/ports.js';
export type {
  CheckpointView,
  FileCopyInput,
  FollowerReply,
  FollowerRequest,
  Readiness,
  TableView,
  Trouble,
} from '../../../machines/index.js';
export {
  type DurableMap,
  type Engine,
  type EngineBatch,
  type FileSystem,
  type LogFile,
  StoreError,
} from '../../store/index.js';
export {
  type CheckpointSourceOptions,
  type CheckpointSourceScene,
  type CheckpointSourceWanted,
  checkpointSourcePortSuite,
} from './checkpoint-source.js';
export { type ClusterPorts, clusterPortSuite, type LeftOutPort } from './cluster.js';
export { type DurableMapOptions, type DurableMapScene, durableMapSuite } from './durable-map.js';
export {
  type DurableStatusOptions,
  type DurableStatusScene,
  durableStatusPortSuite,
  type StatusRecord,
  type StoredStatus,
} from './durable-status.js';
export { type FileSinkOptions, type FileSinkScene, fileSinkSuite } from './file-sink.js';
export {
  type FileSourceOptions,
  type FileSourceScene,
  type FileSourceWanted,
  fileSourceSuite,
} from './file-source.js';
export { type FileSystemOptions, type FileSystemScene, fileSystemSuite } from './file-system.js';
export { followerMetaPortSuite } from './follower-meta.js';
export type { FollowerMetaOptions, FollowerMetaScene, FollowerMetaWanted } from './follower-meta-scene.js';
export {
  type LogShipperOptions,
  type LogShipperScene,
  type LogShipperWanted,
  logShipperPortSuite,
} from './log-shipper.js';
export {
  type PartitionLogOptions,
  type PartitionLogScene,
  type PartitionLogWanted,
  partitionLogPortSuite,
} from './partition-log.js';
export { type StoreOptions, type StoreScene, storeSuite } from './store.js';
export type { DeclaredSuite, SceneBase, SuiteOptions } from './suite.js';
