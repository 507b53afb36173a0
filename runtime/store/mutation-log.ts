import type { Observable } from 'rxjs';
import type { FileSystem } from './file-system.js';
import type { Mutation } from './mutation.js';
export interface MutationLogOptions {
  /** A segment is closed once it is this large, in bytes. Default 16 MiB. */
  readonly segmentSizeBytes?: number;
  /** Bytes that may wait to become durable. Default 32 MiB. */
  readonly maxQueuedBytes?: number;
  /** Decree of the first mutation when the directory is empty. Default 1. */
  readonly firstDecree?: number;
  readonly fileSystem?: FileSystem;
}
export interface ReadLogOptions {
  /** The first mutation returned is the one after this decree. */
  readonly afterDecree: number;
  /** Stop after the mutation that reaches this many bytes. Default 1 MiB. */
  readonly maxBytes?: number;
  /** Default 10,000. */
  readonly maxCount?: number;
  readonly signal?: AbortSignal;
}
export interface LogChunk {
  readonly mutations: readonly Mutation[];
  /** Decree of the last mutation returned; `afterDecree` when there is none. */
  readonly lastDecree: number;
}
export declare class MutationLog {
  static open(directory: string, options?: MutationLogOptions): Promise<MutationLog>;
  readonly firstDecree: number;
  readonly lastDecree: number;
  readonly nextDecree: number;
  readonly sizeBytes: number;
  readonly appended$: Observable<number>;
  append(mutations: readonly Mutation[]): Promise<void>;
  read(options: ReadLogOptions): Promise<LogChunk>;
  collect(upToDecree: number): Promise<number>;
  close(): Promise<void>;
}
