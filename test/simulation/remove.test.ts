/**
 * Removing a duplication in every state, with either policy, with a crash of every server meanwhile, and adding it
 * again: nothing is left of the first, and the second ends in DS_LOG with equal rows (SPEC L-RELEASE-1).
 */
import { describe, expect, it } from 'vitest';
import { VirtualClusters } from '../../runtime/simulation/index.js';

const CREATION = { code: 'RPC_CM_CREATE_APP', to: 'west/meta', what: 'request' } as const;
const LATE_MS = 20_000;
const LIMIT_MS = 180_000;

interface Begun {
  readonly clusters: VirtualClusters;
  readonly id: number;
  /** Whatever kept it in its state. */
  readonly lift: () => void;
}

async function add(clusters: VirtualClusters): Promise<number> {
  return clusters.addDuplication('users');
}

/** Each brings a duplication into a state, and keeps it there. */
const STATES: Readonly<Record<string, (clusters: VirtualClusters) => Promise<Begun>>> = {
  'before the creation': async (clusters) => {
    const { lift } = clusters.lose(CREATION);
    const id = await add(clusters);
    await clusters.advance(1_000);
    return { clusters, id, lift };
  },
  'with the creation on its way': async (clusters) => {
    clusters.delayNext(CREATION, LATE_MS);
    const rules = clusters.world.messageRules.length;
    const id = await add(clusters);
    await clusters.until('the creation to be sent', () => clusters.world.messageRules.length < rules);
    return { clusters, id, lift: () => {} };
  },
  'while it copies': async (clusters) => {
    const { lift } = clusters.lose({ code: 'RPC_NFS_COPY', what: 'request' });
    const id = await add(clusters);
    await clusters.until('DS_APP', ({ visible }) => visible?.status === 'DS_APP');
    await clusters.advance(500);
    return { clusters, id, lift };
  },
  'in DS_LOG': async (clusters) => {
    const id = await add(clusters);
    await logging(clusters);
    return { clusters, id, lift: () => {} };
  },
  'in DS_PAUSE': async (clusters) => {
    const id = await add(clusters);
    await logging(clusters);
    expect(await clusters.modifyDuplication('users', id, { status: 'DS_PAUSE' })).toBe('ERR_OK');
    return { clusters, id, lift: () => {} };
  },
};

const logging = (clusters: VirtualClusters) =>
  clusters.until('DS_LOG', ({ visible }) => visible?.status === 'DS_LOG', LIMIT_MS);

async function begin(state: string): Promise<Begun> {
  const clusters = await VirtualClusters.start();
  await clusters.createTable('users', 2);
  for (let i = 0; i < 4; i++) await clusters.put('users', `user ${i}`, 'name', `Ada ${i}`);
  const bring = STATES[state];
  if (bring === undefined) throw new Error(state);
  return bring(clusters);
}

/** Asks until it is taken: an operator whose server restarts does the same. */
async function remove({ clusters, id }: Begun, policy: 'keep' | 'drop'): Promise<void> {
  const change = { status: 'DS_REMOVED', followerTablePolicy: policy } as const;
  for (let tries = 0; ; tries++) {
    const error = await clusters.modifyDuplication('users', id, change).catch(() => 'ERR_TIMEOUT');
    if (error === 'ERR_OK' || error === 'ERR_OBJECT_NOT_FOUND') return;
    expect(tries, error).toBeLessThan(100);
    await clusters.advance(500);
  }
}

/** Until it is taken as a new one. */
async function addAgain({ clusters, id: before }: Begun, policy: string): Promise<void> {
  for (let tries = 0; ; tries++) {
    const adding = clusters.operator.addDuplication('users', 'west', { policy });
    const { error, id } = await clusters.world.drive(adding).catch(() => ({ error: 'ERR_TIMEOUT', id: 0 }));
    if (error === 'ERR_OK' && id !== before) return;
    expect(tries, error).toBeLessThan(100);
    await clusters.advance(500);
  }
}

const rowsOf = (side: readonly { readonly rows: Readonly<Record<string, string>> }[]) =>
  JSON.stringify(Object.entries(Object.assign({}, ...side.map(({ rows }) => rows))).sort());

/** DS_LOG, also for what is written now, and one table with one directory per partition. */
async function converges(clusters: VirtualClusters): Promise<void> {
  await logging(clusters);
  await clusters.put('users', 'user 0', 'name', 'Grace');
  await clusters.until(
    'equal rows',
    ({ source, follower }) => follower.length > 0 && rowsOf(source) === rowsOf(follower),
    LIMIT_MS,
  );
  await clusters.advance(LATE_MS);
  expect((await clusters.observe()).visible?.status).toBe('DS_LOG');
  expect(await partitionDirectories(clusters)).toHaveLength(2);
}

async function partitionDirectories({ world }: VirtualClusters): Promise<readonly string[]> {
  const { fileSystem } = world.environment({ server: 'test', alive: true });
  const entries = await world.drive(fileSystem.list('/west/replica-0'));
  return entries.map(({ name }) => name).filter((name) => /^\d+\.\d+/.test(name));
}

const gone = (clusters: VirtualClusters) =>
  clusters.until('the record to be deleted', ({ visible, durable }) => visible === null && durable === null);

/** The source holds neither duplicators nor anything of the old duplication. */
function released({ source }: VirtualClusters): boolean {
  const partitions = source.replica(0)?.partitions() ?? [];
  return partitions.every((partition) => partition.report().duplications.length === 0);
}

const SERVERS = ['east/meta', 'east/replica-0', 'west/meta', 'west/replica-0'];
/** Every state and every server in the long profile; else each state without a crash, and each server in some. */
const EVERY = process.env.BRIDLE_GENERATED === 'long';
const STRUCK = ['with the creation on its way', 'in DS_LOG'];
const cases = Object.keys(STATES).flatMap((state) => [
  [state, 'nothing'] as const,
  ...SERVERS.filter((_, at) => EVERY || at % 2 === STRUCK.indexOf(state)).map(
    (server) => [state, server] as const,
  ),
]);

describe('a removal with the follower table', () => {
  it.each(cases)(
    'given one %s, when %s crashes, then nothing is left and it can be added again',
    async (state, server) => {
      const begun = await begin(state);
      const { clusters } = begun;
      const removing = remove(begun, 'drop');
      if (server !== 'nothing') {
        clusters.crash(server);
        await clusters.advance(2_000);
        await clusters.restart(server);
      }
      await removing;
      await gone(clusters);
      begun.lift();
      // Whatever was on its way has arrived by then.
      await clusters.advance(LATE_MS + 5_000);
      const { followerTable } = await clusters.observe();
      expect(followerTable).toBeNull();
      expect(await partitionDirectories(clusters)).toEqual([]);
      expect(released(clusters)).toBe(true);
      await addAgain(begun, 'adopt');
      await converges(clusters);
    },
  );

  it.each(Object.keys(STATES))(
    'given one %s, when it is added again at once, then it ends in DS_LOG',
    async (state) => {
      const begun = await begin(state);
      await remove(begun, 'drop');
      begun.lift();
      await addAgain(begun, 'adopt');
      await converges(begun.clusters);
    },
  );
});

describe('a removal that keeps the follower table', () => {
  it.each(Object.keys(STATES))(
    'given one %s, then the table in the way is named, and `replace` goes on',
    async (state) => {
      const begun = await begin(state);
      const { clusters, id } = begun;
      await remove(begun, 'keep');
      await gone(clusters);
      begun.lift();
      await clusters.advance(LATE_MS + 5_000);
      expect(released(clusters)).toBe(true);
      const { followerTable } = await clusters.observe();
      if (followerTable !== null) {
        expect(followerTable.owner).toBe(`east/users/${id}`);
        for (const policy of ['adopt', 'fail']) {
          const adding = clusters.operator.call('RPC_CM_ADD_DUPLICATION', {
            appName: 'users',
            remoteClusterName: 'west',
            isDuplicatingCheckpoint: true,
            existingTablePolicy: policy,
          });
          const { err, hint } = await clusters.world.drive(adding);
          expect([err, hint]).toEqual(['ERR_APP_EXIST', expect.stringContaining(`east/users/${id}`)]);
        }
      }
      await addAgain(begun, 'replace');
      await converges(clusters);
    },
  );
});

it('given a removal, then the number of what is refused afterwards survives restarts of the follower', async () => {
  const begun = await begin('with the creation on its way');
  const { clusters } = begun;
  await remove(begun, 'drop');
  await gone(clusters);
  clusters.crash('west/meta');
  await clusters.restart('west/meta');
  await clusters.advance(LATE_MS + 5_000);
  expect((await clusters.observe()).followerTable).toBeNull();
});
