/** The chart of a checkpoint transfer with the real file copy and ports in memory. */
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createActor, SimulatedClock } from 'xstate';
import { fileCopyLogic } from '../../actors/fileCopy.js';
import { CopyError, type FileSink, type FileSource } from '../../actors/ports/fileCopy.js';
import { RateLimiter } from '../../actors/rateLimiter.js';
import {
  type CheckpointTransferEvent,
  type CheckpointView,
  checkpointTransfer,
} from '../../machines/checkpointTransfer.js';

const address = '10.0.0.7:34801';
const settle = async () => {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
};
const md5 = (data: Buffer) => createHash('md5').update(data).digest('hex');

function given(
  spoil: (name: string, offset: number, read: number) => 'damage' | 'deny' | 'silence' | undefined,
) {
  const contents = new Map<string, Buffer>(
    Array.from({ length: 7 }, (_, at) => [`${at}.ldb`, Buffer.alloc(at * 150, at + 1)] as const),
  );
  const checkpoint: CheckpointView = {
    decree: 9,
    directory: '2.0/checkpoint.9',
    files: [...contents].map(([name, data]) => ({ name, sizeBytes: data.length, md5: md5(data) })),
  };
  const reads = new Map<string, number[]>();
  const kept = new Map<string, Buffer>();
  const source: FileSource = {
    readBlock: async ({ file: { name } }, offset, sizeBytes, signal) => {
      const before = reads.get(name) ?? [];
      reads.set(name, [...before, offset]);
      const data = contents.get(name)!.subarray(offset, offset + sizeBytes);
      const verdict = spoil(name, offset, before.filter((at) => at === offset).length);
      if (verdict === 'deny') {
        throw new CopyError({ error: 'ERR_ACL_DENY', operation: 'RPC_NFS_COPY', peer: address });
      }
      if (verdict === 'silence') {
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      }
      return { data: verdict === 'damage' ? Buffer.alloc(sizeBytes) : data, crc32: crc32(data) };
    },
  };
  const sink: FileSink = {
    open: async ({ file: { name } }) => ({
      verifiedBytes: kept.get(name)?.length ?? 0,
      write: async (_, data) => {
        kept.set(name, Buffer.concat([kept.get(name) ?? Buffer.alloc(0), data]));
      },
      finish: async () => {
        const data = kept.get(name) ?? Buffer.alloc(0);
        return { sizeBytes: data.length, md5: md5(data) };
      },
      discard: async () => void kept.delete(name),
      close: async () => undefined,
    }),
  };
  const limiter = new RateLimiter({ bytesPerSecond: 0 });
  const fileCopy = fileCopyLogic({ source, sink, limiter, blockBytes: 100, readAheadBlocks: 2 });
  const clock = new SimulatedClock();
  const tell = (event: CheckpointTransferEvent) => queueMicrotask(() => transfer.send(event));
  const transfer = createActor(
    checkpointTransfer.provide({
      actors: { fileCopy },
      actions: {
        locatePrimary: (_, { requestNo }) => tell({ type: 'PRIMARY_AT', requestNo, address }),
        queryCheckpoint: (_, { requestNo }) => tell({ type: 'CHECKPOINT_AT', requestNo, checkpoint }),
        installCheckpoint: (_, { requestNo }) => tell({ type: 'INSTALLED', requestNo }),
        openPartition: (_, { requestNo }) => tell({ type: 'OPENED', requestNo }),
      },
    }),
    {
      clock,
      input: {
        partition: 0,
        parallelFiles: 2,
        installed: false,
        times: {
          requestDeadlineMs: 1000,
          stalledFileMs: 500,
          installDeadlineMs: 1000,
          blockedRecheckMs: 10_000,
          retry: { floorMs: 100, ceilingMs: 1000, limitAttempts: 5 },
        },
      },
    },
  );
  return { transfer, clock, reads, kept, contents };
}

describe('a checkpoint transfer with real file copies', () => {
  it('copies seven files, though one fails once, and keeps what was verified', async () => {
    // Given a source that damages the second block of one file, the first time
    const { transfer, clock, reads, kept, contents } = given((name, offset, read) =>
      name === '3.ldb' && offset === 100 && read === 0 ? 'damage' : undefined,
    );
    // When the transfer runs
    transfer.start();
    await settle();
    // Then it waits, with the reason and with what it has
    expect(transfer.getSnapshot().value).toBe('waiting');
    const { trouble, verified } = transfer.getSnapshot().context;
    expect(trouble).toMatchObject({ error: 'ERR_WRONG_CHECKSUM', operation: 'RPC_NFS_COPY', peer: address });
    expect(verified).toEqual(expect.arrayContaining(['0.ldb', '1.ldb', '2.ldb']));
    // And after the backoff it copies the rest
    clock.increment(1000);
    await settle();
    expect(transfer.getSnapshot().status).toBe('done');
    expect(transfer.getSnapshot().context.verified.toSorted()).toEqual([...contents.keys()]);
    for (const [name, content] of contents) expect(kept.get(name) ?? Buffer.alloc(0)).toEqual(content);
    // Only blocks that were lost were read twice: of the failed file, and of the one stopped with it
    expect(reads.get('1.ldb')).toEqual([0, 100]);
    expect(reads.get('2.ldb')).toEqual([0, 100, 200]);
    expect(reads.get('3.ldb')?.filter((offset) => offset === 0)).toEqual([0]);
    expect(reads.get('3.ldb')?.filter((offset) => offset === 100)).toEqual([100, 100]);
  });

  it('is blocked by a refusal and names who refused what', async () => {
    const { transfer } = given((name) => (name === '5.ldb' ? 'deny' : undefined));
    transfer.start();
    await settle();
    expect(transfer.getSnapshot().value).toBe('blocked');
    expect(transfer.getSnapshot().context.trouble).toEqual({
      error: 'ERR_ACL_DENY',
      operation: 'RPC_NFS_COPY',
      peer: address,
    });
  });

  it('backs off further each time while nothing arrives', async () => {
    // Given a source that never sends a second block
    const { transfer, clock } = given((_, offset) => (offset > 0 ? 'silence' : undefined));
    transfer.start();
    await settle();
    const attempts: number[] = [];
    for (let round = 0; round < 3; round++) {
      clock.increment(500);
      await settle();
      expect(transfer.getSnapshot().value).toBe('waiting');
      attempts.push(transfer.getSnapshot().context.attempt);
      clock.increment(1000);
      await settle();
    }
    expect(attempts).toEqual([1, 2, 3]);
  });

  it('stops its copies when it is stopped', async () => {
    const { transfer, reads } = given(() => 'silence');
    transfer.start();
    await settle();
    const before = [...reads.keys()];
    transfer.stop();
    await settle();
    expect([...reads.keys()]).toEqual(before);
  });
});
