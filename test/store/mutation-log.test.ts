import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LogCorruption, MutationLog, type MutationLogOptions } from '../../runtime/store/index.js';
import { isTornTail } from '../../runtime/store/log-record.js';
import { codeOf, FaultyFileSystem, mutationAt, mutationsBetween, temporaryDirectory } from './support.js';

async function readAll(log: MutationLog, afterDecree = log.firstDecree - 1, maxBytes?: number) {
  const mutations = [];
  for (;;) {
    const chunk = await log.read({ afterDecree, ...(maxBytes === undefined ? {} : { maxBytes }) });
    if (chunk.mutations.length === 0) return mutations;
    mutations.push(...chunk.mutations);
    afterDecree = chunk.lastDecree;
  }
}

async function filled(directory: string, last: number, options?: MutationLogOptions): Promise<MutationLog> {
  const log = await MutationLog.open(directory, options);
  for (let decree = log.nextDecree; decree <= last; decree++) await log.append([mutationAt(decree)]);
  return log;
}

describe('appending and reading', () => {
  it('gives back what was appended, in order, across segments and reopens', async () => {
    const directory = temporaryDirectory();
    let log = await filled(directory, 40, { segmentSizeBytes: 500 });
    expect(readdirSync(directory).length).toBeGreaterThan(4);
    expect(await readAll(log)).toEqual(mutationsBetween(1, 40));
    expect(await readAll(log, 17, 1)).toEqual(mutationsBetween(18, 40));
    await log.close();
    log = await MutationLog.open(directory, { segmentSizeBytes: 500 });
    expect([log.firstDecree, log.lastDecree, log.nextDecree]).toEqual([1, 40, 41]);
    expect(await readAll(log)).toEqual(mutationsBetween(1, 40));
    expect(log.sizeBytes).toBe(
      readdirSync(directory).reduce((sum, name) => sum + statSync(join(directory, name)).size, 0),
    );
    await log.close();
  });

  it('takes empty messages, large messages and other alphabets', async () => {
    const log = await MutationLog.open(temporaryDirectory());
    const mutations = [
      { decree: 1, timestampUs: 0n, code: '', message: Buffer.alloc(0) },
      { decree: 2, timestampUs: 2n ** 63n, code: 'Ωμέγα', message: Buffer.alloc(9_000_000, 7) },
      { decree: 3, timestampUs: 5n, code: 'X', message: Buffer.from([0]) },
    ];
    await log.append(mutations);
    expect((await readAll(log)).map((m) => [m.decree, m.timestampUs, m.code, m.message.length])).toEqual(
      mutations.map((m) => [m.decree, m.timestampUs, m.code, m.message.length]),
    );
    await log.close();
  });

  it('refuses decrees that do not follow, without changing anything', async () => {
    const log = await filled(temporaryDirectory(), 3);
    for (const decree of [3, 5, 0])
      expect(await codeOf(log.append([mutationAt(decree)]))).toBe('ERR_INVALID_PARAMETERS');
    expect(await codeOf(log.append([mutationAt(4), mutationAt(6)]))).toBe('ERR_INVALID_PARAMETERS');
    expect(log.nextDecree).toBe(4);
    await log.close();
  });

  it('makes everything that waits durable with one sync', async () => {
    const fileSystem = new FaultyFileSystem();
    const log = await MutationLog.open(temporaryDirectory(), { fileSystem });
    const before = fileSystem.syncs;
    await Promise.all(mutationsBetween(1, 500).map((mutation) => log.append([mutation])));
    expect(fileSystem.syncs - before).toBeLessThanOrEqual(2);
    await log.close();
  });

  it('bounds what waits, and tells when there is room', async () => {
    const log = await MutationLog.open(temporaryDirectory(), { maxQueuedBytes: 1_000 });
    const first = log.append([mutationAt(1, 2_000)]);
    expect(await codeOf(log.append([mutationAt(2)]))).toBe('ERR_BUSY');
    await log.room();
    await log.append([mutationAt(2)]);
    await first;
    await log.close();
  });

  it('can be tailed by several readers while it grows and changes segments', async () => {
    const log = await MutationLog.open(temporaryDirectory(), { segmentSizeBytes: 4_000 });
    const last = 3_000;
    const tail = async (maxBytes: number) => {
      let afterDecree = 0;
      while (afterDecree < last) {
        const chunk = await log.read({ afterDecree, maxBytes });
        for (const mutation of chunk.mutations) expect(mutation).toEqual(mutationAt(++afterDecree));
        if (chunk.mutations.length === 0) await new Promise((resolve) => setImmediate(resolve));
      }
    };
    const write = async () => {
      for (let decree = 1; decree <= last; decree += 10)
        await log.append(mutationsBetween(decree, decree + 9));
    };
    await Promise.all([write(), tail(100), tail(5_000), tail(1_000_000)]);
    await log.close();
  });

  it('stops reading when told to', async () => {
    const log = await filled(temporaryDirectory(), 3);
    await expect(
      log.read({ afterDecree: 0, signal: AbortSignal.abort(new Error('enough')) }),
    ).rejects.toThrow('enough');
    await log.close();
  });
});

describe('collecting', () => {
  it('removes whole segments up to the decree, never more, never the current one', async () => {
    const log = await filled(temporaryDirectory(), 40, { segmentSizeBytes: 500 });
    for (const upTo of [0, 5, 13, 22, 39]) {
      await log.collect(upTo);
      expect(log.firstDecree).toBeLessThanOrEqual(upTo + 1);
      expect((await readAll(log)).map(({ decree }) => decree)[0]).toBe(log.firstDecree);
    }
    expect(log.firstDecree).toBeGreaterThan(20);
    await log.collect(1_000);
    expect((await readAll(log)).at(-1)!.decree).toBe(40);
    expect(await codeOf(log.read({ afterDecree: 0 }))).toBe('ERR_INCOMPLETE_DATA');
    await log.close();
  });
});

describe('recovery', () => {
  it('cuts the last record off when it is torn at any byte', async () => {
    const directory = temporaryDirectory();
    const log = await filled(directory, 5);
    const path = join(directory, 'log.1');
    const end4 = log.sizeBytes;
    await log.append([mutationAt(6)]);
    await log.close();
    const whole = readFileSync(path);
    for (let size = end4; size < whole.length; size++) {
      writeFileSync(path, whole.subarray(0, size));
      const again = await MutationLog.open(directory);
      expect(again.lastDecree).toBe(5);
      await again.append([mutationAt(6)]);
      expect(await readAll(again)).toEqual(mutationsBetween(1, 6));
      await again.close();
      expect(readFileSync(path).length).toBe(whole.length);
    }
  });

  it('opens after a crash while a segment was being created', async () => {
    const directory = temporaryDirectory();
    await (await filled(directory, 40, { segmentSizeBytes: 500 })).close();
    for (const left of [0, 7, 19]) {
      writeFileSync(join(directory, 'log.41'), Buffer.alloc(left));
      const log = await MutationLog.open(directory, { segmentSizeBytes: 500 });
      expect(log.lastDecree).toBe(40);
      expect(await readAll(log)).toEqual(mutationsBetween(1, 40));
      await log.close();
    }
  });

  it('names a damaged record instead of dropping what follows', async () => {
    for (const together of [false, true]) {
      const directory = temporaryDirectory();
      const log = await MutationLog.open(directory);
      if (together) await log.append(mutationsBetween(1, 9));
      else for (let decree = 1; decree <= 9; decree++) await log.append([mutationAt(decree)]);
      await log.close();
      const path = join(directory, 'log.1');
      const whole = readFileSync(path);
      const recordBytes = (whole.length - 20) / 9;
      for (let byte = 0; byte < recordBytes; byte++) {
        const damaged = Buffer.from(whole);
        const at = 20 + 4 * recordBytes + byte;
        damaged[at] = damaged[at]! ^ 0x41;
        writeFileSync(path, damaged);
        const error = await MutationLog.open(directory).catch((thrown: unknown) => thrown);
        expect(error).toBeInstanceOf(LogCorruption);
        expect(error).toMatchObject({
          code: 'ERR_CORRUPTION',
          segment: 'log.1',
          decree: 5,
          offset: 20 + 4 * recordBytes,
        });
        expect(readFileSync(path)).toEqual(damaged);
      }
    }
  });

  it('finds damage in an older segment when it is read', async () => {
    const directory = temporaryDirectory();
    await (await filled(directory, 40, { segmentSizeBytes: 500 })).close();
    const path = join(directory, 'log.1');
    truncateSync(path, statSync(path).size - 3);
    const log = await MutationLog.open(directory);
    await expect(readAll(log)).rejects.toMatchObject({ code: 'ERR_CORRUPTION', segment: 'log.1' });
    await log.close();
  });

  it('takes pages that never reached the disk for a torn tail', () => {
    // Nothing whole follows: torn. How a following record decides is covered by the damage test above.
    expect(isTornTail(Buffer.alloc(2_000), 20, 7)).toBe(true);
  });
});

describe('disk failures', () => {
  for (const [errno, code] of [
    ['ENOSPC', 'ERR_DISK_INSUFFICIENT'],
    ['EIO', 'ERR_DISK_IO_ERROR'],
    ['EDQUOT', 'ERR_DISK_INSUFFICIENT'],
  ] as const) {
    it(`rejects the waiting appends after ${errno} and goes on when the disk does`, async () => {
      const directory = temporaryDirectory();
      const fileSystem = new FaultyFileSystem();
      const log = await filled(directory, 5, { fileSystem });
      for (const afterBytes of [0, 1, 30, 90]) {
        fileSystem.failWrite = { errno, afterBytes };
        const size = statSync(join(directory, 'log.1')).size;
        const next = log.nextDecree;
        const codes = await Promise.all([
          codeOf(log.append([mutationAt(next)])),
          codeOf(log.append([mutationAt(next + 1)])),
        ]);
        expect(codes).toEqual([code, code]);
        expect(log.nextDecree).toBe(next);
        expect(statSync(join(directory, 'log.1')).size).toBe(size);
        fileSystem.failWrite = undefined;
        await log.append([mutationAt(next)]);
      }
      await log.close();
      const again = await MutationLog.open(directory);
      expect(await readAll(again)).toEqual(mutationsBetween(1, 9));
      await again.close();
    });
  }

  it('accepts nothing while the torn part cannot be cut off', async () => {
    const directory = temporaryDirectory();
    const fileSystem = new FaultyFileSystem();
    const log = await filled(directory, 3, { fileSystem });
    fileSystem.failWrite = { errno: 'ENOSPC', afterBytes: 10 };
    fileSystem.failTruncate = { errno: 'EIO' };
    expect(await codeOf(log.append([mutationAt(4)]))).toBe('ERR_DISK_INSUFFICIENT');
    fileSystem.failWrite = undefined;
    expect(await codeOf(log.append([mutationAt(4)]))).toBe('ERR_DISK_IO_ERROR');
    fileSystem.failTruncate = undefined;
    await log.append([mutationAt(4)]);
    expect(await readAll(log)).toEqual(mutationsBetween(1, 4));
    await log.close();
  });

  it('accepts nothing after a failed sync until it is opened again', async () => {
    const directory = temporaryDirectory();
    const fileSystem = new FaultyFileSystem();
    const log = await filled(directory, 3, { fileSystem });
    fileSystem.failSync = { errno: 'EIO' };
    expect(await codeOf(log.append([mutationAt(4)]))).toBe('ERR_DISK_IO_ERROR');
    fileSystem.failSync = undefined;
    expect(await codeOf(log.append([mutationAt(4)]))).toBe('ERR_DISK_IO_ERROR');
    expect(await readAll(log)).toEqual(mutationsBetween(1, 3));
    await log.close();
    const again = await MutationLog.open(directory);
    expect(again.lastDecree).toBe(3);
    await again.append([mutationAt(4)]);
    await again.close();
  });

  it('survives that a new segment cannot be created', async () => {
    const directory = temporaryDirectory();
    const fileSystem = new FaultyFileSystem();
    const log = await filled(directory, 3, { fileSystem, segmentSizeBytes: 30 });
    fileSystem.failOpen = { errno: 'ENOSPC' };
    expect(await codeOf(log.append([mutationAt(4)]))).toBe('ERR_DISK_INSUFFICIENT');
    fileSystem.failOpen = undefined;
    await log.append([mutationAt(4)]);
    expect(await readAll(log)).toEqual(mutationsBetween(1, 4));
    await log.close();
  });
});
