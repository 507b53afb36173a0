/**
 * What becomes of a batch that says which decrees it covers, by what its sender's mark here says.
 *
 * - `apply`: it begins where the mark stands.
 * - `repeated`: all of it has taken effect; it is acknowledged and does nothing.
 * - `apart`: it overlaps or leaves a gap; the sender is told where the mark stands.
 * - `nothing-held`: no checkpoint of this sender has ever been here.
 */
export type Admission = 'apply' | 'repeated' | 'apart' | 'nothing-held';

export interface BatchRange {
  readonly fromDecreeExcluded: number | undefined;
  readonly toDecreeIncluded: number;
}

/** @example admitBatch(7, { fromDecreeExcluded: 7, toDecreeIncluded: 9 }) // 'apply' */
export function admitBatch(appliedDecree: number, range: BatchRange): Admission {
  if (appliedDecree < 0) return 'nothing-held';
  if (range.toDecreeIncluded <= appliedDecree) return 'repeated';
  return range.fromDecreeExcluded === appliedDecree ? 'apply' : 'apart';
}
