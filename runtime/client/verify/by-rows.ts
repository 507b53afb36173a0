/** Walking two ordered scans side by side, and what one row looks like to a comparison. */
import { createHash } from 'node:crypto';
import type { Row, Table } from '../table.js';
import type { VerifyOptions } from './model.js';
import type { Pace } from './pace.js';
import type { VerifyUnit } from './state.js';
import type { Suspect, Tally } from './tally.js';

const BATCH_ROWS = 1000;

/** Value and expiry in a few bytes, '' for no row: what is remembered of a row that looked different. */
export function fingerprint(row: Row | undefined): string {
  if (row === undefined) return '';
  const hash = createHash('sha256').update(row.value);
  return `${hash.digest('base64').slice(0, 22)}${row.expireTsSeconds ?? '?'}`;
}

/** Same value, same moment of expiry. A server that does not tell the expiry cannot contradict. */
export function sameRow(a: Row, b: Row): boolean {
  const expiry =
    a.expireTsSeconds === undefined ||
    b.expireTsSeconds === undefined ||
    a.expireTsSeconds === b.expireTsSeconds;
  return expiry && a.value.equals(b.value);
}

/** One partition of one table, a row at a time, without a promise per row. */
class Cursor {
  readonly #batches: AsyncGenerator<readonly Row[]>;
  readonly #onBytes: (bytes: number) => void;
  readonly #pace: Pace;
  readonly #signal: AbortSignal | undefined;
  #batch: readonly Row[] = [];
  #at = 0;
  #ended = false;
  /** Rows gone by since they were asked for last. */
  #rows = 0;

  constructor(table: Table, { unit, signal, tally }: RowComparison, pace: Pace) {
    this.#pace = pace;
    this.#signal = signal;
    this.#onBytes = (bytes) => tally.transferred(bytes, bytes);
    this.#batches = table.scanBatches(unit.partition, {
      batchRows: Math.min(BATCH_ROWS, pace.maxRows),
      withExpiry: true,
      ...(unit.after === null ? {} : { after: Buffer.from(unit.after, 'base64') }),
      ...(signal === undefined ? {} : { signal }),
    });
  }

  get needsMore(): boolean {
    return !this.#ended && this.#at >= this.#batch.length;
  }

  /** Undefined at the end. */
  get row(): Row | undefined {
    return this.#batch[this.#at];
  }

  next(): void {
    this.#at++;
    this.#rows++;
  }

  takeRows(): number {
    const rows = this.#rows;
    this.#rows = 0;
    return rows;
  }

  async more(): Promise<void> {
    const { value, done } = await this.#batches.next();
    this.#ended = done === true;
    this.#batch = done === true ? [] : value;
    this.#at = 0;
    const bytes = bytesOf(this.#batch);
    this.#onBytes(bytes);
    await this.#pace.take(this.#batch.length, bytes, this.#signal);
  }

  async close(): Promise<void> {
    await this.#batches.return(undefined);
  }
}

/** Of keys and values. */
export function bytesOf(rows: readonly Row[]): number {
  return rows.reduce((sum, { rawKey, value }) => sum + rawKey.length + value.length, 0);
}

/** A partition of both tables, which have to have the same number of partitions. */
export interface RowComparison extends Pick<VerifyOptions, 'source' | 'follower' | 'signal'> {
  readonly unit: VerifyUnit;
  readonly tally: Tally;
  readonly paces: { readonly source: Pace; readonly follower: Pace };
}

/** Compares a partition to its end, all rows over the wire. Memory: two batches. */
export async function compareByRows(comparison: RowComparison): Promise<void> {
  const { source, follower, unit, tally, paces } = comparison;
  const { partition } = unit;
  const left = new Cursor(source, comparison, paces.source);
  const right = new Cursor(follower, comparison, paces.follower);
  let suspects: Suspect[] = [];
  let after: Buffer | undefined;
  try {
    for (;;) {
      if (left.needsMore || right.needsMore) {
        if (after !== undefined) {
          const rows = { partition, source: left.takeRows(), follower: right.takeRows() };
          tally.passed(unit, { after, rows: [rows], suspects });
          suspects = [];
        }
        await Promise.all([
          left.needsMore ? left.more() : undefined,
          right.needsMore ? right.more() : undefined,
        ]);
      }
      const a = left.row;
      const b = right.row;
      const order = a === undefined ? 1 : b === undefined ? -1 : Buffer.compare(a.rawKey, b.rawKey);
      const at = order <= 0 ? a : b;
      if (at === undefined) return tally.done(unit);
      after = at.rawKey;
      if (order !== 0 || !sameRow(a as Row, b as Row)) {
        suspects.push({
          rawKey: Buffer.from(at.rawKey),
          partition,
          source: order <= 0 ? fingerprint(a) : '',
          follower: order >= 0 ? fingerprint(b) : '',
          counted: true,
        });
      }
      if (order <= 0) left.next();
      if (order >= 0) right.next();
    }
  } finally {
    await Promise.all([left.close(), right.close()]);
  }
}
