/** Moments worth going to: what was done to the system, and what went wrong in it. */
import type { TimedLine } from '../../../../runtime/observe/recording/lines.js';
import type { RecordingIndex } from '../../model/recording-index.js';

export type MarkKind = 'fault' | 'lost' | 'died' | 'gap' | 'verdict';

export interface Mark {
  readonly moment: number;
  readonly kind: MarkKind;
}

interface Found {
  readonly marks: Mark[];
  looked: number;
}

const known = new WeakMap<RecordingIndex, Found>();

/** Ascending. Only what came since the last time is looked at. */
export function marksOf(index: RecordingIndex): readonly Mark[] {
  const found = known.get(index) ?? { marks: [], looked: 0 };
  known.set(index, found);
  const { lines } = index;
  for (; found.looked < lines.length; found.looked++) {
    const kind = markOf(lines[found.looked]!);
    if (kind !== null) found.marks.push({ moment: found.looked, kind });
  }
  return found.marks;
}

function markOf(line: TimedLine): MarkKind | null {
  switch (line.t) {
    case 'fault':
    case 'lost':
    case 'gap':
    case 'verdict':
      return line.t;
    case 'process':
      return line.what === 'died' ? 'died' : null;
    default:
      return null;
  }
}

/** The nearest mark before or after a moment; null: none. */
export function nextMark(marks: readonly Mark[], moment: number, direction: 1 | -1): number | null {
  if (direction === 1) return marks.find((mark) => mark.moment > moment)?.moment ?? null;
  return marks.findLast((mark) => mark.moment < moment)?.moment ?? null;
}
