import type { Observable } from 'rxjs';
import type { CheckpointInfo, CheckpointManifest, CheckpointStore } from './checkpoint-store.js';
import type { KeyValue, Marks, OpenEngine, ScanRange } from './engine.js';
import type { Mutation } from './mutation.js';
import type { LogChunk, MutationLogOptions, ReadLogOptions } from './mutation-log.js';

/** What a mutation does to the state. A key put and deleted by one mutation ends as put. */
export interface Change<Result> {
  readonly puts?: readonly KeyValue[];
  readonly deletes?: readonly Buffer[];
  readonly marks?: Marks;
  /** Handed to the caller of `write`; not stored. */
  readonly result?: Result;
}
/** Reads the state just before the mutation at hand. */
export interface StateReader {
  get(key: Buffer): Promise<Buffer | undefined>;
}
export type ApplyMutation<Result> = (mutation: Mutation, reader: StateReader) => Change<Result> | Promise<Change<Result>>;

export interface PartitionStoreOptions<Result> {
  readonly directory: string;
  readonly apply: ApplyMutation<Result>;
  /** Default: LevelDB. */
  readonly openEngine?: OpenEngine;
  readonly logOptions?: Omit<MutationLogOptions, 'firstDecree'>;
  /** Microseconds since 1970, for writes that bring no timestamp. Default: the system clock. */
  readonly nowUs?: () => bigint;
}
export interface WriteRequest {
  readonly code: string;
  readonly message: Buffer;
  readonly timestampUs?: bigint;
}
export interface Written<Result> {
  readonly decree: number;
  readonly result: Result | undefined;
}
export declare class PartitionStore<Result = unknown> {
  static open<Result>(options: PartitionStoreOptions<Result>): Promise<PartitionStore<Result>>;
  static install(directory: string, filesDirectory: string, manifest: CheckpointManifest): Promise<void>;
  readonly lastCommittedDecree: number;
  readonly lastDurableDecree: number;
  readonly minDecreeInLog: number;
  readonly logSizeBytes: number;
  readonly marks: Marks;
  readonly checkpoints: CheckpointStore;
  readonly appended$: Observable<number>;
  write(request: WriteRequest): Promise<Written<Result>>;
  get(key: Buffer): Promise<Buffer | undefined>;
  scan(range?: ScanRange): Promise<KeyValue[]>;
  readLog(options: ReadLogOptions): Promise<LogChunk>;
  checkpoint(): Promise<CheckpointInfo>;
  collectLog(upToDecree: number): Promise<number>;
  close(): Promise<void>;
}
