/**
 * The runbook as a table: which observation points to which cause, and what to look at next.
 *
 * Of an embedded cluster the observations are known, so only rows that apply are told. Apache Pegasus tells a
 * status and decrees; what else decides is in the logs of its servers. There the rows of the status are told as
 * questions, with the line to look for, and none of them as an answer.
 */
import type { DuplicationStatus, Trouble } from '../../machines/index.js';

export interface Observed {
  /** Whose source it is. */
  readonly kind: 'bridle' | 'pegasus';
  readonly table: string;
  readonly dupid: number;
  readonly remoteCluster: string;
  readonly status: DuplicationStatus;
  /** Of all actors, as they are told. */
  readonly troubles: readonly Trouble[];
  readonly partitionCount: number;
  /** Partitions with a checkpoint; −1: nobody told. */
  readonly prepared: number;
  /** Of each partition; −1 before it has reported any. */
  readonly confirmed: readonly number[];
  readonly lagDecrees: number;
  readonly skippedMutations: number;
}

export interface Diagnosis {
  /** False: this is what to look for, and has not been seen. */
  readonly seen: boolean;
  readonly sign: string;
  readonly cause: string;
  /** What to look at or type next. */
  readonly look: string;
}

interface Row {
  readonly status: readonly DuplicationStatus[];
  /** What was seen, in words; null if it was not. */
  readonly seen: (observed: Observed) => string | null;
  /** What to look for in the logs of a real Pegasus. */
  readonly symptom?: string;
  readonly cause: string;
  readonly look: (observed: Observed) => string;
  /** At a real Pegasus, where the commands are others. */
  readonly lookThere?: string;
}

/** The first trouble with one of these errors, and with one of these operations if any are given. */
const trouble =
  (errors: readonly string[], operation = /./) =>
  ({ troubles }: Observed): string | null => {
    const found = troubles.find((one) => errors.includes(one.error) && operation.test(one.operation));
    if (found === undefined) return null;
    return `${found.error} in ${found.operation}${found.peer === undefined ? '' : ` at ${found.peer}`}`;
  };

const NO_ANSWER = ['ERR_TIMEOUT', 'ERR_NETWORK_FAILURE'];
const COPYING = /NFS|CHECKPOINT|PARTITION_CONFIG/;
const preflight = ({ table, remoteCluster }: Observed): string =>
  `bridle preflight ${table} --to ${remoteCluster}`;
const never = (): null => null;

const ROWS: readonly Row[] = [
  {
    status: ['DS_PREPARE'],
    // Embedded clusters tell which node is silent, which is better than how many partitions are.
    seen: ({ kind, confirmed }) => {
      const silent = confirmed.filter((decree) => decree < 0).length;
      return kind === 'pegasus' && silent > 0
        ? `${silent} of ${confirmed.length} partitions have not reported a decree yet`
        : null;
    },
    cause: 'Replica servers of these partitions have not synced with the meta server, or are away.',
    look: ({ table }) => `bridle status ${table}`,
    lookThere: 'at their nodes: “duplication_sync to meta”, “on_duplication_sync_reply”',
  },
  {
    status: ['DS_PREPARE'],
    seen: ({ prepared, partitionCount }) =>
      prepared >= 0 && prepared < partitionCount
        ? `${prepared} of ${partitionCount} partitions have a checkpoint`
        : null,
    symptom: 'replica checkpoint still running: n/m, with n below m',
    cause:
      'Checkpoints of the source are slow, or a node is away; Pegasus makes at most ten of them at a time on a node.',
    look: ({ table }) => `bridle status ${table}`,
    lookThere:
      'replica.query-progress on the nodes of the missing partitions: durable against minimal checkpoint decree',
  },
  {
    status: ['DS_PREPARE'],
    seen: trouble(['ERR_TIMEOUT'], /CREATE_APP|LIST_APPS/),
    symptom: 'create_err=ERR_TIMEOUT at the source’s meta server',
    cause:
      'The answer of the follower’s meta server does not come back: a firewall or policy in one direction, or its storage is slow.',
    look: preflight,
    lookThere: 'the log of the follower’s meta server: did it get “create app request”?',
  },
  {
    status: ['DS_PREPARE'],
    seen: trouble(['BRIDLE_FOREIGN_TABLE', 'ERR_APP_EXIST', 'ERR_INVALID_STATE']),
    symptom: 'create_err=ERR_APP_EXIST or ERR_INVALID_STATE at the source’s meta server',
    cause: 'A table of that name is at the follower, and it is somebody else’s or left over.',
    look: preflight,
    lookThere:
      'the environment of the follower table (get_app_envs): duplication.master_cluster and .master_app_name; drop it there if nobody needs it',
  },
  {
    status: ['DS_PREPARE', 'DS_APP'],
    seen: trouble(['ERR_BUSY', 'ERR_DISK_INSUFFICIENT', 'ERR_FILE_OPERATION_FAILED'], /persist|storage/i),
    symptom: 'update_err=ERR_BUSY at the source’s meta server',
    cause: 'The status cannot be written: the storage of the source’s meta server is slow or full.',
    look: () => 'free space and load of the disk of the source’s meta server',
    lookThere: 'ZooKeeper of the source: “request(…) was timeout, retry after 1 second”',
  },
  {
    status: ['DS_APP'],
    seen: (observed) => trouble([...NO_ANSWER, 'ERR_ACL_DENY'], COPYING)(observed),
    symptom:
      'query_err=ERR_INACTIVE_STATE at the source’s meta server; at follower replicas “query master[…] config failed” or “nfs copy master[…] checkpoint failed”',
    cause:
      'The follower’s nodes cannot read from the source: a firewall or policy from follower to source is shut.',
    look: preflight,
    lookThere:
      'on every follower node, try the way to the source’s meta server and replica servers (nc -vz HOST PORT)',
  },
  {
    status: ['DS_APP'],
    seen: trouble(['ERR_PATH_NOT_FOUND', 'ERR_WRONG_CHECKSUM', 'ERR_INVALID_DATA', 'ERR_CORRUPTION']),
    symptom: '“query master[…] replica checkpoint info failed” at follower replicas',
    cause: 'The checkpoint of the source is not there, or is damaged.',
    look: ({ table }) => `bridle status ${table}; then the log of the source node that is named`,
    lookThere: 'the log of the source replica of that partition',
  },
  {
    status: ['DS_APP'],
    seen: trouble(['ERR_DISK_INSUFFICIENT', 'ERR_FILE_OPERATION_FAILED', 'ERR_DISK_IO_ERROR']),
    symptom: 'disk errors at follower replicas',
    cause: 'A disk of the follower is full or broken.',
    look: preflight,
    lookThere: 'df -h on the follower’s nodes',
  },
  {
    status: ['DS_APP'],
    seen: trouble(['ERR_NOT_ENOUGH_MEMBER']),
    symptom: 'query_err=ERR_NOT_ENOUGH_MEMBER at the source’s meta server',
    cause: 'The follower has too few live nodes for its replicas, or secondaries are still learning.',
    look: preflight,
    lookThere: 'nodes -d and app -d in the shell of the follower',
  },
  {
    status: ['DS_APP'],
    seen: trouble(['ERR_OBJECT_NOT_FOUND', 'ERR_APP_NOT_EXIST', 'ERR_APP_DROPPED']),
    symptom: 'query_err=ERR_OBJECT_NOT_FOUND at the source’s meta server',
    cause: 'The follower table was dropped while it was being filled.',
    look: ({ table }) => `bridle remove ${table}, then duplicate anew`,
    lookThere: 'ls in the shell of the follower; remove the duplication and add it again',
  },
  {
    status: ['DS_APP'],
    seen: never,
    symptom: '“replica checkpoint still running: 0/m” after the source’s meta server restarted',
    cause:
      'A known defect: the count of prepared checkpoints is lost with the restart, and the status does not move again.',
    look: () => '',
    lookThere: 'see that every follower partition has a primary, then start_dup TABLE DUPID',
  },
  {
    status: ['DS_LOG'],
    seen: trouble(['BRIDLE_LOG_DAMAGED', 'ERR_CORRUPTION', 'BRIDLE_GAP', 'BRIDLE_SOURCE_BEHIND']),
    symptom:
      'the gap grows without failed requests; “loading mutation logs failed for n times” or “no private log file” at source replicas',
    cause: 'The log of the source is damaged or not there; shipping of that partition stands still.',
    look: ({ table }) =>
      `bridle remove ${table} --follower drop, then duplicate anew; fail-mode skip loses rows`,
    lookThere: 'the fail mode; a new full copy loses nothing',
  },
  {
    status: ['DS_LOG'],
    seen: trouble(
      [
        ...NO_ANSWER,
        'ERR_ACL_DENY',
        'ERR_INVALID_PARAMETERS',
        'ERR_INVALID_DATA',
        'ERR_DISK_IO_ERROR',
        'BRIDLE_FOREIGN_TABLE',
      ],
      /DUPLICATE|PARTITION_CONFIG|NODE_SYNC/,
    ),
    symptom:
      'the gap grows and dup_shipped_failed_requests is above 0; “duplicate_rpc failed” at source replicas (one in a hundred is logged)',
    cause: 'The follower is away or refuses writes: too large, its own cluster id, or a policy.',
    look: preflight,
    lookThere: 'the follower’s replicas: write_size_exceed_threshold_requests, cluster ids, access control',
  },
  {
    status: ['DS_LOG'],
    seen: ({ troubles, lagDecrees }) =>
      troubles.length === 0 && lagDecrees > 0
        ? `${lagDecrees} mutations behind, and nothing is in trouble`
        : null,
    cause:
      'Writes come faster than they are shipped, or the last ones are on their way; confirmed decrees come with the next sync.',
    look: ({ table }) => `bridle status ${table} --watch`,
    lookThere: 'wait two sync periods and look again; whether it shrinks tells',
  },
  {
    status: ['DS_LOG'],
    seen: ({ skippedMutations }) =>
      skippedMutations > 0 ? `${skippedMutations} mutations were skipped` : null,
    symptom:
      'the gap is 0 and rows differ; dup_log_file_load_skipped_bytes or dup_recent_lost_mutations above 0',
    cause: 'Part of the log was skipped and is missing at the follower for good.',
    look: ({ table }) => `bridle verify ${table}`,
    lookThere: 'compare both sides; a new full copy brings the rows back',
  },
];

/**
 * Causes in the order in which the runbook looks at them: what was seen first, then what to look for.
 *
 * @example
 * diagnose(observed).filter(({ seen }) => seen).map(({ cause, look }) => `${cause} ${look}`);
 */
export function diagnose(observed: Observed): Diagnosis[] {
  const rows = ROWS.filter(({ status }) => status.includes(observed.status));
  const there = observed.kind === 'pegasus';
  const told = rows.flatMap((row): Diagnosis[] => {
    const sign = row.seen(observed);
    const look = there && row.lookThere !== undefined ? row.lookThere : row.look(observed);
    if (sign !== null) return [{ seen: true, sign, cause: row.cause, look }];
    return there && row.symptom !== undefined
      ? [{ seen: false, sign: row.symptom, cause: row.cause, look }]
      : [];
  });
  return [...told.filter(({ seen }) => seen), ...told.filter(({ seen }) => !seen)];
}
