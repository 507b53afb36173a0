/**
 * Duplications that were removed together with their follower table. A request to create that table may still be
 * on its way then; it is refused when it comes, else it would leave a table that nobody removes (SPEC L-RELEASE-1).
 *
 * Ids of duplications grow, and a source table has one duplication at a time into a table here. So one number per
 * table and source is enough: that duplication and every earlier one.
 */
import { type MetaStore, type RetiredRecord, retiredKey } from './meta-store.js';

/** Pairs of table and source. The one retired longest ago is forgotten; its creations have long arrived. */
const RETIRED_LIMIT = 10_000;

export class RetiredOwners {
  readonly #store: MetaStore;
  /** By key of the record. */
  readonly #retired: Map<string, RetiredRecord>;
  readonly #limit: number;

  private constructor(store: MetaStore, retired: readonly RetiredRecord[], limit: number) {
    this.#store = store;
    this.#limit = limit;
    this.#retired = new Map(retired.map((record) => [retiredKey(record), record]));
  }

  static async open(store: MetaStore, limit = RETIRED_LIMIT): Promise<RetiredOwners> {
    return new RetiredOwners(store, await store.retired(), limit);
  }

  /** Durable when it resolves; false for what is no owner. Refusing begins at once. */
  async retire(table: string, owner: string, second: number): Promise<boolean> {
    const parsed = parseOwner(owner);
    if (parsed === null) return false;
    const { source } = parsed;
    const known = this.#retired.get(retiredKey({ table, source }));
    const duplicationId = Math.max(parsed.duplicationId, known?.duplicationId ?? 0);
    const record = { table, source, duplicationId, second };
    this.#retired.set(retiredKey(record), record);
    // Written also if it is known: what is known may not be durable, if it could not be written before.
    await this.#store.saveRetired(record, this.#forget());
    return true;
  }

  /** In words; null for a creation that may go on. */
  whyRefused(table: string, owner: string | undefined): string | null {
    const parsed = owner === undefined ? null : parseOwner(owner);
    if (parsed === null) return null;
    const known = this.#retired.get(retiredKey({ table, source: parsed.source }));
    if (known === undefined || parsed.duplicationId > known.duplicationId) return null;
    return `duplication ${owner} was removed here together with its table; this request came late`;
  }

  #forget(): RetiredRecord[] {
    const tooMany = this.#retired.size - this.#limit;
    if (tooMany <= 0) return [];
    const oldest = [...this.#retired.values()].sort((a, b) => a.second - b.second).slice(0, tooMany);
    for (const record of oldest) this.#retired.delete(retiredKey(record));
    return oldest;
  }
}

/** `parseOwner('east/users/7')` → `{ source: 'east/users', duplicationId: 7 }`; null for anything else. */
function parseOwner(owner: string): { readonly source: string; readonly duplicationId: number } | null {
  const [, source, id] = /^([^/]+\/[^/]+)\/([1-9]\d*)$/.exec(owner) ?? [];
  const duplicationId = Number(id);
  return source === undefined || !Number.isSafeInteger(duplicationId) ? null : { source, duplicationId };
}
