/** The source side of one partition as its duplicator needs it: checkpoints, and batches of the log. */
import type { LoadedBatch, Outcome, PartitionLogPort } from '../../../actors/ports.js';
import type { Trouble } from '../../../machines/index.js';
import type { DuplicateEntry } from '../../pegasus/index.js';
import { LogCorruption, type Mutation, type PartitionStore, StoreError } from '../../store/index.js';

/** Writes that are shipped. DUPLICATE is not: what came from another cluster is not passed on. */
const SHIPPABLE: ReadonlySet<string> = new Set([
  'RPC_RRDB_RRDB_PUT',
  'RPC_RRDB_RRDB_MULTI_PUT',
  'RPC_RRDB_RRDB_REMOVE',
  'RPC_RRDB_RRDB_MULTI_REMOVE',
]);

/** A range of the log: every shippable write in (fromDecreeExcluded, toDecree], in the log's order. */
export interface LogBatch {
  readonly fromDecreeExcluded: number;
  readonly toDecree: number;
  readonly entries: readonly DuplicateEntry[];
}

export interface SourceLogOptions {
  readonly store: Pick<
    PartitionStore,
    'checkpoint' | 'readLog' | 'lastDecreeOfSegment' | 'lastDurableDecree'
  >;
  readonly clusterId: number;
  readonly batchBytes: number;
  readonly batchMutations: number;
}

export class SourceLog implements PartitionLogPort {
  readonly #options: SourceLogOptions;
  #loaded: LogBatch | null = null;

  constructor(options: SourceLogOptions) {
    this.#options = options;
  }

  /**
   * The batch loaded last, if it is the asked one. It may begin later than asked: between is what was given up
   * because the log is damaged there.
   */
  batch(fromDecreeExcluded: number, toDecree: number): LogBatch | null {
    const loaded = this.#loaded;
    if (loaded === null || loaded.toDecree !== toDecree) return null;
    return loaded.fromDecreeExcluded >= fromDecreeExcluded ? loaded : null;
  }

  async prepareCheckpoint(): Promise<Outcome<{ readonly decree: number }>> {
    try {
      const { decree } = await this.#options.store.checkpoint();
      return { ok: { decree } };
    } catch (error) {
      return { trouble: storeTrouble(error, 'prepareCheckpoint') };
    }
  }

  async loadBatch(
    afterDecree: number,
    signal: AbortSignal,
  ): Promise<Outcome<LoadedBatch> | { readonly damaged: Trouble; readonly resumeAfterDecree: number }> {
    const { store, batchBytes, batchMutations, clusterId } = this.#options;
    // New writes would get decrees that the follower takes for applied, and never arrive there.
    if (afterDecree > store.lastDurableDecree) {
      const hint = `the follower has applied up to ${afterDecree}, the log here ends with ${store.lastDurableDecree}`;
      return { trouble: { error: 'BRIDLE_SOURCE_BEHIND', operation: 'loadBatch', hint } };
    }
    try {
      const chunk = await store.readLog({
        afterDecree,
        maxBytes: batchBytes,
        maxCount: batchMutations,
        signal,
      });
      const toDecree = chunk.mutations.at(-1)?.decree ?? afterDecree;
      const shippable = chunk.mutations.filter(({ code }) => SHIPPABLE.has(code));
      this.#loaded = {
        fromDecreeExcluded: afterDecree,
        toDecree,
        entries: shippable.map((mutation) => entryOf(mutation, clusterId)),
      };
      return { ok: { toDecree } };
    } catch (error) {
      if (error instanceof LogCorruption) {
        return {
          damaged: { ...storeTrouble(error, 'loadBatch'), error: 'BRIDLE_LOG_DAMAGED' },
          resumeAfterDecree: store.lastDecreeOfSegment(error.decree),
        };
      }
      const trouble = storeTrouble(error, 'loadBatch');
      return {
        trouble: trouble.error === 'ERR_INCOMPLETE_DATA' ? { ...trouble, error: 'BRIDLE_GAP' } : trouble,
      };
    }
  }
}

function entryOf({ timestampUs, code, message }: Mutation, clusterId: number): DuplicateEntry {
  return { timestamp: timestampUs, taskCode: code, rawMessage: message, clusterId, verifyTimetag: false };
}

/** A failure of the local store as trouble. */
export function storeTrouble(error: unknown, operation: string): Trouble {
  const hint = error instanceof Error ? error.message : String(error);
  return { error: error instanceof StoreError ? error.code : 'ERR_UNKNOWN', operation, hint };
}
