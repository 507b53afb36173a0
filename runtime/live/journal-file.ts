/** A file at the operator's side that is written before something is done, and the process that works on it. */
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { z } from 'zod';
import { BridleError } from '../client/index.js';
import { makeDirectory, writeFileDurably } from '../store/files.js';
import { isAlive } from './is-alive.js';

export const clusterSchema = z.object({ name: z.string(), meta: z.array(z.string()).min(1) });

/** The process that works on a journal, or did. */
export const holderSchema = z.object({ host: z.string(), pid: z.number().int() });
export type Holder = z.infer<typeof holderSchema>;

export const thisProcess = (): Holder => ({ host: hostname(), pid: process.pid });

/** Whether another process of this machine is at work on it. Of other machines nobody can tell. */
export function isHeldByAnother({ host, pid }: Holder): boolean {
  return pid !== process.pid && host === hostname() && isAlive(pid);
}

/** Undefined when there is no file; BRIDLE_BAD_INPUT when it is not such a journal. `of`: `a migration`. */
export async function readJournal<Schema extends z.ZodType>(
  path: string,
  schema: Schema,
  { operation, of }: { readonly operation: string; readonly of: string },
): Promise<z.infer<Schema> | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw journalError(path, error);
  }
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    throw BridleError.of('BRIDLE_BAD_INPUT', { operation, hint: `${path} is no journal of ${of}: ${why}` });
  }
}

/** Durable when it resolves; the one before stays if it cannot be written. ERR_FILE_OPERATION_FAILED. */
export async function writeJournal(path: string, record: unknown): Promise<void> {
  try {
    await writeFileDurably(path, `${JSON.stringify(record, undefined, 2)}\n`);
  } catch (error) {
    throw journalError(path, error);
  }
}

/** The directory of a journal, made where it is missing. ERR_FILE_OPERATION_FAILED. */
export async function makeJournalDirectory(path: string): Promise<void> {
  await makeDirectory(dirname(path)).catch((error: unknown) => {
    throw journalError(path, error);
  });
}

function journalError(path: string, error: unknown): BridleError {
  const hint = `${path}: ${error instanceof Error ? error.message : String(error)}`;
  return BridleError.of('ERR_FILE_OPERATION_FAILED', { operation: 'write the journal', hint, cause: error });
}
