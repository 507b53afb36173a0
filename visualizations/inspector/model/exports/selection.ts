/** Which part of a recording is exported. */
import type { RecordingIndex } from '../recording-index.js';
import type { Filter } from '../types.js';

export interface Selection {
  /** First moment. Default 0. */
  readonly from?: number;
  /** Last moment. Default: the last there is. */
  readonly to?: number;
  /** Default: everything. */
  readonly filter?: Filter;
}

/** Something that cannot be exported, and what to do instead. */
export class ExportError extends Error {
  override readonly name = 'ExportError';
}

/**
 * First and last moment, both included.
 *
 * @throws ExportError for moments that there are not
 */
export function rangeOf(
  index: RecordingIndex,
  { from = 0, to = index.length - 1 }: Selection,
): [number, number] {
  if (index.length === 0) throw new ExportError('Nothing has happened in this recording yet.');
  const whole = Number.isInteger(from) && Number.isInteger(to);
  if (!whole || from < 0 || to >= index.length || from > to) {
    throw new ExportError(
      `Moments ${from} to ${to} are no part of this recording. Give a range within 0..${index.length - 1}.`,
    );
  }
  return [from, to];
}

/** The moments of a selection, ascending. */
export function* momentsIn(index: RecordingIndex, selection: Selection): Generator<number> {
  const [from, to] = rangeOf(index, selection);
  const { filter } = selection;
  if (filter === undefined) {
    for (let moment = from; moment <= to; moment += 1) yield moment;
    return;
  }
  let moment: number | null = index.passes(from, filter) ? from : index.next(from, filter, 1);
  for (; moment !== null && moment <= to; moment = index.next(moment, filter, 1)) yield moment;
}

/** `1.204513 s` since the beginning; `step 17` where there is no time. */
export function timeInWords(index: RecordingIndex, at: number): string {
  return index.header.source === 'counterexample' ? `step ${at}` : `${(at / 1_000_000).toFixed(6)} s`;
}
