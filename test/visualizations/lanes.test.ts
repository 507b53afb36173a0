/** What the lanes of the inspector's page show of a recording, without a page. */
import { describe, expect, test } from 'vitest';
import type { HeaderLine, RecordingLine } from '../../runtime/observe/recording/lines.js';
import { RecordingIndex } from '../../visualizations/inspector/model/recording-index.js';
import {
  edgeCounts,
  edgeHistory,
  nearestMoment,
} from '../../visualizations/inspector/page/charts/edge-history.js';
import { viewOf } from '../../visualizations/inspector/page/charts/view.js';
import { lanesOf } from '../../visualizations/inspector/page/space-time/lanes.js';
import { lifeChanges, lifeParts } from '../../visualizations/inspector/page/space-time/lifelines.js';
import { ROW_PX, Rows } from '../../visualizations/inspector/page/space-time/rows.js';
import { UnderWay } from '../../visualizations/inspector/page/space-time/under-way.js';
import { syntheticRecording } from '../support/recordings.js';

const HEADER: HeaderLine = {
  t: 'recording',
  version: 1,
  source: 'live',
  title: 'a run',
  madeBy: 'tests',
  beganUs: 0,
  values: 'removed',
};
const NOTHING_FOLDED = { folded: new Set<string>(), unfolded: new Set<string>() };

function indexOf(...lines: readonly RecordingLine[]): RecordingIndex {
  const index = new RecordingIndex(HEADER);
  index.append(lines);
  return index;
}

const process = (
  name: string,
  what: 'up' | 'died' | 'restarted',
  role: 'meta' | 'replica' | 'operator',
): RecordingLine => ({
  t: 'process',
  at: 0,
  process: name,
  what,
  role,
  ...(role === 'operator' ? {} : { cluster: name.split(' ')[0]! }),
});

describe('given two clusters and an operator', () => {
  const index = indexOf(
    process('east replica 10', 'up', 'replica'),
    process('east replica 9', 'up', 'replica'),
    process('west meta', 'up', 'meta'),
    process('east meta', 'up', 'meta'),
    process('operator', 'up', 'operator'),
  );

  test('then who asks stands first, then the source, then the follower, each with its meta first', () => {
    const names = lanesOf(index, NOTHING_FOLDED).list.map(({ key }) => key);
    expect(names).toEqual(['operator', 'east meta', 'east replica 9', 'east replica 10', 'west meta']);
  });

  test('when a cluster is folded, its processes share a lane', () => {
    const lanes = lanesOf(index, { ...NOTHING_FOLDED, folded: new Set(['east']) });
    expect(lanes.list.map(({ key }) => key)).toEqual(['operator', 'cluster east', 'west meta']);
    expect(lanes.ofProcess('east replica 9')).toBe(lanes.ofProcess('east meta'));
  });
});

describe('given a process that died and came back', () => {
  test('then its lifeline has a gap from the one moment to the other', () => {
    const index = indexOf(
      process('east meta', 'up', 'meta'),
      process('east meta', 'died', 'meta'),
      process('operator', 'up', 'operator'),
      process('east meta', 'restarted', 'meta'),
    );
    const lane = lanesOf(index, NOTHING_FOLDED).list.find(({ key }) => key === 'east meta')!;
    expect(lifeParts(lane, lifeChanges(index))).toEqual([
      { up: false, from: -1, to: 0 },
      { up: true, from: 0, to: 1 },
      { up: false, from: 1, to: 3 },
      { up: true, from: 3, to: null },
    ]);
  });
});

describe('given a long recording', () => {
  const { header, lines } = syntheticRecording({ moments: 3_000, seed: 11 });
  const index = new RecordingIndex(header);
  index.append(lines);

  test('then the messages of every window are those that a look at all messages finds', () => {
    const underWay = new UnderWay(index).extend();
    for (let from = 0; from < index.length; from += 170) {
      const to = from + 60;
      const all = [...index.messages.values()].filter(({ sent, received, lost }) => {
        const last = Math.max(sent, lost ?? sent, ...received);
        return last >= from && sent <= to;
      });
      expect(new Set(underWay.between(from, to).map(({ id }) => id))).toEqual(
        new Set(all.map(({ id }) => id)),
      );
    }
  });

  test('then rows and moments lead to one another, with and without a filter, evenly and by the clock', () => {
    const some = Array.from({ length: 900 }, (_, at) => at * 3 + 1);
    for (const rows of [
      new Rows(index, null, index.length, 'moments'),
      new Rows(index, some, some.length, 'moments'),
      new Rows(index, some, some.length, 'clock'),
    ]) {
      for (let row = 0; row < rows.count; row += 7) {
        expect(rows.rowFrom(rows.moment(row))).toBe(row);
        expect(rows.rowAt(rows.top(row) + ROW_PX / 2)).toBe(row);
        expect(rows.y(rows.moment(row))).toBe(rows.top(row) + ROW_PX / 2);
      }
    }
  });

  test('then each transition knows when it was taken, also as the recording grows', () => {
    const actor = index.actors.find(({ chart }) => chart === 'duplication')!;
    const growing = new RecordingIndex(header);
    growing.append(lines.slice(0, 1_000));
    edgeHistory(growing, actor.key);
    growing.append(lines.slice(1_000));
    expect(edgeHistory(growing, actor.key)).toEqual(edgeHistory(index, actor.key));
    for (const [edge, moments] of edgeHistory(index, actor.key)) {
      for (const moment of moments) expect(index.at(moment).actors.get(actor.key)?.lastEdges).toContain(edge);
      expect(edgeCounts(index, 'duplication').get(edge)).toBe(moments.length);
      expect(nearestMoment(moments, moments[0]!, -1)).toBeNull();
    }
  });
});

describe('given a drawing that is much larger than its place', () => {
  const place = { width: 400, height: 300 };
  const drawing = { width: 3_000, height: 2_000 };

  test('then what matters is in sight and can be read', () => {
    const focus = { x: 2_900, y: 40, width: 90, height: 40 };
    const { x, y, scale } = viewOf(place, drawing, focus);
    expect(scale).toBeGreaterThan(0.7);
    expect(x + focus.x * scale).toBeGreaterThanOrEqual(0);
    expect(x + (focus.x + focus.width) * scale).toBeLessThanOrEqual(place.width);
    expect(y + focus.y * scale).toBeGreaterThanOrEqual(0);
  });

  test('then without anything that matters, all of it is', () => {
    const { scale } = viewOf(place, drawing, null);
    expect(drawing.width * scale).toBeLessThanOrEqual(place.width);
  });
});
