import { join } from 'node:path';
import { LogCorruption } from './errors.js';
import type { FileSystem, LogFile } from './file-system.js';
import { decodeRecord, segmentHeaderBytes } from './log-record.js';
import type { Mutation } from './mutation.js';

const chunkBytes = 1024 * 1024;
const minReadBytes = 16 * 1024;
const indexStepBytes = 64 * 1024;
/** Readers whose next offset is remembered; each tailing reader needs one. */
const maxPositions = 32;

/** Where a reader stops. */
export interface ReadBudget {
  bytesLeft: number;
  countLeft: number;
  /** Last decree that may be returned. */
  readonly upToDecree: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * One file of the log, and where its records are.
 *
 * The index holds an offset for every 64 KiB seen so far; besides, the offset after each of the latest reads is
 * kept, so a reader that goes on where it stopped neither searches nor reads anything twice.
 */
export class LogSegment {
  readonly name: string;
  readonly path: string;
  readonly firstDecree: number;
  /** Bytes of header and durable records. */
  sizeBytes: number = segmentHeaderBytes;
  /** Open while this is the segment being written; older segments are opened by each read. */
  file: LogFile | undefined;
  readonly #fileSystem: FileSystem;
  readonly #indexDecrees: number[];
  readonly #indexOffsets: number[];
  readonly #positions = new Map<number, number>();
  /** Reads that use the shared file just now. */
  #readers = 0;

  constructor(directory: string, firstDecree: number, fileSystem: FileSystem) {
    this.name = segmentName(firstDecree);
    this.path = join(directory, this.name);
    this.firstDecree = firstDecree;
    this.#fileSystem = fileSystem;
    this.#indexDecrees = [firstDecree];
    this.#indexOffsets = [segmentHeaderBytes];
  }

  /** Tells the index where a record starts. */
  note(decree: number, offset: number): void {
    if (offset < this.#indexOffsets.at(-1)! + indexStepBytes) return;
    this.#indexDecrees.push(decree);
    this.#indexOffsets.push(offset);
  }

  /**
   * Appends to `into` the mutations from `decree` on, as far as budget and segment reach, and returns the next
   * decree to read.
   *
   * @throws LogCorruption when a record is not what was written.
   */
  async read(decree: number, budget: ReadBudget, into: Mutation[]): Promise<number> {
    const shared = this.file;
    if (shared !== undefined) this.#readers++;
    const file = shared ?? (await this.#fileSystem.open(this.path));
    try {
      let { decree: next, offset } = this.#locate(decree);
      let atLeast = 0;
      while (next <= budget.upToDecree && budget.bytesLeft > 0 && budget.countLeft > 0) {
        budget.signal?.throwIfAborted();
        if (offset >= this.sizeBytes) return next;
        const wanted = Math.min(chunkBytes, Math.max(budget.bytesLeft, minReadBytes));
        const requested = Math.min(Math.max(wanted, atLeast), this.sizeBytes - offset);
        const bytes = await file.read(requested, offset);
        let at = 0;
        atLeast = 0;
        while (next <= budget.upToDecree && budget.bytesLeft > 0 && budget.countLeft > 0) {
          const record = decodeRecord(bytes, at);
          if ('needsBytes' in record) {
            const start = offset + at;
            if (start === this.sizeBytes) break;
            // Either the record goes on in the next chunk, or the file is shorter than it once was.
            if (bytes.length < requested || start + record.needsBytes > this.sizeBytes) {
              throw this.corruption(start, next, 'the file ends inside the record');
            }
            atLeast = record.needsBytes;
            break;
          }
          if ('bad' in record) throw this.corruption(offset + at, next, record.bad);
          if (record.mutation.decree !== next) {
            throw this.corruption(offset + at, next, `found decree ${record.mutation.decree}`);
          }
          this.note(next, offset + at);
          if (next >= decree) {
            into.push(record.mutation);
            budget.bytesLeft -= record.sizeBytes;
            budget.countLeft--;
          }
          at += record.sizeBytes;
          next++;
        }
        offset += at;
      }
      this.#remember(next, offset);
      return next;
    } finally {
      if (shared !== undefined) this.#readers--;
      if (shared === undefined || (this.#readers === 0 && this.file !== shared)) {
        await file.close().catch(() => undefined);
      }
    }
  }

  /** Nothing is written to this segment any more: closes its file, at the latest when the last reader ends. */
  async retire(): Promise<void> {
    const file = this.file;
    this.file = undefined;
    if (this.#readers === 0) await file?.close();
  }

  corruption(offset: number, decree: number, detail: string): LogCorruption {
    return new LogCorruption({ path: this.path, segment: this.name, offset, decree, detail });
  }

  /** The closest known record at or before a decree. */
  #locate(decree: number): { decree: number; offset: number } {
    const exact = this.#positions.get(decree);
    if (exact !== undefined) {
      this.#positions.delete(decree);
      return { decree, offset: exact };
    }
    let low = 0;
    let high = this.#indexDecrees.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.#indexDecrees[middle]! <= decree) low = middle;
      else high = middle - 1;
    }
    return { decree: this.#indexDecrees[low]!, offset: this.#indexOffsets[low]! };
  }

  #remember(decree: number, offset: number): void {
    this.#positions.set(decree, offset);
    if (this.#positions.size <= maxPositions) return;
    for (const oldest of this.#positions.keys()) {
      this.#positions.delete(oldest);
      break;
    }
  }
}

export function segmentName(firstDecree: number): string {
  return `log.${firstDecree}`;
}

/** First decree of the segment with this file name; `undefined` for other files. */
export function firstDecreeOf(name: string): number | undefined {
  const digits = /^log\.([1-9]\d{0,15})$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
