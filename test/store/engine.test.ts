import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { linkOrCopy } from '../../runtime/store/files.js';
import { readLiveFiles } from '../../runtime/store/leveldb-manifest.js';
import { temporaryDirectory } from './support.js';

describe('checkpoint files', () => {
  it('copies a file where the file system refuses a link', async () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'a'), 'content');
    for (const code of ['EXDEV', 'EPERM']) {
      const refuse = async () => {
        throw Object.assign(new Error(code), { code });
      };
      await linkOrCopy(join(directory, 'a'), join(directory, code), refuse);
    }
    expect(readdirSync(directory).sort()).toEqual(['EPERM', 'EXDEV', 'a']);
    const broken = async () => {
      throw Object.assign(new Error('EIO'), { code: 'EIO' });
    };
    await expect(linkOrCopy(join(directory, 'a'), join(directory, 'b'), broken)).rejects.toThrow('EIO');
  });
});

describe('LevelDB manifest', () => {
  const edit = (bytes: number[]) => Buffer.from([0, 0, 0, 0, bytes.length, 0, 1, ...bytes]);

  it('keeps the tables that were added and not deleted', () => {
    const manifest = Buffer.concat([
      edit([1, 1, 65, 2, 3, 3, 9, 4, 0x80, 0x01]),
      edit([7, 0, 5, 100, 1, 97, 1, 98, 7, 0, 6, 100, 1, 97, 1, 98]),
      edit([6, 0, 5, 7, 1, 8, 100, 1, 97, 1, 98, 5, 1, 1, 97, 9, 2]),
    ]);
    expect(readLiveFiles(manifest)).toEqual({ tables: [6, 8], logNumber: 3, previousLogNumber: 2 });
  });

  it('reports an unfinished edit instead of a wrong answer', () => {
    const whole = edit([2, 3]);
    for (let size = 1; size < whole.length; size++)
      expect(readLiveFiles(whole.subarray(0, size))).toBeUndefined();
    expect(() => readLiveFiles(edit([99]))).toThrow(RangeError);
  });
});
