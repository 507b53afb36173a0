/** The meta server's durable state, in records with a shape. */
import { z } from 'zod';
import { DUPLICATION_STATUSES, EXISTING_TABLE_POLICIES, FAIL_MODES } from '../../../machines/index.js';
import { type DurableMap, type Json, type MapCommit, openDurableMap, StoreError } from '../../store/index.js';
import { policySchema } from '../policy.js';

const moveEnd = z.object({
  ballot: z.number().int(),
  from: z.string(),
  to: z.string(),
  outcome: z.enum(['moved', 'undone']),
  atMs: z.number(),
  error: z.string().optional(),
  operation: z.string().optional(),
  peer: z.string().optional(),
  hint: z.string().optional(),
});
export type MoveEnd = z.infer<typeof moveEnd>;

const placeSchema = z.object({
  node: z.string(),
  /** Whether it has ever been open. */
  existed: z.boolean(),
  /** Number of the move that brought it there; left out or 0: it was made there. */
  ballot: z.number().int().optional(),
  /** A move that is under way; the place is where it was until that is decided. */
  moving: z.object({ to: z.string(), ballot: z.number().int(), sinceMs: z.number() }).optional(),
  lastMove: moveEnd.optional(),
});
/** Where a partition lives: the one thing that decides who opens it. */
export type PlaceRecord = z.infer<typeof placeSchema>;

export const tableRecordSchema = z.object({
  appId: z.number().int().positive(),
  name: z.string(),
  partitionCount: z.number().int().positive(),
  envs: z.record(z.string(), z.string()),
  /** Grows with every change of the environment; replica servers report which one they have. */
  envVersion: z.number().int().optional(),
  /** The fence that was lifted last: an order of that migration that comes late does not put it back. */
  liftedFence: z.object({ id: z.string(), run: z.number().int() }).optional(),
  status: z.enum(['AS_AVAILABLE', 'AS_DROPPED']),
  createSecond: z.number().int(),
  dropSecond: z.number().int(),
  partitions: z.array(placeSchema),
});
export type TableRecord = z.infer<typeof tableRecordSchema>;

export const duplicationRecordSchema = z.object({
  duplicationId: z.number().int().positive(),
  appId: z.number().int().positive(),
  appName: z.string(),
  remoteCluster: z.string(),
  remoteTable: z.string(),
  remoteReplicaCount: z.number().int().positive(),
  partitionCount: z.number().int().positive(),
  policy: z.enum(EXISTING_TABLE_POLICIES),
  onRemove: z.enum(['keep', 'drop']),
  status: z.enum(DUPLICATION_STATUSES),
  failMode: z.enum(FAIL_MODES),
  createTimestampMs: z.number().int(),
  /** When each status became durable last; records of older versions do not tell. */
  enteredMs: z.partialRecord(z.enum(DUPLICATION_STATUSES), z.number()).optional(),
});
export type DuplicationRecord = z.infer<typeof duplicationRecordSchema>;

const countersSchema = z.object({ lastAppId: z.number().int(), lastDuplicationId: z.number().int() });

export const tableKey = (appId: number): string => `table/${appId}`;
export const duplicationKey = (appId: number, id: number): string => `duplication/${appId}/${id}`;
export const progressKey = (appId: number, id: number, partition: number): string =>
  `progress/${appId}/${id}/${partition}`;
/** A duplication that was removed, and whose table must not be created here any more. */
export const retiredRecordSchema = z.object({
  table: z.string(),
  /** `source cluster/source table`. */
  source: z.string(),
  /** It and every earlier one. */
  duplicationId: z.number().int().positive(),
  second: z.number().int(),
});
export type RetiredRecord = z.infer<typeof retiredRecordSchema>;

export const retiredKey = ({ table, source }: Pick<RetiredRecord, 'table' | 'source'>): string =>
  `retired/${table}/${source}`;
const remoteKey = (cluster: string): string => `remote/${cluster}`;

type OpenMap = (directory: string) => Promise<DurableMap>;
type Put = { readonly key: string; readonly value: Json };

interface Progress {
  /** Key of the duplication's record. */
  readonly of: string;
  readonly decree: number;
}

/**
 * Opens again after a failed write: what a failed commit left on disk is only known after reading it,
 * and a disk that was full must not need a restart of the server once there is room.
 */
export class MetaStore {
  readonly #directory: string;
  readonly #openMap: OpenMap;
  #map: DurableMap;
  #broken = false;
  #closed = false;
  #queue: Promise<unknown> = Promise.resolve();
  /** Decrees of partitions that the next progress write takes along, by key of their record. */
  readonly #progress = new Map<string, Progress>();
  #progressWrite: Promise<void> | null = null;

  private constructor(directory: string, openMap: OpenMap, map: DurableMap) {
    this.#directory = directory;
    this.#openMap = openMap;
    this.#map = map;
  }

  static async open(directory: string, openMap: OpenMap = openDurableMap): Promise<MetaStore> {
    return new MetaStore(directory, openMap, await openMap(directory));
  }

  async tables(): Promise<TableRecord[]> {
    return (await this.#map.list('table/')).map(({ value }) => tableRecordSchema.parse(value));
  }

  async retired(): Promise<RetiredRecord[]> {
    return (await this.#map.list('retired/')).map(({ value }) => retiredRecordSchema.parse(value));
  }

  /** Replaces the record of the same table and source, and forgets others, in one step. */
  saveRetired(record: RetiredRecord, forgotten: readonly RetiredRecord[]): Promise<void> {
    return this.#commit(async () => ({
      puts: [{ key: retiredKey(record), value: record }],
      deletes: forgotten.map((each) => ({ key: retiredKey(each) })),
    }));
  }

  async duplications(): Promise<DuplicationRecord[]> {
    return (await this.#map.list('duplication/')).map(({ value }) => duplicationRecordSchema.parse(value));
  }

  /** Confirmed decree of each partition, −1 where none is stored. */
  async progress(record: DuplicationRecord): Promise<number[]> {
    const decrees = Array.from({ length: record.partitionCount }, () => -1);
    for (const { key, value } of await this.#map.list(
      progressKey(record.appId, record.duplicationId, 0).slice(0, -1),
    )) {
      const partition = Number(key.split('/').at(-1));
      if (partition in decrees) decrees[partition] = z.number().parse(value);
    }
    return decrees;
  }

  async remotes(): Promise<Record<string, string[]>> {
    const found: Record<string, string[]> = {};
    for (const { key, value } of await this.#map.list('remote/')) {
      found[key.slice('remote/'.length)] = z.array(z.string()).parse(value);
    }
    return found;
  }

  saveRemote(cluster: string, metas: readonly string[]): Promise<void> {
    return this.put({ key: remoteKey(cluster), value: [...metas] });
  }

  async policy() {
    const entry = await this.#map.get('policy');
    return entry === undefined ? null : policySchema.parse(entry.value);
  }

  /**
   * The next unused number of its kind; never given twice, not even after a removal or to two callers at
   * the same time.
   */
  async nextNumber(kind: 'lastAppId' | 'lastDuplicationId', atLeast: number): Promise<number> {
    let next = atLeast;
    await this.#commit(async () => {
      const entry = await this.#map.get('counters');
      const counters = countersSchema.parse(entry?.value ?? { lastAppId: 0, lastDuplicationId: 0 });
      next = Math.max(counters[kind] + 1, atLeast);
      return { puts: [{ key: 'counters', value: { ...counters, [kind]: next } }] };
    });
    return next;
  }

  /** Durable when it resolves; all or nothing. */
  put(...puts: Put[]): Promise<void> {
    return this.#commit(async () => ({ puts }));
  }

  /**
   * Writes what `compute` returns when its turn has come, then calls `onDurable` before the next change is
   * computed: two changes of one record can neither overtake nor undo each other.
   */
  change(compute: () => Put, onDurable: () => void): Promise<void> {
    return this.#commit(async () => ({ puts: [compute()] }), onDurable);
  }

  /**
   * Stores a partition's confirmed decree unless a larger one is stored already, or the duplication is not
   * (any more). All that is asked for while the disk is busy becomes one write: thousands of partitions
   * that move on several times a second need as many writes as one.
   */
  saveProgress(appId: number, id: number, partition: number, decree: number): Promise<void> {
    const key = progressKey(appId, id, partition);
    const larger = Math.max(decree, this.#progress.get(key)?.decree ?? decree);
    this.#progress.set(key, { of: duplicationKey(appId, id), decree: larger });
    if (this.#progressWrite !== null) return this.#progressWrite;
    const taken = () => {
      const wanted = [...this.#progress];
      this.#progress.clear();
      this.#progressWrite = null;
      return wanted;
    };
    const write = this.#commit(async () => {
      const puts: Put[] = [];
      for (const [at, { of, decree: wanted }] of taken()) {
        const stored = (await this.#map.get(at))?.value;
        if (typeof stored === 'number' && stored >= wanted) continue;
        if ((await this.#map.get(of)) !== undefined) puts.push({ key: at, value: wanted });
      }
      return puts.length === 0 ? null : { puts };
    });
    this.#progressWrite = write;
    // Storage that cannot even be opened fails before anything is taken.
    write.catch(() => {
      if (this.#progressWrite === write) taken();
    });
    return write;
  }

  /** Deletes a duplication's record and progress in one step. Repeating it is harmless. */
  deleteDuplication(appId: number, id: number): Promise<void> {
    return this.#commit(async () => {
      const progress = await this.#map.list(`progress/${appId}/${id}/`);
      return { deletes: [{ key: duplicationKey(appId, id) }, ...progress.map(({ key }) => ({ key }))] };
    });
  }

  /** Finishes the writes under way; later ones are refused, and never open the storage again. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#queue.catch(() => undefined);
    await this.#map.close();
  }

  /** One commit at a time, so that what a change was computed from still holds when it is written. */
  #commit(changes: () => Promise<MapCommit | null>, onDurable?: () => void): Promise<void> {
    if (this.#closed) {
      const operation = 'write metadata';
      const detail = 'the meta server is stopping';
      return Promise.reject(
        new StoreError('ERR_INVALID_STATE', { operation, path: this.#directory, detail }),
      );
    }
    const run = this.#queue.then(async () => {
      if (this.#broken) await this.#reopen();
      const commit = await changes();
      if (commit === null) return;
      try {
        await this.#map.commit(commit);
        onDurable?.();
      } catch (error) {
        this.#broken = true;
        throw error;
      }
    });
    this.#queue = run.catch(() => undefined);
    return run;
  }

  async #reopen(): Promise<void> {
    await this.#map.close().catch(() => undefined);
    try {
      this.#map = await this.#openMap(this.#directory);
      this.#broken = false;
    } catch (error) {
      throw StoreError.from(error, 'open metadata again', this.#directory);
    }
  }
}
