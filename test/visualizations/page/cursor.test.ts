import { describe, expect, it } from 'vitest';
import { RecordingIndex } from '../../../visualizations/inspector/model/recording-index.js';
import { densityOf } from '../../../visualizations/inspector/page/cursor/density.js';
import { marksOf, nextMark } from '../../../visualizations/inspector/page/cursor/marks.js';
import { syntheticRecording } from '../../support/recordings.js';

function indexOf(moments: number): RecordingIndex {
  const { header, lines } = syntheticRecording({ moments, seed: 5 });
  const index = new RecordingIndex(header);
  index.append(lines);
  return index;
}

describe('marks on the time line', () => {
  it('given a run with trouble, then every loss and death is marked, also when the run grows', () => {
    const { header, lines } = syntheticRecording({ moments: 4_000, seed: 5 });
    const index = new RecordingIndex(header);
    index.append(lines.slice(0, 1_000));
    marksOf(index);
    index.append(lines.slice(1_000));
    const marked = marksOf(index).map(({ moment }) => moment);
    const expected = index.lines.flatMap((line, moment) =>
      ['fault', 'lost', 'gap', 'verdict'].includes(line.t) || (line.t === 'process' && line.what === 'died')
        ? [moment]
        : [],
    );
    expect(marked).toEqual(expected);
    expect(marked.length).toBeGreaterThan(10);
  });

  it('given marks, when going on and back, then each is reached and the ends lead nowhere', () => {
    const marks = [4, 9, 30].map((moment) => ({ moment, kind: 'lost' as const }));
    expect(nextMark(marks, -1, 1)).toBe(4);
    expect(nextMark(marks, 4, 1)).toBe(9);
    expect(nextMark(marks, 30, 1)).toBeNull();
    expect(nextMark(marks, 30, -1)).toBe(9);
    expect(nextMark(marks, 4, -1)).toBeNull();
  });
});

describe('density', () => {
  it('given fewer moments than columns, then there is a column for each', () => {
    expect(densityOf(indexOf(40), null, 600)).toHaveLength(40);
  });

  it('given a filter, then the columns tell where its moments are, and all of them are told', () => {
    const index = indexOf(5_000);
    const passing = index.matching({
      text: 'lost',
      actors: [],
      processes: [],
      kinds: [],
      partitions: [],
      hideRoutine: false,
    });
    const columns = densityOf(index, passing, 250);
    const told = columns.reduce((sum, { passing: share }) => sum + share * 20, 0);
    expect(told).toBeCloseTo(passing.length, 6);
    for (const { rate, passing: share } of columns) {
      expect(rate).toBeGreaterThanOrEqual(0);
      expect(rate).toBeLessThanOrEqual(1);
      expect(share).toBeLessThanOrEqual(1);
    }
  });

  it('given a busy second after a quiet one, then it is higher', () => {
    const index = new RecordingIndex(indexOf(20).header);
    const note = (at: number) => ({ t: 'note' as const, at, level: 'info' as const, text: 'here' });
    index.append([0, 1e6, 2e6, 3e6, 3.1e6, 3.2e6, 3.3e6, 3.4e6].map(note));
    const [quiet, busy] = densityOf(index, null, 2);
    expect(busy!.rate).toBeGreaterThan(quiet!.rate);
  });
});
