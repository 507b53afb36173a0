import type { RecordingIndex } from '../../model/recording-index.js';

interface Found {
  readonly kinds: Set<string>;
  looked: number;
}

const known = new WeakMap<RecordingIndex, Found>();

/** Event types and message kinds that occur, sorted. Only what came since the last time is looked at. */
export function kindsOf(index: RecordingIndex): string[] {
  const found = known.get(index) ?? { kinds: new Set(), looked: 0 };
  known.set(index, found);
  const { lines } = index;
  for (; found.looked < lines.length; found.looked++) {
    const line = lines[found.looked]!;
    if (line.t === 'step') found.kinds.add(line.event.type);
    else if (line.t === 'send') found.kinds.add(line.kind);
  }
  return [...found.kinds].sort();
}
