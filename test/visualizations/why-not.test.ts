/** What the inspector says about events that an actor could get. */
import { describe, expect, test } from 'vitest';
import type { HeaderLine, Json, RecordingLine } from '../../runtime/observe/recording/lines.js';
import { OUR_CHARTS } from '../../visualizations/diagrams/ours.js';
import { readChart } from '../../visualizations/diagrams/read-chart.js';
import { RecordingIndex } from '../../visualizations/inspector/model/recording-index.js';
import { type EventAnswer, whyNot } from '../../visualizations/inspector/model/why-not.js';
import { Reads } from '../../visualizations/inspector/model/why-not-operands.js';

const HEADER: HeaderLine = {
  t: 'recording',
  version: 1,
  source: 'live',
  title: 'a run',
  madeBy: 'tests',
  beganUs: 1_000_000,
  values: 'removed',
};
const PROCESS = 'east meta';
const ACTOR = 'duplication/1/followerTable';
const KEY = `${PROCESS}/${ACTOR}`;

const CONTEXT = {
  identity: { sourceCluster: 'east', sourceTable: 'riders', duplicationId: 12 },
  remoteTable: 'riders',
  partitionCount: 8,
  replicaCount: 1,
  policy: 'adopt',
  goal: 'adopted',
  times: {
    requestDeadlineMs: 2_000,
    readinessPollMs: 500,
    blockedRecheckMs: 60_000,
    retry: { floorMs: 100, ceilingMs: 1_000, limitAttempts: 5 },
  },
  requestNo: 3,
  asked: 'LookTable',
  attempt: 4,
  trouble: null,
  replacing: null,
  requested: true,
  replaced: false,
  acknowledged: null,
  readiness: null,
};

const chartLine = (diagram: unknown): RecordingLine => ({
  t: 'chart',
  chart: 'followerTable',
  diagram: JSON.parse(JSON.stringify(diagram)) as Json,
});
const begins = (at: number, state: Record<string, string> | string): RecordingLine => ({
  t: 'actor',
  at,
  process: PROCESS,
  actor: ACTOR,
  parent: 'duplication/1',
  chart: 'followerTable',
  state,
  context: CONTEXT,
});

function indexOf(...lines: readonly RecordingLine[]): RecordingIndex {
  const index = new RecordingIndex(HEADER);
  index.append(lines);
  return index;
}

const ours = chartLine(readChart(OUR_CHARTS.followerTable!));
const looking = (): RecordingIndex => indexOf(ours, begins(40, { asking: 'looking' }));

function answersTo(index: RecordingIndex, matches: (answer: EventAnswer) => boolean): readonly EventAnswer[] {
  return (whyNot(index, index.length - 1, KEY)?.events ?? []).filter(matches);
}

describe('given a follower table that is being looked at', () => {
  test('when the table is there and ours, it would be adopted', () => {
    const [adopted] = answersTo(looking(), ({ leadsTo }) => leadsTo === 'adopted');
    expect(adopted?.outcome).toBe('taken');
    expect(adopted?.payload).toMatchObject({
      requestNo: 3,
      table: { owner: 'east/riders/12', partitionCount: 8 },
    });
  });

  test('when a request fails once more than allowed, the guard that would retry refuses, by the attempts made', () => {
    const [timeout] = answersTo(looking(), ({ payload }) => payload.error === 'ERR_TIMEOUT');
    expect(timeout?.leadsTo).toBe('blocked');
    const again = timeout?.transitions.find(({ guard }) => guard?.includes('again'));
    expect(again).toMatchObject({ taken: false, said: false });
    expect(again?.operands).toContainEqual({ path: 'context.attempt', value: 4, cut: false });
    expect(again?.operands).toContainEqual({
      path: 'context.times.retry.limitAttempts',
      value: 5,
      cut: false,
    });
    expect(again?.operands).toContainEqual({ path: 'event.error', value: 'ERR_TIMEOUT', cut: false });
  });

  test('when an answer is late, nothing but a note is made of it', () => {
    const [late] = answersTo(looking(), ({ payload }) => payload.requestNo === 2);
    expect(late).toMatchObject({ outcome: 'taken', leadsTo: 'asking.looking' });
    expect(late?.effects.map(({ name }) => name)).toEqual(['noteStaleReply']);
    expect(late?.transitions.filter(({ said }) => said === false).length).toBeGreaterThan(5);
  });

  test('when an operator is impatient, there is no transition for it here', () => {
    const [retry] = answersTo(looking(), ({ type }) => type === 'RETRY_NOW');
    expect(retry).toMatchObject({ outcome: 'nothing', transitions: [] });
  });

  test('then its deadline runs since the state began', () => {
    const index = looking();
    expect(whyNot(index, index.length - 1, KEY)?.timers).toEqual([
      { label: 'after requestDeadline', state: 'followerTable.asking.looking', delayMs: 2_000, sinceAt: 40 },
    ]);
  });

  test('when inner states take an event, the ones around them are not asked', () => {
    const [adopted] = answersTo(looking(), ({ leadsTo }) => leadsTo === 'adopted');
    const outer = adopted?.transitions.filter(({ source }) => source === 'followerTable');
    expect(outer).toHaveLength(1);
    expect(outer?.[0]).toMatchObject({ said: null, taken: false });
    expect(outer?.[0]?.reason).toContain('an inner state takes it');
  });

  test('when an event came before, it is asked about as it came', () => {
    const index = looking();
    index.append([
      {
        t: 'step',
        at: 50,
        process: PROCESS,
        actor: ACTOR,
        event: { type: 'FOLLOWER_REPLY', requestNo: 7, error: 'ERR_NETWORK_FAILURE' },
        edges: ['followerTable FOLLOWER_REPLY'],
      },
    ]);
    const [recorded] = answersTo(index, ({ origin }) => origin === 'recorded');
    expect(recorded).toMatchObject({ outcome: 'taken', payload: { error: 'ERR_NETWORK_FAILURE' } });
  });
});

describe('given a recording that this build cannot evaluate', () => {
  const { states, edges, ...rest } = readChart(OUR_CHARTS.followerTable!);

  test('when its chart has another transition, only the structure is told', () => {
    const other = chartLine({ ...rest, states, edges: edges.slice(1) });
    const index = indexOf(other, begins(40, { asking: 'looking' }));
    const found = whyNot(index, 0, KEY);
    expect(found).toMatchObject({ evaluated: false });
    expect(found?.note).toContain('another version');
    expect(found?.events.map(({ type }) => type)).toContain('FOLLOWER_REPLY');
    expect(found?.events.every(({ outcome }) => outcome === 'unknown')).toBe(true);
  });

  test('when the actor has come to its end, there is no answer', () => {
    const index = looking();
    index.append([{ t: 'end', at: 60, process: PROCESS, actor: ACTOR, status: 'done' }]);
    expect(whyNot(index, 1, KEY)).toBeNull();
  });
});

describe('given a guard that looks at its context', () => {
  test('then what it looked at is known, and nothing else', () => {
    const reads = new Reads();
    const context = reads.watch('context', {
      list: [true, false, true],
      retry: { limit: 3, floor: 1 },
      next: { status: 'DS_LOG' },
      other: 1,
    });
    const said = context.list.every(Boolean) || context.retry.limit > 2 || context.next !== null;
    expect(said).toBe(true);
    expect(reads.operands().list.map(({ path, value }) => [path, value])).toEqual([
      ['context.list[0]', true],
      ['context.list[1]', false],
      ['context.retry.limit', 3],
    ]);
  });

  test('then a value that the recorder shortened is marked', () => {
    const reads = new Reads();
    const event = reads.watch('event', { text: 'much too lon…' });
    expect(event.text.length).toBe(13);
    expect(reads.operands().list).toEqual([{ path: 'event.text', value: 'much too lon…', cut: true }]);
  });
});
