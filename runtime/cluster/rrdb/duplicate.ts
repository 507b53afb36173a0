import {
  BinaryWriter,
  type DuplicateRequest,
  type DuplicateResponse,
  duplicateRequest,
  encodeWrapped,
  type RequestContext,
  WireError,
} from '../../pegasus/index.js';
import type { Marks } from '../../store/index.js';
import { admitBatch } from './admit-batch.js';
import type { Admitted, Gate, ServingPartition } from './gate.js';
import { checkOwnRow, splitRawKey } from './keys.js';
import { readSourceWrite } from './row-write.js';
import { sourceMark } from './state.js';
import { RrdbStatus } from './status.js';
import { Turns } from './turns.js';

/** DUPLICATEs of one partition that wait, the running one included. */
const maxWaiting = 64;

export interface DuplicateOptions {
  readonly gate: Gate;
  /** This cluster's own id: its writes must not come back. */
  readonly clusterId: number;
  /** Encoded request, in bytes. */
  readonly maxBytes: number;
}

/**
 * Applies what a source cluster ships.
 *
 * A real Pegasus source repeats a batch until it is acknowledged, so a batch may be applied twice. Bridle's own
 * senders say which decrees a batch covers (fields 100 to 102), and then each decree takes effect once:
 *
 * ```text
 *            applied                        the mark source:<owner>, moved in the same change as the rows
 * ───────────────┤
 *      ├────────┤            late, repeated: OK, applied; nothing happens
 *            ├───────┤       overlapping:    TRY_AGAIN, applied
 *                    ├────┤  gap:            TRY_AGAIN, applied
 *                ├───────┤   next:           written, OK, its own end
 * ```
 */
export class Duplicate {
  readonly #options: DuplicateOptions;
  readonly #turns = new Turns(maxWaiting);

  constructor(options: DuplicateOptions) {
    this.#options = options;
  }

  /**
   * Answers with rocksdb status codes; rpc-level errors are thrown: those of the gate, `ERR_INVALID_DATA` for a
   * body over the limit, `ERR_BUSY` when too many wait, `ERR_TIMEOUT` when the caller gave up before its turn.
   */
  handle(request: DuplicateRequest, context: RequestContext): Promise<DuplicateResponse> {
    const { gate } = this.#options;
    const { store } = gate.forWrite(context).partition;
    return this.#turns.take(store, async () => {
      if (context.signal.aborted) throw gate.refusal('ERR_TIMEOUT', context, 'nobody waits for the answer');
      // While this request waited the partition may have been closed, or given to another duplication.
      const admitted = gate.forWrite(context);
      if (admitted.partition.store !== store) {
        throw gate.refusal('ERR_INVALID_STATE', context, 'the partition was opened again');
      }
      return this.#inTurn(request, admitted);
    });
  }

  async #inTurn(request: DuplicateRequest, admitted: Admitted): Promise<DuplicateResponse> {
    const refusal = refuseOwner(request, admitted.partition);
    if (refusal !== undefined) return refusal;
    const { owner, fromDecreeExcluded, toDecreeIncluded } = request;
    if (owner === undefined) {
      if (request.entries.length === 0) return { error: RrdbStatus.OK };
      return (await this.#write(request, admitted)) ?? { error: RrdbStatus.OK };
    }
    const appliedDecree = appliedDecreeOf(admitted.partition.store.marks, owner);
    if (toDecreeIncluded === undefined) {
      if (request.entries.length === 0) return { error: RrdbStatus.OK, appliedDecree };
      return { ...invalid('a batch of entries without toDecreeIncluded'), appliedDecree };
    }
    const admission = admitBatch(appliedDecree, { fromDecreeExcluded, toDecreeIncluded });
    if (admission === 'repeated') return { error: RrdbStatus.OK, appliedDecree };
    if (admission !== 'apply') return { error: RrdbStatus.TRY_AGAIN, appliedDecree };
    const failed = await this.#write(request, admitted);
    return failed === undefined
      ? { error: RrdbStatus.OK, appliedDecree: toDecreeIncluded }
      : { ...failed, appliedDecree };
  }

  /** The response when nothing was applied. */
  async #write(request: DuplicateRequest, admitted: Admitted): Promise<DuplicateResponse | undefined> {
    const { gate, maxBytes } = this.#options;
    const { context, partition } = admitted;
    const hint = this.#findFault(request, admitted);
    if (hint !== undefined) return invalid(hint);
    const w = new BinaryWriter();
    encodeWrapped(w, duplicateRequest, request, 1);
    const message = w.finish();
    if (message.length > maxBytes) {
      throw gate.refusal('ERR_INVALID_DATA', context, `a body of ${message.length} bytes, over ${maxBytes}`);
    }
    const { result } = await partition.store.write({ code: 'RPC_RRDB_RRDB_DUPLICATE', message });
    if (result === undefined || result.error === RrdbStatus.OK) return undefined;
    return { error: result.error, errorHint: result.hint };
  }

  /** Everything is looked at before anything is logged: a fault in the log could not be refused any more. */
  #findFault(request: DuplicateRequest, { space }: Admitted): string | undefined {
    for (const [i, entry] of request.entries.entries()) {
      const at = `entry ${i} of ${request.entries.length}`;
      if (entry.clusterId === this.#options.clusterId) {
        return `${at}: self-duplicating: cluster id ${entry.clusterId} is this cluster's own`;
      }
      try {
        for (const { key } of readSourceWrite(entry).rows) {
          const { hashKey, sortKey } = splitRawKey(key);
          checkOwnRow(hashKey, sortKey, space);
        }
      } catch (error) {
        if (error instanceof WireError) return `${at}: ${error.message}`;
        throw error;
      }
    }
    return undefined;
  }
}

function invalid(errorHint: string): DuplicateResponse {
  return { error: RrdbStatus.INVALID_ARGUMENT, errorHint };
}

/** Only the duplication the table was made for may ship decrees into it. */
function refuseOwner(request: DuplicateRequest, partition: ServingPartition): DuplicateResponse | undefined {
  const { owner, fromDecreeExcluded, toDecreeIncluded } = request;
  if (owner === undefined && fromDecreeExcluded === undefined && toDecreeIncluded === undefined)
    return undefined;
  if (owner !== undefined && owner === partition.owner) return undefined;
  const sender = owner === undefined ? 'a sender without an owner' : `'${owner}'`;
  const here = partition.owner === null ? 'no duplication' : `'${partition.owner}'`;
  return { ...invalid(`the table belongs to ${here}, the batch comes from ${sender}`), appliedDecree: -1 };
}

/** Highest source decree whose effect is here; -1 while neither a batch nor a checkpoint has arrived. */
export function appliedDecreeOf(marks: Marks, owner: string): number {
  return marks[sourceMark(owner)] ?? marks.installed ?? -1;
}
