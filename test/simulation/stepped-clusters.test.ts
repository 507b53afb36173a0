/** Clusters that do one thing at a time: whoever steps them decides about every interleaving. */
import { describe, expect, it } from 'vitest';
import { SteppedClusters } from '../../runtime/simulation/index.js';

const LOOK = { code: 'RPC_CM_LIST_APPS', from: 'east/meta' } as const;
const LOOKED = { code: 'RPC_CM_LIST_APPS', to: 'east/meta', what: 'reply' } as const;
const CREATE = { code: 'RPC_CM_CREATE_APP', from: 'east/meta', what: 'request' } as const;
const CREATED = { code: 'RPC_CM_CREATE_APP', to: 'east/meta', what: 'reply' } as const;

/** Up to where the status DS_PREPARE waits to be written. */
async function adding(): Promise<SteppedClusters> {
  const stepped = await SteppedClusters.start();
  await stepped.clusters.createTable('users', 1);
  await stepped.hold();
  stepped.clusters.operator.addDuplication('users', 'west').catch(() => undefined);
  await stepped.settle();
  await stepped.deliver(LOOK);
  await stepped.deliver(LOOKED);
  return stepped;
}

/** Exchanges a report for orders, with everything that comes of the orders. */
async function sync(stepped: SteppedClusters, node: string): Promise<void> {
  if (stepped.messages({ from: node, code: 'RPC_BRIDLE_NODE_SYNC' }).length === 0) {
    await stepped.fire(node, 'node sync');
  }
  await stepped.deliver({ from: node, code: 'RPC_BRIDLE_NODE_SYNC' });
  await stepped.deliver({ to: node, code: 'RPC_BRIDLE_NODE_SYNC' });
  for (const effect of stepped.held('effect', node)) await stepped.release(effect);
}

/** Up to where the follower is asked to create the table. */
async function creating(): Promise<SteppedClusters> {
  const stepped = await adding();
  await stepped.store('east/meta', 'duplication/*');
  await sync(stepped, 'east/replica-0');
  await stepped.fire('east/replica-0', 'node sync');
  await stepped.deliver({ from: 'east/replica-0', code: 'RPC_BRIDLE_NODE_SYNC' });
  await stepped.store('east/meta', 'progress/*');
  await stepped.deliver(LOOK);
  await stepped.deliver(LOOKED);
  return stepped;
}

describe('clusters that are stepped', () => {
  it('given a status that is not durable, then nobody sees it, and a crash forgets it', async () => {
    const stepped = await adding();
    expect(await stepped.observe()).toMatchObject({ visible: null, durable: null });
    stepped.crash('east/meta');
    await stepped.restart('east/meta');
    expect(await stepped.observe()).toMatchObject({ visible: null, durable: null });
  });

  it('given a status that is durable, then it is seen, and a crash keeps it', async () => {
    const stepped = await adding();
    await stepped.store('east/meta', 'duplication/*');
    const prepared = { visible: { status: 'DS_PREPARE' }, durable: { status: 'DS_PREPARE' } };
    expect(await stepped.observe()).toMatchObject(prepared);
    stepped.crash('east/meta');
    await stepped.restart('east/meta');
    expect(await stepped.observe()).toMatchObject(prepared);
  });

  it('given a disk that refuses the status, then the write is repeated when its time has come', async () => {
    const stepped = await adding();
    await stepped.refuse('east/meta', 'duplication/*', 'EIO');
    expect(await stepped.observe()).toMatchObject({ visible: null, durable: null });
    await stepped.fire('east/meta', 'storageRetry of duplication.living.storage.failed');
    await stepped.store('east/meta', 'duplication/*');
    expect(await stepped.observe()).toMatchObject({ durable: { status: 'DS_PREPARE' } });
  });

  it('given the reply to the creation is lost, then a look finds the table, and it is adopted', async () => {
    const stepped = await creating();
    await stepped.deliver(CREATE);
    await stepped.store('west/meta', 'table/*');
    stepped.lose(CREATED);
    await stepped.fire('east/meta', 'requestDeadline of followerTable.asking.requesting');
    await stepped.fire('east/meta', 'retryBackoff of followerTable.backingOff');
    await stepped.deliver(LOOK, 'newest');
    await stepped.deliver(LOOKED, 'newest');
    expect(stepped.messages(CREATE)).toEqual([]);
    await stepped.store('east/meta', 'duplication/*');
    expect(await stepped.observe()).toMatchObject({ visible: { status: 'DS_APP' } });
  });

  it('given a creation that arrives twice, then there is one table', async () => {
    const stepped = await creating();
    await stepped.deliverCopy(CREATE);
    await stepped.store('west/meta', 'table/*');
    await stepped.deliver(CREATE);
    expect(stepped.held('commit', 'west/meta')).toEqual([]);
    expect(stepped.messages(CREATED)).toHaveLength(2);
    expect((await stepped.observe()).followerTable?.followerStatus).toBe('creating');
  });

  it('given something that does not wait, then the error says what does', async () => {
    const stepped = await adding();
    await expect(stepped.store('west/meta', 'table/*')).rejects.toThrow(
      /nothing that waits is commit table\/\* at west\/meta; there is\n(.*\n)*.*commit duplication/,
    );
  });
});
