import { ClassicLevel } from 'classic-level';
import { StoreError } from './errors.js';

/** Anything that JSON gives back unchanged. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export interface MapEntry {
  readonly key: string;
  readonly value: Json;
  /** Revision of the commit that wrote the entry last. Never used again, not even after a delete. */
  readonly version: number;
}

/** All or nothing. A key may appear once. `expectedVersion: 0` demands that there is no such entry. */
export interface MapCommit {
  readonly puts?: readonly {
    readonly key: string;
    readonly value: Json;
    readonly expectedVersion?: number;
  }[];
  readonly deletes?: readonly { readonly key: string; readonly expectedVersion?: number }[];
}

/**
 * Small durable state, such as a meta server's: JSON by key, changed by compare-and-set.
 *
 * Everything is kept in memory as well, so it is meant for megabytes.
 *
 * @example
 * ```ts
 * const seen = await map.get('app/1');
 * await map.commit({ puts: [{ key: 'app/1', value: { status: 'AS_DROPPING' }, expectedVersion: seen?.version ?? 0 }] });
 * ```
 */
export interface DurableMap {
  get(key: string): Promise<MapEntry | undefined>;
  /** Entries whose key starts with the prefix, ordered by key. */
  list(prefix: string): Promise<MapEntry[]>;
  /**
   * Resolves once the changes are on disk, and only then are they visible. Returns the revision, which is the
   * version of every entry put. Commits take effect in the order of the calls.
   *
   * @throws StoreError `ERR_VERSION_OUTDATED` when an expected version does not hold (nothing is changed);
   * `ERR_INVALID_PARAMETERS`; a disk error, after which commits are refused until the map is opened again,
   * because it is not known whether that one is on disk.
   */
  commit(changes: MapCommit): Promise<number>;
  close(): Promise<void>;
}

interface Stored {
  readonly text: string;
  readonly version: number;
}

/** Makes changes durable; `undefined` text is a delete. */
type Persist = (changes: ReadonlyMap<string, Stored | undefined>, revision: number) => Promise<void>;

/** What a map in memory would have on disk. */
export interface MemoryMapImage {
  /** Each value as text, behind the version of its commit. */
  readonly entries: Map<string, { readonly text: string; readonly version: number }>;
  revision: number;
}

export interface MemoryMapOptions {
  /** Outlives the map, and the server that has it open. Left out, closing forgets everything. */
  readonly image?: MemoryMapImage;
  /** Waited for before a commit becomes durable; its rejection is a failure of the disk. */
  readonly beforeCommit?: (keys: readonly string[]) => Promise<void>;
}

/**
 * A map in memory, for simulations.
 *
 * @example
 * const image = { entries: new Map(), revision: 0 };
 * const map = openMemoryMap({ image });
 */
export function openMemoryMap(options: MemoryMapOptions = {}): DurableMap {
  const { image = { entries: new Map(), revision: 0 }, beforeCommit } = options;
  return new PersistedMap('memory', new Map(image.entries), image.revision, {
    persist: async (changes, revision) => {
      await beforeCommit?.([...changes.keys()]);
      for (const [key, stored] of changes) {
        if (stored === undefined) image.entries.delete(key);
        else image.entries.set(key, stored);
      }
      image.revision = revision;
    },
    close: async () => undefined,
  });
}

/**
 * Opens the map in a directory, creating it when missing.
 *
 * @throws StoreError `ERR_LOCK_ALREADY_EXIST` when another process, or this one, has it open.
 */
export async function openDurableMap(directory: string): Promise<DurableMap> {
  const db = new ClassicLevel<string, string>(directory, { keyEncoding: 'utf8', valueEncoding: 'utf8' });
  const entries = new Map<string, Stored>();
  let revision = 0;
  try {
    await db.open();
    for await (const [key, text] of db.iterator()) {
      if (key === revisionKey) revision = Number(text);
      else entries.set(key.slice(entryPrefix.length), decodeStored(text));
    }
  } catch (thrown) {
    await db.close().catch(() => undefined);
    const error = StoreError.from(thrown, 'open map', directory);
    if (error.code !== 'ERR_LOCK_ALREADY_EXIST') throw error;
    throw new StoreError(error.code, {
      operation: 'open map',
      path: directory,
      detail: 'another process has it open; stop that process, or use another directory',
      cause: thrown,
    });
  }
  const persist: Persist = async (changes, next) => {
    const operations: ({ type: 'put'; key: string; value: string } | { type: 'del'; key: string })[] = [];
    for (const [key, stored] of changes) {
      if (stored === undefined) operations.push({ type: 'del', key: entryPrefix + key });
      else
        operations.push({ type: 'put', key: entryPrefix + key, value: `${stored.version} ${stored.text}` });
    }
    operations.push({ type: 'put', key: revisionKey, value: String(next) });
    await db.batch(operations, { sync: true });
  };
  return new PersistedMap(directory, entries, revision, { persist, close: () => db.close() });
}

const entryPrefix = 'e';
const revisionKey = 'revision';

function decodeStored(text: string): Stored {
  const space = text.indexOf(' ');
  return { version: Number(text.slice(0, space)), text: text.slice(space + 1) };
}

class PersistedMap implements DurableMap {
  readonly #path: string;
  readonly #entries: Map<string, Stored>;
  readonly #disk: { persist: Persist; close(): Promise<void> };
  #revision: number;
  #last: Promise<unknown> = Promise.resolve();
  #refusal: StoreError | undefined;
  #closing: Promise<void> | undefined;

  constructor(
    path: string,
    entries: Map<string, Stored>,
    revision: number,
    disk: { persist: Persist; close(): Promise<void> },
  ) {
    this.#path = path;
    this.#entries = entries;
    this.#revision = revision;
    this.#disk = disk;
  }

  async get(key: string): Promise<MapEntry | undefined> {
    this.#checkOpen('read');
    const stored = this.#entries.get(key);
    return stored === undefined ? undefined : entryOf(key, stored);
  }

  async list(prefix: string): Promise<MapEntry[]> {
    this.#checkOpen('read');
    const found = [...this.#entries].filter(([key]) => key.startsWith(prefix));
    return found.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, stored]) => entryOf(key, stored));
  }

  commit(changes: MapCommit): Promise<number> {
    if (this.#closing !== undefined) return Promise.reject(this.#closedError('commit'));
    const done = this.#last.then(() => this.#commit(changes));
    this.#last = done.catch(() => undefined);
    return done;
  }

  close(): Promise<void> {
    this.#closing ??= this.#last.then(() => this.#disk.close());
    return this.#closing;
  }

  async #commit({ puts = [], deletes = [] }: MapCommit): Promise<number> {
    if (this.#refusal !== undefined) throw this.#refusal;
    const revision = this.#revision + 1;
    const changed = new Map<string, Stored | undefined>();
    for (const change of [...puts, ...deletes]) {
      if (changed.has(change.key)) throw this.#parameterError(`key ${change.key} appears twice`);
      const text = 'value' in change ? JSON.stringify(change.value) : undefined;
      if ('value' in change && text === undefined)
        throw this.#parameterError(`the value of ${change.key} is not JSON`);
      changed.set(change.key, text === undefined ? undefined : { text, version: revision });
    }
    for (const { key, expectedVersion } of [...puts, ...deletes]) {
      const version = this.#entries.get(key)?.version ?? 0;
      if (expectedVersion === undefined || expectedVersion === version) continue;
      throw new StoreError('ERR_VERSION_OUTDATED', {
        operation: 'commit',
        path: this.#path,
        detail: `${key} has version ${version}, expected ${expectedVersion}`,
      });
    }
    try {
      await this.#disk.persist(changed, revision);
    } catch (error) {
      this.#refusal = StoreError.from(error, 'commit', this.#path);
      throw this.#refusal;
    }
    this.#revision = revision;
    for (const [key, stored] of changed) {
      if (stored === undefined) this.#entries.delete(key);
      else this.#entries.set(key, stored);
    }
    return revision;
  }

  #checkOpen(operation: string): void {
    if (this.#closing !== undefined) throw this.#closedError(operation);
  }

  #closedError(operation: string): StoreError {
    return new StoreError('ERR_INVALID_STATE', { operation, path: this.#path, detail: 'the map is closed' });
  }

  #parameterError(detail: string): StoreError {
    return new StoreError('ERR_INVALID_PARAMETERS', { operation: 'commit', path: this.#path, detail });
  }
}

function entryOf(key: string, { text, version }: Stored): MapEntry {
  return { key, value: JSON.parse(text) as Json, version };
}
