/**
 * Which server holds the primary of each partition of one table, and calls to it.
 *
 * A route is believed until a server denies it or cannot be reached; then the meta server is asked again.
 * Bound of every retry: the deadline of the call.
 */
import { formatAddress } from '../pegasus/address.js';
import type { RpcClient } from '../pegasus/client.js';
import type { Request, Response, RpcCode } from '../pegasus/codes.js';
import { RpcError } from '../pegasus/errors.js';
import type { Address, Gpid } from '../pegasus/schema.js';
import { Deadline, fullJitterMs } from './deadline.js';
import { BridleError } from './errors.js';
import type { MetaSession } from './meta-session.js';

export type DataCode = Extract<RpcCode, `RPC_RRDB_RRDB_${string}` | `RPC_BRIDLE_DIGEST_${string}`>;

/** Answers after which the route is looked up again and the call repeated. */
const ROUTE_IS_STALE: ReadonlySet<string> = new Set([
  'ERR_INVALID_STATE',
  'ERR_OBJECT_NOT_FOUND',
  'ERR_INACTIVE_STATE',
  'ERR_NOT_ENOUGH_MEMBER',
  'ERR_PARENT_PARTITION_MISUSED',
  'ERR_CHILD_NOT_READY',
  'ERR_SPLITTING',
  'ERR_NETWORK_FAILURE',
  'ERR_TIMEOUT',
]);

/** The route is right, the server has no time. */
const ASK_AGAIN_LATER: ReadonlySet<string> = new Set([
  'ERR_BUSY',
  'ERR_TRY_AGAIN',
  'ERR_CAPACITY_EXCEEDED',
  'ERR_SERVICE_NOT_ACTIVE',
]);

/** Storage status codes that pass: shutting down, timed out, busy, try again. */
const PASSING_STORAGE_ERRORS: ReadonlySet<number> = new Set([8, 9, 11, 13]);

const RETRY_BASE_MS = 20;
const RETRY_CAP_MS = 1000;

interface Route {
  readonly appId: number;
  readonly primaries: readonly (Address | null)[];
}

export interface PartitionCall {
  readonly deadline: Deadline;
  /** keyHash of the row; 0n where a whole partition is meant. */
  readonly partitionHash: bigint;
}

/** Where a call ended up, for calls that must stay with one server. */
export interface Routed<R> {
  readonly response: R;
  readonly server: Address;
}

export class Router {
  readonly table: string;
  readonly #rpc: RpcClient;
  readonly #metas: MetaSession;
  #route: Route;
  #refreshing: Promise<void> | undefined;

  private constructor(rpc: RpcClient, metas: MetaSession, table: string, route: Route) {
    this.#rpc = rpc;
    this.#metas = metas;
    this.table = table;
    this.#route = route;
  }

  /** ERR_APP_NOT_EXIST when there is no such table. */
  static async open(rpc: RpcClient, metas: MetaSession, table: string, deadline: Deadline): Promise<Router> {
    return new Router(rpc, metas, table, await queryRoute(metas, table, deadline));
  }

  get appId(): number {
    return this.#route.appId;
  }

  get partitionCount(): number {
    return this.#route.primaries.length;
  }

  /** Calls the primary of a partition; repeats until it answers or the deadline passes. Only for idempotent calls. */
  async call<C extends DataCode>(
    partition: (count: number) => number,
    code: C,
    request: Request<C>,
    options: PartitionCall,
  ): Promise<Routed<Response<C>>> {
    const { deadline } = options;
    for (let attempt = 0; ; attempt++) {
      deadline.throwIfCanceled(code);
      const index = partition(this.partitionCount);
      let failure: BridleError;
      let stale = true;
      try {
        const server = this.#primaryOf(index, code);
        const timeoutMs = deadline.attemptMs(1 / 3);
        const response = await this.callAt(server, index, code, request, { ...options, timeoutMs });
        const passing = passingStorageError(response);
        if (passing === undefined) return { response, server };
        failure = storageError(passing, code, formatAddress(server), this.table);
        stale = false;
      } catch (error) {
        failure = this.#named(error);
        stale = ROUTE_IS_STALE.has(failure.code);
        if (!stale && !ASK_AGAIN_LATER.has(failure.code)) throw failure;
      }
      if (!(await deadline.pause(retryMs(attempt)))) throw failure;
      if (stale) await this.#refresh(failure);
    }
  }

  /** One attempt at one server: nothing is repeated. */
  callAt<C extends DataCode>(
    server: Address,
    index: number,
    code: C,
    request: Request<C>,
    options: PartitionCall & { readonly timeoutMs: number },
  ): Promise<Response<C>> {
    const gpid: Gpid = { appId: this.appId, partitionIndex: index };
    const { deadline, partitionHash, timeoutMs } = options;
    return this.#rpc.call(server, code, request, {
      timeoutMs,
      gpid,
      partitionHash,
      ...(deadline.signal === undefined ? {} : { signal: deadline.signal }),
    });
  }

  #primaryOf(index: number, code: string): Address {
    const primary = this.#route.primaries[index];
    if (primary !== null && primary !== undefined) return primary;
    throw BridleError.of('ERR_INVALID_STATE', {
      operation: code,
      peer: this.#metas.peer,
      hint: `partition ${index} of table ${this.table} has no primary`,
      values: { table: this.table },
    });
  }

  #named(error: unknown): BridleError {
    return BridleError.from(error, { values: { table: this.table } });
  }

  /** Asks the meta once, however many calls have stumbled. Only a table that is gone ends them. */
  async #refresh(reason: BridleError): Promise<void> {
    this.#refreshing ??= this.#lookUp().finally(() => {
      this.#refreshing = undefined;
    });
    try {
      await this.#refreshing;
    } catch (error) {
      if (error instanceof BridleError && error.code === 'ERR_APP_NOT_EXIST') {
        throw BridleError.of(error.code, {
          operation: reason.operation,
          peer: error.peer,
          hint: `table ${this.table} is gone`,
          values: { table: this.table },
          cause: error,
        });
      }
      // Meta servers restart too: the old route may still be right, and the deadline bounds the rest.
    }
  }

  async #lookUp(): Promise<void> {
    this.#route = await queryRoute(this.#metas, this.table, new Deadline({}, REFRESH_TIMEOUT_MS));
  }
}

const REFRESH_TIMEOUT_MS = 2000;

async function queryRoute(metas: MetaSession, table: string, deadline: Deadline): Promise<Route> {
  const code = 'RPC_CM_QUERY_PARTITION_CONFIG_BY_INDEX';
  const answer = await metas.call(
    code,
    { appName: table, partitionIndices: [] },
    { deadline, idempotent: true },
  );
  if (answer.err !== 'ERR_OK' || answer.partitions.length === 0) {
    const gone = answer.err === 'ERR_OBJECT_NOT_FOUND' || answer.err === 'ERR_APP_NOT_EXIST';
    const known = answer.err === 'ERR_OK' ? 'ERR_INVALID_STATE' : answer.err;
    throw BridleError.of(gone ? 'ERR_APP_NOT_EXIST' : known, {
      operation: code,
      peer: metas.peer,
      hint: gone ? `there is no table named "${table}"` : `table ${table}: ${answer.err}`,
      values: { table },
    });
  }
  const primaries: (Address | null)[] = new Array(answer.partitionCount).fill(null);
  for (const { pid, primary, hpPrimary } of answer.partitions) {
    if (pid.partitionIndex >= 0 && pid.partitionIndex < primaries.length) {
      primaries[pid.partitionIndex] = primary ?? hpPrimary ?? null;
    }
  }
  return { appId: answer.appId, primaries };
}

function retryMs(attempt: number): number {
  return RETRY_BASE_MS / 4 + fullJitterMs(attempt, RETRY_BASE_MS, RETRY_CAP_MS);
}

function passingStorageError(response: unknown): number | undefined {
  const error = typeof response === 'object' && response !== null && 'error' in response ? response.error : 0;
  return typeof error === 'number' && PASSING_STORAGE_ERRORS.has(error) ? error : undefined;
}

/** Status codes of the storage engine, by number. */
const STORAGE_ERRORS: readonly string[] = [
  'Ok',
  'NotFound',
  'Corruption',
  'NotSupported',
  'InvalidArgument',
  'IOError',
  'MergeInProgress',
  'Incomplete',
  'ShutdownInProgress',
  'TimedOut',
  'Aborted',
  'Busy',
  'Expired',
  'TryAgain',
];

const CODE_OF_STORAGE_ERROR: Readonly<Record<number, string>> = {
  2: 'ERR_RDB_CORRUPTION',
  4: 'ERR_INVALID_PARAMETERS',
  5: 'ERR_DISK_IO_ERROR',
  7: 'ERR_INCOMPLETE_DATA',
  9: 'ERR_TIMEOUT',
  11: 'ERR_BUSY',
  13: 'ERR_TRY_AGAIN',
};

/** The `error` field of a data response as an error. */
export function storageError(error: number, operation: string, peer: string, table: string): BridleError {
  return BridleError.of(CODE_OF_STORAGE_ERROR[error] ?? 'ERR_LOCAL_APP_FAILURE', {
    operation,
    peer,
    hint: `the storage engine answered ${STORAGE_ERRORS[error] ?? `status ${error}`}`,
    values: { table },
  });
}

/** Whether a single attempt failed in a way that a new one may cure. */
export function isPassing(error: unknown): boolean {
  return error instanceof RpcError && (ROUTE_IS_STALE.has(error.code) || ASK_AGAIN_LATER.has(error.code));
}
