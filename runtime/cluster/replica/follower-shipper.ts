/** Ships batches to the follower's primary of one partition, wherever it is at the moment. */
import type { Clock } from '../../../actors/clock.js';
import type { LogShipperPort, Outcome } from '../../../actors/ports.js';
import type { Trouble } from '../../../machines/index.js';
import {
  type Address,
  type DuplicateRequest,
  type DuplicateResponse,
  formatAddress,
  type Gpid,
  type RpcClient,
  RpcError,
} from '../../pegasus/index.js';
import { MetaGroup } from '../meta-group.js';
import { RrdbStatus } from '../rrdb/index.js';
import type { LogBatch } from './source-log.js';

const OPERATION = 'RPC_RRDB_RRDB_DUPLICATE';

export interface FollowerShipperOptions {
  readonly client: RpcClient;
  /** Asked before every call: an operator may correct it. */
  readonly remoteMetas: () => readonly string[];
  readonly remoteTable: string;
  readonly partitionIndex: number;
  readonly partitionCount: number;
  readonly owner: string;
  /** Where shipping starts at a follower that does not tell what it has applied, as upstream's does not. */
  readonly confirmedDecree: () => number;
  readonly batch: (fromDecreeExcluded: number, toDecree: number) => LogBatch | null;
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** Told how each batch went. */
  readonly onBatch?: (result: { readonly bytes: number; readonly mutations: number } | 'failed') => void;
}

interface Primary {
  readonly address: Address;
  readonly gpid: Gpid;
}

export class FollowerShipper implements LogShipperPort {
  readonly #options: FollowerShipperOptions;
  readonly #metas: MetaGroup;
  #primary: Primary | null = null;

  constructor(options: FollowerShipperOptions) {
    this.#options = options;
    this.#metas = new MetaGroup(options.client, options.remoteMetas);
  }

  async probe(signal: AbortSignal): Promise<Outcome<{ readonly appliedDecree: number }>> {
    const answer = await this.#send({ entries: [], owner: this.#options.owner }, signal);
    if ('trouble' in answer) return answer;
    // Try again at −1: a table that never got a checkpoint of this duplication.
    if (answer.ok.error === RrdbStatus.TRY_AGAIN && answer.ok.appliedDecree === -1)
      return { ok: { appliedDecree: -1 } };
    return this.#applied(answer.ok, this.#options.confirmedDecree());
  }

  async ship(
    fromDecreeExcluded: number,
    toDecree: number,
    signal: AbortSignal,
  ): Promise<Outcome<{ readonly appliedDecree: number }>> {
    const batch = this.#options.batch(fromDecreeExcluded, toDecree);
    if (batch === null) {
      return {
        trouble: { error: 'ERR_TRY_AGAIN', operation: OPERATION, hint: 'the batch is not loaded any more' },
      };
    }
    const { owner } = this.#options;
    const request = { entries: batch.entries, fromDecreeExcluded, toDecreeIncluded: toDecree, owner };
    const answer = await this.#send(request, signal);
    const applied = 'trouble' in answer ? answer : this.#applied(answer.ok, toDecree);
    const bytes = batch.entries.reduce((sum, { rawMessage }) => sum + (rawMessage?.length ?? 0), 0);
    this.#options.onBatch?.('ok' in applied ? { bytes, mutations: batch.entries.length } : 'failed');
    return applied;
  }

  #applied(response: DuplicateResponse, otherwise: number): Outcome<{ readonly appliedDecree: number }> {
    const { error = 0, errorHint, appliedDecree } = response;
    if (error === RrdbStatus.OK) return { ok: { appliedDecree: appliedDecree ?? otherwise } };
    const peer = this.#primary === null ? undefined : formatAddress(this.#primary.address);
    const place = { operation: OPERATION, ...(peer === undefined ? {} : { peer }) };
    if (error === RrdbStatus.TRY_AGAIN) {
      return {
        trouble: {
          error: 'ERR_TRY_AGAIN',
          ...place,
          hint: `the follower has applied up to ${appliedDecree ?? '?'}`,
        },
      };
    }
    const code =
      error !== RrdbStatus.INVALID_ARGUMENT
        ? 'ERR_DISK_IO_ERROR'
        : appliedDecree === -1
          ? 'BRIDLE_FOREIGN_TABLE'
          : 'ERR_INVALID_PARAMETERS';
    return { trouble: { error: code, ...place, hint: errorHint ?? `rocksdb code ${error}` } };
  }

  /** The follower's metas are others now; so may be its nodes. */
  forgetPrimary(): void {
    this.#primary = null;
  }

  async #send(request: DuplicateRequest, signal: AbortSignal): Promise<Outcome<DuplicateResponse>> {
    const { client, clock } = this.#options;
    const endsAtMs = clock.now() + this.#options.timeoutMs;
    try {
      const { address, gpid } = await this.#locate(signal);
      const timeoutMs = Math.max(1, endsAtMs - clock.now());
      return { ok: await client.call(address, OPERATION, request, { timeoutMs, gpid, signal }) };
    } catch (error) {
      this.#primary = null;
      if (error instanceof RpcError) return { trouble: rpcTrouble(error) };
      if (error instanceof RangeError) {
        const hint = error.message;
        return { trouble: { error: 'ERR_INVALID_PARAMETERS', operation: OPERATION, hint } };
      }
      throw error;
    }
  }

  async #locate(signal: AbortSignal): Promise<Primary> {
    this.#primary ??= await locatePrimary(this.#metas, this.#options, signal);
    return this.#primary;
  }
}

/**
 * Asks a cluster's metas who holds a partition now.
 *
 * @throws RpcError; ERR_INCONSISTENT_STATE when the table has another number of partitions,
 * ERR_INACTIVE_STATE when the partition has no primary.
 */
export async function locatePrimary(
  metas: MetaGroup,
  wanted: { remoteTable: string; partitionIndex: number; partitionCount: number; timeoutMs: number },
  signal: AbortSignal,
): Promise<Primary> {
  const operation = 'RPC_CM_QUERY_PARTITION_CONFIG_BY_INDEX';
  const { remoteTable: appName, partitionIndex, partitionCount, timeoutMs } = wanted;
  const request = { appName, partitionIndices: [partitionIndex] };
  const response = await metas.call(operation, request, { timeoutMs, signal });
  const refuse = (code: string, hint: string) => new RpcError(code, operation, metas.current, hint);
  if (response.err !== 'ERR_OK') throw refuse(response.err, appName);
  if (response.partitionCount !== partitionCount) {
    throw refuse(
      'ERR_INCONSISTENT_STATE',
      `${appName} has ${response.partitionCount} partitions there, ${partitionCount} here`,
    );
  }
  const address =
    response.partitions.find(({ pid }) => pid.partitionIndex === partitionIndex)?.primary ?? null;
  if (address === null)
    throw refuse('ERR_INACTIVE_STATE', `partition ${partitionIndex} of ${appName} has no primary`);
  return { address, gpid: { appId: response.appId, partitionIndex } };
}

/** A failed call as trouble; the error's text goes along where it says more than the code. */
export function rpcTrouble({ code, operation, peer, message }: RpcError): Trouble {
  return { error: code, operation, peer, hint: message };
}
