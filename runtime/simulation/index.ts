/** Clusters in one process, on a virtual clock, with links and disks in memory. */
export { type MessagePattern, matches } from './message-pattern.js';
export type {
  DuplicationVisible,
  FollowerTableSeen,
  Observation,
  PartitionSeen,
} from './observation.js';
export { type DuplicationSeen, Operator } from './operator.js';
export {
  SimulationRecording,
  type SimulationRecordingOptions,
} from './recording/simulation-recording.js';
export { Schedule, type Task, type TaskKind } from './schedule.js';
export { SteppedClusters, type SteppedOptions, type Which } from './stepped-clusters.js';
export { type LogLine, VirtualCluster, type VirtualClusterOptions } from './virtual-cluster.js';
export { type Fault, VirtualClusters, type VirtualClustersOptions } from './virtual-clusters.js';
export type { DiskOperation } from './virtual-disk.js';
export type { Fate, Fence } from './virtual-network.js';
export { messageInWords, type WireMessage } from './wire-message.js';
export { type DiskRule, type MessageRule, World, type WorldOptions } from './world.js';
