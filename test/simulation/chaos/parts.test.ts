/** The parts of the chaos simulation: what is drawn, minimised, remembered and torn. */
import { describe, expect, it } from 'vitest';
import type { DuplicationRecord, TableRecord } from '../../../runtime/cluster/meta/meta-store.js';
import { Draw } from '../../../runtime/simulation/chaos/draw.js';
import { LATEST_MS } from '../../../runtime/simulation/chaos/draw-trouble.js';
import { FAULT_KINDS, faultsOf } from '../../../runtime/simulation/chaos/fault-kinds.js';
import { tornBy } from '../../../runtime/simulation/chaos/faults/survival.js';
import { Ledger } from '../../../runtime/simulation/chaos/ledger.js';
import { minimise } from '../../../runtime/simulation/chaos/minimise.js';
import { Drops } from '../../../runtime/simulation/chaos/monitors/drops.js';
import { History } from '../../../runtime/simulation/chaos/monitors/history.js';
import { RowBooks } from '../../../runtime/simulation/chaos/monitors/row-books.js';
import { Judge } from '../../../runtime/simulation/chaos/properties.js';
import { DiskTree } from '../../../runtime/simulation/disk-tree.js';
import { MemoryEngine } from '../../../runtime/store/index.js';

describe('faults by name', () => {
  it.each([
    ['all', FAULT_KINDS],
    ['none', []],
    ['loss, crash', ['loss', 'crash']],
    ['!loss', FAULT_KINDS.filter((kind) => kind !== 'loss')],
    ['all,!loss,!crash', FAULT_KINDS.filter((kind) => kind !== 'loss' && kind !== 'crash')],
    ['loss,!loss', []],
  ] as const)('given %j, then those', (list, kinds) => {
    expect([...faultsOf(list)].sort()).toEqual([...kinds].sort());
  });
});

describe('a draw', () => {
  it('given a name, then a stream of its own that does not move the others', () => {
    const numbers = (draw: Draw) => Array.from({ length: 5 }, () => draw.unit());
    const [one, other] = [new Draw(7), new Draw(7)];
    numbers(other.fork('clients'));
    expect(numbers(one)).toEqual(numbers(other));
    expect(numbers(one.fork('a'))).not.toEqual(numbers(one.fork('b')));
    expect(numbers(new Draw(7))).not.toEqual(numbers(new Draw(8)));
  });
});

describe('delta debugging', () => {
  const items = Array.from({ length: 30 }, (_, i) => i);

  it.each([
    ['two far apart', [3, 27]],
    ['one', [14]],
    ['none', []],
  ])('given a failure that needs %s, then just that is left', async (_, needed) => {
    const fails = async (left: readonly number[]) => needed.every((item) => left.includes(item));
    const found = await minimise({ items, fails, isEnough: () => false });
    expect(found).toMatchObject({ items: needed, complete: true });
  });

  it('given too little time, then it says that fewer may do', async () => {
    const found = await minimise({ items, fails: async () => true, isEnough: (tries) => tries >= 1 });
    expect(found).toMatchObject({ tries: 1, complete: false });
  });
});

describe('a ledger', () => {
  it('given a write without an answer, then both outcomes are possible until it can be late no more', () => {
    const ledger = new Ledger(1_000);
    ledger.acknowledge('row', 'one', 0);
    ledger.leaveOpen('row', 'two', 100);
    ledger.acknowledge('row', 'three', 200);
    expect(['one', 'two', 'three', null].map((value) => ledger.isPossible('row', value))).toEqual([
      ...[false, true, true, false],
    ]);
    ledger.acknowledge('row', 'four', 1_200);
    expect(ledger.isPossible('row', 'two')).toBe(false);
    expect(ledger.isPossible('never written', null)).toBe(true);
  });
});

describe('a torn write', () => {
  it('given any draw, then what was synced first stays whole, and something between is left of the rest', () => {
    const seen = new Set<string>();
    for (let seed = 0; seed < 60; seed++) {
      const tree = new DiskTree();
      tree.makeDirectory('/node');
      const file = tree.openFile('/node/log', true);
      tree.syncDirectory('/');
      tree.syncDirectory('/node');
      file.write(Buffer.alloc(64, 'a'), 0);
      file.sync();
      file.write(Buffer.alloc(1_200, 'b'), 64);
      tree.powerFailure(
        '/node',
        tornBy(new Draw(seed), () => undefined),
      );
      const left = tree.openFile('/node/log', false).read(10_000, 0).toString('latin1');
      expect(left.slice(0, 64)).toBe('a'.repeat(64));
      expect(left).toMatch(/^a{64}[b\0]*$/);
      seen.add(left);
    }
    expect(seen.size).toBeGreaterThan(10);
  });
});

describe('the books of both sides', () => {
  const key = Buffer.from('\0\x01ks', 'latin1');
  const put = (decree: number, value: string, marks?: Record<string, number>) => ({
    ...{ puts: [[key, Buffer.from(value)] as const], deletes: [], decree },
    ...(marks === undefined ? {} : { marks }),
  });

  async function pair() {
    const judge = new Judge(() => 0);
    const books = new RowBooks(judge, () => 'east/users/1');
    const open = async (server: string, directory: string) =>
      books.watch(await MemoryEngine.open(), server, directory);
    const source = await open('east/replica-0', '/east/replica-0/1.0/engine');
    const follower = await open('west/replica-0', '/west/replica-0/2.0/engine');
    return { judge, source, follower };
  }

  it('given the same rows at the same decree, then nothing is amiss', async () => {
    const { judge, source, follower } = await pair();
    await source.apply(put(1, 'one'));
    await source.apply(put(2, 'two'));
    await follower.apply(put(1, 'two', { 'source:east/users/1': 2 }));
    expect(judge.violation).toBeNull();
    expect(judge.checked.NoGap).toBeGreaterThan(0);
  });

  it.each([
    ['a row that is missing at the decree it names', 'NoGap', 2, 'one', 'east/users/1'],
    ['what another duplication ships', 'OwnTable', 1, 'one', 'east/users/9'],
  ] as const)('given %s, then %s is violated', async (_, property, mark, value, owner) => {
    const { judge, source, follower } = await pair();
    await source.apply(put(1, 'one'));
    await source.apply(put(2, 'two'));
    await follower.apply(put(1, value, { [`source:${owner}`]: mark }));
    expect(judge.violation?.property).toBe(property);
  });

  it('given an older value after a newer one, then PerKeyOrder is violated', async () => {
    const { judge, source, follower } = await pair();
    await source.apply(put(1, 'one'));
    await source.apply(put(2, 'two'));
    await follower.apply(put(1, 'two', { 'source:east/users/1': 2 }));
    await follower.apply(put(2, 'one', { 'source:east/users/1': 2 }));
    expect(judge.violation?.property).toBe('PerKeyOrder');
  });

  it('given a batch that is applied again after the next one, then Monotone is violated', async () => {
    const { judge, source, follower } = await pair();
    await source.apply(put(1, 'one'));
    await source.apply(put(2, 'two'));
    await follower.apply(put(1, 'two', { 'source:east/users/1': 2 }));
    await follower.apply({ puts: [], deletes: [], decree: 2, marks: { 'source:east/users/1': 1 } });
    expect(judge.violation?.property).toBe('Monotone');
  });

  it('given a source that writes something else under a decree it had, then AcknowledgedKept is violated', async () => {
    const { judge, source } = await pair();
    await source.apply(put(1, 'one'));
    await source.apply(put(1, 'other'));
    expect(judge.violation?.property).toBe('AcknowledgedKept');
  });

  it('given mutations that were applied together, then only their last decree can be compared with', () => {
    const history = new History();
    history.add(3, new Map([['k', Buffer.from('three')]]));
    expect([history.isKnown(2), history.isKnown(3), history.at('k', 3)?.toString()]).toEqual([
      false,
      true,
      'three',
    ]);
    expect([...history.changedIn(0, 3)]).toEqual(['k']);
  });
});

describe('tables of the follower that are dropped', () => {
  const table: TableRecord = {
    ...{ appId: 2, name: 'copies', partitionCount: 1, envs: {}, status: 'AS_AVAILABLE' },
    ...{ createSecond: 0, dropSecond: 0, partitions: [] },
  };
  const own = { ...table, envs: { 'duplication.owner': 'east/users/1' } };
  const duplication: DuplicationRecord = {
    ...{ duplicationId: 1, appId: 1, appName: 'users', remoteCluster: 'west', remoteTable: 'copies' },
    ...{ remoteReplicaCount: 1, partitionCount: 1, policy: 'adopt', onRemove: 'drop', status: 'DS_REMOVED' },
    ...{ failMode: 'FAIL_SLOW', createTimestampMs: 0 },
  };

  it.each([
    ['its own at a removal that says so', own, duplication, null],
    ['its own at a removal that keeps it', own, { ...duplication, onRemove: 'keep' }, 'OwnTable'],
    ['its own while it lives', own, { ...duplication, status: 'DS_LOG' }, 'OwnTable'],
    ['somebody else’s at a removal', table, duplication, 'OwnTable'],
    ['one that may be replaced', table, { ...duplication, policy: 'replace', status: 'DS_PREPARE' }, null],
    ['one that might have been, at a removal', table, { ...duplication, policy: 'replace' }, 'OwnTable'],
  ] as const)('given %s, then OwnTable holds or not', (_, was, record, violated) => {
    const judge = new Judge(() => 0);
    new Drops(judge, 'east', () => 0).noteTable(was, { ...was, status: 'AS_DROPPED' }, [record]);
    expect(judge.violation?.property ?? null).toBe(violated);
  });

  // Found by a seed: a full disk put the drop off until the duplication that had asked for it was long gone.
  it.each([
    ['goes on', [[2], [2]], null],
    ['was forgotten by a meta server that died', [[2], []], 'OwnTable'],
    ['begins too late', [[], [2]], 'OwnTable'],
  ] as const)(
    'given one that may be replaced, and a drop that %s, then OwnTable holds or not',
    (_, looks, violated) => {
      const judge = new Judge(() => 0);
      let nowMs = 0;
      const drops = new Drops(judge, 'east', () => nowMs);
      drops.noteDuplication({ ...duplication, policy: 'replace', status: 'DS_PREPARE' });
      for (const dropping of looks) {
        drops.noteDropping(dropping);
        nowMs += 2 * LATEST_MS;
      }
      drops.noteTable(table, { ...table, status: 'AS_DROPPED' }, []);
      expect(judge.violation?.property ?? null).toBe(violated);
    },
  );
});
