import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import {
  type Change,
  type Engine,
  type FileSystem,
  type KeyValue,
  type LogFile,
  type Mutation,
  nodeFileSystem,
  type OpenOptions,
  StoreError,
} from '../../runtime/store/index.js';

/** A fresh directory that disappears with the test. */
export function temporaryDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), 'bridle-store-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

export function mutationAt(decree: number, size = 20): Mutation {
  const message = Buffer.alloc(size, decree % 251);
  message.write(`${decree};`);
  return { decree, timestampUs: BigInt(decree) * 10n, code: 'RPC_RRDB_RRDB_PUT', message };
}

export function mutationsBetween(first: number, last: number, size?: number): Mutation[] {
  return Array.from({ length: last - first + 1 }, (_, i) => mutationAt(first + i, size));
}

/** A state machine for tests: `put k v`, `del k`, `add k n` (reads), `fail`. Marks the decree it has seen. */
export async function applyText(
  { decree, message }: Mutation,
  reader: { get(key: Buffer): Promise<Buffer | undefined> },
): Promise<Change<string>> {
  const [verb = '', key = '', value = ''] = message.toString().split(' ');
  const marks = { seen: decree };
  if (verb === 'put') return { puts: [[Buffer.from(key), Buffer.from(value)]], marks, result: 'put' };
  if (verb === 'del') return { deletes: [Buffer.from(key)], marks, result: 'deleted' };
  if (verb === 'add') {
    const sum = Number((await reader.get(Buffer.from(key)))?.toString() ?? '0') + Number(value);
    return { puts: [[Buffer.from(key), Buffer.from(String(sum))]], marks, result: String(sum) };
  }
  throw new Error(`unknown verb ${verb}`);
}

/** The same state machine on a plain map, as the model to compare with. */
export function modelAfter(commands: readonly string[]): Map<string, string> {
  const model = new Map<string, string>();
  for (const command of commands) {
    const [verb, key = '', value = ''] = command.split(' ');
    if (verb === 'put') model.set(key, value);
    if (verb === 'del') model.delete(key);
    if (verb === 'add') model.set(key, String(Number(model.get(key) ?? '0') + Number(value)));
  }
  return model;
}

export async function contentOf(from: Pick<Engine, 'scan'>): Promise<Map<string, string>> {
  const content = new Map<string, string>();
  let last: Buffer | undefined;
  for (;;) {
    const pairs: KeyValue[] = await from.scan({ ...(last === undefined ? {} : { gt: last }), limit: 700 });
    if (pairs.length === 0) return content;
    for (const [key, value] of pairs) content.set(key.toString(), value.toString());
    last = pairs.at(-1)![0];
  }
}

export async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'resolved';
  } catch (error) {
    return error instanceof StoreError ? error.code : String(error);
  }
}

export type Fault = { readonly errno: string; readonly afterBytes?: number };

/** The real file system, until told otherwise. A failing write leaves `afterBytes` of its bytes behind. */
export class FaultyFileSystem implements FileSystem {
  failWrite: Fault | undefined;
  failSync: Fault | undefined;
  failTruncate: Fault | undefined;
  failOpen: Fault | undefined;
  failSyncDirectory: Fault | undefined;
  syncs = 0;
  readonly syncedDirectories: string[] = [];
  readonly makeDirectory = nodeFileSystem.makeDirectory;
  readonly list = nodeFileSystem.list;
  readonly stat = nodeFileSystem.stat;
  readonly has = nodeFileSystem.has;
  readonly rename = nodeFileSystem.rename;
  readonly remove = nodeFileSystem.remove;
  readonly link = nodeFileSystem.link;
  readonly copy = nodeFileSystem.copy;
  readonly freeBytes = nodeFileSystem.freeBytes;

  async open(path: string, options?: OpenOptions): Promise<LogFile> {
    if (this.failOpen !== undefined && options?.create === true) throw errnoError(this.failOpen);
    const file = await nodeFileSystem.open(path, options);
    return {
      write: async (buffers, position) => {
        const fault = this.failWrite;
        if (fault === undefined) return file.write(buffers, position);
        const part = Buffer.concat(buffers).subarray(0, fault.afterBytes ?? 0);
        if (part.length > 0) await file.write([part], position);
        throw errnoError(fault);
      },
      datasync: async () => {
        this.syncs++;
        if (this.failSync !== undefined) throw errnoError(this.failSync);
        return file.datasync();
      },
      truncate: async (sizeBytes) => {
        if (this.failTruncate !== undefined) throw errnoError(this.failTruncate);
        return file.truncate(sizeBytes);
      },
      read: (length, position) => file.read(length, position),
      size: () => file.size(),
      close: () => file.close(),
    };
  }

  async syncDirectory(path: string): Promise<void> {
    if (this.failSyncDirectory !== undefined) throw errnoError(this.failSyncDirectory);
    await nodeFileSystem.syncDirectory(path);
    this.syncedDirectories.push(path);
  }
}

function errnoError({ errno }: Fault): Error {
  return Object.assign(new Error(`${errno}: injected`), { code: errno });
}
