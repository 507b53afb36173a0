/** Comparing a follower table with its source, row by row, while both are in use. */
import { comparePartition, fingerprint, type Suspect, sameRow } from './compare.js';
import { BridleError, printable } from './errors.js';
import { forEachParallel, recheck, type Verdict } from './recheck.js';
import type { Table } from './table.js';

/** How far a comparison is. */
export interface VerifyProgress {
  /** Partitions compared to their end. */
  readonly partitionsDone: number;
  readonly partitions: number;
  /** Rows scanned. */
  readonly sourceRows: number;
  readonly followerRows: number;
  /** Keys to be looked at again. */
  readonly suspicious: number;
}

/** The tables to compare, and how patiently. */
export interface VerifyOptions {
  readonly source: Table;
  readonly follower: Table;
  readonly signal?: AbortSignal | undefined;
  /** At most five times a second, and once before keys are looked at again. */
  readonly onProgress?: ((progress: VerifyProgress) => void) | undefined;
  /** First wait before a suspicious key is read again, in milliseconds; doubles. Default 200. */
  readonly settleMs?: number | undefined;
  /** How often a suspicious key is read again. Default 5. */
  readonly recheckLimit?: number | undefined;
  /** Suspicious keys kept in memory. Default 100 000. */
  readonly maxSuspicious?: number | undefined;
}

/** A key that differs, readable: UTF-8 where it is, else hexadecimal after `0x`. */
export interface KeyExample {
  readonly hashKey: string;
  readonly sortKey: string;
}

/** What a comparison found. Times in milliseconds; examples name keys, never values. */
export interface VerifyReport {
  /** True when every row was compared and none is missing, extra, differing or unsettled. */
  readonly equal: boolean;
  /** Rows scanned. */
  readonly source: number;
  readonly follower: number;
  /** In the source only. */
  readonly missing: number;
  /** In the follower only. */
  readonly extra: number;
  /** In both, with another value or another expiry. */
  readonly differing: number;
  /** Written so often that neither equality nor difference could be seen. */
  readonly unsettled: number;
  /** The first 100 of each. */
  readonly examples: {
    readonly missing: readonly KeyExample[];
    readonly extra: readonly KeyExample[];
    readonly differing: readonly KeyExample[];
  };
  /** Partitions of the source. */
  readonly partitions: number;
  readonly elapsedMs: number;
  /** Keys that were read again. */
  readonly rechecked: number;
  /** True when more keys were suspicious than fit: the rest counts as it looked at first sight. */
  readonly truncated: boolean;
}

const DEFAULT_SETTLE_MS = 200;
const DEFAULT_RECHECK_LIMIT = 5;
const DEFAULT_MAX_SUSPICIOUS = 100_000;
const EXAMPLES = 100;
const PARALLEL_PARTITIONS = 4;
const PARALLEL_READS = 32;
const PROGRESS_PERIOD_MS = 200;

/**
 * Compares value and expiry of every row. A key that looks different is read again a few times, the source
 * first, before it is called a difference, since writes may be on their way.
 *
 * @example
 * const report = await verifyTables({ source: await a.table('users'), follower: await b.table('users') });
 * if (!report.equal) console.log(report.missing, report.extra, report.differing);
 */
export async function verifyTables(options: VerifyOptions): Promise<VerifyReport> {
  const startedMs = performance.now();
  const tally = new Tally(options);
  if (options.source.partitionCount === options.follower.partitionCount) {
    await compareByPartition(options, tally);
  } else {
    await compareByKey(options, tally);
  }
  tally.progress(true);
  const verdicts = await recheck(tally.suspects, {
    source: options.source,
    follower: options.follower,
    signal: options.signal,
    settleMs: options.settleMs ?? DEFAULT_SETTLE_MS,
    recheckLimit: options.recheckLimit ?? DEFAULT_RECHECK_LIMIT,
  });
  for (const [at, verdict] of verdicts.entries()) tally.count(verdict, tally.suspects[at]?.rawKey);
  return tally.report(performance.now() - startedMs);
}

async function compareByPartition({ source, follower, signal }: VerifyOptions, tally: Tally): Promise<void> {
  const partitions = Array.from({ length: source.partitionCount }, (_, index) => index);
  await forEachParallel(partitions, PARALLEL_PARTITIONS, async (index) => {
    const onSuspect = (suspect: Suspect) => tally.suspect(suspect);
    await comparePartition(source, follower, index, onSuspect, (rows) => tally.rows(rows), signal);
    tally.partitionsDone++;
  });
}

/** Other partition counts put rows elsewhere, so each row is looked up on the other side. */
async function compareByKey({ source, follower, signal }: VerifyOptions, tally: Tally): Promise<void> {
  const limits = signal === undefined ? {} : { signal };
  for (let index = 0; index < source.partitionCount; index++) {
    const scan = source.scanPartition(index, { ...limits, withExpiry: true });
    await forEachParallel(scan, PARALLEL_READS, async (row) => {
      tally.rows({ source: 1, follower: 0 });
      const copy = await follower.readRow(row.rawKey, limits);
      if (copy !== undefined && sameRow(row, copy)) return;
      tally.suspect({
        rawKey: Buffer.from(row.rawKey),
        source: fingerprint(row),
        follower: fingerprint(copy),
      });
    });
    tally.partitionsDone++;
  }
  await forEachParallel(follower.scan({ ...limits, noValue: true }), PARALLEL_READS, async (row) => {
    tally.rows({ source: 0, follower: 1 });
    if ((await source.readRow(row.rawKey, { ...limits, noValue: true })) !== undefined) return;
    tally.suspect({ rawKey: Buffer.from(row.rawKey), source: '', follower: '?' });
  });
}

/** Counts, examples, and the keys to look at again. */
class Tally {
  readonly suspects: Suspect[] = [];
  partitionsDone = 0;
  readonly #options: VerifyOptions;
  readonly #maxSuspicious: number;
  readonly #counts: Record<Verdict, number> = { same: 0, missing: 0, extra: 0, differing: 0, unsettled: 0 };
  readonly #examples = {
    missing: [] as KeyExample[],
    extra: [] as KeyExample[],
    differing: [] as KeyExample[],
  };
  #source = 0;
  #follower = 0;
  #truncated = false;
  #nextMs = 0;

  constructor(options: VerifyOptions) {
    this.#options = options;
    this.#maxSuspicious = options.maxSuspicious ?? DEFAULT_MAX_SUSPICIOUS;
  }

  rows(rows: { readonly source: number; readonly follower: number }): void {
    this.#source += rows.source;
    this.#follower += rows.follower;
    this.progress(false);
  }

  suspect(suspect: Suspect): void {
    if (this.suspects.length < this.#maxSuspicious) {
      this.suspects.push(suspect);
      return;
    }
    this.#truncated = true;
    const { source, follower, rawKey } = suspect;
    this.count(source === '' ? 'extra' : follower === '' ? 'missing' : 'differing', rawKey);
  }

  count(verdict: Verdict, rawKey: Buffer | undefined): void {
    this.#counts[verdict]++;
    if (rawKey === undefined || verdict === 'same' || verdict === 'unsettled') return;
    if (this.#examples[verdict].length < EXAMPLES) this.#examples[verdict].push(toExample(rawKey));
  }

  progress(now: boolean): void {
    const { onProgress, source } = this.#options;
    const nowMs = performance.now();
    if (onProgress === undefined || (!now && nowMs < this.#nextMs)) return;
    this.#nextMs = nowMs + PROGRESS_PERIOD_MS;
    onProgress({
      partitionsDone: this.partitionsDone,
      partitions: source.partitionCount,
      sourceRows: this.#source,
      followerRows: this.#follower,
      suspicious: this.suspects.length,
    });
  }

  report(elapsedMs: number): VerifyReport {
    const { missing, extra, differing, unsettled } = this.#counts;
    return {
      equal: missing + extra + differing + unsettled === 0 && !this.#truncated,
      source: this.#source,
      follower: this.#follower,
      missing,
      extra,
      differing,
      unsettled,
      examples: this.#examples,
      partitions: this.#options.source.partitionCount,
      elapsedMs: Math.round(elapsedMs),
      rechecked: this.suspects.length,
      truncated: this.#truncated,
    };
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function readable(bytes: Uint8Array): string {
  try {
    const text = utf8.decode(bytes);
    if (printable(text) === text) return text;
  } catch {
    // Not text.
  }
  return `0x${Buffer.from(bytes).toString('hex')}`;
}

function toExample(rawKey: Buffer): KeyExample {
  const end = 2 + rawKey.readUInt16BE(0);
  return { hashKey: readable(rawKey.subarray(2, end)), sortKey: readable(rawKey.subarray(end)) };
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
