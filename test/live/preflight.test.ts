/** What a preflight makes of what it saw, and that it claims nothing that it did not see. */
import { afterEach, describe, expect, it } from 'vitest';
import { openCluster } from '../../runtime/client/index.js';
import {
  CHECKS,
  type CheckCode,
  type Finding,
  preflight,
  type Severity,
  type Verdict,
} from '../../runtime/live/index.js';
import { verdictOf } from '../../runtime/live/preflight/finding.js';
import { findingsOf } from '../../runtime/live/preflight/findings.js';
import type { ServerLook, SideLook, Situation, Trial } from '../../runtime/live/preflight/situation.js';
import { AppStatus, NodeStatus, parseAddress, RpcServer } from '../../runtime/pegasus/index.js';
import {
  FOLLOWER_META,
  FOLLOWER_NODES,
  goodSituation,
  SOURCE_META,
  SOURCE_NODES,
} from './preflight-situation.js';

type Spoil = (good: Situation) => Partial<Situation>;

const withNodes = (one: SideLook, change: (node: ServerLook, at: number) => ServerLook): SideLook => ({
  ...one,
  nodes: one.nodes.map(change),
});
const withFacts = (look: ServerLook, facts: Partial<NonNullable<ServerLook['facts']>>): ServerLook => ({
  ...look,
  facts: look.facts === null ? null : { ...look.facts, ...facts },
});
const theirs = (good: Situation): SideLook => good.follower as SideLook;
const wanting =
  (wanted: Partial<Situation['wanted']>): Spoil =>
  (good) => ({ wanted: { ...good.wanted, ...wanted } });
const failing = (
  good: Situation,
  pick: (trial: Trial) => boolean,
  outcome: Trial['outcome'],
  error: string,
) => ({
  trials: good.trials.map((trial) => (pick(trial) ? { ...trial, outcome, error } : trial)),
});
const policy = (effect: 'deny' | 'drop', peer: string, operation: string) => ({
  version: 1,
  rules: [{ effect, peer, operation }],
});
const table = (more: object = {}) => ({
  name: 'users',
  appId: 9,
  status: 'AVAILABLE' as const,
  partitionCount: 2,
  replicaCount: 1,
  envs: {},
  duplicating: false,
  createdAtMs: 0,
  ...more,
});
const dup = (more: object = {}) => ({
  table: 'users',
  appId: 1,
  dupid: 77,
  status: 'DS_LOG' as const,
  failMode: 'FAIL_SLOW' as const,
  remoteCluster: 'west',
  remoteTable: 'users',
  remoteReplicaCount: 1,
  createdAtMs: 0,
  partitions: [],
  ...more,
});

describe('given two clusters between which everything is in order', () => {
  it('when looked at, then every check is there and good', () => {
    const findings = findingsOf(goodSituation());
    expect(findings.filter(({ severity }) => severity !== 'ok')).toEqual([]);
    expect(new Set(findings.map(({ code }) => code))).toEqual(new Set(CHECKS));
    expect(verdictOf(findings)).toBe('ready');
  });
});

const CASES: readonly [string, Spoil, CheckCode, Severity, Verdict, RegExp][] = [
  [
    'no such table',
    wanting({ table: 'ghost', remoteTable: 'ghost' }),
    'source-table',
    'error',
    'change-first',
    /no table ghost/,
  ],
  [
    'a partition without a primary',
    () => ({ places: [{ index: 0, primary: null, secondaries: [] }] }),
    'source-partitions',
    'error',
    'would-fail',
    /no primary: 0/,
  ],
  [
    'a table of somebody else at the follower',
    (good) => ({
      follower: { ...theirs(good), tables: [table({ envs: { 'duplication.owner': 'north/x/3' } })] },
    }),
    'follower-table',
    'error',
    'change-first',
    /belongs to north\/x\/3/,
  ],
  [
    'a table that may be replaced',
    (good) => ({
      ...wanting({ existingTable: 'replace' })(good),
      follower: { ...theirs(good), tables: [table()] },
    }),
    'follower-table',
    'warning',
    'ready',
    /DROPPED/,
  ],
  [
    'a duplication that is there',
    () => ({ duplications: [dup()] }),
    'duplication-there',
    'note',
    'ready',
    /already/,
  ],
  [
    'a duplication into another table',
    () => ({ duplications: [dup({ remoteTable: 'other' })] }),
    'duplication-there',
    'error',
    'change-first',
    /as other/,
  ],
  [
    'another table that is copied there',
    () => ({ duplications: [dup({ table: 'rivals' })] }),
    'duplication-there',
    'error',
    'change-first',
    /follows rivals/,
  ],
  [
    'a removal under way',
    () => ({ duplications: [dup({ status: 'DS_REMOVED' })] }),
    'duplication-there',
    'error',
    'would-fail',
    /removed/,
  ],
  [
    'the same cluster id on both sides',
    (good) => ({
      follower: {
        ...theirs(good),
        leader: withFacts(theirs(good).leader, { cluster: { name: 'west', id: 1 } }),
      },
    }),
    'cluster-ids',
    'error',
    'change-first',
    /both clusters have the id 1/,
  ],
  [
    'the source as its own follower',
    wanting({ followerCluster: 'east' }),
    'cluster-names',
    'error',
    'change-first',
    /own follower/,
  ],
  [
    'a name that the source does not know',
    wanting({ followerCluster: 'north' }),
    'remote-known',
    'error',
    'change-first',
    /does not know north; it knows west/,
  ],
  [
    'a name that the source will be told',
    wanting({ followerCluster: 'north', remoteMeta: [FOLLOWER_META] }),
    'remote-known',
    'note',
    'ready',
    /has to be told/,
  ],
  [
    'a follower that takes no changes',
    (good) => ({ follower: { ...theirs(good), functionLevel: 'freezed' } }),
    'function-level',
    'error',
    'change-first',
    /creates no tables/,
  ],
  [
    'a follower without live nodes',
    (good) => ({ follower: withNodes(theirs(good), (node) => ({ ...node, alive: false })) }),
    'follower-nodes',
    'error',
    'would-fail',
    /no replica server of west is alive/,
  ],
  [
    'more replicas than nodes',
    wanting({ replicaCount: 3 }),
    'replica-count',
    'error',
    'change-first',
    /need 3 live nodes; west has 2/,
  ],
  [
    'a node that hangs',
    (good) => ({
      source: withNodes(good.source, (node, at) =>
        at === 0 ? { ...node, facts: null, silence: { code: 'ERR_TIMEOUT', hint: 'no answer' } } : node,
      ),
      trials: good.trials.filter(({ peer, from }) => peer !== SOURCE_NODES[0] && from !== SOURCE_NODES[0]),
    }),
    'source-nodes',
    'error',
    'would-fail',
    /counts as alive and does not answer/,
  ],
  [
    'a disk that is too small for the copy',
    (good) => ({ follower: withNodes(theirs(good), (node) => withFacts(node, { freeBytes: 20_000_000 })) }),
    'follower-disk',
    'error',
    'change-first',
    /10\.1\.0\.2:34801 has 20\.0 MB free/,
  ],
  [
    'logs that fill the disk within a day',
    () => ({ logGrowth: new Map([[SOURCE_NODES[0], 5_000_000]]) }),
    'source-disk',
    'warning',
    'ready',
    /lasts 6 h/,
  ],
  [
    'a follower that takes smaller writes',
    (good) => ({ follower: withNodes(theirs(good), (node) => withFacts(node, { maxWriteBytes: 1_000 })) }),
    'write-size',
    'error',
    'change-first',
    /the follower of 1\.0 kB/,
  ],
  [
    'a clock that is ahead',
    (good) => ({
      follower: withNodes(theirs(good), (node, at) => (at === 0 ? { ...node, clockOffsetMs: 5_000 } : node)),
    }),
    'clocks',
    'warning',
    'ready',
    /10\.1\.0\.2:34801 is 5000 ms ahead/,
  ],
  [
    'a rule of the source that drops the copy',
    (good) => ({
      ...failing(good, ({ operation }) => operation === 'RPC_NFS_COPY', 'silent', 'ERR_TIMEOUT'),
      source: withNodes(good.source, (node) =>
        withFacts(node, { policy: policy('drop', '10.1.*', 'RPC_NFS_*') }),
      ),
    }),
    'data-path',
    'error',
    'change-first',
    /follower node 10\.1\.0\.2:34801 cannot read from source node 10\.0\.0\.2:34801 \(port 34801\): RPC_NFS_COPY: rule 1 of east \(drop 10\.1\.\* RPC_NFS_\*\) shuts out the request/,
  ],
  [
    'a firewall that no rule explains',
    (good) =>
      failing(
        good,
        ({ from, peer }) => from === FOLLOWER_NODES[1] && peer === SOURCE_META,
        'silent',
        'ERR_TIMEOUT',
      ),
    'data-path',
    'error',
    'change-first',
    /follower node 10\.1\.0\.3:34801 cannot read from source meta server 10\.0\.0\.1:34601 .* firewall/,
  ],
  [
    'a lost answer to the creation',
    (good) => ({
      ...failing(good, ({ direction }) => direction === 'create', 'silent', 'ERR_TIMEOUT'),
      source: {
        ...good.source,
        leader: withFacts(good.source.leader, {
          policy: policy('drop', FOLLOWER_META, 'RPC_CM_CREATE_APP_ACK'),
        }),
      },
    }),
    'create-path',
    'error',
    'change-first',
    /shuts out the reply/,
  ],
  [
    'a follower that turns shipped writes away',
    (good) => failing(good, ({ direction }) => direction === 'ship', 'denied', 'ERR_ACL_DENY'),
    'ship-path',
    'error',
    'change-first',
    /source node 10\.0\.0\.2:34801 cannot ship to follower node 10\.1\.0\.2:34801/,
  ],
  [
    'nobody at the other end',
    (good) => failing(good, ({ direction }) => direction === 'ship', 'unreachable', 'ERR_NETWORK_FAILURE'),
    'ship-path',
    'error',
    'would-fail',
    /no connection/,
  ],
  [
    'a follower that does not answer',
    (good) => ({
      follower: null,
      followerError: { code: 'ERR_TIMEOUT', hint: 'no answer' },
      trials: good.trials.slice(0, 0),
    }),
    'follower-meta',
    'error',
    'not-reached',
    /west does not answer at 10\.1\.0\.1:34601/,
  ],
];

describe('given something that stands in the way', () => {
  it.each(CASES)('when there is %s, then it is found', (_, spoil, code, severity, verdict, words) => {
    const good = goodSituation();
    const findings = findingsOf({ ...good, ...spoil(good) });
    const found = findings.filter((finding) => finding.code === code && finding.severity === severity);
    expect(found.map(({ what }) => what).join('\n')).toMatch(words);
    expect(verdictOf(findings)).toBe(verdict);
    for (const { next } of found)
      if (severity === 'error' || severity === 'warning') expect(next ?? '').not.toBe('');
  });

  it('when a rule shuts a way, then the evidence names both nodes, the port and the rule', () => {
    const good = goodSituation();
    const findings = findingsOf({
      ...good,
      ...failing(good, ({ operation }) => operation === 'RPC_NFS_COPY', 'silent', 'ERR_TIMEOUT'),
      source: withNodes(good.source, (node) => withFacts(node, { policy: policy('drop', '*', 'RPC_NFS_*') })),
    });
    const blocked = findings.filter(({ code, severity }) => code === 'data-path' && severity === 'error');
    expect(blocked).toHaveLength(FOLLOWER_NODES.length * SOURCE_NODES.length);
    expect(blocked[0]?.evidence).toMatchObject({
      followerNode: FOLLOWER_NODES[0],
      sourceNode: SOURCE_NODES[0],
      port: 34801,
      operations: ['RPC_NFS_COPY'],
      policy: 'rule 1 of east (drop * RPC_NFS_*)',
    });
    expect(blocked[0]?.next).toBe(`bridle policy show --meta ${SOURCE_META}`);
  });
});

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** Answers what Apache Pegasus answers, and no command of ours. */
async function realCluster(name: string, hasTable: boolean): Promise<string> {
  const node = '127.0.0.1:9';
  const address = parseAddress(node);
  const app = {
    status: AppStatus.AVAILABLE,
    appType: 'pegasus',
    appName: 'users',
    appId: 2,
    partitionCount: 1,
    envs: new Map<string, string>(),
    isStateful: true,
    maxReplicaCount: 1,
    expireSecond: 0,
    createSecond: 0,
    dropSecond: 0,
    duplicating: false,
    initPartitionCount: 1,
    isBulkLoading: false,
    atomicIdempotent: false,
  };
  const rpc = new RpcServer({
    handlers: {
      RPC_CM_CLUSTER_INFO: () => ({
        err: 'ERR_OK',
        keys: ['cluster_name', 'meta_function_level'],
        values: [name, 'steady'],
      }),
      RPC_CM_LIST_NODES: () => ({
        err: 'ERR_OK',
        infos: [{ status: NodeStatus.ALIVE, node: address, hpNode: address }],
      }),
      RPC_CM_LIST_APPS: () => ({ err: 'ERR_OK', infos: hasTable ? [app] : [] }),
      RPC_CM_LIST_DUPLICATION: () => ({ err: 'ERR_OK', hintMessage: '', appStates: new Map() }),
      RPC_CM_QUERY_PARTITION_CONFIG_BY_INDEX: () => ({
        err: 'ERR_OK',
        appId: 2,
        partitionCount: 1,
        isStateful: true,
        partitions: [
          {
            pid: { appId: 2, partitionIndex: 0 },
            ballot: 1,
            maxReplicaCount: 1,
            primary: address,
            secondaries: [],
            lastDrops: [],
            lastCommittedDecree: 1,
            partitionFlags: 0,
          },
        ],
      }),
      RPC_CLI_CLI_CALL: ({ cmd }) => `unknown command '${cmd}'`,
    },
  });
  closing.push(() => rpc.close());
  const { port } = await rpc.listen({ host: '127.0.0.1', port: 0 });
  return `127.0.0.1:${port}`;
}

/** What only a server of Bridle tells. */
const NEEDS_OUR_SERVERS: readonly CheckCode[] = [
  'cluster-ids',
  'versions',
  'remote-known',
  'create-path',
  'data-path',
  'ship-path',
  'follower-disk',
  'source-disk',
  'write-size',
  'clocks',
];

describe('given clusters that know no command of Bridle', () => {
  it('when looked at, then what can be seen is judged, and the rest is never called good', async () => {
    const source = await openCluster({ meta: await realCluster('east', true) });
    const target = await openCluster({ meta: await realCluster('west', false) });
    closing.push(
      () => source.close(),
      () => target.close(),
    );
    const report = await preflight({ source, table: 'users', target });
    const of = (code: CheckCode): Finding[] => report.findings.filter((finding) => finding.code === code);
    for (const code of NEEDS_OUR_SERVERS) {
      expect(of(code), code).not.toEqual([]);
      for (const finding of of(code)) {
        expect(finding, code).toMatchObject({ checked: false, severity: 'note' });
        expect(finding.next ?? '', code).not.toBe('');
      }
    }
    for (const code of [
      'source-meta',
      'follower-meta',
      'cluster-names',
      'source-table',
      'follower-table',
    ] as const) {
      expect(of(code), code).toMatchObject([{ severity: 'ok', checked: true }]);
    }
    expect(report.counts.uncheckable).toBeGreaterThanOrEqual(NEEDS_OUR_SERVERS.length);
  });
});
