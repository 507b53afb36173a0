/**
 * Copies one file of a checkpoint: blocks are read ahead, checked, written in order and reported.
 *
 *   source.readBlock ×readAheadBlocks ─► length, crc32 ─► sink.write ─► FILE_PROGRESS
 *                        ▲                                    └─ after the last: finish ─► size, MD5
 *                 limiter.take                                        FILE_VERIFIED ◄──────┴──► FILE_FAILED
 *
 * One try only: whether and when to try again is the chart's decision. What a failed or stopped try has
 * verified stays with the sink, and the next one goes on from there.
 */
import { setMaxListeners } from 'node:events';
import { crc32 } from 'node:zlib';
import { Observable, type Subscriber } from 'rxjs';
import { fromEventObservable } from 'xstate';
import type { FileCopyInput, FileCopyReport } from '../machines/checkpointTransfer.js';
import type { Trouble } from '../machines/messages.js';
import { CopyError, type FileSink, type FileSource, type OpenSink } from './ports/fileCopy.js';
import type { RateLimiter } from './rateLimiter.js';

export interface FileCopyDependencies {
  readonly source: FileSource;
  readonly sink: FileSink;
  /** Shared by all copies of the process. */
  readonly limiter: Pick<RateLimiter, 'take'>;
  /** Bytes asked for at once; at most what the source gives. Upstream's: 4 MiB. */
  readonly blockBytes: number;
  /** Blocks asked for and not yet written, the one being written not counted. At least 1. */
  readonly readAheadBlocks: number;
}

export interface FileCopyOptions extends FileCopyDependencies {
  readonly input: FileCopyInput;
}

interface ReadBlock {
  readonly offset: number;
  readonly data: Buffer;
  readonly crc32: number;
}

const readOperation = 'RPC_NFS_COPY';

/**
 * One try to copy `input.file`, cold: it starts when subscribed to. Unsubscribing abandons the reads at
 * once and closes the file.
 *
 * - FILE_PROGRESS after each block, `doneBytes` counting what earlier tries verified. There is none before
 *   the first new block: the chart takes a report for progress and would start its backoff over.
 * - FILE_VERIFIED when size, MD5 (unless the source gave none) and every block are right.
 * - FILE_FAILED, once, for whatever went wrong. Bytes that do not match are ERR_WRONG_CHECKSUM; if it is
 *   the whole file that does not, the copy is discarded.
 *
 * It completes after either of the last two and never errors.
 *
 * @example
 * copyFile({ input, source, sink, limiter, blockBytes: 4 << 20, readAheadBlocks: 2 }).subscribe(console.log);
 */
export function copyFile(options: FileCopyOptions): Observable<FileCopyReport> {
  return new Observable<FileCopyReport>((subscriber) => {
    const abort = new AbortController();
    // Each block under way listens to it, and Node warns above ten.
    setMaxListeners(0, abort.signal);
    const { name } = options.input.file;
    const end = (report: FileCopyReport) => {
      subscriber.next(report);
      subscriber.complete();
    };
    tryOnce(options, subscriber, abort).then(
      () => end({ type: 'FILE_VERIFIED', name }),
      (error: unknown) => end({ type: 'FILE_FAILED', name, trouble: troubleOf(error, options.input) }),
    );
    return () => abort.abort(new Error('the copy was stopped'));
  });
}

/**
 * The actor behind the chart's `fileCopy`.
 *
 * @example
 * checkpointTransfer.provide({ actors: { fileCopy: fileCopyLogic(dependencies) } });
 */
export function fileCopyLogic(dependencies: FileCopyDependencies) {
  return fromEventObservable<FileCopyReport, FileCopyInput>(({ input }) =>
    copyFile({ ...dependencies, input }),
  );
}

async function tryOnce(
  options: FileCopyOptions,
  subscriber: Subscriber<FileCopyReport>,
  abort: AbortController,
): Promise<void> {
  const { input, sink } = options;
  const { signal } = abort;
  const file = await sink.open(input);
  try {
    signal.throwIfAborted();
    for await (const block of blocksInOrder(options, file.verifiedBytes, signal)) {
      await file.write(block.offset, block.data, block.crc32);
      signal.throwIfAborted();
      const doneBytes = block.offset + block.data.length;
      subscriber.next({ type: 'FILE_PROGRESS', name: input.file.name, doneBytes });
    }
    signal.throwIfAborted();
    await finish(file, input);
  } finally {
    // One failed block makes the others useless; whoever still reads them shall stop.
    abort.abort(new Error('the copy has ended'));
    await file.close();
  }
}

/** Reads from `startOffset` to the end, keeping up to `readAheadBlocks` requests under way. */
async function* blocksInOrder(
  options: FileCopyOptions,
  startOffset: number,
  signal: AbortSignal,
): AsyncGenerator<ReadBlock, void, void> {
  const { input, limiter, blockBytes } = options;
  const { sizeBytes } = input.file;
  const ahead = Math.max(1, options.readAheadBlocks);
  const underWay: Promise<ReadBlock>[] = [];
  let nextOffset = startOffset;
  // Permits are asked for one after the other, so a copy has one place in the limiter's queue.
  let permit: Promise<void> = Promise.resolve();
  const readAhead = () => {
    while (underWay.length < ahead && nextOffset < sizeBytes) {
      const offset = nextOffset;
      const wanted = Math.min(Math.max(1, blockBytes), sizeBytes - offset);
      permit = permit.then(() => limiter.take(wanted, signal));
      const block = permit.then(() => readChecked(options, offset, wanted, signal));
      // The loop meets the first failure only; the others must not count as unhandled.
      block.catch(() => undefined);
      underWay.push(block);
      nextOffset += wanted;
    }
  };
  readAhead();
  for (let next = underWay.shift(); next !== undefined; next = underWay.shift()) {
    const block = await unlessAborted(next, signal);
    // The place of this block is free before it is written: writing and reading overlap.
    readAhead();
    yield block;
  }
}

async function readChecked(
  { input, source }: FileCopyOptions,
  offset: number,
  wanted: number,
  signal: AbortSignal,
): Promise<ReadBlock> {
  signal.throwIfAborted();
  const block = await source.readBlock(input, offset, wanted, signal);
  const where = `${input.file.name}, ${wanted} bytes from ${offset}`;
  if (block.data.length !== wanted) {
    throw wrong(input, readOperation, `${where}: ${block.data.length} bytes came`);
  }
  const computed = crc32(block.data);
  if (block.crc32 !== null && block.crc32 !== computed) {
    throw wrong(input, readOperation, `${where}: CRC-32 ${computed} instead of ${block.crc32}`);
  }
  return { offset, data: block.data, crc32: computed };
}

async function finish(file: OpenSink, input: FileCopyInput): Promise<void> {
  const { name, sizeBytes, md5 } = input.file;
  const found = await file.finish();
  if (found.sizeBytes === sizeBytes && (md5 === '' || found.md5 === md5.toLowerCase())) return;
  await file.discard();
  throw wrong(
    input,
    'verify checkpoint file',
    `${name}: ${found.sizeBytes} bytes with MD5 ${found.md5} instead of ${sizeBytes} with ${md5 || 'any'}`,
  );
}

/** Settles as `promise` does, or rejects at once when aborted: a deaf source must not hold a file open. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

function wrong(input: FileCopyInput, operation: string, hint: string): CopyError {
  return new CopyError({ error: 'ERR_WRONG_CHECKSUM', operation, peer: input.primary, hint });
}

/** Something that is no CopyError broke its port's promise; it is still told rather than thrown. */
function troubleOf(thrown: unknown, input: FileCopyInput): Trouble {
  if (thrown instanceof CopyError) return { ...thrown.trouble, peer: thrown.trouble.peer ?? input.primary };
  const hint = thrown instanceof Error ? thrown.message : String(thrown);
  return { error: 'ERR_UNKNOWN', operation: 'copy checkpoint file', peer: input.primary, hint };
}
