import { type Gpid, type RequestContext, RpcError, threadHashOf, WireError } from '../../pegasus/index.js';
import { type PartitionStore, StoreError } from '../../store/index.js';
import type { ClientAdmission } from './client-admission.js';
import { checkOwnRow, type KeySpace, splitRawKey } from './keys.js';
import type { RrdbResult } from './state.js';

/** What the data plane needs of a partition's storage. */
export type RrdbStore = Pick<
  PartitionStore<RrdbResult>,
  'get' | 'scan' | 'write' | 'marks' | 'snapshot' | 'readLog'
>;

/** A partition this server answers for. */
export interface ServingPartition {
  readonly gpid: Gpid;
  readonly partitionCount: number;
  /** Opened with `rrdbApply`. */
  readonly store: RrdbStore;
  /** Which duplication a follower table belongs to (its env `duplication.owner`); null for any other table. */
  readonly owner: string | null;
  /** Whether writes, DUPLICATE included, are taken at the moment. Reads are served either way. */
  readonly writable: boolean;
  /** Which requests of clients are taken; left out: all. */
  readonly clients?: ClientAdmission;
}

/** A request that passed the gate: where it goes, and which rows it may speak of. */
export interface Admitted {
  readonly partition: ServingPartition;
  readonly space: KeySpace;
  readonly context: RequestContext;
}

/**
 * Decides whether a request is for this server at all, before anything is read or written, and gives every
 * failure its rpc-level name.
 */
export class Gate {
  readonly #find: (gpid: Gpid) => ServingPartition | undefined;
  readonly #serverAddress: string;

  constructor(find: (gpid: Gpid) => ServingPartition | undefined, serverAddress: string) {
    this.#find = find;
    this.#serverAddress = serverAddress;
  }

  /** @throws RpcError `ERR_OBJECT_NOT_FOUND`, `ERR_INVALID_PARAMETERS` (thread hash). */
  forRead(context: RequestContext): Admitted {
    const partition = this.#find(context.gpid);
    if (partition === undefined)
      throw this.refusal('ERR_OBJECT_NOT_FOUND', context, 'no such partition here');
    const { gpid, partitionCount } = partition;
    if (context.threadHash !== threadHashOf(gpid)) {
      throw this.refusal('ERR_INVALID_PARAMETERS', context, `thread hash ${context.threadHash}`);
    }
    return { partition, space: { partitionIndex: gpid.partitionIndex, partitionCount }, context };
  }

  /** @throws RpcError as `forRead`, and `ERR_INVALID_STATE` while the table is closed to clients' reads. */
  forClientRead(context: RequestContext): Admitted {
    return this.#open('reads', this.forRead(context));
  }

  /** @throws RpcError as `forWrite`, and `ERR_INVALID_STATE` while the table is closed to clients' writes. */
  forClientWrite(context: RequestContext): Admitted {
    return this.#open('writes', this.forWrite(context));
  }

  /** Whether a request gets no answer at all, as upstream has it for `timeout*…`. */
  staysUnanswered(kind: 'reads' | 'writes', gpid: Gpid): boolean {
    return this.#find(gpid)?.clients?.refuses(kind) === 'timeout';
  }

  #open(kind: 'reads' | 'writes', admitted: Admitted): Admitted {
    const { clients } = admitted.partition;
    if (clients === undefined || clients.refuses(kind) === null) return admitted;
    throw this.refusal('ERR_INVALID_STATE', admitted.context, `the table is closed to clients' ${kind}`);
  }

  /** @throws RpcError as `forRead`, and `ERR_INVALID_STATE` while the partition takes no writes. */
  forWrite(context: RequestContext): Admitted {
    const admitted = this.forRead(context);
    if (admitted.partition.writable) return admitted;
    throw this.refusal('ERR_INVALID_STATE', context, 'the partition takes no writes');
  }

  refusal(code: string, context: RequestContext, detail: string): RpcError {
    return new RpcError(code, context.code, this.#serverAddress, detail);
  }

  /** Runs a handler; what the wire and the store throw leaves as RpcError. */
  async run<T>(context: RequestContext, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof WireError || error instanceof StoreError) {
        throw this.refusal(error.code, context, error.message);
      }
      throw error;
    }
  }
}

/** Checks the one raw key of a request. WireError `ERR_INVALID_PARAMETERS`. */
export function checkRawKey(raw: Buffer, { space, context }: Admitted): void {
  const { hashKey, sortKey } = splitRawKey(raw);
  checkOwnRow(hashKey, sortKey, space, context.partitionHash);
}

/** Checks the keys of a request about one hash key. Without a hash key each row goes by its sort key. */
export function checkSortKeys(
  hashKey: Buffer,
  sortKeys: readonly Buffer[],
  { space, context }: Admitted,
): void {
  if (hashKey.length > 0) checkOwnRow(hashKey, Buffer.alloc(0), space, context.partitionHash);
  else for (const sortKey of sortKeys) checkOwnRow(hashKey, sortKey, space, context.partitionHash);
}
