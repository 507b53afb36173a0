/** Anything `JSON.stringify` gives back unchanged. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export interface MapEntry {
  readonly key: string;
  readonly value: Json;
  /** Revision of the commit that last wrote the entry; larger means later, never used twice. */
  readonly version: number;
}
export interface MapCommit {
  readonly puts?: readonly { readonly key: string; readonly value: Json; readonly expectedVersion?: number }[];
  readonly deletes?: readonly { readonly key: string; readonly expectedVersion?: number }[];
}
export interface DurableMap {
  get(key: string): Promise<MapEntry | undefined>;
  list(prefix: string): Promise<MapEntry[]>;
  /** Returns the revision of this commit, which is the new version of every entry put. */
  commit(changes: MapCommit): Promise<number>;
  close(): Promise<void>;
}
export declare function openDurableMap(directory: string): Promise<DurableMap>;
export declare function openMemoryMap(): DurableMap;
