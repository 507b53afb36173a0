/** One side of a comparison by digests: ranges in key order, read ahead as far as one answer reaches. */
import type { RangeDigest } from '../../pegasus/schemas/index.js';
import type { Pace } from './pace.js';
import type { PartitionSnapshot } from './snapshot.js';

/** What a reader needs of the comparison it is part of. */
export interface ReaderOptions {
  readonly snapshot: PartitionSnapshot;
  readonly pace: Pace;
  readonly nowSeconds: number;
  readonly signal: AbortSignal | undefined;
  /** Told of each answer: bytes of keys and values it stands for, bytes it took. */
  readonly onBytes: (compared: number, transferred: number) => void;
}

export interface ReaderPart {
  readonly after: Buffer | undefined;
  readonly upTo?: Buffer;
  readonly rowByRow?: boolean;
  /** Sent with the first request. */
  readonly leaveOut?: readonly Buffer[] | undefined;
}

/** Of one range in an answer, besides its key: digest, number of rows, and what is around them. */
const RANGE_BYTES = 48;

export class RangeReader {
  readonly #options: ReaderOptions;
  readonly #upTo: Buffer | undefined;
  readonly #rowByRow: boolean;
  #after: Buffer | undefined;
  #leaveOut: readonly Buffer[] | undefined;
  #ended = false;
  /** Ranges that were read and not yet compared. */
  pending: readonly RangeDigest[] = [];

  constructor(options: ReaderOptions, { after, upTo, rowByRow = false, leaveOut }: ReaderPart) {
    this.#options = options;
    this.#after = after;
    this.#upTo = upTo;
    this.#rowByRow = rowByRow;
    this.#leaveOut = leaveOut;
  }

  /** Reads on when nothing is pending; afterwards nothing is pending only at the end. */
  async fill(): Promise<void> {
    const { snapshot, pace, nowSeconds, signal, onBytes } = this.#options;
    while (this.pending.length === 0 && !this.#ended) {
      const answer = await snapshot.read(
        {
          after: this.#after,
          upTo: this.#upTo,
          rowByRow: this.#rowByRow,
          nowSeconds,
          maxRows: pace.maxRows,
          maxBytes: pace.maxBytes,
          ...(this.#leaveOut === undefined ? {} : { leaveOut: this.#leaveOut }),
        },
        signal,
      );
      this.#leaveOut = undefined;
      this.pending = answer.ranges;
      // Nothing but expired rows, more of which follow: the server says how far it came.
      this.#after = answer.lastKey === undefined ? this.#after : Buffer.from(answer.lastKey);
      this.#ended = answer.ended;
      const keys = answer.ranges.reduce((sum, { end }) => sum + end.length + RANGE_BYTES, RANGE_BYTES);
      onBytes(answer.visitedBytes, keys);
      await pace.take(answer.visitedRows, answer.visitedBytes, signal);
    }
  }

  /** Takes the first `count` pending ranges off; the rows they held. */
  take(count: number): number {
    const rows = this.pending.slice(0, count).reduce((sum, range) => sum + range.rows, 0);
    this.pending = this.pending.slice(count);
    return rows;
  }

  /** Goes on behind `end`, wherever it has been. */
  restart(end: Buffer): void {
    if (this.pending.at(-1)?.end.equals(end) !== true) {
      this.#after = end;
      this.#ended = false;
    }
    this.pending = [];
  }
}
