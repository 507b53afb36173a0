/**
 * How far a migration is, in a file at the operator's side. What it says is durable before it is done, so that
 * whoever finds the file after a crash knows whether a table may be closed, and whether there is a way back.
 */
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { MIGRATION_STEPS, type MigrationStep } from '../../../machines/migrationVerdict.js';
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

const journalSchema = z.object({
  version: z.literal(1),
  /** Of the migration. */
  id: z.string().min(1),
  /** Grows each time that it is resumed or undone. */
  run: z.number().int().positive(),
  source: clusterSchema,
  target: clusterSchema,
  table: z.string(),
  remoteTable: z.string(),
  dupid: z.number().int(),
  verify: z.boolean(),
  thresholdDecrees: z.number().int().nonnegative(),
  step: z.enum(MIGRATION_STEPS),
  /** Milliseconds since 1970. */
  startedMs: z.number(),
  changedMs: z.number(),
  /** When the source was closed, or began to be; null before. */
  closedMs: z.number().nullable(),
  /** The process that works on it, or did. */
  holder: holderSchema,
  /** Why it was undone. */
  reason: z.string().nullable(),
});
/** What the file holds. */
export type MigrationRecord = z.infer<typeof journalSchema>;

/** Steps after which nothing is left to do. */
const isOver = (step: MigrationStep): boolean => step === 'done' || step === 'undone';

export class MigrationJournal {
  readonly path: string;
  #record: MigrationRecord;
  #writing: Promise<void> = Promise.resolve();

  private constructor(path: string, record: MigrationRecord) {
    this.path = path;
    this.#record = record;
  }

  get record(): MigrationRecord {
    return this.#record;
  }

  /** BRIDLE_FENCED when the file tells of a migration that is not over; ERR_FILE_OPERATION_FAILED. */
  static async create(
    path: string,
    facts: Omit<
      MigrationRecord,
      'version' | 'id' | 'run' | 'step' | 'startedMs' | 'changedMs' | 'closedMs' | 'holder' | 'reason'
    >,
  ): Promise<MigrationJournal> {
    const there = await readRecord(path);
    if (there !== undefined && !isOver(there.step)) {
      throw BridleError.of('BRIDLE_FENCED', {
        operation: 'migrate',
        hint: `${path} tells of a migration that is not over (${there.step}); resume or undo it`,
        next: `bridle migrate --undo ${path}`,
      });
    }
    const nowMs = Date.now();
    const journal = new MigrationJournal(path, {
      version: 1,
      id: randomBytes(8).toString('hex'),
      run: 1,
      ...facts,
      step: 'waiting',
      startedMs: nowMs,
      changedMs: nowMs,
      closedMs: null,
      holder: thisProcess(),
      reason: null,
    });
    await makeJournalDirectory(path);
    await journal.#write(journal.#record);
    return journal;
  }

  /**
   * Takes over what an earlier run has left. BRIDLE_BAD_INPUT for a file that is none, ERR_BUSY while the process
   * that works on it lives, ERR_NO_NEED_OPERATE when it is over.
   */
  static async takeOver(path: string): Promise<MigrationJournal> {
    const record = await readRecord(path);
    if (record === undefined) {
      throw BridleError.of('BRIDLE_BAD_INPUT', { operation: 'migrate', hint: `there is no file ${path}` });
    }
    const { holder, step, run } = record;
    if (isOver(step)) {
      throw BridleError.of('ERR_NO_NEED_OPERATE', { operation: 'migrate', hint: `it is ${step} already` });
    }
    if (isHeldByAnother(holder)) {
      throw BridleError.of('ERR_BUSY', {
        operation: 'migrate',
        hint: `process ${holder.pid} is working on it; end that one first`,
      });
    }
    const journal = new MigrationJournal(path, record);
    await journal.#write({ ...record, run: run + 1, holder: thisProcess(), changedMs: Date.now() });
    return journal;
  }

  /** Durable when it resolves; the one before stays if it cannot be written. */
  async advance(step: MigrationStep, reason: string | null): Promise<void> {
    const nowMs = Date.now();
    const closedMs = step === 'fencing' ? (this.#record.closedMs ?? nowMs) : this.#record.closedMs;
    await this.#write({ ...this.#record, step, reason, closedMs, changedMs: nowMs });
  }

  /** Resolves when nothing is being written any more. */
  settled(): Promise<void> {
    return this.#writing;
  }

  async #write(record: MigrationRecord): Promise<void> {
    const writing = writeJournal(this.path, record);
    this.#writing = writing.catch(() => undefined);
    await writing;
    this.#record = record;
  }
}

/** Undefined when there is no file; BRIDLE_BAD_INPUT when it is no journal. */
export function readRecord(path: string): Promise<MigrationRecord | undefined> {
  return readJournal(path, journalSchema, { operation: 'migrate', of: 'a migration' });
}
