/** A running cluster, embedded or real: what it is asked for over its meta servers. */
import { formatAddress } from '../pegasus/address.js';
import { RpcClient } from '../pegasus/client.js';
import { NodeStatus } from '../pegasus/enums.js';
import type { Address } from '../pegasus/schema.js';
import type { TlsFiles } from '../pegasus/tls-credentials.js';
import { parseServer, parseServers } from './address.js';
import { Deadline, sleep } from './deadline.js';
import * as duplications from './duplication-admin.js';
import { BridleError } from './errors.js';
import { MetaSession } from './meta-session.js';
import type {
  AddDuplicationOptions,
  AddedDuplication,
  CallLimits,
  ClusterInfo,
  CreateTableOptions,
  DropTableOptions,
  DuplicationChange,
  DuplicationInfo,
  ModifiedDuplication,
  MovedPartition,
  MovePartitionOptions,
  PartitionPlace,
  PlaceOfPartition,
  ServerInfo,
  TableEnvChange,
  TableInfo,
} from './model.js';
import { listPlaces, movePartition } from './move-admin.js';
import { Router } from './router.js';
import { Table } from './table.js';
import * as tables from './table-admin.js';
import * as envs from './table-envs.js';
import { networkFor, tlsFromEnvironment } from './tls.js';

/** Where a cluster is, and how long to wait for it. */
export interface OpenClusterOptions {
  /** 'host:port' of one or more meta servers, also separated by commas; port 34601 when left out. */
  readonly meta: string | readonly string[];
  /** Default deadline of every call, in milliseconds. Default 10 000. */
  readonly timeoutMs?: number;
  /**
   * The certificate to show, its key, and the authorities that vouch for servers. Left out:
   * `$BRIDLE_TLS_CERT`, `$BRIDLE_TLS_KEY` and `$BRIDLE_TLS_CA`, if they are set; null: plain TCP.
   */
  readonly tls?: TlsFiles | null;
  /** Cancels opening. Later calls take their own. */
  readonly signal?: AbortSignal;
}

const DEFAULT_TIMEOUT_MS = 10_000;
/** Creating waits for all replicas to be opened. */
const DEFAULT_CREATE_TIMEOUT_MS = 60_000;
/** Copying a partition takes as long as it takes; a move that stands still is undone by the cluster. */
const DEFAULT_MOVE_TIMEOUT_MS = 10 * 60_000;
/** A refused connection is final enough: asked this often before saying that nothing runs there. */
const OPEN_ROUNDS = 2;
const OPEN_ROUND_PAUSE_MS = 150;

/**
 * Connects to the leader among the given meta servers and learns the cluster's name.
 *
 * BRIDLE_NOT_RUNNING when every address refuses, ERR_TIMEOUT when none answers in time, BRIDLE_TLS_… when the
 * certificates of both sides do not fit. Close it when
 * done: open connections keep the process alive.
 *
 * @example
 * await using cluster = await openCluster({ meta: '127.0.0.1:34601' });
 * const users = await cluster.table('users');
 * await users.put('ada', 'born', '1815');
 */
export async function openCluster(options: OpenClusterOptions): Promise<Cluster> {
  const meta = parseServers(options.meta);
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const limits = options.signal === undefined ? {} : { signal: options.signal };
  const deadline = new Deadline(limits, timeoutMs);
  const tls = options.tls === undefined ? (tlsFromEnvironment() ?? null) : options.tls;
  const rpc = new RpcClient({ protocol: 'thft', ...networkFor(tls) });
  try {
    const metas = new MetaSession(rpc, await reachable(rpc, meta, deadline));
    const { name } = await readInfo(metas, deadline);
    return new Cluster(name, meta, rpc, metas, timeoutMs);
  } catch (error) {
    await rpc.close();
    throw error;
  }
}

/** The metas with the ones that answer first; fails when none does. */
async function reachable(
  rpc: RpcClient,
  meta: readonly Address[],
  deadline: Deadline,
): Promise<readonly Address[]> {
  let failure: BridleError | undefined;
  for (let round = 0; round < OPEN_ROUNDS && deadline.leftMs > 0; round++) {
    if (round > 0) await sleep(Math.min(OPEN_ROUND_PAUSE_MS, deadline.leftMs), deadline.signal);
    for (const [at, address] of meta.entries()) {
      deadline.throwIfCanceled('open cluster');
      try {
        await rpc.call(
          address,
          'RPC_CM_CLUSTER_INFO',
          {},
          { timeoutMs: deadline.attemptMs(0.4 / meta.length), ...signalOf(deadline) },
        );
        return [...meta.slice(at), ...meta.slice(0, at)];
      } catch (error) {
        failure = BridleError.from(error);
        const { code } = failure;
        if (code !== 'ERR_NETWORK_FAILURE' && code !== 'ERR_TIMEOUT' && code !== 'ERR_INVALID_DATA') {
          throw code === 'ERR_HANDLER_NOT_FOUND' ? notAMeta(address, failure) : failure;
        }
      }
    }
  }
  throw failure?.code === 'ERR_TIMEOUT' ? failure : notRunning(meta, failure);
}

function signalOf(deadline: Deadline): { readonly signal?: AbortSignal } {
  return deadline.signal === undefined ? {} : { signal: deadline.signal };
}

function notRunning(meta: readonly Address[], cause: BridleError | undefined): BridleError {
  const peer = meta.map(formatAddress).join(', ');
  return BridleError.of('BRIDLE_NOT_RUNNING', {
    operation: 'open cluster',
    peer,
    hint: `nothing that speaks Pegasus answers at ${peer}`,
    values: { port: String(meta[0]?.port ?? '') },
    cause,
  });
}

function notAMeta(address: Address, cause: BridleError): BridleError {
  const peer = formatAddress(address);
  return BridleError.of('ERR_HANDLER_NOT_FOUND', {
    operation: 'open cluster',
    peer,
    hint: `${peer} is a Pegasus server, but not a meta server`,
    cause,
  });
}

async function readInfo(metas: MetaSession, deadline: Deadline): Promise<ClusterInfo> {
  const code = 'RPC_CM_CLUSTER_INFO';
  const answer = await metas.call(code, {}, { deadline, idempotent: true });
  if (answer.err !== 'ERR_OK') throw BridleError.of(answer.err, { operation: code, peer: metas.peer });
  const facts = Object.fromEntries(answer.keys.map((key, at) => [key, answer.values[at] ?? '']));
  // Servers older than 2.3 do not tell their name.
  const name = facts.cluster_name ?? metas.peer;
  return { name, leader: facts.primary_meta_server ?? metas.peer, facts };
}

/** What {@link openCluster} gives. Every call has a deadline; every failure is a BridleError. */
export class Cluster implements AsyncDisposable {
  /** As the cluster calls itself. */
  readonly name: string;
  /** As given when it was opened. */
  readonly meta: readonly Address[];
  readonly #rpc: RpcClient;
  readonly #metas: MetaSession;
  readonly #timeoutMs: number;

  /** @internal Use {@link openCluster}. */
  constructor(name: string, meta: readonly Address[], rpc: RpcClient, metas: MetaSession, timeoutMs: number) {
    this.name = name;
    this.meta = meta;
    this.#rpc = rpc;
    this.#metas = metas;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Creates a table; resolves when it is available and every partition has a primary (default deadline
   * 60 s). BRIDLE_BAD_NAME, ERR_INVALID_PARAMETERS, ERR_APP_EXIST.
   *
   * @example
   * await cluster.createTable('users', { partitionCount: 8 });
   */
  createTable(name: string, options: CreateTableOptions): Promise<TableInfo> {
    const deadline = new Deadline(options, Math.max(DEFAULT_CREATE_TIMEOUT_MS, this.#timeoutMs));
    return tables.createTable(this.#metas, name, options, deadline);
  }

  /** Tables that are not dropped, by name. */
  listTables(limits: CallLimits = {}): Promise<TableInfo[]> {
    return tables.listTables(this.#metas, this.#deadline(limits));
  }

  /** Where the partitions of a table are, by index; ERR_APP_NOT_EXIST. */
  listPartitions(table: string, limits: CallLimits = {}): Promise<PartitionPlace[]> {
    return tables.listPartitions(this.#metas, table, this.#deadline(limits));
  }

  /**
   * Moves a partition to another replica server of the same embedded cluster; resolves when the new place is durable
   * (default deadline 10 min). Clients wait meanwhile, and find the new place by themselves. Whatever fails before
   * that is undone, and the old server serves on: BRIDLE_MOVE_UNDONE. BRIDLE_UNKNOWN_NODE, BRIDLE_NODE_DEAD,
   * BRIDLE_ALREADY_THERE, BRIDLE_MOVING, ERR_APP_NOT_EXIST, ERR_INVALID_PARAMETERS: nothing was begun.
   *
   * @example
   * await cluster.movePartition('users', 3, { to: '127.0.0.1:34802' });
   */
  movePartition(
    table: string,
    partition: number,
    { to, ...limits }: MovePartitionOptions,
  ): Promise<MovedPartition> {
    const deadline = new Deadline(limits, Math.max(DEFAULT_MOVE_TIMEOUT_MS, this.#timeoutMs));
    return movePartition(this.#askMeta(deadline), { table, partition, to }, deadline);
  }

  /** Where the partitions of an embedded cluster's tables are or go, and how the last move of each has ended. */
  listPlaces(table?: string, limits: CallLimits = {}): Promise<PlaceOfPartition[]> {
    const deadline = this.#deadline(limits);
    return listPlaces(this.#askMeta(deadline), table, deadline);
  }

  /** Resolves when the table is gone; ERR_APP_NOT_EXIST when there was none. */
  dropTable(name: string, { expectedOwner, ...limits }: DropTableOptions = {}): Promise<void> {
    return tables.dropTable(this.#metas, name, this.#deadline(limits), expectedOwner);
  }

  /**
   * Sets and removes environment variables of a table; resolves when it is durable. ERR_APP_NOT_EXIST,
   * ERR_INVALID_PARAMETERS for what the cluster does not know, ERR_INVALID_STATE for what has changed meanwhile.
   *
   * @example
   * await cluster.changeTableEnvs('users', { set: { 'replica.deny_client_request': 'reconfig*write' } });
   */
  changeTableEnvs(table: string, change: TableEnvChange): Promise<void> {
    return envs.changeTableEnvs(this.#metas, table, change, this.#deadline(change));
  }

  /** How many partitions of a table have no primary now; ERR_APP_NOT_EXIST. */
  unservedPartitions(table: string, limits: CallLimits = {}): Promise<number> {
    return envs.unservedPartitions(this.#metas, table, this.#deadline(limits));
  }

  /** Replica servers, alive or not. */
  async listNodes(limits: CallLimits = {}): Promise<ServerInfo[]> {
    const code = 'RPC_CM_LIST_NODES';
    const options = { deadline: this.#deadline(limits), idempotent: true };
    const answer = await this.#metas.call(code, { status: NodeStatus.INVALID }, options);
    if (answer.err !== 'ERR_OK') {
      throw BridleError.of(answer.err, { operation: code, peer: this.#metas.peer });
    }
    return answer.infos.map(({ node, hpNode, status }) => {
      const address = node ?? hpNode ?? null;
      return { address: address === null ? '' : formatAddress(address), alive: status === NodeStatus.ALIVE };
    });
  }

  /** What the leader says about its cluster. */
  info(limits: CallLimits = {}): Promise<ClusterInfo> {
    return readInfo(this.#metas, this.#deadline(limits));
  }

  /** A table to read and write; ERR_APP_NOT_EXIST when there is none of that name. */
  async table(name: string, limits: CallLimits = {}): Promise<Table> {
    tables.checkTableName(name);
    const router = await Router.open(this.#rpc, this.#metas, name, this.#deadline(limits));
    return new Table(router, this.#timeoutMs);
  }

  /**
   * A remote command at any server of the cluster. Sent once: nobody knows what repeating it would do.
   *
   * @example
   * await cluster.command('127.0.0.1:34801', 'replica-disk', ['show'])
   */
  async command(
    address: Address | string,
    name: string,
    args: readonly string[] = [],
    limits: CallLimits = {},
  ): Promise<string> {
    const server = typeof address === 'string' ? parseServer(address) : address;
    const deadline = this.#deadline(limits);
    const request = { cmd: name, arguments: args };
    try {
      return await this.#rpc.call(server, 'RPC_CLI_CLI_CALL', request, {
        timeoutMs: deadline.leftMs,
        ...signalOf(deadline),
      });
    } catch (error) {
      throw BridleError.from(error);
    }
  }

  /** Duplications of one table or of all; works with servers that cannot list them at once. */
  listDuplications(table?: string, limits: CallLimits = {}): Promise<DuplicationInfo[]> {
    const deadline = this.#deadline(limits);
    if (table !== undefined) return duplications.queryDuplication(this.#metas, table, deadline);
    return duplications.listDuplications(this.#metas, deadline);
  }

  /** Duplications of one table; ERR_APP_NOT_EXIST. */
  queryDuplication(table: string, limits: CallLimits = {}): Promise<DuplicationInfo[]> {
    return duplications.queryDuplication(this.#metas, table, this.#deadline(limits));
  }

  /** Starts a duplication, or finds the one that is there (`existed`). */
  addDuplication(options: AddDuplicationOptions): Promise<AddedDuplication> {
    return duplications.addDuplication(this.#metas, options, this.#deadline(options));
  }

  /** Changes status or fail mode; ERR_OBJECT_NOT_FOUND, ERR_INVALID_PARAMETERS with the server's reason. */
  modifyDuplication(table: string, dupid: number, change: DuplicationChange): Promise<ModifiedDuplication> {
    return duplications.modifyDuplication(this.#metas, table, dupid, change, this.#deadline(change));
  }

  /** Closes every connection; calls under way fail with ERR_SESSION_RESET. */
  close(): Promise<void> {
    return this.#rpc.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #askMeta({ signal }: Deadline) {
    return (name: string, args: readonly string[], timeoutMs: number) =>
      this.command(this.#metas.leader, name, args, {
        timeoutMs,
        ...(signal === undefined ? {} : { signal }),
      });
  }

  #deadline(limits: CallLimits): Deadline {
    return new Deadline(limits, this.#timeoutMs);
  }
}
