/** A hostile source's names and sizes, and what stands in a follower's way on its own disk. */
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DiskSink } from '../../runtime/cluster/nfs/disk-sink.js';
import { queryCheckpoint } from '../../runtime/cluster/nfs/query-checkpoint.js';
import { formatAddress, RpcClient, RpcServer } from '../../runtime/pegasus/index.js';
import { nodeFileSystem } from '../../runtime/store/file-system.js';

const MD5 = '0'.repeat(32);
const NOWHERE = { host: '127.0.0.1', port: 1 };

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bridle-hostile-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

interface Announced {
  readonly names: readonly string[];
  readonly sizes?: readonly number[];
  readonly md5s?: readonly string[];
}

/** What a follower makes of an announcement. */
async function answerTo({ names, sizes = names.map(() => 1), md5s = names.map(() => MD5) }: Announced) {
  await using server = new RpcServer({
    handlers: {
      RPC_QUERY_LAST_CHECKPOINT_INFO: ({ pid }) => ({
        err: 'ERR_OK',
        config: { pid, ballot: 0, primary: NOWHERE, status: 1, learnerSignature: 0n },
        lastCommittedDecree: 1,
        prepareStartDecree: 0,
        type: 0,
        state: {
          fromDecreeExcluded: 0,
          toDecreeIncluded: 1,
          meta: Buffer.alloc(0),
          files: names,
          fileSizes: sizes,
          fileChecksums: md5s,
        },
        learnee: NOWHERE,
        baseLocalDir: '/etc',
      }),
    },
  });
  const address = await server.listen({ host: '127.0.0.1', port: 0 });
  await using client = new RpcClient({ protocol: 'rdsn' });
  return await queryCheckpoint(
    client,
    formatAddress(address),
    { appId: 1, partitionIndex: 0 },
    { timeoutMs: 20_000 },
  ).then(
    () => 'taken',
    (error: { failure?: { error: string; hint?: string }; message: string }) => error.message,
  );
}

const MANY = Array.from({ length: 100_001 }, (_, i) => `${i}`);

describe('a follower', () => {
  test.each<readonly [title: string, announced: Announced]>([
    ['the parent', { names: ['..'] }],
    ['the directory itself', { names: ['.'] }],
    ['no name', { names: [''] }],
    ['an absolute path', { names: ['/etc/passwd'] }],
    ['a way up', { names: ['../x'] }],
    ['a way up with the other separator', { names: ['..\\x'] }],
    ['a NUL', { names: ['a\0.sst'] }],
    ['a line break', { names: ['a\n{"level":"error"}'] }],
    ['an escape sequence', { names: ['a\u001b[2J'] }],
    ['letters that only look like ASCII', { names: ['\uff0e\uff0e\uff0fx'] }],
    ['a name that turns round', { names: ['a\u202etxt'] }],
    ['a name that is too long', { names: ['x'.repeat(256)] }],
    ['one name twice', { names: ['a', 'a'] }],
    ['two spellings of one name', { names: ['CURRENT', 'current'] }],
    ['the manifest', { names: ['manifest.json'] }],
    ['the manifest in capitals', { names: ['MANIFEST.JSON'] }],
    ['a negative size', { names: ['a'], sizes: [-1] }],
    ['fewer sizes than names', { names: ['a', 'b'], sizes: [1] }],
    ['more bytes than can be counted', { names: ['a', 'b'], sizes: [2 ** 53 - 1, 2 ** 53 - 1] }],
    ['a checksum that is a path', { names: ['a'], md5s: ['../../../../../../../../etc/passwd'] }],
    ['files without end', { names: MANY }],
  ])('given a source that announces %s, when asked, then all of it is refused', async (_, announced) => {
    expect(await answerTo(announced)).toMatch(/ERR_INVALID_DATA/);
  });

  test('given a source that announces what engines write, when asked, then it is taken', async () => {
    expect(await answerTo({ names: ['000012.ldb', 'CURRENT', 'MANIFEST-000004', 'OPTIONS-7'] })).toBe(
      'taken',
    );
  });

  const input = (name: string, sizeBytes = 4) => ({
    partition: 0,
    primary: 'a:1',
    directory: '1.0/checkpoint.1',
    decree: 1,
    file: { name, sizeBytes, md5: MD5 },
  });

  test.each(['.part', '.blocks'])(
    'given a link in the place of a %s file, when copied to, then what it leads to stays',
    async (suffix) => {
      const victim = join(directory, 'victim');
      await writeFile(victim, 'precious');
      await mkdir(join(directory, 'copy', '1'), { recursive: true });
      await symlink(victim, join(directory, 'copy', '1', `a${suffix}`));
      const sink = new DiskSink({ base: join(directory, 'copy') });
      await expect(sink.open(input('a'))).rejects.toThrow();
      expect(await readFile(victim, 'utf8')).toBe('precious');
    },
  );

  test('given a file that is announced larger than the disk, when opened, then nothing is copied', async () => {
    const sink = new DiskSink({ base: join(directory, 'copy') });
    await expect(sink.open(input('a', 2 ** 52))).rejects.toThrow(/ERR_DISK_INSUFFICIENT/);
  });
});

describe('a source', () => {
  test('given a pipe in the place of a file, when opened for reading, then nobody waits for a writer', async () => {
    const pipe = join(directory, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const opened = await nodeFileSystem.open(pipe, { readOnly: true });
    expect(await opened.size()).toBe(0);
    await opened.close();
  });

  test('given a link, when opened in any way, then it is not followed', async () => {
    await writeFile(join(directory, 'there'), 'x');
    await symlink(join(directory, 'there'), join(directory, 'link'));
    for (const how of [{}, { create: true }, { readOnly: true }]) {
      await expect(nodeFileSystem.open(join(directory, 'link'), how)).rejects.toMatchObject({
        code: 'ELOOP',
      });
    }
  });
});
