/** Two clusters between which everything is in order, as a preflight would have seen them; a test spoils something. */
import { OPEN_POLICY } from '../../runtime/cluster/policy.js';
import type { ServerLook, SideLook, Situation, Trial } from '../../runtime/live/preflight/situation.js';

const MiB = 1024 * 1024;
export const SOURCE_META = '10.0.0.1:34601';
export const SOURCE_NODES = ['10.0.0.2:34801', '10.0.0.3:34801'] as const;
export const FOLLOWER_META = '10.1.0.1:34601';
export const FOLLOWER_NODES = ['10.1.0.2:34801', '10.1.0.3:34801'] as const;

export function server(
  address: string,
  role: 'meta' | 'replica',
  cluster: { name: string; id: number },
): ServerLook {
  return {
    address,
    alive: true,
    silence: null,
    roundTripMs: 2,
    clockOffsetMs: 0,
    facts: {
      version: '0.1.0',
      role,
      cluster,
      address,
      nowMs: 0,
      policy: OPEN_POLICY,
      ...(role === 'meta'
        ? { remotes: cluster.name === 'east' ? { west: [FOLLOWER_META] } : {} }
        : {
            freeBytes: 100_000 * MiB,
            maxWriteBytes: MiB,
            batchBytes: MiB / 4,
            partitions:
              cluster.name === 'east'
                ? [
                    {
                      appId: 1,
                      partitionIndex: SOURCE_NODES.indexOf(address as never),
                      dataBytes: 10 * MiB,
                      logBytes: MiB,
                    },
                  ]
                : [],
          }),
    },
  };
}

function side(name: string, id: number, meta: string, nodes: readonly string[]): SideLook {
  return {
    cluster: name,
    meta,
    answeredInMs: 2,
    functionLevel: 'steady',
    leader: server(meta, 'meta', { name, id }),
    nodes: nodes.map((node) => server(node, 'replica', { name, id })),
    tables:
      name === 'east'
        ? [
            {
              name: 'users',
              appId: 1,
              status: 'AVAILABLE',
              partitionCount: 2,
              replicaCount: 1,
              envs: {},
              duplicating: false,
              createdAtMs: 0,
            },
          ]
        : [],
  };
}

const trial = (
  direction: Trial['direction'],
  from: string,
  peer: string,
  operation: Trial['operation'],
): Trial => ({
  direction,
  from,
  peer,
  operation,
  outcome: 'open',
  error: 'ERR_OK',
  detail: '',
  elapsedMs: 1,
});

export function goodSituation(): Situation {
  return {
    wanted: {
      table: 'users',
      remoteTable: 'users',
      followerCluster: 'west',
      remoteMeta: null,
      replicaCount: null,
      existingTable: 'adopt',
    },
    source: side('east', 1, SOURCE_META, SOURCE_NODES),
    follower: side('west', 2, FOLLOWER_META, FOLLOWER_NODES),
    followerError: null,
    places: SOURCE_NODES.map((primary, index) => ({ index, primary, secondaries: [] })),
    placesError: null,
    duplications: [],
    trials: [
      trial('create', SOURCE_META, FOLLOWER_META, 'RPC_CM_CREATE_APP'),
      ...FOLLOWER_NODES.flatMap((from) => [
        trial('data', from, SOURCE_META, 'RPC_CM_QUERY_PARTITION_CONFIG_BY_INDEX'),
        ...SOURCE_NODES.map((peer) => trial('data', from, peer, 'RPC_NFS_COPY')),
      ]),
      ...SOURCE_NODES.flatMap((from) =>
        FOLLOWER_NODES.map((peer) => trial('ship', from, peer, 'RPC_RRDB_RRDB_DUPLICATE')),
      ),
    ],
    failedTrials: [],
    largest: { rows: 10, valueBytes: 100 },
    logGrowth: new Map(),
  };
}
