import type { Engine, EngineBatch, EngineState, KeyValue, Marks, ScanRange } from './engine.js';
export interface ClassicLevelEngineOptions {
  /** Memory for recent writes before they become a table file, in bytes. Default 8 MiB: a node has many partitions. */
  readonly writeBufferSizeBytes?: number;
  /** Memory for recently read blocks, in bytes. Default 8 MiB. */
  readonly cacheSizeBytes?: number;
}
export declare class ClassicLevelEngine implements Engine {
  static open(directory: string, options?: ClassicLevelEngineOptions): Promise<ClassicLevelEngine>;
  readonly lastAppliedDecree: number;
  readonly marks: Marks;
  apply(batch: EngineBatch): Promise<void>;
  get(key: Buffer): Promise<Buffer | undefined>;
  scan(range?: ScanRange): Promise<KeyValue[]>;
  checkpoint(directory: string): Promise<EngineState>;
  close(): Promise<void>;
}
