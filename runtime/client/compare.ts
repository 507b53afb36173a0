/** Walking two ordered scans side by side, and what one row looks like to a comparison. */
import { createHash } from 'node:crypto';
import type { Row, Table } from './table.js';

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
  #batch: readonly Row[] = [];
  #at = 0;
  #ended = false;
  rows = 0;

  constructor(table: Table, index: number, signal: AbortSignal | undefined) {
    const options = { batchRows: BATCH_ROWS, withExpiry: true, ...(signal === undefined ? {} : { signal }) };
    this.#batches = table.scanBatches(index, options);
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
    this.rows++;
  }

  async more(): Promise<void> {
    const { value, done } = await this.#batches.next();
    this.#ended = done === true;
    this.#batch = done === true ? [] : value;
    this.#at = 0;
  }

  async close(): Promise<void> {
    await this.#batches.return(undefined);
  }
}

/** A key that is not the same on both sides, at first sight. */
export interface Suspect {
  readonly rawKey: Buffer;
  /** Of the source as it was seen, '' for no row. */
  readonly source: string;
  readonly follower: string;
}

export interface PartitionRows {
  readonly source: number;
  readonly follower: number;
}

/**
 * Compares partition `index` of both tables, which have to have the same number of partitions. Suspects
 * are handed over as they are met; memory: two batches.
 */
export async function comparePartition(
  source: Table,
  follower: Table,
  index: number,
  onSuspect: (suspect: Suspect) => void,
  onRows: (rows: PartitionRows) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const left = new Cursor(source, index, signal);
  const right = new Cursor(follower, index, signal);
  let told: PartitionRows = { source: 0, follower: 0 };
  const tell = () => {
    onRows({ source: left.rows - told.source, follower: right.rows - told.follower });
    told = { source: left.rows, follower: right.rows };
  };
  try {
    for (;;) {
      if (left.needsMore || right.needsMore) {
        tell();
        await Promise.all([
          left.needsMore ? left.more() : undefined,
          right.needsMore ? right.more() : undefined,
        ]);
      }
      const a = left.row;
      const b = right.row;
      if (a === undefined && b === undefined) return;
      const order = a === undefined ? 1 : b === undefined ? -1 : Buffer.compare(a.rawKey, b.rawKey);
      if (order !== 0 || !sameRow(a as Row, b as Row)) {
        const at = (order <= 0 ? a : b) as Row;
        onSuspect({
          rawKey: Buffer.from(at.rawKey),
          source: order <= 0 ? fingerprint(a) : '',
          follower: order >= 0 ? fingerprint(b) : '',
        });
      }
      if (order <= 0) left.next();
      if (order >= 0) right.next();
    }
  } finally {
    tell();
    await Promise.all([left.close(), right.close()]);
  }
}
