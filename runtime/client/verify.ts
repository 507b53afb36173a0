/** Comparing a follower table with its source, by digests or row by row, while both are in use. */
import { setMaxListeners } from 'node:events';
import { toPegasusEpoch } from '../pegasus/value.js';
import { BridleError } from './errors.js';
import { compareByDigests } from './verify/by-digests.js';
import { lookUpFollower, lookUpSource } from './verify/by-keys.js';
import { compareByRows } from './verify/by-rows.js';
import type { VerifyOptions, VerifyReport } from './verify/model.js';
import { Pace } from './verify/pace.js';
import { forEachParallel } from './verify/parallel.js';
import { recheck } from './verify/recheck.js';
import type { VerifyUnit } from './verify/state.js';
import { Tally } from './verify/tally.js';

export type {
  KeyExample,
  PartitionCounts,
  RowCounts,
  VerifyMode,
  VerifyOptions,
  VerifyProgress,
  VerifyReport,
} from './verify/model.js';
export { type VerifyState, verifyStateSchema } from './verify/state.js';

const DEFAULT_SETTLE_MS = 200;
const DEFAULT_RECHECK_LIMIT = 5;
const PARALLEL_PARTITIONS = 4;
/** Answers of a server that computes no digests, or not for us. */
const NO_DIGESTS: ReadonlySet<string> = new Set([
  'ERR_HANDLER_NOT_FOUND',
  'ERR_NOT_IMPLEMENTED',
  'ERR_ACL_DENY',
]);

/**
 * Compares value and expiry of every row. Embedded clusters compute digests of ranges of rows where the rows
 * are, and only ranges that differ are looked into; of real Pegasus clusters every row is read.
 *
 * What is not compared at a decree and looks different is read again a few times, the source first, before it
 * is called a difference, since writes may be on their way. The report's `mode` says which it was.
 *
 * @example
 * const report = await verifyTables({ source: await a.table('users'), follower: await b.table('users') });
 * if (!report.equal) console.log(report.missing, report.extra, report.differing);
 */
export async function verifyTables(options: VerifyOptions): Promise<VerifyReport> {
  const tally = new Tally(options);
  const paces = { source: new Pace(options), follower: new Pace(options) };
  const { source, follower } = options;
  // One partition that fails ends the others.
  const failed = new AbortController();
  const signal = AbortSignal.any([failed.signal, ...(options.signal === undefined ? [] : [options.signal])]);
  // Every request under way listens to it.
  setMaxListeners(0, signal);
  const each = (of: VerifyUnit['of'], compare: (unit: VerifyUnit) => Promise<void>) =>
    forEachParallel(tally.unitsLeft(of), PARALLEL_PARTITIONS, (unit) =>
      compare(unit).catch((error: unknown) => {
        failed.abort();
        throw error;
      }),
    );
  try {
    const reason = tally.unitsLeft('both').length === 0 ? '' : await whyNoDigests(options);
    const common = { source, follower, signal, tally, paces };
    const nowSeconds = toPegasusEpoch(Date.now());
    if (reason === '') {
      await each('both', (unit) => compareByDigests({ ...common, owner: options.owner, unit, nowSeconds }));
    } else {
      tally.notAtDecree(reason, true);
      await each('both', (unit) => compareByRows({ ...common, unit }));
    }
    if (source.partitionCount !== follower.partitionCount) {
      const counts = `${source.partitionCount} and ${follower.partitionCount}`;
      tally.notAtDecree(`the tables have ${counts} partitions, so each row was looked up`, true);
      await each('source', (unit) => lookUpSource({ ...common, unit }));
      await each('follower', (unit) => lookUpFollower({ ...common, unit }));
    }
    tally.tell();
    const outcomes = await recheck(tally.suspects, {
      source,
      follower,
      signal,
      settleMs: options.settleMs ?? DEFAULT_SETTLE_MS,
      recheckLimit: options.recheckLimit ?? DEFAULT_RECHECK_LIMIT,
    });
    tally.settle(outcomes);
    return tally.report();
  } catch (error) {
    tally.tell();
    throw error;
  }
}

/** Empty when both sides compute digests. */
async function whyNoDigests({ source, follower, method, signal }: VerifyOptions): Promise<string> {
  if (method === 'scan') return 'a scan was asked for';
  for (const [side, table] of [
    ['source', source],
    ['follower', follower],
  ] as const) {
    try {
      const snapshot = await table.openSnapshot(0, {}, signal === undefined ? {} : { signal });
      snapshot.close();
    } catch (error) {
      const { code, peer } = BridleError.from(error);
      if (!NO_DIGESTS.has(code)) throw error;
      return `the ${side} computes no digests (${code}${peer === undefined ? '' : ` from ${peer}`})`;
    }
  }
  return '';
}

/** BRIDLE_ROWS_DIFFER for a report that is not equal, for callers that want an error. */
export function rowsDiffer(report: VerifyReport, table: string): BridleError {
  const { missing, extra, differing, unsettled } = report;
  return BridleError.of('BRIDLE_ROWS_DIFFER', {
    operation: 'verify',
    hint: `${missing} missing, ${extra} extra, ${differing} differing, ${unsettled} unsettled`,
    values: { table },
  });
}
