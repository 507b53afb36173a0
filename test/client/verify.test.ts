import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type Cluster,
  openCluster,
  rowsDiffer,
  type VerifyOptions,
  verifyTables,
} from '../../runtime/client/index.js';
import { FakeCluster } from './fake-cluster.js';

let a: FakeCluster;
let b: FakeCluster;
let source: Cluster;
let follower: Cluster;
beforeEach(async () => {
  a = await FakeCluster.start();
  b = await FakeCluster.start();
  source = await openCluster({ meta: a.metaList });
  follower = await openCluster({ meta: b.metaList });
});
afterEach(async () => {
  await source.close();
  await follower.close();
  await a[Symbol.asyncDispose]();
  await b[Symbol.asyncDispose]();
});

function fill(rows: number, followerPartitions = 4): void {
  a.addTable('t', 4);
  b.addTable('t', followerPartitions);
  for (let at = 0; at < rows; at++) {
    for (const fake of [a, b]) fake.set('t', `h${at}`, `s${at % 3}`, `v${at}`, at % 7);
  }
}

async function verify(options: Partial<VerifyOptions> = {}) {
  const tables = { source: await source.table('t'), follower: await follower.table('t') };
  return verifyTables({ ...tables, settleMs: 10, recheckLimit: 3, ...options });
}

describe.each([
  ['equal partition counts', 4],
  ['other partition counts', 8],
])('with %s', (_, partitions) => {
  it('finds nothing when nothing differs', async () => {
    fill(1200, partitions);
    const report = await verify();
    expect(report).toMatchObject({ equal: true, source: 1200, follower: 1200, rechecked: 0, partitions: 4 });
  });

  it('finds what is missing, extra, and different in value or expiry', async () => {
    fill(500, partitions);
    a.set('t', 'only-here', 's', 'v');
    b.set('t', 'only-there', 's', 'v');
    b.set('t', 'also-there', 's', 'v');
    b.set('t', 'h5', 's2', 'other', 5);
    b.set('t', 'h6', 's0', 'v6', 12_345);
    const report = await verify();
    expect(report).toMatchObject({ equal: false, missing: 1, extra: 2, differing: 2, unsettled: 0 });
    expect(report.examples.missing).toEqual([{ hashKey: 'only-here', sortKey: 's' }]);
    expect(report.examples.differing.map((key) => key.hashKey).sort()).toEqual(['h5', 'h6']);
    expect(rowsDiffer(report, 't').hint).toBe('1 missing, 2 extra, 2 differing, 0 unsettled');
  });

  it('forgives rows that were on their way', async () => {
    fill(500, partitions);
    a.set('t', 'late', 's', 'v');
    b.set('t', 'removed', 's', 'v');
    a.set('t', 'h7', 's1', 'newer');
    const arrive = () => {
      b.set('t', 'late', 's', 'v');
      b.set('t', 'removed', 's', undefined);
      b.set('t', 'h7', 's1', 'newer');
    };
    const report = await verify({ onProgress: ({ suspicious }) => suspicious === 3 && arrive() });
    expect(report).toMatchObject({ equal: true, missing: 0, extra: 0, differing: 0, rechecked: 3 });
  });
});

it('follows a row that never rests at a distance, and does not call a stranger equal', async () => {
  fill(10);
  let at = 0;
  // The follower is one write behind, always; `wild` has on the follower what the source never had.
  const timer = setInterval(() => {
    b.set('t', 'hot', 's', `w${at}`);
    a.set('t', 'hot', 's', `w${++at}`);
    a.set('t', 'wild', 's', `x${at}`);
  }, 1);
  a.set('t', 'hot', 's', 'w0');
  b.set('t', 'wild', 's', 'stranger');
  const report = await verify({ settleMs: 20, recheckLimit: 4 });
  clearInterval(timer);
  expect(report.unsettled + report.differing).toBeGreaterThanOrEqual(1);
  expect(report.equal).toBe(false);
});

it('says so when more keys are suspicious than it keeps, with exact counts and 100 names', async () => {
  fill(0);
  for (let at = 0; at < 300; at++) a.set('t', `h${at}`, '', 'v');
  b.set('t', '\u0000bin', '', 'v');
  const report = await verify({ maxSuspicious: 50 });
  expect(report).toMatchObject({ missing: 300, extra: 1, truncated: true, rechecked: 50, equal: false });
  expect(report.examples.missing.length).toBe(100);
  expect(report.examples.extra).toEqual([{ hashKey: '0x0062696e', sortKey: '' }]);
});

it('can be canceled', async () => {
  fill(100);
  const tables = { source: await source.table('t'), follower: await follower.table('t') };
  const canceled = verifyTables({ ...tables, signal: AbortSignal.abort() });
  await expect(canceled).rejects.toMatchObject({ code: 'ERR_THREAD_INTERRUPTED' });
});
