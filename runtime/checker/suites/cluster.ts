/**
 * All ports of an adapter for another kind of cluster, tested together.
 *
 *   as a source    durableStatus (its meta)   partitionLog, files it serves ── read by ──► fileSource, checkpointSource
 *   as a follower  followerMeta (its meta)    logShipper (its nodes)            kept by ──► fileSink, checkpointSource
 *
 * A cluster may be one side only, so each port is given, or left out with the reason.
 */
import type { TestFunctions } from '../paths/run.js';
import { type CheckpointSourceOptions, checkpointSourcePortSuite } from './checkpoint-source.js';
import { type DurableStatusOptions, durableStatusPortSuite } from './durable-status.js';
import { type FileSinkOptions, fileSinkSuite } from './file-sink.js';
import { type FileSourceOptions, fileSourceSuite } from './file-source.js';
import { followerMetaPortSuite } from './follower-meta.js';
import type { FollowerMetaOptions } from './follower-meta-scene.js';
import { type LogShipperOptions, logShipperPortSuite } from './log-shipper.js';
import { type PartitionLogOptions, partitionLogPortSuite } from './partition-log.js';
import type { DeclaredSuite } from './suite.js';

/** Why a port is not tested: Bridle's own is used, or the cluster is never on that side. */
export interface LeftOutPort {
  readonly leftOut: string;
}

/** Options of each port's own suite. */
export interface ClusterPorts {
  readonly followerMeta: FollowerMetaOptions | LeftOutPort;
  readonly logShipper: LogShipperOptions | LeftOutPort;
  readonly durableStatus: DurableStatusOptions | LeftOutPort;
  readonly partitionLog: PartitionLogOptions | LeftOutPort;
  readonly checkpointSource: CheckpointSourceOptions | LeftOutPort;
  readonly fileSource: FileSourceOptions | LeftOutPort;
  readonly fileSink: FileSinkOptions | LeftOutPort;
}

/**
 * Every suite of an adapter in one call, and for each port that is left out a test that says so.
 *
 * @example
 * clusterPortSuite('my cluster', {
 *   followerMeta: { start: startFollowerMeta },
 *   logShipper: { start: startShipper, leaveOut: { giveAway: 'its tables have no owner' } },
 *   durableStatus: { leftOut: 'a follower only' },
 *   partitionLog: { leftOut: 'a follower only' },
 *   checkpointSource: { leftOut: 'a follower only' },
 *   fileSource: { leftOut: 'a follower only' },
 *   fileSink: { leftOut: 'Bridle’s own is used' },
 * }, { describe, it });
 */
export function clusterPortSuite(
  name: string,
  ports: ClusterPorts,
  functions: TestFunctions,
): readonly DeclaredSuite[] {
  const declared: DeclaredSuite[] = [];
  const declare = <Options>(
    port: keyof ClusterPorts,
    options: Options | LeftOutPort,
    suite: (name: string, options: Options, functions: TestFunctions) => DeclaredSuite,
  ): void => {
    if (!isLeftOut(options)) {
      declared.push(suite(port, options, functions));
      return;
    }
    const because = options.leftOut;
    const title = `every promise of ${port}`;
    declared.push({ name: port, tests: [], leftOut: [{ title, because }] });
    functions.it(`LEFT OUT, ${because} | ${title}`, async () => {
      if (because.trim() === '') throw new Error(`${port} is left out without a reason`);
    });
  };
  functions.describe(name, () => {
    declare('followerMeta', ports.followerMeta, followerMetaPortSuite);
    declare('logShipper', ports.logShipper, logShipperPortSuite);
    declare('durableStatus', ports.durableStatus, durableStatusPortSuite);
    declare('partitionLog', ports.partitionLog, partitionLogPortSuite);
    declare('checkpointSource', ports.checkpointSource, checkpointSourcePortSuite);
    declare('fileSource', ports.fileSource, fileSourceSuite);
    declare('fileSink', ports.fileSink, fileSinkSuite);
  });
  return declared;
}

const isLeftOut = <Options>(options: Options | LeftOutPort): options is LeftOutPort =>
  typeof options === 'object' && options !== null && 'leftOut' in options;
