/** What clients know of their rows: what was acknowledged, and what may have been carried out or not. */

/** A value, or null for a row that is not there. */
export type Value = string | null;

interface Unknown {
  readonly value: Value;
  readonly sentMs: number;
}

interface Entry {
  acknowledged: Value;
  unknown: Unknown[];
}

export class Ledger {
  readonly #entries = new Map<string, Entry>();
  /** A request whose outcome is unknown takes no effect any more after this. */
  readonly #lateMs: number;

  constructor(lateMs: number) {
    this.#lateMs = lateMs;
  }

  get size(): number {
    return this.#entries.size;
  }

  keys(): readonly string[] {
    return [...this.#entries.keys()];
  }

  acknowledge(row: string, value: Value, nowMs: number): void {
    const entry = this.#entryOf(row);
    entry.acknowledged = value;
    entry.unknown = entry.unknown.filter(({ sentMs }) => nowMs - sentMs < this.#lateMs);
  }

  /** Nobody answered: it may be carried out now, later, or never. */
  leaveOpen(row: string, value: Value, sentMs: number): void {
    this.#entryOf(row).unknown.push({ value, sentMs });
  }

  isPossible(row: string, value: Value): boolean {
    const { acknowledged, unknown } = this.#entries.get(row) ?? { acknowledged: null, unknown: [] };
    return value === acknowledged || unknown.some((open) => open.value === value);
  }

  inWords(row: string): string {
    const { acknowledged, unknown } = this.#entries.get(row) ?? { acknowledged: null, unknown: [] };
    const open = unknown.map(({ value }) => value ?? 'removed');
    return `acknowledged: ${acknowledged ?? 'nothing there'}${open.length === 0 ? '' : `, open: ${open.join(', ')}`}`;
  }

  #entryOf(row: string): Entry {
    const known = this.#entries.get(row) ?? { acknowledged: null, unknown: [] };
    this.#entries.set(row, known);
    return known;
  }
}
