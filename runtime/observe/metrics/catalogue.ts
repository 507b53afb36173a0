/**
 * Every metric that Bridle exports, by the name it has in the code. Alert rules, the dashboard and the table in
 * docs/monitoring.md are held against this list and against a real scrape.
 */
import type { Metric } from './metric.js';

const gauge = (name: string, help: string, ...labels: readonly string[]): Metric => ({
  name: `bridle_${name}`,
  type: 'gauge',
  help,
  labels,
});
const counter = (name: string, help: string, ...labels: readonly string[]): Metric => ({
  ...gauge(name, help, ...labels),
  type: 'counter',
});

const DUPLICATION = ['table', 'duplication', 'remote_cluster'] as const;
const PARTITION = ['table', 'partition'] as const;

export const METRICS = {
  build: { ...gauge('build', 'Version and role of who answers.', 'version', 'role'), type: 'info' },

  // One series per duplication, from the source's meta server or from `bridle metrics`.
  duplicationStatus: gauge(
    'duplication_status',
    '1 for the status that the duplication is in, 0 for the others.',
    ...DUPLICATION,
    'status',
  ),
  duplicationStatusAge: gauge(
    'duplication_status_age_seconds',
    'How long the duplication has been in its status.',
    ...DUPLICATION,
  ),
  duplicationStageStart: gauge(
    'duplication_stage_start_timestamp_seconds',
    'When a stage (prepare, copy, ship) was entered last, in seconds since 1970.',
    ...DUPLICATION,
    'stage',
  ),
  duplicationStageEnd: gauge(
    'duplication_stage_end_timestamp_seconds',
    'When a stage ended, in seconds since 1970; absent while it goes on.',
    ...DUPLICATION,
    'stage',
  ),
  duplicationInfo: {
    ...gauge(
      'duplication',
      'Where the copy goes, the fail mode, and the id that log lines of both clusters carry.',
      ...DUPLICATION,
      'remote_table',
      'fail_mode',
      'correlation',
    ),
    type: 'info',
  },
  duplicationNext: {
    ...gauge('duplication_next', 'The command to type next, as explain says it.', ...DUPLICATION, 'next'),
    type: 'info',
  },
  duplicationBlocked: gauge(
    'duplication_blocked',
    '1 if it does not go on by itself. Reasons: error (somebody has to act), no-progress, same-error.',
    ...DUPLICATION,
    'reason',
  ),
  duplicationTrouble: gauge(
    'duplication_trouble',
    'The troubles that its actors have now: how often each was seen in a row.',
    ...DUPLICATION,
    'actor',
    'error',
    'operation',
  ),
  duplicationPartitions: gauge('duplication_partitions', 'Partitions of the table.', ...DUPLICATION),
  duplicationPrepared: gauge(
    'duplication_partitions_prepared',
    'Partitions with a durable checkpoint at the source.',
    ...DUPLICATION,
  ),
  duplicationReady: gauge(
    'duplication_partitions_ready',
    'Partitions that the follower has installed and opened.',
    ...DUPLICATION,
  ),
  duplicationCopied: gauge(
    'duplication_copied_bytes',
    'Bytes of the checkpoints being copied that the follower holds already.',
    ...DUPLICATION,
  ),
  duplicationCopySize: gauge(
    'duplication_copy_size_bytes',
    'Size of the checkpoints being copied.',
    ...DUPLICATION,
  ),
  duplicationLagDecrees: gauge(
    'duplication_lag_decrees',
    'Mutations that the follower is not known to hold, all partitions together.',
    ...DUPLICATION,
  ),
  duplicationLagSeconds: gauge(
    'duplication_lag_seconds',
    'Age of the oldest mutation that the follower is not known to hold, of the slowest partition. A lower bound: counted from when it was first seen here.',
    ...DUPLICATION,
  ),
  duplicationConfirmed: gauge(
    'duplication_confirmed_decree',
    'Decree that the follower is known to hold, durably noted; -1 before the first checkpoint.',
    ...DUPLICATION,
    'partition',
  ),
  duplicationCommitted: gauge(
    'duplication_last_committed_decree',
    'Decree of the latest write at the source, as reported last.',
    ...DUPLICATION,
    'partition',
  ),
  duplicationSkipped: gauge(
    'duplication_skipped_mutations',
    'Mutations given up under fail mode skip since the source servers started; they are lost at the follower.',
    ...DUPLICATION,
  ),
  duplicationLogHeld: gauge(
    'duplication_log_held_bytes',
    'Log at the source that would be deleted now if it were not for this duplication.',
    ...DUPLICATION,
  ),

  // Of a meta server, or of the cluster that `bridle metrics` looks at.
  tables: gauge('tables', 'Tables that are available.'),
  nodeUp: gauge('node_up', '1 for a replica server that reports to its meta server.', 'node'),
  nodeReportAge: gauge('node_report_age_seconds', 'Since the last report of a replica server.', 'node'),
  partitions: gauge('partitions', 'Partitions by state, as their servers report them.', 'table', 'state'),

  // Of a replica server.
  partitionLogBytes: gauge('partition_log_bytes', 'Size of the log of a partition.', ...PARTITION),
  partitionHeld: gauge(
    'partition_held_decree',
    'Decree after which the follower needs the log: what it has said it holds, or the checkpoint it copies.',
    ...PARTITION,
    'duplication',
  ),
  partitionCommitted: gauge(
    'partition_last_committed_decree',
    'Decree of the latest write of a partition.',
    ...PARTITION,
  ),
  partitionLagDecrees: gauge(
    'partition_lag_decrees',
    'Mutations of a partition after the held decree.',
    ...PARTITION,
    'duplication',
  ),
  partitionLagSeconds: gauge(
    'partition_lag_seconds',
    'Age of the oldest mutation after the held decree, by the time it was written with; absent when it cannot be read.',
    ...PARTITION,
    'duplication',
  ),
  partitionLogHeld: gauge(
    'partition_log_held_bytes',
    'Log of a partition that would be deleted now if it were not for this duplication.',
    ...PARTITION,
    'duplication',
  ),
  partitionCopied: gauge(
    'partition_copied_bytes',
    'Bytes of the checkpoint being copied that are here, at the follower.',
    ...PARTITION,
  ),
  partitionCopySize: gauge(
    'partition_copy_size_bytes',
    'Size of the checkpoint being copied, at the follower.',
    ...PARTITION,
  ),
  skippedMutations: counter(
    'skipped_mutations',
    'Mutations given up under fail mode skip; they are lost at the follower.',
    'table',
    'duplication',
  ),
  shippedBytes: counter(
    'shipped_bytes',
    'Bytes of mutations that a follower has acknowledged.',
    'table',
    'duplication',
  ),
  shippedMutations: counter(
    'shipped_mutations',
    'Mutations that a follower has acknowledged.',
    'table',
    'duplication',
  ),
  shipRequests: counter(
    'ship_requests',
    'Requests of log shipping that ended, ok or failed. A failed one is sent again.',
    'table',
    'duplication',
    'result',
  ),
  copyReceivedBytes: counter(
    'copy_received_bytes',
    'Bytes of checkpoints that this follower server has fetched, repeated ones too.',
    'table',
  ),
  copyServedBytes: counter(
    'copy_served_bytes',
    'Bytes of checkpoints that this source server has handed out.',
    'table',
  ),
  diskFree: gauge('disk_free_bytes', 'Free space where this server keeps its data.'),
  ordersAge: gauge(
    'node_orders_age_seconds',
    'Since the last orders that this replica server got from its meta server.',
  ),

  // Of every server.
  retries: counter(
    'retries',
    'Failed tries by actor and error; each is tried again.',
    'table',
    'actor',
    'error',
  ),
  rpcServed: counter(
    'rpc_served',
    'RPCs answered here, by code and error. Unknown names count as unknown and other.',
    'code',
    'error',
  ),
  rpcCalled: counter(
    'rpc_called',
    'RPCs that this server made, by code and error. Unknown names count as other.',
    'code',
    'error',
  ),
  rpcDropped: counter('rpc_dropped', 'Requests that the policy left without an answer.'),
  rpcMalformed: counter('rpc_malformed', 'Connections closed for bytes that make no sense.'),
  rpcRefused: counter('rpc_refused_connections', 'Connections closed because too many were open.'),
  rpcConnections: gauge('rpc_connections', 'Connections that are open.'),
  eventLoopLag: gauge(
    'event_loop_lag_seconds',
    'How late timers of this process were in the last one to two minutes: p50, p99, max.',
    'stat',
  ),
  processCpuSeconds: counter('process_cpu_seconds', 'Processor time of this process.'),
  processResidentMemory: gauge('process_resident_memory_bytes', 'Resident memory of this process.'),
  processStart: gauge('process_start_time_seconds', 'When this process was started, in seconds since 1970.'),

  // Of `bridle metrics`.
  exporterUp: gauge('exporter_up', '1 if the cluster answered the last time it was asked.'),
  exporterPollAge: gauge('exporter_poll_age_seconds', 'Since the cluster answered last.'),
  exporterPolls: counter('exporter_polls', 'How often the cluster was asked, by result.', 'result'),

  metricsDroppedSeries: gauge(
    'metrics_dropped_series',
    'Series that were too many and are not in this answer.',
  ),
} as const satisfies Readonly<Record<string, Metric>>;
