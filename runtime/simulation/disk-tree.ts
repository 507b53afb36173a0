/** Files and directories in memory, each with what a power failure would leave of it. */
import type { DirectoryEntry } from '../store/index.js';

export function diskError(errno: string, path: string): Error {
  return Object.assign(new Error(`${errno}: ${path}`), { code: errno });
}

/** What a write replaced since the last sync. */
interface Undo {
  readonly position: number;
  readonly bytes: Buffer;
  readonly sizeBytes: number;
}

/** What a power failure leaves of what was not synced. */
export interface Survival {
  /** Whether a directory has the names it had at the end rather than those that were synced. */
  names(): boolean;
  /** What a file is found to hold, from what was synced and what was there at the end. */
  content(synced: Buffer, written: Buffer): Buffer;
}

export class DiskFile {
  #bytes: Buffer = Buffer.alloc(0);
  #sizeBytes = 0;
  #undo: Undo[] = [];

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  write(bytes: Buffer, position: number): void {
    this.#remember(position, position + bytes.length);
    this.#grow(position + bytes.length);
    this.#bytes.set(bytes, position);
    this.#sizeBytes = Math.max(this.#sizeBytes, position + bytes.length);
  }

  truncate(sizeBytes: number): void {
    if (sizeBytes === this.#sizeBytes) return;
    this.#remember(sizeBytes, this.#sizeBytes);
    this.#grow(sizeBytes);
    this.#bytes.fill(0, Math.min(sizeBytes, this.#sizeBytes));
    this.#sizeBytes = sizeBytes;
  }

  read(length: number, position: number): Buffer {
    const end = Math.min(this.#sizeBytes, position + length);
    return Buffer.from(this.#bytes.subarray(Math.min(position, end), end));
  }

  sync(): void {
    this.#undo = [];
  }

  /** What was not synced is gone, or, if something is to survive, torn. */
  powerFailure(survives?: Survival): void {
    if (this.#undo.length === 0) return;
    const written = this.read(this.#sizeBytes, 0);
    for (const { position, bytes, sizeBytes } of this.#undo.splice(0).reverse()) {
      this.#bytes.fill(0, position);
      this.#grow(position + bytes.length);
      this.#bytes.set(bytes, position);
      this.#sizeBytes = sizeBytes;
    }
    if (survives === undefined) return;
    const left = survives.content(this.read(this.#sizeBytes, 0), written);
    this.#grow(left.length);
    this.#bytes.fill(0);
    this.#bytes.set(left);
    this.#sizeBytes = left.length;
  }

  /** Turns bits over, of what is durable too. */
  rot(position: number, mask: number): void {
    if (position < this.#sizeBytes) this.#bytes[position] = (this.#bytes[position] ?? 0) ^ mask;
  }

  /** Everything from `position` on that is going to change, and how long the file was. */
  #remember(position: number, end: number): void {
    const kept = position < this.#sizeBytes ? Math.max(end, this.#sizeBytes) : position;
    const bytes = Buffer.from(
      this.#bytes.subarray(Math.min(position, this.#sizeBytes), Math.min(kept, this.#sizeBytes)),
    );
    this.#undo.push({ position: Math.min(position, this.#sizeBytes), bytes, sizeBytes: this.#sizeBytes });
  }

  #grow(sizeBytes: number): void {
    if (sizeBytes <= this.#bytes.length) return;
    const grown = Buffer.alloc(Math.max(sizeBytes, this.#bytes.length * 2, 256));
    this.#bytes.copy(grown);
    this.#bytes = grown;
  }
}

class Directory {
  entries = new Map<string, DiskFile | Directory>();
  durable = new Map<string, DiskFile | Directory>();

  powerFailure(survives?: Survival): void {
    if (survives?.names() === true) this.durable = new Map(this.entries);
    else this.entries = new Map(this.durable);
    for (const entry of this.entries.values()) entry.powerFailure(survives);
  }
}

export class DiskTree {
  readonly #root = new Directory();

  openFile(path: string, create: boolean): DiskFile {
    const [directory, name] = this.#parentOf(path);
    const found = directory.entries.get(name);
    if (found instanceof Directory) throw diskError('EISDIR', path);
    if (found !== undefined) return found;
    if (!create) throw diskError('ENOENT', path);
    const made = new DiskFile();
    directory.entries.set(name, made);
    return made;
  }

  makeDirectory(path: string): string | undefined {
    let at = this.#root;
    let first: string | undefined;
    let walked = '';
    for (const name of partsOf(path)) {
      walked += `/${name}`;
      const next = at.entries.get(name) ?? new Directory();
      if (next instanceof DiskFile) throw diskError('ENOTDIR', walked);
      if (!at.entries.has(name)) {
        at.entries.set(name, next);
        first ??= walked;
      }
      at = next;
    }
    return first;
  }

  syncDirectory(path: string): void {
    const directory = this.#directory(path);
    directory.durable = new Map(directory.entries);
  }

  list(path: string): DirectoryEntry[] {
    return [...this.#directory(path).entries].map(([name, entry]) => ({
      name,
      isFile: entry instanceof DiskFile,
    }));
  }

  stat(path: string): { isFile: boolean; sizeBytes: number } {
    const found = this.#find(path);
    if (found === undefined) throw diskError('ENOENT', path);
    return found instanceof DiskFile
      ? { isFile: true, sizeBytes: found.sizeBytes }
      : { isFile: false, sizeBytes: 0 };
  }

  has(path: string): boolean {
    return this.#find(path) !== undefined;
  }

  rename(from: string, to: string): void {
    const [source, name] = this.#parentOf(from);
    const [target, newName] = this.#parentOf(to);
    const moved = source.entries.get(name);
    if (moved === undefined) throw diskError('ENOENT', from);
    const there = target.entries.get(newName);
    if (there instanceof Directory && there.entries.size > 0) throw diskError('ENOTEMPTY', to);
    source.entries.delete(name);
    target.entries.set(newName, moved);
  }

  remove(path: string): void {
    const found = this.#find(path);
    if (found === undefined) return;
    const [directory, name] = this.#parentOf(path);
    directory.entries.delete(name);
  }

  link(from: string, to: string): void {
    const [directory, name] = this.#parentOf(to);
    if (directory.entries.has(name)) throw diskError('EEXIST', to);
    directory.entries.set(name, this.openFile(from, false));
  }

  copy(from: string, to: string): void {
    const source = this.openFile(from, false);
    const target = this.openFile(to, true);
    target.truncate(0);
    target.write(source.read(source.sizeBytes, 0), 0);
  }

  /** The directory itself stays: it is the disk's mount point. */
  powerFailure(path: string, survives?: Survival): void {
    const found = this.#find(path);
    if (found instanceof Directory) found.powerFailure(survives);
  }

  /** Every file below a directory, with its path. */
  files(path: string): [path: string, file: DiskFile][] {
    const found = this.#find(path);
    if (found === undefined) return [];
    if (found instanceof DiskFile) return [[path, found]];
    return [...found.entries.keys()].flatMap((name) => this.files(`${path}/${name}`));
  }

  #find(path: string): DiskFile | Directory | undefined {
    return this.#walk(partsOf(path));
  }

  #walk(parts: readonly string[]): DiskFile | Directory | undefined {
    let at: DiskFile | Directory | undefined = this.#root;
    for (const name of parts) at = at instanceof Directory ? at.entries.get(name) : undefined;
    return at;
  }

  #directory(path: string, parts = partsOf(path)): Directory {
    const found = this.#walk(parts);
    if (found === undefined) throw diskError('ENOENT', path);
    if (found instanceof DiskFile) throw diskError('ENOTDIR', path);
    return found;
  }

  #parentOf(path: string): [Directory, string] {
    const parts = partsOf(path);
    const name = parts.pop();
    if (name === undefined) throw diskError('EINVAL', path);
    return [this.#directory(path, parts), name];
  }
}

function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}
