import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { lastValueFrom, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { SimulatedClock } from 'xstate';
import { copyFile } from '../../actors/fileCopy.js';
import { CopyError, type FileSink, type FileSource, type OpenSink } from '../../actors/ports/fileCopy.js';
import { RateLimiter } from '../../actors/rateLimiter.js';
import type { FileCopyInput, FileCopyReport } from '../../machines/checkpointTransfer.js';

const blockBytes = 100;
const primary = '10.0.0.7:34801';
const settle = () => new Promise((resolve) => setImmediate(resolve));
const md5 = (data: Buffer) => createHash('md5').update(data).digest('hex');
const contentOf = (sizeBytes: number) =>
  Buffer.from(Array.from({ length: sizeBytes }, (_, at) => (at * 7) & 255));

function inputFor(content: Buffer, changes: Partial<FileCopyInput['file']> = {}): FileCopyInput {
  const file = { name: '000005.ldb', sizeBytes: content.length, md5: md5(content), ...changes };
  return { partition: 0, primary, directory: '2.0/checkpoint.9', decree: 9, file };
}

/** A sink in memory that keeps what it got over several copies, and notes what it was told. */
class MemorySink implements FileSink {
  readonly calls: string[] = [];
  kept = Buffer.alloc(0);
  open(): Promise<OpenSink> {
    this.calls.push('open');
    return Promise.resolve({
      verifiedBytes: this.kept.length,
      write: async (offset, data) => {
        expect(offset).toBe(this.kept.length);
        this.kept = Buffer.concat([this.kept, data]);
        this.calls.push(`write ${offset}+${data.length}`);
      },
      finish: async () => {
        this.calls.push('finish');
        return { sizeBytes: this.kept.length, md5: md5(this.kept) };
      },
      discard: async () => {
        this.calls.push('discard');
        this.kept = Buffer.alloc(0);
      },
      close: async () => void this.calls.push('close'),
    });
  }
}

class MemorySource implements FileSource {
  readonly reads: number[] = [];
  readonly aborted: number[] = [];
  underWay = 0;
  mostUnderWay = 0;
  constructor(
    readonly content: Buffer,
    readonly changed: (offset: number, data: Buffer) => Buffer | Promise<Buffer> = (_, data) => data,
  ) {}
  async readBlock(_: FileCopyInput, offset: number, sizeBytes: number, signal: AbortSignal) {
    this.reads.push(offset);
    this.mostUnderWay = Math.max(this.mostUnderWay, ++this.underWay);
    signal.addEventListener('abort', () => this.aborted.push(offset), { once: true });
    const data = this.content.subarray(offset, offset + sizeBytes);
    const sum = crc32(data);
    await settle();
    const sent = await this.changed(offset, data);
    this.underWay--;
    return { data: sent, crc32: sum };
  }
}

function given(content: Buffer, source: FileSource = new MemorySource(content), sink = new MemorySink()) {
  const input = inputFor(content);
  const limiter = new RateLimiter({ bytesPerSecond: 0 });
  const options = { input, source, sink, limiter, blockBytes, readAheadBlocks: 2 };
  const reports = () => lastValueFrom(copyFile(options).pipe(toArray()));
  return { input, options, sink, reports };
}

const name = '000005.ldb';
const progress = (doneBytes: number): FileCopyReport => ({ type: 'FILE_PROGRESS', name, doneBytes });
const verified: FileCopyReport = { type: 'FILE_VERIFIED', name };

describe('copying a file', () => {
  it('does nothing before somebody subscribes', async () => {
    const { options, sink } = given(contentOf(10));
    copyFile(options);
    await settle();
    expect(sink.calls).toEqual([]);
  });

  it.each([
    [1, [1]],
    [100, [100]],
    [101, [100, 101]],
    [250, [100, 200, 250]],
  ])('copies %i bytes in blocks', async (sizeBytes, done) => {
    const content = contentOf(sizeBytes);
    const { sink, reports } = given(content);
    expect(await reports()).toEqual([...done.map(progress), verified]);
    expect(sink.kept).toEqual(content);
    expect(sink.calls.slice(-2)).toEqual(['finish', 'close']);
  });

  it('copies a file without a byte', async () => {
    const source = new MemorySource(Buffer.alloc(0));
    const { reports, sink } = given(Buffer.alloc(0), source);
    expect(await reports()).toEqual([verified]);
    expect(source.reads).toEqual([]);
    expect(sink.calls).toEqual(['open', 'finish', 'close']);
  });

  it('goes on after what an earlier try has verified', async () => {
    const content = contentOf(250);
    const source = new MemorySource(content);
    const { sink, reports } = given(content, source);
    sink.kept = content.subarray(0, 130);
    expect(await reports()).toEqual([progress(230), progress(250), verified]);
    expect(source.reads).toEqual([130, 230]);
  });

  it('reports no progress before there is some, so that a silent source keeps its backoff', async () => {
    const content = contentOf(250);
    const silent: FileSource = {
      readBlock: () =>
        Promise.reject(new CopyError({ error: 'ERR_TIMEOUT', operation: 'RPC_NFS_COPY', peer: primary })),
    };
    const { sink, reports } = given(content, silent);
    sink.kept = content.subarray(0, 100);
    const trouble = { error: 'ERR_TIMEOUT', operation: 'RPC_NFS_COPY', peer: primary };
    expect(await reports()).toEqual([{ type: 'FILE_FAILED', name, trouble }]);
  });

  it('reads ahead while it writes, and no further than it was told', async () => {
    const source = new MemorySource(contentOf(2000));
    const { options } = given(source.content, source);
    await lastValueFrom(copyFile({ ...options, readAheadBlocks: 3 }));
    expect(source.mostUnderWay).toBe(3);
  });

  it.each([
    ['damaged', (data: Buffer) => Buffer.from(data.map((byte) => byte ^ 1))],
    ['too short', (data: Buffer) => data.subarray(1)],
    ['too long', (data: Buffer) => Buffer.concat([data, data])],
    ['empty', () => Buffer.alloc(0)],
  ])('never writes a block that arrives %s', async (_, change) => {
    const content = contentOf(350);
    const source = new MemorySource(content, (offset, data) => (offset === 100 ? change(data) : data));
    const { reports, sink } = given(content, source);
    const all = await reports();
    expect(all.slice(0, -1)).toEqual([progress(100)]);
    const trouble = { error: 'ERR_WRONG_CHECKSUM', operation: 'RPC_NFS_COPY', peer: primary };
    expect(all.at(-1)).toMatchObject({ type: 'FILE_FAILED', name, trouble });
    // What was verified before stays, for the next try.
    expect(sink.kept).toEqual(content.subarray(0, 100));
    expect(sink.calls.at(-1)).toBe('close');
    expect(sink.calls).not.toContain('discard');
  });

  it('discards a file whose blocks are right and whose digest is not', async () => {
    const content = contentOf(150);
    const { options, sink } = given(content);
    const input = inputFor(content, { md5: '0'.repeat(32) });
    const all = await lastValueFrom(copyFile({ ...options, input }).pipe(toArray()));
    const trouble = { error: 'ERR_WRONG_CHECKSUM', operation: 'verify checkpoint file', peer: primary };
    expect(all.at(-1)).toMatchObject({ type: 'FILE_FAILED', trouble });
    expect(all.filter(({ type }) => type === 'FILE_VERIFIED')).toEqual([]);
    expect(sink.calls.slice(-3)).toEqual(['finish', 'discard', 'close']);
  });

  it('compares no digest when the source gave none, and ignores its case when it did', async () => {
    const content = contentOf(150);
    for (const digest of ['', md5(content).toUpperCase()]) {
      const { options } = given(content);
      const input = inputFor(content, { md5: digest });
      expect(await lastValueFrom(copyFile({ ...options, input }))).toEqual(verified);
    }
  });

  it.each(['open', 'write', 'finish', 'discard', 'close'] as const)(
    'tells a local failure of %s as one report naming the primary',
    async (broken) => {
      const content = contentOf(150);
      const trouble = { error: 'ERR_DISK_INSUFFICIENT', operation: 'write checkpoint file' };
      const fail = () => Promise.reject(new CopyError(trouble));
      const memory = new MemorySink();
      const sink: FileSink = {
        open: async () => (broken === 'open' ? fail() : { ...(await memory.open()), [broken]: fail }),
      };
      const { options } = given(content);
      const input = broken === 'discard' ? inputFor(content, { md5: '0'.repeat(32) }) : options.input;
      const all = await lastValueFrom(copyFile({ ...options, sink, input }).pipe(toArray()));
      const ends = all.filter(({ type }) => type !== 'FILE_PROGRESS');
      expect(ends).toEqual([{ type: 'FILE_FAILED', name, trouble: { ...trouble, peer: primary } }]);
    },
  );

  it('tells a broken port as a report too', async () => {
    const { reports } = given(contentOf(10), { readBlock: () => Promise.reject(new TypeError('oops')) });
    const trouble = { error: 'ERR_UNKNOWN', operation: 'copy checkpoint file', peer: primary, hint: 'oops' };
    expect(await reports()).toEqual([{ type: 'FILE_FAILED', name, trouble }]);
  });

  it('stops at once when unsubscribed, even if the source is deaf', async () => {
    // Given reads that never end
    const source = new MemorySource(contentOf(1000), () => new Promise<Buffer>(() => undefined));
    const { options, sink } = given(source.content, source);
    const seen: FileCopyReport[] = [];
    const copy = copyFile(options).subscribe((report) => seen.push(report));
    await settle();
    await settle();
    expect(source.reads).toEqual([0, 100]);
    // When it is stopped
    copy.unsubscribe();
    await settle();
    // Then the reads know, the file is closed and nothing is reported
    expect(source.aborted).toEqual([0, 100]);
    expect(sink.calls).toEqual(['open', 'close']);
    expect(seen).toEqual([]);
    await settle();
    expect(source.reads).toEqual([0, 100]);
  });

  it('leaves the queue of the limiter when unsubscribed', async () => {
    const { options } = given(contentOf(1000));
    const limiter = new RateLimiter({ bytesPerSecond: 1, burstBytes: 1, clock: new SimulatedClock() });
    const copy = copyFile({ ...options, limiter }).subscribe();
    await settle();
    await settle();
    expect(limiter.waiting).toBe(1);
    copy.unsubscribe();
    expect(limiter.waiting).toBe(0);
  });

  it('keeps three copies together within one rate, and gives each its share', async () => {
    // Given 10 kB/s for three files of 10 kB
    const clock = new SimulatedClock();
    const limiter = new RateLimiter({ bytesPerSecond: 10_000, burstBytes: 100, clock });
    const content = contentOf(10_000);
    const done = [0, 0, 0];
    const endsMs: number[] = [];
    done.forEach((_, at) => {
      const { options } = given(content);
      copyFile({ ...options, limiter }).subscribe((report) => {
        if (report.type === 'FILE_PROGRESS') done[at] = report.doneBytes;
        else endsMs.push(clock.now());
      });
    });
    // When virtual time passes
    for (let ms = 0; ms < 3200 && endsMs.length < 3; ms++) {
      for (let i = 0; i < 6; i++) await settle();
      const sum = done.reduce((a, b) => a + b);
      expect(sum).toBeLessThanOrEqual(10 * clock.now() + 100);
      expect(Math.max(...done) - Math.min(...done)).toBeLessThanOrEqual(2 * blockBytes);
      clock.increment(1);
    }
    // Then all of it took 3 s, less the burst
    expect(endsMs.length).toBe(3);
    expect(Math.max(...endsMs)).toBeGreaterThanOrEqual(2980);
    expect(Math.max(...endsMs)).toBeLessThanOrEqual(3010);
  });
});
