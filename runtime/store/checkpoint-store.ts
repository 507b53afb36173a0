import type { Marks } from './engine.js';
export interface CheckpointFile {
  readonly name: string;
  readonly sizeBytes: number;
  /** Of the whole file, 32 lower-case hexadecimal digits. */
  readonly md5: string;
}
export interface CheckpointManifest {
  readonly formatVersion: 1;
  readonly decree: number;
  readonly marks: Marks;
  readonly files: readonly CheckpointFile[];
}
export interface CheckpointInfo extends CheckpointManifest {
  /** Absolute path of the directory that holds the files. */
  readonly directory: string;
  /** Sum of the files' sizes. */
  readonly sizeBytes: number;
}
export declare class CheckpointStore {
  static open(directory: string): Promise<CheckpointStore>;
  latest(): CheckpointInfo | undefined;
  list(): readonly CheckpointInfo[];
  prune(keep: number, pinnedDecrees?: Iterable<number>): Promise<number[]>;
}
