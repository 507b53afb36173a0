/** The file of `bridle verify --resume`: where a comparison of two tables stopped. */
import { open, readFile, rename, rm, stat } from 'node:fs/promises';
import { z } from 'zod';
import { BridleError, type VerifyState, verifyStateSchema } from '../client/index.js';

/** More than a state can be: suspects are bounded, and so are partitions. */
const MAX_FILE_BYTES = 64 * 1024 * 1024;

/** Which tables, by `cluster/table`: table ids alone are small numbers that other clusters use too. */
export interface ComparedTables {
  readonly source: string;
  readonly follower: string;
}

const schema = z.object({
  bridle: z.literal('verify'),
  source: z.string(),
  follower: z.string(),
  state: verifyStateSchema,
});

/** Undefined when there is no such file. BRIDLE_BAD_RESUME for another file, or one about other tables. */
export async function readVerifyFile(
  path: string,
  tables: ComparedTables,
  table: string,
): Promise<VerifyState | undefined> {
  const bad = (hint: string, cause?: unknown) =>
    BridleError.of('BRIDLE_BAD_RESUME', {
      operation: 'verify',
      hint: `${path}: ${hint}`,
      values: { table },
      cause,
    });
  let text: string;
  try {
    if ((await stat(path)).size > MAX_FILE_BYTES) throw bad(`larger than ${MAX_FILE_BYTES} bytes`);
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof BridleError) throw error;
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw bad((error as Error).message, error);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw bad('not JSON', error);
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw bad(`${issue?.path.join('.') || 'the whole'}: ${issue?.message ?? 'not a comparison'}`);
  }
  const { source, follower, state } = parsed.data;
  if (source === tables.source && follower === tables.follower) return state;
  throw bad(`it is about ${source} and ${follower}, not about ${tables.source} and ${tables.follower}`);
}

/** Keeps the file up to date: a new one is written beside it and renamed, one at a time, the newest last. */
export class VerifyFile {
  readonly #path: string;
  readonly #tables: ComparedTables;
  #take: (() => VerifyState) | undefined;
  #writing: Promise<void> | undefined;
  #failure: unknown;

  constructor(path: string, tables: ComparedTables) {
    this.#path = path;
    this.#tables = tables;
  }

  /** A state to be written as soon as the one before it is. */
  note(take: () => VerifyState): void {
    this.#take = take;
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
    });
  }

  /** Resolves when the last state is on disk. BRIDLE_USAGE when it could not be written. */
  async flush(): Promise<void> {
    await this.#writing;
    if (this.#failure === undefined) return;
    const hint = `${this.#path}: ${(this.#failure as Error).message}`;
    throw BridleError.of('BRIDLE_USAGE', { operation: 'write the state', hint, cause: this.#failure });
  }

  /** There is nothing left to go on from. */
  async remove(): Promise<void> {
    await this.#writing;
    await rm(this.#path, { force: true });
  }

  async #write(): Promise<void> {
    const beside = `${this.#path}.${process.pid}`;
    while (this.#take !== undefined) {
      const state = this.#take();
      this.#take = undefined;
      try {
        const file = await open(beside, 'w', 0o600);
        try {
          await file.writeFile(`${JSON.stringify({ bridle: 'verify', ...this.#tables, state })}\n`);
          await file.sync();
        } finally {
          await file.close();
        }
        await rename(beside, this.#path);
        this.#failure = undefined;
      } catch (error) {
        this.#failure = error;
        await rm(beside, { force: true }).catch(() => undefined);
      }
    }
  }
}
