/** The follower cluster's meta server over the wire: what `followerTable` asks, as Pegasus RPCs. */
import { type Clock, systemClock } from '../../../actors/clock.js';
import type { FollowerMetaPort } from '../../../actors/ports.js';
import {
  type DuplicationIdentity,
  ENV_FOLLOWER_APP_STATUS,
  ENV_MASTER_APP_NAME,
  ENV_MASTER_CLUSTER,
  ENV_MASTER_METAS,
  ENV_OWNER,
  type FollowerReply,
  type FollowerRequest,
  formatOwner,
  type Readiness,
  type TableView,
} from '../../../machines/index.js';
import {
  AppStatus,
  type appInfo,
  type Infer,
  PatternMatchType,
  type Request,
  type Response,
  type RpcClient,
  type RpcCode,
  RpcError,
} from '../../pegasus/index.js';
import { MetaGroup } from '../meta-group.js';
import { transferBytes, transferTrouble } from './transfer-trouble.js';

/** On the wire: drop the table only if it belongs to no duplication. A real Pegasus ignores the field. */
export const NO_OWNER = '';

export interface RemoteFollowerOptions {
  readonly client: RpcClient;
  /** Asked before every call: an operator may correct it while the duplication waits. */
  readonly remoteMetas: () => readonly string[];
  /** Own meta servers, which the follower's nodes ask for the primaries. */
  readonly ownMetas: readonly string[];
  /** For one request of the chart, however many calls it takes. */
  readonly timeoutMs: number;
  /** How often somebody wanted the follower's copies to be tried at once; 0 never. */
  readonly retryNo?: () => number;
  /** Default: the system's. */
  readonly clock?: Clock;
}

interface Limits {
  readonly signal: AbortSignal;
  /** As the clock's `now()` has it. */
  readonly endsAtMs: number;
}

export class RemoteFollower implements FollowerMetaPort {
  readonly #options: RemoteFollowerOptions;
  readonly #group: MetaGroup;
  readonly #clock: Clock;

  constructor(options: RemoteFollowerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#group = new MetaGroup(options.client, options.remoteMetas);
  }

  async ask(request: FollowerRequest, signal: AbortSignal): Promise<FollowerReply> {
    const base = { type: 'FOLLOWER_REPLY', requestNo: request.requestNo } as const;
    const limits = { signal, endsAtMs: this.#clock.now() + this.#options.timeoutMs };
    try {
      const answer = await this.#answer(request, limits);
      return { ...base, ...answer, peer: this.#group.current };
    } catch (error) {
      if (error instanceof RpcError) return { ...base, error: error.code, peer: error.peer };
      // An address that is none, as set by an operator: his to correct.
      if (error instanceof RangeError) {
        return { ...base, error: 'ERR_INVALID_PARAMETERS', hint: error.message };
      }
      throw error;
    }
  }

  async #answer(
    request: FollowerRequest,
    limits: Limits,
  ): Promise<Omit<FollowerReply, 'type' | 'requestNo'>> {
    switch (request.kind) {
      case 'LookTable': {
        const table = await this.#look(request.table, limits, request.retire);
        return table === null ? { error: 'ERR_APP_NOT_EXIST' } : { error: 'ERR_OK', table };
      }
      case 'CreateTable':
      case 'MarkCreated': {
        const response = await this.#call(
          'RPC_CM_CREATE_APP',
          createRequest(request, this.#options.ownMetas),
          limits,
        );
        return refusalOf(response);
      }
      case 'DropTable': {
        const { table: appName, expectedOwner } = request;
        const options = { successIfNotExist: true };
        const response = await this.#call(
          'RPC_CM_DROP_APP',
          { appName, options, expectedOwner: expectedOwner ?? NO_OWNER },
          limits,
        );
        return refusalOf(response);
      }
      case 'QueryPartitions': {
        const table = await this.#look(request.table, limits);
        if (table === null) return { error: 'ERR_APP_NOT_EXIST' };
        const readiness = await this.#readiness(request.table, limits);
        return 'error' in readiness ? readiness : { error: 'ERR_OK', table, readiness };
      }
    }
  }

  /**
   * Reads the table's owner back; null when there is no such table. `retire` goes with the question, so that a
   * real Pegasus, which skips the field, answers all the same.
   */
  async #look(name: string, limits: Limits, retire?: DuplicationIdentity): Promise<TableView | null> {
    const response = await this.#call(
      'RPC_CM_LIST_APPS',
      {
        status: AppStatus.INVALID,
        appNamePattern: name,
        matchType: PatternMatchType.EXACT,
        ...(retire === undefined ? {} : { retireOwner: formatOwner(retire) }),
      },
      limits,
    );
    // An older server ignores the pattern and also lists what was dropped.
    const found = response.infos.find((info) => info.appName === name && STATUS_OF.has(info.status));
    if (found !== undefined) return viewOf(found);
    if (response.err === 'ERR_OK' || response.err === 'ERR_NOT_MATCHED') return null;
    throw new RpcError(response.err, 'RPC_CM_LIST_APPS', this.#group.current);
  }

  async #readiness(name: string, limits: Limits): Promise<Readiness | { readonly error: string }> {
    const retryCopiesNo = this.#options.retryNo?.() ?? 0;
    const response = await this.#call(
      'RPC_CM_QUERY_PARTITION_CONFIG_BY_INDEX',
      {
        appName: name,
        partitionIndices: [],
        wantTransfers: true,
        ...(retryCopiesNo === 0 ? {} : { retryCopiesNo }),
      },
      limits,
    );
    if (response.err !== 'ERR_OK') return { error: response.err };
    const notReady = response.partitions.filter(
      ({ primary, maxReplicaCount, secondaries }) =>
        primary === null || (maxReplicaCount > 1 && secondaries.length === 0),
    );
    return {
      readyPartitions: response.partitions.length - notReady.length,
      partitionCount: response.partitionCount,
      trouble: transferTrouble(notReady),
      ...transferBytes(notReady),
    };
  }

  #call<C extends RpcCode>(code: C, request: Request<C>, limits: Limits): Promise<Response<C>> {
    const { signal, endsAtMs } = limits;
    const timeoutMs = Math.max(1, endsAtMs - this.#clock.now());
    return this.#group.call(code, request, { timeoutMs, signal });
  }
}

/** A refusal with the follower's own words, where it has some. */
const refusalOf = ({ err, hint }: { readonly err: string; readonly hint?: string | undefined }) => ({
  error: err,
  ...(hint === undefined ? {} : { hint }),
});

const STATUS_OF: ReadonlyMap<number, TableView['status']> = new Map([
  [AppStatus.AVAILABLE, 'AS_AVAILABLE'],
  [AppStatus.CREATING, 'AS_CREATING'],
  [AppStatus.RECALLING, 'AS_CREATING'],
  [AppStatus.DROPPING, 'AS_DROPPING'],
]);

function viewOf(info: Infer<typeof appInfo>): TableView {
  const followerStatus = info.envs.get(ENV_FOLLOWER_APP_STATUS);
  return {
    status: STATUS_OF.get(info.status) ?? 'AS_DROPPING',
    owner: info.envs.get(ENV_OWNER) ?? null,
    masterCluster: info.envs.get(ENV_MASTER_CLUSTER) ?? null,
    followerStatus: followerStatus === 'creating' || followerStatus === 'created' ? followerStatus : null,
    partitionCount: info.partitionCount,
  };
}

function createRequest(
  request: Extract<FollowerRequest, { kind: 'CreateTable' | 'MarkCreated' }>,
  ownMetas: readonly string[],
): Request<'RPC_CM_CREATE_APP'> {
  const { owner } = request;
  return {
    appName: request.table,
    options: {
      partitionCount: request.partitionCount,
      replicaCount: request.replicaCount,
      successIfExist: false,
      appType: 'pegasus',
      isStateful: true,
      envs: new Map([
        [ENV_MASTER_CLUSTER, owner.sourceCluster],
        [ENV_MASTER_METAS, ownMetas.join(',')],
        [ENV_MASTER_APP_NAME, owner.sourceTable],
        [ENV_FOLLOWER_APP_STATUS, request.kind === 'MarkCreated' ? 'created' : 'creating'],
        [ENV_OWNER, formatOwner(owner)],
      ]),
    },
  };
}
