/** Writes a recording to a file while it goes on: one line of JSON each, the header first. */

import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import type { Observable, Subscription } from 'rxjs';
import type { HeaderLine, RecordingLine } from '../../observe/recording/lines.js';

export interface RecordingFileOptions {
  readonly file: string;
  readonly header: HeaderLine;
  /** Lines, or their JSON, which is written as it is. */
  readonly lines$: Observable<RecordingLine | string>;
  /** Called once if the file cannot be written any more; what is in it by then stays. */
  readonly onError?: (error: Error) => void;
}

/** Text that the disk has not taken yet; beyond it lines are left out, which the recording says. */
const UNWRITTEN_LIMIT_BYTES = 64 * 1024 * 1024;
const CHUNK_BYTES = 64 * 1024;

/**
 * A file that cannot be written, or a full disk, ends the file and nothing else.
 *
 * @example
 * const file = await RecordingFile.open({ file: 'run.jsonl', header: recording.header, lines$: recording.texts$ });
 * await recording.stop();
 * await file.close();
 */
export class RecordingFile {
  readonly #stream: WriteStream;
  readonly #subscription: Subscription;
  #chunk: string[] = [];
  #chunkBytes = 0;
  #leftOut = 0;
  #lines = 0;
  #last: RecordingLine | string | null = null;
  #error: Error | null = null;

  private constructor(stream: WriteStream, { header, lines$, onError }: RecordingFileOptions) {
    this.#stream = stream;
    stream.on('error', (error) => {
      this.#error = error;
      this.#subscription.unsubscribe();
      onError?.(error);
    });
    this.#append(header);
    this.#subscription = lines$.subscribe({ next: (line) => this.#take(line) });
  }

  /** @throws Error with Node's `code` when the file cannot be made */
  static async open(options: RecordingFileOptions): Promise<RecordingFile> {
    const stream = createWriteStream(options.file);
    await once(stream, 'open');
    return new RecordingFile(stream, options);
  }

  /** Lines written, the header not counted. */
  get lines(): number {
    return this.#lines;
  }

  /** What went wrong; null: nothing. */
  get error(): Error | null {
    return this.#error;
  }

  /** Writes what is left and closes the file. Never rejects; see {@link error}. */
  async close(): Promise<void> {
    this.#subscription.unsubscribe();
    if (this.#error !== null || this.#stream.closed) return;
    this.#tellLeftOut();
    this.#flush();
    const closed = once(this.#stream, 'close').catch(() => undefined);
    this.#stream.end();
    await closed;
  }

  #take(line: RecordingLine | string): void {
    if (this.#stream.writableLength > UNWRITTEN_LIMIT_BYTES) {
      this.#leftOut += 1;
      return;
    }
    this.#last = line;
    this.#tellLeftOut();
    this.#append(line);
    this.#lines += 1;
  }

  #tellLeftOut(): void {
    if (this.#leftOut === 0) return;
    const why = 'the disk was too slow';
    const at = timeOf(this.#last);
    this.#append({ t: 'gap', at, process: 'recording', lines: this.#leftOut, why });
    this.#leftOut = 0;
  }

  #append(line: HeaderLine | RecordingLine | string): void {
    const text = typeof line === 'string' ? line : JSON.stringify(line);
    this.#chunk.push(text);
    this.#chunkBytes += text.length;
    if (this.#chunkBytes >= CHUNK_BYTES) this.#flush();
    else if (this.#chunk.length === 1) setImmediate(() => this.#flush());
  }

  #flush(): void {
    if (this.#chunk.length === 0 || this.#error !== null || this.#stream.writableEnded) return;
    this.#stream.write(`${this.#chunk.join('\n')}\n`);
    this.#chunk = [];
    this.#chunkBytes = 0;
  }
}

/** In microseconds, of a line that has one. */
function timeOf(line: RecordingLine | string | null): number {
  const told = typeof line === 'string' ? (JSON.parse(line) as RecordingLine) : line;
  return told !== null && 'at' in told ? told.at : 0;
}
