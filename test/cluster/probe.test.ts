/** The commands of a preflight at real servers in one process: what they tell, and that they leave nothing behind. */
import { readdir } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { openCluster } from '../../runtime/client/index.js';
import { serverFactsSchema } from '../../runtime/cluster/facts.js';
import {
  PROBE_CONTENT,
  PROBE_FILE,
  PROBE_GPID,
  PROBE_TOKEN,
} from '../../runtime/cluster/nfs/probe-checkpoint.js';
import { PROBE_OPERATIONS, type ProbeAnswer, probeAnswerSchema } from '../../runtime/cluster/probe.js';
import { ChecksumType, formatAddress, parseAddress } from '../../runtime/pegasus/index.js';
import { client, open, TestCluster } from './in-process.js';

async function given() {
  const servers = await TestCluster.start({ name: 'east', id: 1 });
  const cluster = await openCluster({ meta: servers.metaName, timeoutMs: 5_000 });
  open.push(() => cluster.close());
  const [first, second] = [servers.configOf(0).listen, servers.configOf(1).listen].map(formatAddress) as [
    string,
    string,
  ];
  return { servers, cluster, meta: servers.metaName, first, second };
}

type Given = Awaited<ReturnType<typeof given>>;

async function probe({ cluster }: Given, from: string, order: object): Promise<ProbeAnswer> {
  const all = { timeoutMs: 2_000, totalMs: 4_000, table: 'users', probes: [], ...order };
  return probeAnswerSchema.parse(
    JSON.parse(await cluster.command(from, 'bridle.probe', [JSON.stringify(all)])),
  );
}

const copyOf = (fileName: string, sourceDir: string, size = 16, offset = 0) => ({
  source: null,
  sourceDir,
  dstDir: '',
  fileName,
  offset,
  size,
  isLast: false,
  overwrite: true,
});

describe('given a cluster', () => {
  test('when a server tries every request at another one, then all ways are open and nothing is created', async () => {
    const here = await given();
    await here.cluster.createTable('users', { partitionCount: 2 });
    const before = await readdir(here.servers.configOf(1).directory);
    const meta = ['RPC_CM_QUERY_PARTITION_CONFIG_BY_INDEX', 'RPC_CM_LIST_APPS', 'RPC_CM_CREATE_APP'];
    const probes = PROBE_OPERATIONS.map((operation) => ({
      operation,
      peer: meta.includes(operation) ? here.meta : here.second,
    }));
    for (let round = 0; round < 3; round++) {
      const { node, results } = await probe(here, here.first, { probes });
      expect(node).toBe(here.first);
      expect(results.map(({ operation, outcome }) => [operation, outcome])).toEqual(
        PROBE_OPERATIONS.map((operation) => [operation, 'open']),
      );
    }
    expect((await here.cluster.listTables()).map(({ name }) => name)).toEqual(['users']);
    expect(await readdir(here.servers.configOf(1).directory)).toEqual(before);
    const checkpoints = here.servers.replicas[1]
      ?.partitions()
      .flatMap(({ store }) => store?.checkpoints.list());
    expect(checkpoints).toEqual([]);
  });

  test('when rules shut one request out, then the server sees what the rule does to it', async () => {
    const here = await given();
    await here.cluster.command(here.meta, 'bridle.set-policy', [
      JSON.stringify([
        { effect: 'drop', peer: here.first, operation: 'RPC_NFS_COPY' },
        { effect: 'deny', peer: here.first, operation: 'RPC_QUERY_LAST_CHECKPOINT_INFO' },
      ]),
    ]);
    const peer = here.second;
    const probes = ['RPC_NFS_COPY', 'RPC_QUERY_LAST_CHECKPOINT_INFO', 'RPC_NFS_GET_FILE_SIZE'].map(
      (operation) => ({
        operation,
        peer,
      }),
    );
    const factsOf = async () =>
      serverFactsSchema.parse(JSON.parse(await here.cluster.command(peer, 'bridle.facts')));
    for (;;) if ((await factsOf()).policy.version === 1) break;
    const { results } = await probe(here, here.first, { timeoutMs: 300, probes });
    expect(results.map(({ outcome }) => outcome)).toEqual(['silent', 'denied', 'open']);
  });

  test('when nobody listens, and when the time is over, then no way is called open', async () => {
    const here = await given();
    const probes = Array.from({ length: 64 }, () => ({ operation: 'RPC_NFS_COPY', peer: '127.0.0.1:1' }));
    const { results } = await probe(here, here.first, { probes });
    expect(new Set(results.map(({ outcome }) => outcome))).toEqual(new Set(['unreachable']));
  });

  test.each([
    ['nothing', []],
    ['no JSON', ['{']],
    [
      'a request that nobody may try',
      [
        JSON.stringify({
          timeoutMs: 100,
          totalMs: 100,
          table: 't',
          probes: [{ peer: 'a:1', operation: 'RPC_CM_DROP_APP' }],
        }),
      ],
    ],
    [
      'too many ways',
      [
        JSON.stringify({
          timeoutMs: 100,
          totalMs: 100,
          table: 't',
          probes: Array.from({ length: 513 }, () => ({ peer: 'a:1', operation: 'RPC_NFS_COPY' })),
        }),
      ],
    ],
    ['an endless deadline', [JSON.stringify({ timeoutMs: 1e9, totalMs: 1e9, table: 't', probes: [] })]],
  ])('when it is given %s, then it refuses', async (_, args) => {
    const here = await given();
    for (const server of [here.meta, here.first]) {
      expect(JSON.parse(await here.cluster.command(server, 'bridle.probe', args))).toMatchObject({
        error: 'ERR_INVALID_PARAMETERS',
      });
    }
  });
});

describe('given the checkpoint that is there to be read by a preflight', () => {
  test('when it is read in pieces, then it is the content that every server has', async () => {
    const here = await given();
    const rpc = client();
    const peer = parseAddress(here.first);
    const info = await rpc.call(
      peer,
      'RPC_QUERY_LAST_CHECKPOINT_INFO',
      {
        pid: PROBE_GPID,
        learner: null,
        signature: 0n,
        lastCommittedDecreeInApp: 0,
        lastCommittedDecreeInPrepareList: 0,
        appSpecificLearnRequest: Buffer.alloc(0),
        checksumType: ChecksumType.MD5,
      },
      { timeoutMs: 5_000 },
    );
    expect(info).toMatchObject({ err: 'ERR_OK', baseLocalDir: PROBE_TOKEN });
    expect(info.state).toMatchObject({
      files: [PROBE_FILE.name],
      fileSizes: [PROBE_FILE.sizeBytes],
      fileChecksums: [PROBE_FILE.md5],
    });
    const block = await rpc.call(peer, 'RPC_NFS_COPY', copyOf(PROBE_FILE.name, PROBE_TOKEN, 1_000, 64_000), {
      timeoutMs: 5_000,
    });
    expect(PROBE_CONTENT.subarray(64_000, 65_000).equals(block.fileContent)).toBe(true);
  });

  test.each([
    ['another file', 'manifest.json', PROBE_TOKEN, 16, 0, 'ERR_OBJECT_NOT_FOUND'],
    ['a path', '../meta', PROBE_TOKEN, 16, 0, 'ERR_INVALID_PARAMETERS'],
    [
      'a way out of its directory',
      PROBE_FILE.name,
      '0.0/checkpoint.0/../../meta',
      16,
      0,
      'ERR_INVALID_PARAMETERS',
    ],
    ['another decree', PROBE_FILE.name, '0.0/checkpoint.1', 16, 0, 'ERR_OBJECT_NOT_FOUND'],
    [
      'more than there is',
      PROBE_FILE.name,
      PROBE_TOKEN,
      16,
      PROBE_FILE.sizeBytes - 8,
      'ERR_INVALID_PARAMETERS',
    ],
  ])('when %s is asked for, then it is refused', async (_, name, directory, size, offset, error) => {
    const here = await given();
    const answer = await client().call(
      parseAddress(here.first),
      'RPC_NFS_COPY',
      copyOf(name, directory, size, offset),
      { timeoutMs: 5_000 },
    );
    expect(answer).toMatchObject({ error, size: 0 });
  });
});
