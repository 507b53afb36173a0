/** A Pegasus cluster in miniature: real sockets, rows in memory shared by its servers, faults on demand. */

import {
  type Address,
  type AppInfo,
  type DuplicationEntry,
  formatAddress,
  type GetScannerRequest,
  type Handlers,
  type KeyValue,
  type RequestContext,
  RpcError,
  RpcServer,
  type ScanResponse,
} from '../../runtime/pegasus/index.js';
import { decodeRawKey, encodeRawKey, rawKeyHash } from '../../runtime/pegasus/key.js';

interface StoredRow {
  readonly key: Buffer;
  readonly value: Buffer;
  readonly expireTsSeconds: number;
}

interface FakeTable {
  readonly info: AppInfo;
  /** By partition, by raw key (latin1). */
  readonly rows: Map<string, StoredRow>[];
  /** Index of the replica server, -1 for none. */
  readonly primaries: number[];
  readonly duplications: DuplicationEntry[];
}

const LOST = new Promise<never>(() => {});
const NO_ADDRESS = null;

export class FakeCluster implements AsyncDisposable {
  readonly tables = new Map<string, FakeTable>();
  readonly metas: Address[] = [];
  readonly replicas: Address[] = [];
  leader = 0;
  /** Requests carried out whose answer is lost, by code: how many more. */
  readonly loseAnswers = new Map<string, number>();
  /** Requests that vanish unheard, by code: how many more. */
  readonly loseRequests = new Map<string, number>();
  /** Answered in-band, one after the other, by code. */
  readonly answerWith = new Map<string, string[]>();
  readonly calls: string[] = [];
  readonly unknownCodes = new Set<string>();
  forgetScanners = false;
  maxInFlightPerKey = 0;
  putDelayMs = 0;
  readonly #servers: RpcServer[] = [];
  readonly #scanners = new Map<number, { rows: KeyValue[]; batch: number }>();
  readonly #inFlight = new Map<string, number>();
  #nextScanner = 1;
  #nextAppId = 1;

  static async start(options: { metas?: number; replicas?: number } = {}): Promise<FakeCluster> {
    const cluster = new FakeCluster();
    for (let at = 0; at < (options.metas ?? 1); at++)
      cluster.metas.push(await cluster.#serve(cluster.#meta(at)));
    for (let at = 0; at < (options.replicas ?? 2); at++)
      cluster.replicas.push(await cluster.#serve(cluster.#replica(at)));
    return cluster;
  }

  get metaList(): string[] {
    return this.metas.map(formatAddress);
  }

  count(code: string): number {
    return this.calls.filter((call) => call === code).length;
  }

  addTable(name: string, partitionCount: number): FakeTable {
    const appId = this.#nextAppId++;
    const table: FakeTable = {
      info: {
        status: 1,
        appType: 'pegasus',
        appName: name,
        appId,
        partitionCount,
        envs: new Map(),
        isStateful: true,
        maxReplicaCount: 1,
        expireSecond: 0,
        createSecond: 1_700_000_000,
        dropSecond: 0,
        initPartitionCount: partitionCount,
      },
      rows: Array.from({ length: partitionCount }, () => new Map()),
      primaries: Array.from({ length: partitionCount }, (_, at) => at % this.replicas.length),
      duplications: [],
    };
    this.tables.set(name, table);
    return table;
  }

  /** Straight into the storage. */
  set(name: string, hashKey: string, sortKey: string, value: string | undefined, expireTsSeconds = 0): void {
    const table = this.tables.get(name) as FakeTable;
    const key = encodeRawKey(Buffer.from(hashKey), Buffer.from(sortKey));
    const rows = table.rows[Number(rawKeyHash(key) % BigInt(table.rows.length))] as Map<string, StoredRow>;
    if (value === undefined) rows.delete(key.toString('latin1'));
    else rows.set(key.toString('latin1'), { key, value: Buffer.from(value), expireTsSeconds });
  }

  rowCount(name: string): number {
    return (this.tables.get(name)?.rows ?? []).reduce((sum, rows) => sum + rows.size, 0);
  }

  /** The process is gone; its address refuses. */
  async killReplica(at: number): Promise<void> {
    await this.#servers[this.metas.length + at]?.close();
  }

  async killMeta(at: number): Promise<void> {
    await this.#servers[at]?.close();
  }

  async restartReplica(at: number): Promise<void> {
    const server = new RpcServer({ handlers: this.#replica(at), policy: (context) => this.#admit(context) });
    await server.listen(this.replicas[at] as Address);
    this.#servers[this.metas.length + at] = server;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.close().catch(() => {})));
  }

  async #serve(handlers: Handlers): Promise<Address> {
    const server = new RpcServer({ handlers, policy: (context) => this.#admit(context) });
    this.#servers.push(server);
    return server.listen({ host: '127.0.0.1', port: 0 });
  }

  #admit({ code }: RequestContext): 'allow' | 'drop' {
    this.calls.push(code);
    const left = this.loseRequests.get(code) ?? 0;
    if (left > 0) this.loseRequests.set(code, left - 1);
    return left > 0 ? 'drop' : 'allow';
  }

  /** The answer, unless it is to be lost. */
  #answer<R>(code: string, response: R): R | Promise<never> {
    const left = this.loseAnswers.get(code) ?? 0;
    if (left === 0) return response;
    this.loseAnswers.set(code, left - 1);
    return LOST;
  }

  /** What a meta says before it looks at the request. */
  #gate(at: number, code: string): string {
    if (this.unknownCodes.has(code)) throw new RpcError('ERR_HANDLER_NOT_FOUND', code, 'meta');
    if (at !== this.leader) return 'ERR_FORWARD_TO_OTHERS';
    return this.answerWith.get(code)?.shift() ?? 'ERR_OK';
  }

  #meta(at: number): Handlers {
    return {
      RPC_CM_CLUSTER_INFO: () => ({
        err: this.#gate(at, 'RPC_CM_CLUSTER_INFO'),
        keys: ['cluster_name'],
        values: ['fake'],
      }),
      RPC_CM_LIST_NODES: () => ({
        err: this.#gate(at, 'RPC_CM_LIST_NODES'),
        infos: this.replicas.map((node) => ({ status: 1, node })),
      }),
      RPC_CM_LIST_APPS: () => ({
        err: this.#gate(at, 'RPC_CM_LIST_APPS'),
        infos: [...this.tables.values()].map((table) => table.info),
      }),
      RPC_CM_QUERY_PARTITION_CONFIG_BY_INDEX: ({ appName }) => {
        const err = this.#gate(at, 'RPC_CM_QUERY_PARTITION_CONFIG_BY_INDEX');
        const table = this.tables.get(appName);
        const partition = (index: number, primary: Address | null, appId = 0) => ({
          pid: { appId, partitionIndex: index },
          ballot: 1,
          maxReplicaCount: 1,
          primary,
          secondaries: [],
          lastDrops: [],
          lastCommittedDecree: 0,
          partitionFlags: 0,
        });
        const head = {
          appId: table?.info.appId ?? 0,
          partitionCount: table?.rows.length ?? 0,
          isStateful: true,
        };
        if (err === 'ERR_FORWARD_TO_OTHERS') {
          return { err, ...head, partitions: [partition(0, this.metas[this.leader] ?? NO_ADDRESS)] };
        }
        if (table === undefined) return { err: 'ERR_OBJECT_NOT_FOUND', ...head, partitions: [] };
        const partitions = table.primaries.map((server, index) =>
          partition(index, this.replicas[server] ?? NO_ADDRESS, table.info.appId),
        );
        return { err, ...head, partitions };
      },
      RPC_CM_CREATE_APP: ({ appName, options }) => {
        const code = 'RPC_CM_CREATE_APP';
        let err = this.#gate(at, code);
        if (err === 'ERR_OK' && this.tables.has(appName)) err = 'ERR_APP_EXIST';
        if (err === 'ERR_OK' && options.replicaCount > this.replicas.length) err = 'ERR_INVALID_PARAMETERS';
        if (err === 'ERR_OK') this.addTable(appName, options.partitionCount);
        return this.#answer(code, { err, appid: this.tables.get(appName)?.info.appId ?? 0 });
      },
      RPC_CM_DROP_APP: ({ appName, options }) => {
        const code = 'RPC_CM_DROP_APP';
        const err = this.#gate(at, code);
        if (err !== 'ERR_OK') return { err };
        const found = this.tables.delete(appName);
        return this.#answer(code, {
          err: found || options.successIfNotExist ? 'ERR_OK' : 'ERR_APP_NOT_EXIST',
        });
      },
      RPC_CM_ADD_DUPLICATION: (request) => {
        const code = 'RPC_CM_ADD_DUPLICATION';
        const err = this.#gate(at, code);
        const table = this.tables.get(request.appName);
        if (err !== 'ERR_OK') return { err, appid: 0, dupid: 0 };
        if (table === undefined) return { err: 'ERR_APP_NOT_EXIST', appid: 0, dupid: 0 };
        const { appId: appid } = table.info;
        const there = table.duplications.find((one) => one.remote === request.remoteClusterName);
        if (there !== undefined) {
          return { err: 'ERR_DUP_EXIST', appid, dupid: there.dupid, remoteAppName: there.remoteAppName };
        }
        const dupid = 100 + table.duplications.length;
        table.duplications.push({
          dupid,
          status: 1,
          remote: request.remoteClusterName,
          createTs: 1,
          remoteAppName: request.remoteAppName,
          partitionStates: new Map([[0, { confirmedDecree: 7, lastCommittedDecree: 9 }]]),
        });
        return this.#answer(code, { err, appid, dupid, remoteAppName: request.remoteAppName });
      },
      RPC_CM_MODIFY_DUPLICATION: (request) => {
        const code = 'RPC_CM_MODIFY_DUPLICATION';
        const err = this.#gate(at, code);
        const duplications = this.tables.get(request.appName)?.duplications ?? [];
        const index = duplications.findIndex((one) => one.dupid === request.dupid);
        const there = duplications[index];
        if (err !== 'ERR_OK') return { err, appid: 0, hint: 'not from here' };
        if (there === undefined) return { err: 'ERR_OBJECT_NOT_FOUND', appid: 0 };
        if (request.status === 5) duplications.splice(index, 1);
        else duplications[index] = { ...there, status: request.status ?? there.status };
        return this.#answer(code, { err, appid: 1 });
      },
      RPC_CM_QUERY_DUPLICATION: ({ appName }) => {
        const err = this.#gate(at, 'RPC_CM_QUERY_DUPLICATION');
        const table = this.tables.get(appName);
        if (table === undefined) return { err: 'ERR_APP_NOT_EXIST', appid: 0, entryList: [] };
        return { err, appid: table.info.appId, entryList: table.duplications };
      },
      RPC_CM_LIST_DUPLICATION: () => {
        const err = this.#gate(at, 'RPC_CM_LIST_DUPLICATION');
        const states = [...this.tables].map(([name, table]) => {
          const duplications = new Map(table.duplications.map((one) => [one.dupid, one]));
          const { appId: appid, partitionCount } = table.info;
          return [name, { appid, duplications, appName: name, partitionCount }] as const;
        });
        return { err, hintMessage: '', appStates: new Map(states) };
      },
      RPC_CLI_CLI_CALL: (request) => `${request.cmd} ${request.arguments.join(',')}`,
    };
  }

  /** The rows of the partition, if this server is its primary. */
  #rows(at: number, { gpid, code, partitionHash, threadHash }: RequestContext): Map<string, StoredRow> {
    const table = [...this.tables.values()].find((one) => one.info.appId === gpid.appId);
    const rows = table?.rows[gpid.partitionIndex];
    if (table === undefined || rows === undefined)
      throw new RpcError('ERR_OBJECT_NOT_FOUND', code, 'replica');
    if (table.primaries[gpid.partitionIndex] !== at) throw new RpcError('ERR_INVALID_STATE', code, 'replica');
    // A real server aborts on these.
    if (threadHash !== gpid.appId * 7919 + gpid.partitionIndex) throw new Error('wrong thread hash');
    if (partitionHash !== 0n && Number(partitionHash % BigInt(table.rows.length)) !== gpid.partitionIndex) {
      throw new Error('wrong partition hash');
    }
    return rows;
  }

  #replica(at: number): Handlers {
    const where = { appId: 0, partitionIndex: 0, server: '' };
    const written = { error: 0, ...where, decree: 1 };
    return {
      RPC_RRDB_RRDB_PUT: async (request, context) => {
        const rows = this.#rows(at, context);
        const id = request.key.toString('latin1');
        const now = (this.#inFlight.get(id) ?? 0) + 1;
        this.#inFlight.set(id, now);
        this.maxInFlightPerKey = Math.max(this.maxInFlightPerKey, now);
        if (this.putDelayMs > 0) await new Promise((done) => setTimeout(done, this.putDelayMs));
        this.#inFlight.set(id, now - 1);
        const { key, value, expireTsSeconds } = request;
        rows.set(id, { key: Buffer.from(key), value: Buffer.from(value), expireTsSeconds });
        return this.#answer('RPC_RRDB_RRDB_PUT', written);
      },
      RPC_RRDB_RRDB_REMOVE: (key, context) => {
        this.#rows(at, context).delete(key.toString('latin1'));
        return written;
      },
      RPC_RRDB_RRDB_GET: (key, context) => {
        const row = this.#rows(at, context).get(key.toString('latin1'));
        return { error: row === undefined ? 1 : 0, value: row?.value ?? Buffer.alloc(0), ...where };
      },
      RPC_RRDB_RRDB_TTL: (key, context) => {
        const row = this.#rows(at, context).get(key.toString('latin1'));
        return {
          error: row === undefined ? 1 : 0,
          ttlSeconds: row?.expireTsSeconds === 0 ? -1 : 5,
          ...where,
        };
      },
      RPC_RRDB_RRDB_MULTI_PUT: (request, context) => {
        for (const { key: sortKey, value } of request.kvs) {
          const key = encodeRawKey(request.hashKey, sortKey);
          this.#rows(at, context).set(key.toString('latin1'), {
            key,
            value: Buffer.from(value),
            expireTsSeconds: 0,
          });
        }
        return written;
      },
      RPC_RRDB_RRDB_MULTI_REMOVE: (request, context) => {
        const keys = request.sortKeys.map((sortKey) =>
          encodeRawKey(request.hashKey, sortKey).toString('latin1'),
        );
        const count = keys.filter((key) => this.#rows(at, context).delete(key)).length;
        return { ...written, count };
      },
      RPC_RRDB_RRDB_SORTKEY_COUNT: (hashKey, context) => {
        return { error: 0, count: this.#under(at, context, hashKey).length, ...where };
      },
      RPC_RRDB_RRDB_MULTI_GET: (request, context) => {
        const wanted = this.#under(at, context, request.hashKey).filter(({ key }) => {
          if (request.sortKeys.length > 0) return request.sortKeys.some((one) => one.equals(key));
          const order = Buffer.compare(key, request.startSortkey);
          return order > 0 || (order === 0 && request.startInclusive);
        });
        // Pages of two, so that paging is exercised.
        const most = request.sortKeys.length > 0 ? wanted.length : Math.min(2, request.maxKvCount);
        return { error: wanted.length > most ? 7 : 0, kvs: wanted.slice(0, most), ...where };
      },
      RPC_RRDB_RRDB_GET_SCANNER: (request, context) => {
        return this.#scanned({ rows: this.#range(at, context, request), batch: request.batchSize });
      },
      RPC_RRDB_RRDB_SCAN: ({ contextId }, context) => {
        this.#rows(at, context);
        const scanner = this.#scanners.get(contextId);
        this.#scanners.delete(contextId);
        if (this.forgetScanners || scanner === undefined) {
          this.forgetScanners = false;
          return { error: 0, kvs: [], contextId: -2, ...where };
        }
        return this.#answer('RPC_RRDB_RRDB_SCAN', this.#scanned(scanner));
      },
      RPC_RRDB_RRDB_CLEAR_SCANNER: (contextId) => {
        this.#scanners.delete(contextId);
        return undefined;
      },
    };
  }

  #under(at: number, context: RequestContext, hashKey: Buffer): KeyValue[] {
    const rows = [...this.#rows(at, context).values()].map((row) => ({ ...row, ...decodeRawKey(row.key) }));
    const ours = rows.filter((row) => row.hashKey.equals(hashKey));
    return ours
      .map((row) => ({ key: row.sortKey, value: row.value }))
      .sort((a, b) => Buffer.compare(a.key, b.key));
  }

  #range(at: number, context: RequestContext, request: GetScannerRequest): KeyValue[] {
    const inside = ({ key }: StoredRow) => {
      const low = Buffer.compare(key, request.startKey);
      const high = Buffer.compare(key, request.stopKey);
      return (
        (low > 0 || (low === 0 && request.startInclusive)) &&
        (high < 0 || (high === 0 && request.stopInclusive))
      );
    };
    return [...this.#rows(at, context).values()]
      .filter(inside)
      .sort((a, b) => Buffer.compare(a.key, b.key))
      .map(({ key, value, expireTsSeconds }) => ({
        key,
        value: request.noValue ? Buffer.alloc(0) : value,
        ...(request.returnExpireTs === true ? { expireTsSeconds } : {}),
      }));
  }

  #scanned({ rows, batch }: { rows: KeyValue[]; batch: number }): ScanResponse {
    const rest = rows.slice(batch);
    const contextId = rest.length === 0 ? -1 : this.#nextScanner++;
    if (rest.length > 0) this.#scanners.set(contextId, { rows: rest, batch });
    return { error: 0, kvs: rows.slice(0, batch), contextId, appId: 0, partitionIndex: 0, server: '' };
  }
}
