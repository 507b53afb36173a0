/** What the inspector's panels say: actors as a tree, progress by stages, partitions as a map. */
import { describe, expect, it } from 'vitest';
import type { Explanation } from '../../runtime/observe/explain.js';
import type { HeaderLine, Json, RecordingLine } from '../../runtime/observe/recording/lines.js';
import { actorRows, stateInWords, troubleOf } from '../../visualizations/inspector/model/actor-tree.js';
import { heatCells, heatCounts } from '../../visualizations/inspector/model/heat.js';
import { progressAt } from '../../visualizations/inspector/model/progress.js';
import { bytesInWords, durationInWords } from '../../visualizations/inspector/model/quantities.js';
import { RecordingIndex } from '../../visualizations/inspector/model/recording-index.js';

const HEADER: HeaderLine = {
  t: 'recording',
  version: 1,
  source: 'live',
  title: 'a run',
  madeBy: 'bridle test',
  beganUs: 1_000_000_000,
  values: 'removed',
};
const META = 'east meta';
const DUPLICATION = 'duplication/1';

function indexOf(...lines: readonly RecordingLine[]): RecordingIndex {
  const index = new RecordingIndex(HEADER);
  index.append(lines);
  return index;
}

const up: RecordingLine = { t: 'process', at: 0, process: META, what: 'up', role: 'meta', cluster: 'east' };
const begins: RecordingLine = {
  t: 'actor',
  at: 10,
  process: META,
  actor: DUPLICATION,
  parent: null,
  chart: 'duplication',
  state: 'DS_INIT',
  context: { status: 'DS_INIT', identity: { sourceTable: 'users', duplicationId: 1 }, trouble: null },
};
const becomes = (at: number, status: string): RecordingLine => ({
  t: 'step',
  at,
  process: META,
  actor: DUPLICATION,
  event: { type: 'STATUS_PERSISTED' },
  edges: [],
  changes: { status },
});
function explained(at: number, change: Partial<Explanation['progress']>): RecordingLine {
  const explanation: Explanation = {
    table: 'users',
    duplicationId: 1,
    status: 'DS_APP',
    failMode: 'FAIL_SLOW',
    remoteCluster: 'west',
    remoteTable: 'users',
    headline: 'DS_APP',
    blockedBy: null,
    diagnosis: [],
    line: 'DS_APP',
    blocked: false,
    stuck: null,
    waiting: [],
    operatorCan: [],
    next: 'bridle status users --watch',
    progress: {
      partitionCount: 2,
      prepared: 2,
      ready: 0,
      lagDecrees: 0,
      confirmed: [5, 5],
      lastCommitted: [5, 5],
      copiedBytes: 0,
      totalBytes: 1_000,
      skippedMutations: 0,
      ...change,
    },
  };
  return { t: 'explain', at, explanation: explanation as unknown as Json };
}

describe('progress at a moment', () => {
  const index = indexOf(
    up,
    begins,
    becomes(1_000, 'DS_PREPARE'),
    becomes(2_000, 'DS_APP'),
    explained(3_000, { copiedBytes: 400 }),
    explained(5_000, { copiedBytes: 1_000, lagDecrees: 7 }),
    explained(6_000, { copiedBytes: 1_000, lagDecrees: 3 }),
  );
  const LAST = index.length - 1;

  it('given steps of a duplication, then its stages have their times, and the last one is open', () => {
    const [progress] = progressAt(index, LAST);
    expect(progress?.key).toBe('users/1');
    expect(progress?.stages.map(({ status, beganAt, endedAt }) => [status, beganAt, endedAt])).toEqual([
      ['DS_INIT', 10, 1_000],
      ['DS_PREPARE', 1_000, 2_000],
      ['DS_APP', 2_000, null],
    ]);
  });

  it('given what it told, then bytes, lag and the latest account are those up to the moment', () => {
    const [before] = progressAt(index, 4);
    expect(before?.stages.at(-1)?.bytes).toBe(400);
    const [progress] = progressAt(index, LAST);
    expect(progress?.stages.at(-1)?.bytes).toBe(1_000);
    expect(progress?.lag.map(({ lagDecrees }) => lagDecrees)).toEqual([0, 7, 3]);
    expect(progress?.explanation?.next).toBe('bridle status users --watch');
  });

  it('given an account in which nothing moved, then the last progress is not of it', () => {
    expect(progressAt(index, LAST)[0]?.movedAt).toBe(5_000);
  });

  it('given a moment before everything, then there is no progress', () => {
    expect(progressAt(index, -1)).toEqual([]);
  });

  it('given an account that came before the step it tells of, then the stages are the chart’s', () => {
    const early = indexOf(
      up,
      explained(5, {}),
      begins,
      becomes(1_000, 'DS_PREPARE'),
      becomes(2_000, 'DS_APP'),
    );
    expect(progressAt(early, 4)[0]?.stages.map(({ status }) => status)).toEqual([
      'DS_INIT',
      'DS_PREPARE',
      'DS_APP',
    ]);
  });

  it('given what it points to, then that is part of the account, as it was told', () => {
    const account = explained(5, {}) as { explanation: Record<string, unknown> };
    const diagnosis = [
      { seen: true, sign: 'ERR_TIMEOUT', cause: 'a firewall', look: 'bridle preflight users' },
    ];
    const told = { headline: 'DS_APP · ERR_TIMEOUT, 2×', blockedBy: 'rule 1 of east (drop *)', diagnosis };
    const line = { ...account, explanation: { ...account.explanation, ...told } } as unknown as RecordingLine;
    expect(progressAt(indexOf(up, line), 1)[0]?.explanation).toMatchObject(told);
    expect(indexOf(up, line).moment(1).summary).toContain('DS_APP · ERR_TIMEOUT, 2×');
  });

  it('given an account of an older version, then what it does not tell is empty', () => {
    const account = explained(5, {}) as { explanation: Record<string, unknown> };
    const { headline, blockedBy, diagnosis, ...older } = account.explanation;
    const line = { ...account, explanation: older } as RecordingLine;
    expect(progressAt(indexOf(up, line), 1)[0]?.explanation).toMatchObject({
      line: 'DS_APP',
      headline: '',
      blockedBy: null,
      diagnosis: [],
    });
  });

  it('given accounts only, then the stages are theirs', () => {
    const asked = indexOf(up, explained(5, {}));
    expect(progressAt(asked, 1)[0]?.stages.map(({ status }) => status)).toEqual(['DS_APP']);
  });

  it('given a run that grows, then what came later is seen', () => {
    const growing = indexOf(up, begins);
    expect(progressAt(growing, 1)[0]?.status).toBe('DS_INIT');
    growing.append([becomes(1_000, 'DS_PREPARE')]);
    expect(progressAt(growing, 2)[0]?.status).toBe('DS_PREPARE');
    expect(progressAt(growing, 1)[0]?.status).toBe('DS_INIT');
  });
});

describe('the tree of actors', () => {
  const transfer = (partition: number): RecordingLine => ({
    t: 'actor',
    at: 20,
    process: 'west replica 0',
    actor: `transfer/2.${partition}`,
    parent: null,
    chart: 'checkpointTransfer',
    state: partition === 0 ? 'locating' : 'copying',
    context: partition === 3 ? { trouble: { error: 'ERR_TIMEOUT' } } : {},
    partition,
  });

  it('given a few actors, then each has a row under its process, and children under their parents', () => {
    const index = indexOf(up, begins, {
      t: 'actor',
      at: 30,
      process: META,
      actor: `${DUPLICATION}/followerTable`,
      parent: DUPLICATION,
      chart: 'followerTable',
      state: { asking: 'looking' },
      context: {},
    });
    const rows = actorRows(index, index.at(index.length - 1), new Set());
    expect(rows.map(({ level, id }) => [level, id])).toEqual([
      [1, `process ${META}`],
      [2, `${META}/${DUPLICATION}`],
      [3, `${META}/${DUPLICATION}/followerTable`],
    ]);
    const last = rows[2];
    expect(last?.kind === 'actor' && stateInWords(last.state)).toBe('asking.looking');
  });

  it('given many alike, then they are one row that counts their states and can be opened', () => {
    const index = indexOf(...Array.from({ length: 128 }, (_, partition) => transfer(partition)));
    const world = index.at(index.length - 1);
    const [process, group, ...others] = actorRows(index, world, new Set());
    expect(others).toEqual([]);
    expect(process).toMatchObject({ kind: 'process', actors: 128 });
    expect(group).toMatchObject({ kind: 'group', actors: 128, states: '127 copying, 1 locating' });
    expect(actorRows(index, world, new Set([group!.id]))).toHaveLength(130);
  });

  it('given an actor with trouble, then its error is named; one that has ended has none', () => {
    const index = indexOf(transfer(3), {
      t: 'end',
      at: 40,
      process: 'west replica 0',
      actor: 'transfer/2.3',
      status: 'stopped',
    });
    const key = 'west replica 0/transfer/2.3';
    expect(troubleOf(index.at(0).actors.get(key)!)).toBe('ERR_TIMEOUT');
    expect(troubleOf(index.at(1).actors.get(key)!)).toBeNull();
    expect(stateInWords(index.at(1).actors.get(key)!)).toBe('stopped');
  });
});

describe('the map of partitions', () => {
  it('given partitions in every condition, then each is told apart by letter and word', () => {
    const cells = heatCells([
      { partition: 3, source: 'serving', follower: 'serving', confirmed: 4, lastCommitted: 9 },
      { partition: 0, source: 'serving', follower: 'copying', copiedBytes: 25, totalBytes: 100 },
      { partition: 1, source: 'serving', follower: 'copying', trouble: 'ERR_TIMEOUT' },
      { partition: 2, source: 'serving', follower: 'serving', confirmed: 9, lastCommitted: 9 },
      { partition: 4, source: 'missing' },
      { partition: 5, source: 'serving' },
    ]);
    expect(cells.map(({ partition, heat, letter }) => [partition, heat, letter])).toEqual([
      [0, 'copying', 'C'],
      [1, 'trouble', '!'],
      [2, 'current', '✓'],
      [3, 'behind', 'B'],
      [4, 'gone', '✕'],
      [5, 'waiting', '·'],
    ]);
    expect(cells[0]?.words).toBe('partition 0: copying, 25 % copied; source serving; follower copying');
    expect(cells[3]?.words).toContain('5 mutations behind');
    expect(heatCounts(cells).map(({ heat, count }) => [heat, count])[0]).toEqual(['trouble', 1]);
  });
});

describe('quantities in words', () => {
  it.each([
    [5, '5 µs'],
    [1_234, '1.23 ms'],
    [12_345_678, '12.3 s'],
    [180_000_000, '3 min'],
    [10_800_000_000, '3 h'],
  ])('given %d microseconds, then %s', (us, words) => expect(durationInWords(us)).toBe(words));

  it.each([
    [0, '0 B'],
    [1_023, '1023 B'],
    [1_536, '1.5 KiB'],
    [5 * 1024 ** 3, '5 GiB'],
  ])('given %d bytes, then %s', (bytes, words) => expect(bytesInWords(bytes)).toBe(words));
});
