/**
 * Moves in virtual time: whoever dies in whatever moment, never do two nodes have the partition open, one has it
 * in the end, and nothing that was acknowledged is missing on either side (SPEC S-MOVE-1).
 */
import { describe, expect, it } from 'vitest';
import { VirtualClusters } from '../../runtime/simulation/index.js';

const ROWS = 8;
const LIMITS = { logBytes: 2 * 1024, copyBlockBytes: 1024 };

type Side = 'source' | 'follower';
type Clusters = Awaited<ReturnType<typeof pair>>;

async function pair(seed: number) {
  const clusters = await VirtualClusters.start({ seed, replicas: 2, limits: LIMITS });
  await clusters.createTable('users', 1);
  for (let i = 0; i < ROWS; i++) await clusters.put('users', `user ${i}`, 'name', `Ada ${'x'.repeat(200)}`);
  return clusters;
}

const clusterOf = (clusters: Clusters, side: Side) => clusters[side];

/** Nodes that have the partition open. */
function openAt(clusters: Clusters, side: Side): string[] {
  const { servers } = clusterOf(clusters, side);
  return servers.filter((server) => {
    const found = clusterOf(clusters, side).replicaNamed(server)?.partitions() ?? [];
    return found.some(({ store }) => store !== null);
  });
}

function watch(clusters: Clusters) {
  for (const side of ['source', 'follower'] as const) {
    expect(openAt(clusters, side).length, `${side}: ${openAt(clusters, side)}`).toBeLessThanOrEqual(1);
  }
}

async function pass(clusters: Clusters, ms: number) {
  for (let passed = 0; passed < ms; passed += 10) {
    await clusters.advance(10);
    watch(clusters);
  }
}

async function placeOf(clusters: Clusters, side: Side) {
  const cluster = clusterOf(clusters, side);
  const table = cluster.meta?.tables.available('users');
  return table?.partitions[0];
}

/** The other node of a side, as `host:port`. */
async function otherNode(clusters: Clusters, side: Side): Promise<string> {
  const cluster = clusterOf(clusters, side);
  const at = (await placeOf(clusters, side))?.node ?? '';
  const nodes = [0, 1].map((i) => {
    const { host, port } = cluster.addressOf(`${cluster.name}/replica-${i}`);
    return `${host}:${port}`;
  });
  return nodes.find((node) => node !== at) ?? '';
}

const operatorOf = (clusters: Clusters, side: Side) =>
  side === 'source' ? clusters.operator : clusters.followerOperator;

/** The move is over, the partition open, and both sides hold what was written. */
async function settled(clusters: Clusters, side: Side, written: number, duplicated: boolean) {
  const seen = await clusters.until('the end', ({ source, follower }) => {
    watch(clusters);
    const place = clusterOf(clusters, side).meta?.tables.available('users')?.partitions[0];
    const over = place !== undefined && place.moving === undefined;
    const rows = Object.keys(source[0]?.rows ?? {}).length;
    const copied = JSON.stringify(follower[0]?.rows) === JSON.stringify(source[0]?.rows);
    return over && source[0]?.state === 'serving' && rows === written && (!duplicated || copied);
  });
  expect(Object.keys(seen.source[0]?.rows ?? {})).toHaveLength(written);
  return seen;
}

const VICTIMS = ['meta', 'old', 'new'] as const;

async function struck(side: Side, victim: (typeof VICTIMS)[number], afterMs: number, processOnly: boolean) {
  const clusters = await pair(afterMs);
  await clusters.addDuplication('users');
  await clusters.until('DS_LOG', ({ visible }) => visible?.status === 'DS_LOG');
  const cluster = clusterOf(clusters, side);
  const from = (await placeOf(clusters, side))?.node ?? '';
  const to = await otherNode(clusters, side);
  const names = { meta: `${cluster.name}/meta`, old: cluster.serverAt(from), new: cluster.serverAt(to) };
  const server = names[victim] ?? '';
  operatorOf(clusters, side)
    .movePartition('users', 0, to)
    .catch(() => undefined);
  let written = ROWS;
  const writing = (async () => {
    for (const moment of ['during', 'later']) {
      const row = `${moment} ${written}`;
      for (let tries = 0; tries < 1_000; tries++) {
        try {
          await clusters.operator.put('users', row, 'name', 'written');
          written++;
          break;
        } catch {
          await new Promise<void>((resolve) => {
            clusters.world.environment({ server: 'operator', alive: true }).clock.setTimeout(resolve, 500);
          });
        }
      }
    }
  })();
  await pass(clusters, afterMs);
  clusters.crash(server, { processOnly });
  await pass(clusters, 500 + afterMs);
  await clusters.restart(server);
  await clusters.world.drive(writing);
  await clusters.put('users', 'last', 'name', 'written');
  await settled(clusters, side, written + 1, true);
  return (await placeOf(clusters, side))?.node === to ? 'moved' : 'undone';
}

describe('whoever dies while a partition moves', () => {
  const moments = process.env.MOVE_MOMENTS?.split(',').map(Number) ?? [30, 210, 260, 330, 420, 620];
  const cases = (['source', 'follower'] as const).flatMap((side) =>
    VICTIMS.flatMap((victim) => moments.map((ms) => [side, victim, ms] as const)),
  );
  it.each(cases)(
    'given the %s, when %s dies %i ms after the order, then nothing is lost',
    async (...args) => {
      const [side, victim, ms] = args;
      const outcome = await struck(side, victim, ms, ms % 20 === 0);
      expect(['moved', 'undone']).toContain(outcome);
      if (process.env.MOVE_MOMENTS) console.info(side, victim, ms, outcome);
    },
  );
});

/** What keeps a duplication in a status until it is lifted. */
const HELD = {
  DS_PREPARE: [{ code: 'RPC_CM_CREATE_APP', to: 'west/meta', what: 'request' }],
  DS_APP: ['east/replica-0', 'east/replica-1'].map((to) => ({
    ...({ code: 'RPC_QUERY_LAST_CHECKPOINT_INFO', what: 'request' } as const),
    to,
    from: 'west/replica-0',
  })),
  DS_LOG: [],
} as const;

describe('whatever a duplication is doing', () => {
  const cases = (Object.keys(HELD) as (keyof typeof HELD)[]).flatMap((status) =>
    (['source', 'follower'] as const)
      .filter((side) => side === 'source' || status !== 'DS_PREPARE')
      .map((side) => [status, side] as const),
  );

  it.each(cases)(
    'given %s, when the partition of the %s moves and moves back, then all arrives',
    async (...args) => {
      const [status, side] = args;
      const clusters = await pair(7);
      const faults = HELD[status].map((pattern) => clusters.lose(pattern));
      await clusters.addDuplication('users');
      await clusters.until(status, ({ visible }) => visible?.status === status);
      for (const round of [1, 2]) {
        const to = await otherNode(clusters, side);
        const begun = clusters.world.drive(operatorOf(clusters, side).movePartition('users', 0, to));
        expect(await begun, `round ${round}`).toBe('ERR_OK');
        await clusters.put('users', `round ${round}`, 'name', 'written meanwhile');
        await clusters.until('the move', () => {
          watch(clusters);
          const place = clusterOf(clusters, side).meta?.tables.available('users')?.partitions[0];
          return place?.node === to && place.lastMove?.outcome === 'moved';
        });
        // The old copy goes when the new one is served.
        await pass(clusters, 1_000);
      }
      for (const fault of faults) fault.lift();
      await clusters.until('DS_LOG', ({ visible }) => visible?.status === 'DS_LOG');
      await settled(clusters, side, ROWS + 2, true);
    },
  );
});

describe('trouble on the way', () => {
  it('given the new node is killed before the name of its note is durable, when its machine goes down after the decision, then nothing is lost', async () => {
    const clusters = await pair(11);
    const to = await otherNode(clusters, 'source');
    const server = clusters.source.serverAt(to) ?? '';
    let noted = false;
    let killed = false;
    clusters.world.diskRules.push(({ server: at, what, path }) => {
      if (at !== server || killed) return undefined;
      if (what === 'rename' && path.includes('place.json')) noted = true;
      if (noted && what === 'syncDirectory') {
        killed = true;
        clusters.crash(server, { processOnly: true });
      }
      return undefined;
    });
    expect(await clusters.world.drive(clusters.operator.movePartition('users', 0, to))).toBe('ERR_OK');
    await clusters.until('the kill', () => killed);
    await clusters.restart(server);
    await clusters.until(
      'the decision',
      () => clusters.source.meta?.tables.available('users')?.partitions[0]?.node === to,
    );
    clusters.crash(server);
    await pass(clusters, 500);
    await clusters.restart(server);
    await settled(clusters, 'source', ROWS, false);
  });

  it('given the disk of the new node is full, then the move is undone, says so, and nothing is lost', async () => {
    const clusters = await pair(3);
    const to = await otherNode(clusters, 'source');
    const server = clusters.source.serverAt(to) ?? '';
    clusters.world.diskRules.push(({ server: at, what }) =>
      at === server && what === 'write' ? 'ENOSPC' : undefined,
    );
    expect(await clusters.world.drive(clusters.operator.movePartition('users', 0, to))).toBe('ERR_OK');
    await clusters.until('the end', () => {
      watch(clusters);
      return clusters.source.meta?.tables.available('users')?.partitions[0]?.lastMove !== undefined;
    });
    const place = await placeOf(clusters, 'source');
    expect(place).toMatchObject({ lastMove: { outcome: 'undone', error: 'ERR_DISK_INSUFFICIENT' } });
    expect(place?.node).not.toBe(to);
    await settled(clusters, 'source', ROWS, false);
  });

  it('given the old node is cut off after it has left, then it serves nothing until it has heard what was decided', async () => {
    const clusters = await pair(4);
    const from = (await placeOf(clusters, 'source'))?.node ?? '';
    const old = clusters.source.serverAt(from) ?? '';
    const to = await otherNode(clusters, 'source');
    expect(await clusters.world.drive(clusters.operator.movePartition('users', 0, to))).toBe('ERR_OK');
    await clusters.until(
      'it to leave',
      () => clusters.source.meta?.nodes.partition(from, 1, 0)?.state === 'left',
    );
    const fault = clusters.lose({ code: 'RPC_BRIDLE_NODE_SYNC', from: old, what: 'request' });
    await clusters.until(
      'the new place',
      () => clusters.source.replicaAt(to)?.partitions()[0]?.store != null,
    );
    await clusters.put('users', 'written', 'at', 'the new place');
    clusters.crash(old, { processOnly: true });
    await clusters.restart(old);
    await pass(clusters, 10_000);
    expect(openAt(clusters, 'source')).toEqual([clusters.source.serverAt(to)]);
    fault.lift();
    await settled(clusters, 'source', ROWS + 1, false);
    await clusters.until(
      'the old copy to go',
      () => clusters.source.replicaAt(from)?.partitions().length === 0,
    );
  });
});
