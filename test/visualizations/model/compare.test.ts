import { describe, expect, test } from 'vitest';
import type { RecordingLine } from '../../../runtime/observe/recording/lines.js';
import { align } from '../../../visualizations/inspector/model/compare/align.js';
import { withoutNumbers } from '../../../visualizations/inspector/model/compare/turns.js';
import { compareRecordings } from '../../../visualizations/inspector/model/compare.js';
import { RecordingIndex } from '../../../visualizations/inspector/model/recording-index.js';
import { syntheticRecording } from '../../support/recordings.js';

const HEADER = syntheticRecording({ moments: 1, charts: false }).header;
const CREATE = 'RPC_CM_CREATE_APP';

function indexOf(lines: readonly RecordingLine[]): RecordingIndex {
  const index = new RecordingIndex(HEADER);
  index.append(lines);
  return index;
}

/** How the creation of a follower table goes, with what differs from run to run as parameters. */
function creation({ id = 1, slow = 1, polls = 1, replyLost = false, denied = false } = {}): RecordingLine[] {
  const process = 'east meta';
  const actor = `duplication/${id}/followerTable`;
  let at = 0;
  const tick = (): number => (at += 10 * slow);
  const step = (type: string, edge: string, state: string, more = {}): RecordingLine => ({
    t: 'step',
    at: tick(),
    process,
    actor,
    event: { type, requestNo: id, ...more },
    edges: [edge],
    state,
  });
  const message = (n: number, reply: boolean): RecordingLine[] => {
    const [from, to] = reply ? ['west meta', process] : [process, 'west meta'];
    const lost = reply && replyLost;
    const send: RecordingLine = {
      t: 'send',
      at: tick(),
      id: `m${id}-${n}`,
      process: from,
      to,
      kind: CREATE,
      what: reply ? 'reply' : 'request',
      ...(reply ? { answers: `m${id}-${n - 1}` } : {}),
      ...(lost ? { fate: 'lost' as const } : {}),
    };
    const arrival: RecordingLine = { t: 'receive', at: tick(), id: send.id, process: to };
    return lost ? [send] : [send, arrival];
  };
  const outcome = replyLost
    ? step('xstate.after.requestDeadline.followerTable.asking', 'f.requesting after', 'backingOff')
    : denied
      ? step('FOLLOWER_REPLY', 'f.requesting FOLLOWER_REPLY[1]', 'blocked', { error: 'ERR_ACL_DENY' })
      : step('FOLLOWER_REPLY', 'f.requesting FOLLOWER_REPLY[0]', 'copying', { error: 'ERR_OK' });
  const round = Array.from({ length: polls }, () => [
    step('xstate.after.readinessPoll.followerTable.copying', 'f.copying after', 'checking'),
    step('FOLLOWER_REPLY', 'f.checking FOLLOWER_REPLY', 'copying'),
  ]).flat();
  return [
    { t: 'process', at: tick(), process, what: 'up', role: 'meta', pid: 4_000 + id },
    {
      t: 'actor',
      at: tick(),
      process,
      actor,
      parent: null,
      chart: 'followerTable',
      state: 'looking',
      context: {},
    },
    step('FOLLOWER_REPLY', 'f.looking FOLLOWER_REPLY[0]', 'requesting'),
    ...message(1, false),
    ...message(2, true),
    outcome,
    ...(replyLost || denied ? [] : round),
  ];
}

describe('comparing two recordings', () => {
  test('given the same seed twice, then there is no divergence', () => {
    const [a, b] = [1, 1].map((seed) => indexOf(syntheticRecording({ moments: 3_000, seed }).lines));
    const { divergence, pairs, summary } = compareRecordings(a as RecordingIndex, b as RecordingIndex);
    expect(divergence).toBeNull();
    expect(pairs.every(({ same, a: x, b: y }) => same && x === y)).toBe(true);
    expect(summary).toMatch(/^The same in all \d+ turns\.$/);
  });

  test('given other times, ids and numbers of polls, then there is no divergence', () => {
    const a = indexOf(creation({ id: 1, polls: 1 }));
    const b = indexOf(creation({ id: 9, slow: 7, polls: 5 }));
    expect(compareRecordings(a, b).divergence).toBeNull();
  });

  test('given steps of two actors the other way round, then there is no divergence', () => {
    const step = (actor: string): RecordingLine[] => [
      { t: 'actor', at: 1, process: 'p', actor, parent: null, chart: 'c', state: 'off', context: {} },
      { t: 'step', at: 2, process: 'p', actor, event: { type: 'ON' }, edges: ['c.off ON'], state: 'on' },
    ];
    const [a, b] = [indexOf([...step('x'), ...step('y')]), indexOf([...step('y'), ...step('x')])];
    expect(compareRecordings(a, b).divergence).toBeNull();
  });

  test('given one lost reply, then it is where they part, and the timeout comes after it', () => {
    const lines = creation({ replyLost: true });
    const { divergence, divergences } = compareRecordings(indexOf(lines), indexOf(creation({ id: 4 })));
    expect(divergence).toMatchObject({
      kind: 'message',
      who: `reply to ${CREATE} from west meta to east meta`,
      words: `reply to ${CREATE} from west meta to east meta: it is lost here, it arrives there`,
    });
    expect(lines[divergence?.a as number]).toMatchObject({ t: 'send', fate: 'lost' });
    expect(divergences[1]).toMatchObject({
      kind: 'event',
      words:
        'east meta/duplication/#/followerTable: after requestDeadline leads to backingOff here, FOLLOWER_REPLY to copying there',
    });
  });

  test('given another answer, then the edge differs and the words say what the event carried', () => {
    const a = indexOf(creation({ polls: 0 }));
    const { divergence } = compareRecordings(a, indexOf(creation({ denied: true })));
    expect(divergence).toMatchObject({ kind: 'edge' });
    expect(divergence?.words).toContain('leads to copying here, to blocked there');
    expect(divergence?.words).toContain('error ERR_OK against ERR_ACL_DENY');
  });

  test('given a run that ends early, then what is missing is told at its place', () => {
    const lines = creation({ polls: 0 });
    const { divergence } = compareRecordings(indexOf(lines), indexOf(lines.slice(0, -1)));
    expect(divergence).toMatchObject({ kind: 'missing', a: lines.length - 1, b: null });
    expect(divergence?.words).toContain('nothing more happens there');
  });

  test('given an event that is ignored in one of them, then that is what differs', () => {
    const begin: RecordingLine = {
      t: 'actor',
      at: 1,
      process: 'p',
      actor: 'x',
      parent: null,
      chart: 'c',
      state: 'off',
      context: {},
    };
    const event = { type: 'ON' };
    const taken: RecordingLine = {
      t: 'step',
      at: 2,
      process: 'p',
      actor: 'x',
      event,
      edges: ['c.off ON'],
      state: 'on',
    };
    const ignored: RecordingLine = { t: 'step', at: 2, process: 'p', actor: 'x', event, edges: [] };
    const { divergence } = compareRecordings(indexOf([begin, taken]), indexOf([begin, ignored]));
    expect(divergence).toMatchObject({ kind: 'edge', a: 1, b: null });
    expect(divergence?.words).toContain('ON: on here, ON leaves the state as it is there');
  });

  test('given a pair of recordings, then every turn of both is in the list once', () => {
    const [a, b] = [indexOf(creation({ replyLost: true })), indexOf(creation({ polls: 3 }))];
    const { pairs } = compareRecordings(a, b);
    for (const side of ['a', 'b'] as const) {
      const moments = pairs.map((pair) => pair[side]).filter((moment) => moment !== null);
      expect(new Set(moments).size).toBe(moments.length);
    }
    expect(pairs.filter(({ same }) => !same).length).toBeGreaterThan(0);
  });
});

test('names lose the numbers that a run gave out, and keep the partition', () => {
  expect(withoutNumbers('duplication/17/followerTable')).toBe('duplication/#/followerTable');
  expect(withoutNumbers('transfer/3.5', 5)).toBe('transfer/#.5');
  expect(withoutNumbers('duplicator/17/5', 5)).toBe('duplicator/#/5');
  expect(withoutNumbers('duplicator/5/5', 5)).toBe('duplicator/#/5');
});

test('sequences are put beside each other with as much in common as possible', () => {
  expect(align(['a', 'b', 'd'], ['a', 'c', 'd'])).toEqual([
    [0, 0],
    [1, null],
    [null, 1],
    [2, 2],
  ]);
  expect(align([], ['x'])).toEqual([[null, 0]]);
  expect(align(['x', 'a', 'b'], ['a', 'b'])).toEqual([
    [0, null],
    [1, 0],
    [2, 1],
  ]);
});
