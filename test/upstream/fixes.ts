/**
 * Which repairs a modelled upstream contains. Every chart and process under `test/upstream` asks this set
 * how to behave, so that a defect and its repair are two values of one parameter and not two models.
 */

interface Fix {
  /** Day of the merge into upstream's master; null: proposed there, not merged. */
  readonly merged: string | null;
  /** What the code does with it. */
  readonly what: string;
}

const fix = (merged: string | null, what: string): Fix => ({ merged, what });

/** `#n` is apache/incubator-pegasus, `rdsn#n` its predecessor; names in words are remedies of ours. */
export const FIXES = {
  'rdsn#273': fix('2019-07-01', 'modify to the same status writes nothing'),
  'rdsn#611': fix('2020-09-02', 'remove deletes the record'),
  'rdsn#425': fix('2020-05-01', 'a duplication to a cluster that is not configured is refused'),
  'rdsn#838': fix('2021-06-01', 'learning steps back to the confirmed decree'),
  'rdsn#845': fix('2021-06-02', 'learned logs replace the old ones in one step'),
  'rdsn#861': fix('2021-07-26', 'loading waits for the confirmed decree'),
  'rdsn#862': fix('2021-07-26', 'a hole in the log is skipped and counted'),
  'rdsn#1071': fix('2022-03-10', 'the flag of a manual checkpoint is cleared when it is done'),
  'rdsn#1076': fix('2022-03-16', 'the copy runs in another pool than the one that waits for it'),
  '#1841': fix('2024-03-27', 'a batch is sent when it reaches the largest write'),
  '#1597': fix('2024-03-28', 'the collector leaves the log alone while it is being listed'),
  '#1968': fix('2024-04-02', 'the sync timer skips replicas whose duplication manager is gone'),
  '#2026': fix('2024-05-28', 'readiness is asked under the remote table’s name'),
  '#2033': fix('2024-05-28', 'one name of the own cluster everywhere'),
  '#2038': fix('2024-06-04', 'adding what exists is answered ERR_DUP_EXIST'),
  '#2048': fix('2024-06-27', 'what is applied may be shipped'),
  '#2054': fix('2024-07-11', 'an empty replica gets an empty write before its checkpoint'),
  '#2093': fix('2024-08-15', 'readiness wants no more members than the table has'),
  '#2097': fix('2024-08-19', 'every duplicator computes the decree its checkpoint must cover'),
  '#2144': fix('2024-11-15', 'repeating a creation is acknowledged, then the table is marked created'),
  '#2101': fix('2025-01-03', 'the shipper ignores bulk load'),
  '#2373': fix('2026-03-13', 'the loader stops before files that may be collected'),
  '#2066': fix(null, 'the duplicating flag is refreshed when there is no duplication too'),
  '#2408': fix(null, 'what is batched is sent although the last mutation is ignored'),
  'write only what alters': fix(null, 'an alteration that changes nothing writes nothing'),
  'prepared in DS_APP': fix(null, 'replicas repeat that their checkpoint is prepared in DS_APP too'),
  'owner compared': fix(null, 'a creation is acknowledged to the duplication that made the table'),
  'fail mode kept': fix(null, 'an automatic transition keeps the fail mode'),
  'readiness not skipped': fix(null, 'operators may not ask for DS_LOG in DS_APP'),
  'adding does not alter': fix(null, 'adding what exists changes nothing'),
  'volatile written': fix(null, 'the decree that is written is the one that is noted as stored'),
  'ahead is believed': fix(null, 'a confirmed decree ahead of what a new primary shipped is taken over'),
  'recovery awaited': fix(null, 'service starts when every duplication is read'),
  'record deleted first': fix(null, 'a removal is recorded before anything is deleted'),
  'least decree asked': fix(null, 'a checkpoint below the decree to start from is not served'),
  'unknown holds back': fix(null, 'one unknown progress stops the collection'),
  'secondaries told': fix(null, 'nodes without a primary hear that the table is duplicating'),
  'leak closed': fix(null, 'the flag of a manual checkpoint is cleared when none is begun'),
  'cancelled continuations': fix(null, 'what was begun for an instance that is gone does not run'),
  'flush before append': fix(null, 'a batch is sent before a mutation would make it too large'),
  'one queue': fix(null, 'the batches of a partition are sent one after the other'),
  'ranges applied once': fix(null, 'the follower skips what it has applied'),
  'holes stop': fix(null, 'a hole in the log stops shipping'),
} as const satisfies Readonly<Record<string, Fix>>;

export type FixName = keyof typeof FIXES;
export type Fixes = ReadonlySet<FixName>;

/** `before` and `after` the fix of #2146, which is PR #2144: the commit before 633042764, and db756dcdf. */
export type UpstreamVersion = 'before' | 'after';

const LAST_DAY: Readonly<Record<UpstreamVersion, string>> = { before: '2024-11-14', after: '2026-03-13' };

/** What a version contains. Days in ISO form compare as text. */
export function fixesOf(version: UpstreamVersion): Fixes {
  const names = Object.keys(FIXES) as FixName[];
  return new Set(
    names.filter((name) => {
      const { merged }: Fix = FIXES[name];
      return merged !== null && merged <= LAST_DAY[version];
    }),
  );
}

/** @example without(fixesOf('before'), '#2093') // as it was when one replica was not enough */
export function without(fixes: Fixes, ...names: readonly FixName[]): Fixes {
  return new Set([...fixes].filter((name) => !names.includes(name)));
}

export function withFixes(fixes: Fixes, ...names: readonly FixName[]): Fixes {
  return new Set([...fixes, ...names]);
}
