/** Defects of what keeps rows, logs and checkpoints on a disk. */
import type { PlantedBug } from './bug.js';

const LOG = 'runtime/store/mutation-log.js';

export const STORE_BUGS: readonly PlantedBug[] = [
  {
    name: 'no fsync of the log',
    file: LOG,
    find: `            await file.datasync();
        }
        catch (error) {
            await file.truncate(`,
    put: `        }
        catch (error) {
            await file.truncate(`,
  },
  {
    name: 'a write is acknowledged before it is in the log',
    file: LOG,
    find: `        try {
            this.#tornTail = true;`,
    put: `        for (const { waiter } of group)
            waiter?.resolve();
        try {
            this.#tornTail = true;`,
  },
  {
    name: 'a torn record is taken for whole',
    file: 'runtime/store/log-record.js',
    find: 'if (crc32(from.subarray(at + 4, end)) !== from.readUInt32LE(at))',
    put: 'if (end < at)',
    shows: 'a record of the log keeps its length and lacks a part of its value',
  },
  {
    name: 'a checkpoint is used before its name is durable',
    file: 'runtime/store/checkpoint-store.js',
    find: `        await this.#fileSystem.rename(making, directory);
        await this.#fileSystem.syncDirectory(this.#directory);`,
    put: '        await this.#fileSystem.rename(making, directory);',
  },
  {
    name: 'a fetched checkpoint is installed without a look at its checksums',
    file: 'runtime/store/checkpoint-manifest.js',
    find: 'if (md5 !== file.md5)',
    put: 'if (md5 === undefined)',
  },
  {
    name: 'the log is collected beyond the latest checkpoint',
    file: 'runtime/store/partition-store.js',
    find: 'this.#log.collect(Math.min(upToDecree, this.checkpoints.latest()?.decree ?? 0))',
    put: 'this.#log.collect(upToDecree)',
  },
];
