import type { Engine, EngineBatch, EngineState, KeyValue, Marks, ScanRange } from './engine.js';
export declare class MemoryEngine implements Engine {
  static open(directory?: string): Promise<MemoryEngine>;
  readonly lastAppliedDecree: number;
  readonly marks: Marks;
  apply(batch: EngineBatch): Promise<void>;
  get(key: Buffer): Promise<Buffer | undefined>;
  scan(range?: ScanRange): Promise<KeyValue[]>;
  checkpoint(directory: string): Promise<EngineState>;
  close(): Promise<void>;
}
