/** The demonstration's rows and its writer, which remembers every write that was acknowledged. */
import { createHash } from 'node:crypto';
import type { Table } from '../client/index.js';
import { BridleError } from '../client/index.js';

export interface DemoRow {
  readonly hashKey: string;
  readonly sortKey: string;
  readonly value: string;
}

const WORDS = ['bridle', 'Pegasus', 'spring', 'Ἱπποκρήνη', 'Quelle', '源泉', 'قِبَل', 'hoof', '🐎', 'muse'];

/** Row `index` in its `version`: uneven size, Unicode included, different with every version. */
export function demoRow(index: number, version = 0): DemoRow {
  const digest = createHash('sha256').update(`${index}/${version}`).digest('hex');
  const words = Array.from(
    { length: (index * 7 + version) % 13 },
    (_, i) => WORDS[(index + i * version) % WORDS.length],
  );
  return {
    hashKey: `rider:${String(Math.floor(index / 3)).padStart(7, '0')}`,
    sortKey: `lap:${index % 3}`,
    value: JSON.stringify({ index, version, digest, words: words.join(' ') }),
  };
}

/** Several writes of one demonstration writer under way at a time. */
const IN_FLIGHT = 8;
const PUT_DEADLINE_MS = 30_000;
/** One row in this many is removed instead of rewritten, and written again when its turn comes. */
const REMOVE_EVERY = 17;

/**
 * Rewrites and removes rows while the table is copied. Each row belongs to one of the parallel loops, so
 * that the last acknowledged write of a row is known: the ledger.
 */
export class DemoWriter {
  readonly #table: Table;
  readonly #rows: number;
  readonly #writesPerSecond: number;
  readonly #stop = new AbortController();
  /** Version that was acknowledged last for each row; −1 is removed, undefined is unknown. */
  readonly ledger: (number | undefined)[];
  #loops: Promise<unknown> = Promise.resolve();
  #acknowledged = 0;
  #unknown = 0;

  constructor(table: Table, rows: number, writesPerSecond: number) {
    this.#table = table;
    this.#rows = rows;
    this.#writesPerSecond = writesPerSecond;
    this.ledger = Array.from({ length: rows }, () => 0);
  }

  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** Writes without an answer in time: done or not, nobody knows. */
  get unknown(): number {
    return this.#unknown;
  }

  start(): void {
    this.#loops = Promise.all(Array.from({ length: IN_FLIGHT }, (_, lane) => this.#write(lane)));
  }

  /** Resolves when no write is under way any more. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#loops;
  }

  async #write(lane: number): Promise<void> {
    const pauseMs = (IN_FLIGHT * 1000) / this.#writesPerSecond;
    let dueMs = Date.now();
    for (let round = 1; !this.#stop.signal.aborted; round++) {
      const index = (lane + IN_FLIGHT * round * 37) % this.#rows;
      const mine = index - (index % IN_FLIGHT) + lane;
      if (mine < this.#rows) await this.#one(mine, round);
      dueMs = Math.max(dueMs + pauseMs, Date.now() - 1_000);
      const waitMs = dueMs - Date.now();
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
  }

  async #one(index: number, version: number): Promise<void> {
    const { hashKey, sortKey, value } = demoRow(index, version);
    const remove = (index + version) % REMOVE_EVERY === 0;
    this.ledger[index] = undefined;
    try {
      if (remove) await this.#table.remove(hashKey, sortKey, { timeoutMs: PUT_DEADLINE_MS });
      else await this.#table.put(hashKey, sortKey, value, { timeoutMs: PUT_DEADLINE_MS });
      this.ledger[index] = remove ? -1 : version;
      this.#acknowledged += 1;
    } catch (error) {
      if (!(error instanceof BridleError)) throw error;
      this.#unknown += 1;
    }
  }
}

/** Acknowledged writes that a table does not show. */
export async function lostWrites(table: Table, ledger: readonly (number | undefined)[]): Promise<number> {
  const found = new Map<string, string>();
  for await (const row of table.scan())
    found.set(`${row.hashKey.toString()}/${row.sortKey.toString()}`, row.value.toString());
  let lost = 0;
  for (const [index, version] of ledger.entries()) {
    if (version === undefined) continue;
    const row = demoRow(index, Math.max(0, version));
    const there = found.get(`${row.hashKey}/${row.sortKey}`);
    if (there !== (version === -1 ? undefined : row.value)) lost += 1;
  }
  return lost;
}
