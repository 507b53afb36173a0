/** Digests of rows in key order, cut into ranges where the keys say so. */
import { createHash } from 'node:crypto';
import type { RangeDigest } from '../../pegasus/index.js';

/** One row in this many ends a range, on average. A power of two. */
const ROWS_PER_RANGE = 256;
/** A range ends with the row that reaches one of these, whatever its key is. */
const MAX_RANGE_ROWS = 2_048;
const MAX_RANGE_BYTES = 1024 * 1024;
const DIGEST_BYTES = 16;
const STAGE_BYTES = 64 * 1024;
/** Lengths of key and value, and expiry. */
const HEADER_BYTES = 12;

/**
 * Collects rows into ranges. A range ends at a key whose own hash says so, hence two sides whose ranges began
 * at the same key end them at the same key again, a little behind a row that only one of them has.
 *
 * @example
 * const ranges = new RangeDigester(false);
 * ranges.add(key, value, 0);
 * ranges.finish(); // [{ end: key, digest, rows: 1 }]
 */
export class RangeDigester {
  readonly #rowByRow: boolean;
  readonly #ranges: RangeDigest[] = [];
  readonly #stage = Buffer.allocUnsafe(STAGE_BYTES);
  #staged = 0;
  #hash = createHash('sha256');
  #end: Buffer | undefined;
  #rows = 0;
  #bytes = 0;

  constructor(rowByRow: boolean) {
    this.#rowByRow = rowByRow;
  }

  /** Whether the last row ended a range: only there may an answer end. */
  get atBoundary(): boolean {
    return this.#end === undefined;
  }

  add(key: Buffer, value: Buffer, expireTsSeconds: number): void {
    this.#digest(key, value, expireTsSeconds);
    this.#end = key;
    this.#rows++;
    this.#bytes += key.length + value.length;
    const full = this.#rows >= MAX_RANGE_ROWS || this.#bytes >= MAX_RANGE_BYTES;
    if (full || this.#rowByRow || endsRange(key)) this.#cut();
  }

  /** The ranges; one that is under way ends here. */
  finish(): readonly RangeDigest[] {
    if (this.#end !== undefined) this.#cut();
    return this.#ranges;
  }

  #digest(key: Buffer, value: Buffer, expireTsSeconds: number): void {
    if (this.#staged + HEADER_BYTES > STAGE_BYTES) this.#flush();
    this.#stage.writeUInt32LE(key.length, this.#staged);
    this.#stage.writeUInt32LE(value.length, this.#staged + 4);
    this.#stage.writeUInt32LE(expireTsSeconds >>> 0, this.#staged + 8);
    this.#staged += HEADER_BYTES;
    this.#append(key);
    this.#append(value);
  }

  /** Small pieces are gathered: a call of the hash costs more than copying them. */
  #append(bytes: Buffer): void {
    if (this.#staged + bytes.length > STAGE_BYTES) this.#flush();
    if (bytes.length > STAGE_BYTES) {
      this.#hash.update(bytes);
      return;
    }
    this.#staged += bytes.copy(this.#stage, this.#staged);
  }

  #flush(): void {
    if (this.#staged > 0) this.#hash.update(this.#stage.subarray(0, this.#staged));
    this.#staged = 0;
  }

  #cut(): void {
    this.#flush();
    const digest = this.#hash.digest().subarray(0, DIGEST_BYTES);
    this.#ranges.push({ end: this.#end as Buffer, digest, rows: this.#rows });
    this.#hash = createHash('sha256');
    this.#end = undefined;
    this.#rows = 0;
    this.#bytes = 0;
  }
}

/** FNV-1a with its bits mixed: keys that count up must not end all ranges, or none. */
function endsRange(key: Buffer): boolean {
  let hash = 0x811c9dc5;
  for (let at = 0; at < key.length; at++) hash = Math.imul(hash ^ (key[at] as number), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  return ((hash ^ (hash >>> 13)) & (ROWS_PER_RANGE - 1)) === 0;
}
