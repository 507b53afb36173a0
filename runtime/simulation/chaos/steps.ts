/** Steps of the servers at work: what the protocol says to whom, and what is put on a disk meanwhile. */
import type { Draw } from './draw.js';
import type { Step } from './plan.js';

/** Everything that goes between the clusters, and what a replica server tells its meta server. */
const PROTOCOL_CODES = [
  'RPC_CM_CREATE_APP',
  'RPC_CM_DROP_APP',
  'RPC_CM_LIST_APPS',
  'RPC_CM_QUERY_PARTITION_CONFIG_BY_INDEX',
  'RPC_CM_QUERY_DUPLICATION',
  'RPC_BRIDLE_NODE_SYNC',
  'RPC_RRDB_RRDB_DUPLICATE',
  'RPC_QUERY_LAST_CHECKPOINT_INFO',
  'RPC_NFS_COPY',
] as const;

/** Requests that change something at the follower, of those that every duplication makes. */
export const CHANGING_CODES = ['RPC_CM_CREATE_APP', 'RPC_RRDB_RRDB_DUPLICATE'] as const;

/** A status, a decree, a table is durable; a log grows; a checkpoint has its name; a fetched block is there. */
const DISK_STEPS = [
  { of: 'disk', server: 'east/meta', what: 'commit', path: 'duplication/*' },
  { of: 'disk', server: 'east/meta', what: 'commit', path: 'progress/*' },
  { of: 'disk', server: 'west/meta', what: 'commit', path: 'table/*' },
  { of: 'disk', server: '*', what: 'write', path: '*/log/*' },
  { of: 'disk', server: '*', what: 'rename', path: '*/checkpoints/*' },
  { of: 'disk', server: 'west/*', what: 'write', path: '*.copy/*' },
] as const;

/** What the troubles of a run are about. */
export interface Focus {
  /** Of messages. */
  readonly codes: readonly string[];
  /** Where they strike. */
  readonly servers: readonly string[];
  /** What they wait for. */
  readonly steps: readonly Step[];
  /** Whether that is less than all there is. */
  readonly isNarrow: boolean;
}

export function wideFocus(servers: readonly string[]): Focus {
  return {
    codes: PROTOCOL_CODES,
    servers,
    steps: [...DISK_STEPS, ...messageSteps(PROTOCOL_CODES)],
    isNarrow: false,
  };
}

/** A few messages, servers and steps only: what strikes there strikes often. */
export function drawFocus(draw: Draw, servers: readonly string[]): Focus {
  const codes = draw.some(draw.chance(0.5) ? CHANGING_CODES : PROTOCOL_CODES, draw.int(1, 2));
  const steps = draw.some([...DISK_STEPS, ...messageSteps(PROTOCOL_CODES)], draw.int(1, 2));
  return {
    codes,
    servers: draw.some(servers, draw.int(1, 2)),
    steps: [...steps, ...messageSteps(codes)],
    isNarrow: true,
  };
}

const messageSteps = (codes: readonly string[]): Step[] =>
  codes.flatMap((code) => [
    { of: 'message', code, what: 'request' } as const,
    { of: 'message', code, what: 'reply' } as const,
  ]);
