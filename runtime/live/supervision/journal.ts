/**
 * What a supervisor has begun, in a file at the operator's side. It is durable before it is done, so whoever comes
 * after a crash knows what may be taken away still and what was made from here.
 */
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { HEALS } from '../../../machines/supervisorHeals.js';
import { NOTHING_REMEMBERED, type SupervisionMemory } from '../../../machines/supervisorVerdict.js';
import { BridleError } from '../../client/index.js';
import {
  clusterSchema,
  holderSchema,
  isHeldByAnother,
  makeJournalDirectory,
  readJournal,
  thisProcess,
  writeJournal,
} from '../journal-file.js';

const healSchema = z.object({
  kind: z.enum(HEALS),
  dupid: z.number().int().nonnegative(),
  appId: z.number().int().nonnegative(),
  owner: z.string().nullable(),
});

const memorySchema = z.object({
  step: z.enum(['new', 'adding', 'tracking', 'healing', 'cleared']),
  dupid: z.number().int().nonnegative(),
  made: z.array(z.number().int()).readonly(),
  heal: healSchema.nullable(),
  heals: z.number().int().nonnegative(),
}) satisfies z.ZodType<SupervisionMemory>;

const journalSchema = z.object({
  version: z.literal(1),
  /** Of the supervision. */
  id: z.string().min(1),
  /** Grows each time that it is resumed. */
  run: z.number().int().positive(),
  source: clusterSchema,
  target: clusterSchema,
  table: z.string(),
  remoteTable: z.string(),
  memory: memorySchema,
  /** Milliseconds since 1970. */
  startedMs: z.number(),
  changedMs: z.number(),
  holder: holderSchema,
});
/** What the file holds. */
export type SupervisionRecord = z.infer<typeof journalSchema>;

/** What is supervised; a journal is about one such. */
export type Supervised = Pick<SupervisionRecord, 'source' | 'target' | 'table' | 'remoteTable'>;

/** Where a supervisor keeps what it must not forget. */
export interface SupervisionJournal {
  readonly path: string;
  /** As it was written last. */
  readonly memory: SupervisionMemory;
  /** Durable when it resolves; what was there stays if it cannot be written. */
  remember(memory: SupervisionMemory): Promise<void>;
  /** Resolves when nothing is being written any more. */
  settled(): Promise<void>;
}

const OPERATION = { operation: 'supervise', of: 'a supervision' };

/**
 * Begins a journal, or takes over the one that is there. BRIDLE_BAD_INPUT for a file that is none, BRIDLE_USAGE for
 * one about something else, ERR_BUSY while the process that works on it lives, ERR_FILE_OPERATION_FAILED.
 */
export async function openJournal(path: string, supervised: Supervised): Promise<SupervisionJournal> {
  const there = await readJournal(path, journalSchema, OPERATION);
  const nowMs = Date.now();
  if (there === undefined) {
    await makeJournalDirectory(path);
    const id = randomBytes(8).toString('hex');
    const times = { startedMs: nowMs, changedMs: nowMs };
    const begun = { version: 1, id, run: 1, ...supervised, memory: NOTHING_REMEMBERED, ...times } as const;
    return FileJournal.begin(path, { ...begun, holder: thisProcess() });
  }
  const about = (of: Supervised): string =>
    `${of.source.name}/${of.table} → ${of.target.name}/${of.remoteTable}`;
  if (about(there) !== about(supervised)) {
    throw BridleError.of('BRIDLE_USAGE', {
      operation: 'supervise',
      hint: `${path} is about ${about(there)}, not about ${about(supervised)}; give another --journal`,
    });
  }
  if (isHeldByAnother(there.holder)) {
    throw BridleError.of('ERR_BUSY', {
      operation: 'supervise',
      hint: `process ${there.holder.pid} supervises it already, with ${path}`,
    });
  }
  const { source, target } = supervised;
  const run = there.run + 1;
  return FileJournal.begin(path, {
    ...there,
    source,
    target,
    run,
    holder: thisProcess(),
    changedMs: nowMs,
  });
}

class FileJournal implements SupervisionJournal {
  readonly path: string;
  #record: SupervisionRecord;
  #writing: Promise<void> = Promise.resolve();

  private constructor(path: string, record: SupervisionRecord) {
    this.path = path;
    this.#record = record;
  }

  static async begin(path: string, record: SupervisionRecord): Promise<FileJournal> {
    const journal = new FileJournal(path, record);
    await journal.#write(record);
    return journal;
  }

  get memory(): SupervisionMemory {
    return this.#record.memory;
  }

  remember(memory: SupervisionMemory): Promise<void> {
    return this.#write({ ...this.#record, memory, changedMs: Date.now() });
  }

  settled(): Promise<void> {
    return this.#writing;
  }

  /** One after the other: of two under way at once, the later one must be what stays. */
  #write(record: SupervisionRecord): Promise<void> {
    const writing = this.#writing.then(async () => {
      await writeJournal(this.path, record);
      this.#record = record;
    });
    this.#writing = writing.catch(() => undefined);
    return writing;
  }
}

/** What a journal says; undefined when there is none. */
export function readSupervisionRecord(path: string): Promise<SupervisionRecord | undefined> {
  return readJournal(path, journalSchema, OPERATION);
}
