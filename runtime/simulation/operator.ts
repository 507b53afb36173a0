/** Whoever uses and operates the clusters of a simulated world: a client of the real protocol. */
import {
  DUPLICATION_STATUSES,
  type DuplicationStatus,
  FAIL_MODES,
  type FailMode,
} from '../../machines/index.js';
import {
  type Address,
  encodeRawKey,
  keyHash,
  partitionIndex,
  type Request,
  type Response,
  RpcClient,
  type RpcCode,
} from '../pegasus/index.js';
import type { World } from './world.js';

export interface DuplicationSeen {
  readonly id: number;
  readonly status: DuplicationStatus;
  readonly failMode: FailMode;
  /** By partition, −1 where nothing is confirmed. */
  readonly confirmed: readonly number[];
}

export interface AddOptions {
  /** Default: the name it has at the source. */
  readonly remoteTable?: string;
  /** What about a table that is there already. Default `adopt`. */
  readonly policy?: string;
  readonly dropFollowerOnRemove?: boolean;
}

const CALL_TIMEOUT_MS = 15_000;

/** Calls go out at once; the world has to run for their answers to come. */
export class Operator {
  readonly #client: RpcClient;
  readonly #meta: Address;

  constructor(world: World, meta: Address) {
    const fence = { server: 'operator', alive: true };
    const { clock, network } = world.environment(fence);
    this.#client = new RpcClient({ protocol: 'thft', clock, network });
    this.#meta = meta;
  }

  call<C extends RpcCode>(
    code: C,
    request: Request<C>,
    timeoutMs: number = CALL_TIMEOUT_MS,
  ): Promise<Response<C>> {
    return this.#client.call(this.#meta, code, request, { timeoutMs });
  }

  /** The error of the answer, `ERR_OK` if it was done. */
  async createTable(name: string, partitionCount: number): Promise<string> {
    const options = {
      ...{ partitionCount, replicaCount: 1, successIfExist: false, appType: 'pegasus', isStateful: true },
      envs: new Map<string, string>(),
    };
    return (await this.call('RPC_CM_CREATE_APP', { appName: name, options })).err;
  }

  async dropTable(name: string): Promise<string> {
    const options = { successIfNotExist: false };
    return (await this.call('RPC_CM_DROP_APP', { appName: name, options })).err;
  }

  async addDuplication(
    table: string,
    remoteCluster: string,
    more: AddOptions = {},
  ): Promise<{ readonly error: string; readonly id: number }> {
    const { err, dupid } = await this.call('RPC_CM_ADD_DUPLICATION', {
      appName: table,
      remoteClusterName: remoteCluster,
      ...(more.remoteTable === undefined ? {} : { remoteAppName: more.remoteTable }),
      isDuplicatingCheckpoint: true,
      ...(more.policy === undefined ? {} : { existingTablePolicy: more.policy }),
      dropFollowerOnRemove: more.dropFollowerOnRemove ?? false,
    });
    return { error: err, id: dupid };
  }

  async modifyDuplication(
    table: string,
    id: number,
    change: {
      readonly status?: DuplicationStatus;
      readonly failMode?: FailMode;
      readonly retryNow?: boolean;
      readonly followerTablePolicy?: 'keep' | 'drop';
    },
  ): Promise<string> {
    const { status, failMode, retryNow, followerTablePolicy } = change;
    const { err } = await this.call('RPC_CM_MODIFY_DUPLICATION', {
      appName: table,
      dupid: id,
      ...(status === undefined ? {} : { status: DUPLICATION_STATUSES.indexOf(status) }),
      ...(failMode === undefined ? {} : { failMode: FAIL_MODES.indexOf(failMode) }),
      ...(retryNow === undefined ? {} : { retryNow }),
      ...(followerTablePolicy === undefined ? {} : { followerTablePolicy }),
    });
    return err;
  }

  async duplications(table: string): Promise<DuplicationSeen[]> {
    const { entryList } = await this.call('RPC_CM_QUERY_DUPLICATION', { appName: table });
    return entryList.map(({ dupid, status, failMode = 0, partitionStates }) => ({
      id: dupid,
      status: DUPLICATION_STATUSES[status] ?? 'DS_REMOVED',
      failMode: FAIL_MODES[failMode] ?? 'FAIL_SLOW',
      confirmed: [...(partitionStates ?? [])]
        .sort(([a], [b]) => a - b)
        .map(([, { confirmedDecree }]) => confirmedDecree),
    }));
  }

  /** Begins a move of a partition; the error of the answer, `ERR_OK` if the attempt is durable. */
  async movePartition(table: string, partition: number, to: string): Promise<string> {
    const request = { cmd: 'bridle.move', arguments: [table, String(partition), to] };
    const answer = JSON.parse(await this.call('RPC_CLI_CLI_CALL', request)) as { readonly error?: string };
    return answer.error ?? 'ERR_OK';
  }

  /** Writes one row, once: what becomes of it if no answer comes is for the caller to find out. */
  async put(table: string, hashKey: string, sortKey: string, value: string): Promise<void> {
    const [hash, sort] = [Buffer.from(hashKey), Buffer.from(sortKey)];
    const { address, gpid } = await this.#route(table, hash, sort);
    const request = { key: encodeRawKey(hash, sort), value: Buffer.from(value), expireTsSeconds: 0 };
    const { error } = await this.#client.call(address, 'RPC_RRDB_RRDB_PUT', request, {
      timeoutMs: CALL_TIMEOUT_MS,
      gpid,
      partitionHash: keyHash(hash, sort),
    });
    if (error !== 0) throw new Error(`${table} refused the row with ${error}`);
  }

  /** The value; null if there is no such row. */
  async get(table: string, hashKey: string, sortKey: string): Promise<string | null> {
    const [hash, sort] = [Buffer.from(hashKey), Buffer.from(sortKey)];
    const { address, gpid } = await this.#route(table, hash, sort);
    const { error, value } = await this.#client.call(address, 'RPC_RRDB_RRDB_GET', encodeRawKey(hash, sort), {
      timeoutMs: CALL_TIMEOUT_MS,
      gpid,
      partitionHash: keyHash(hash, sort),
    });
    return error === 0 ? value.toString('utf8') : null;
  }

  async #route(table: string, hash: Buffer, sort: Buffer) {
    const answer = await this.call('RPC_CM_QUERY_PARTITION_CONFIG_BY_INDEX', {
      appName: table,
      partitionIndices: [],
    });
    const index = partitionIndex(hash, sort, answer.partitionCount || 1);
    const address = answer.partitions.find(({ pid }) => pid.partitionIndex === index)?.primary;
    if (address === undefined || address === null) throw new Error(`${table} has no primary: ${answer.err}`);
    return { address, gpid: { appId: answer.appId, partitionIndex: index } };
  }
}
