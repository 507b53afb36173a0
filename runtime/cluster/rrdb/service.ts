import {
  BinaryWriter,
  encodeArgument,
  type Gpid,
  type Handlers,
  type Request,
  type RequestContext,
  type Response,
  toPegasusEpoch,
} from '../../pegasus/index.js';
import { Digests } from './digests.js';
import { Duplicate } from './duplicate.js';
import { type Admitted, checkRawKey, checkSortKeys, Gate, type ServingPartition } from './gate.js';
import * as reads from './reads.js';
import { planScan, type ScanPlan, scanBatch } from './scan.js';
import { ScanContextId, ScanContexts } from './scan-contexts.js';
import { RrdbStatus } from './status.js';

export interface RrdbServiceOptions {
  /** The partition served here under this id; asked for each request. */
  readonly partition: (gpid: Gpid) => ServingPartition | undefined;
  /** This cluster's id, the one given to `rrdbApply`. */
  readonly clusterId: number;
  /** Repeated in every response, `host:port`. */
  readonly serverAddress: string;
  /** Largest body of a client write. Default 1 MiB. A DUPLICATE may have twice that and 64 KiB. */
  readonly maxWriteBytes?: number;
  /** Seconds since 1970. Default: the system clock. */
  readonly nowSeconds?: () => number;
}

const defaultMaxWriteBytes = 1024 * 1024;
/** A source ships the largest write it has accepted in an envelope, maybe behind a smaller one. */
const duplicateEnvelopeBytes = 64 * 1024;
const scanLimits = { maxContexts: 1_000, maxIdleSeconds: 5 * 60 };

/** What a table can be closed to. */
const CLIENT_REQUESTS: ReadonlyMap<string, 'reads' | 'writes'> = new Map([
  ...['PUT', 'MULTI_PUT', 'REMOVE', 'MULTI_REMOVE'].map(
    (verb) => [`RPC_RRDB_RRDB_${verb}`, 'writes'] as const,
  ),
  ...['GET', 'TTL', 'SORTKEY_COUNT', 'MULTI_GET', 'BATCH_GET', 'GET_SCANNER', 'SCAN'].map(
    (verb) => [`RPC_RRDB_RRDB_${verb}`, 'reads'] as const,
  ),
]);

type WriteCode =
  | 'RPC_RRDB_RRDB_PUT'
  | 'RPC_RRDB_RRDB_MULTI_PUT'
  | 'RPC_RRDB_RRDB_REMOVE'
  | 'RPC_RRDB_RRDB_MULTI_REMOVE';

/**
 * The data plane of a replica server: reads and writes of the partitions it serves.
 *
 * Rpc-level errors: `ERR_OBJECT_NOT_FOUND` (partition not here), `ERR_INVALID_STATE` (takes no writes, or its
 * store is closed), `ERR_INVALID_PARAMETERS` (keys and hashes on which a real server aborts), `ERR_INVALID_DATA`
 * (body too large), and the codes of the store. A write is answered once it is durable and readable.
 *
 * @example
 * const service = new RrdbService({ partition, clusterId: 1, serverAddress: '127.0.0.1:34801' });
 * await using server = new RpcServer({ handlers: service.handlers });
 */
export class RrdbService {
  readonly handlers: Handlers;
  readonly #gate: Gate;
  readonly #server: string;
  readonly #maxWriteBytes: number;
  readonly #nowSeconds: () => number;
  readonly #scans: ScanContexts<ScanPlan>;
  readonly #digests: Digests;

  constructor(options: RrdbServiceOptions) {
    this.#gate = new Gate(options.partition, options.serverAddress);
    this.#server = options.serverAddress;
    this.#maxWriteBytes = options.maxWriteBytes ?? defaultMaxWriteBytes;
    this.#nowSeconds = options.nowSeconds ?? (() => Math.floor(Date.now() / 1_000));
    this.#scans = new ScanContexts(scanLimits, this.#nowSeconds);
    this.#digests = new Digests(this.#gate, this.#nowSeconds);
    const maxBytes = 2 * this.#maxWriteBytes + duplicateEnvelopeBytes;
    const duplicate = new Duplicate({ gate: this.#gate, clusterId: options.clusterId, maxBytes });
    this.handlers = this.#makeHandlers(duplicate);
  }

  /** Of one write, in bytes; a larger one is refused. */
  get maxWriteBytes(): number {
    return this.#maxWriteBytes;
  }

  /** Lets go of snapshots that nobody reads any more; to be called now and then. */
  maintain(): Promise<void> {
    return this.#digests.letGo();
  }

  /** Whether a request of a client is to get no answer, for the server's policy. */
  leavesUnanswered({ code, gpid }: Pick<RequestContext, 'code' | 'gpid'>): boolean {
    const kind = CLIENT_REQUESTS.get(code);
    return kind !== undefined && this.#gate.staysUnanswered(kind, gpid);
  }

  /** Forgets open scans and snapshots. Partitions stay open: they belong to whoever opened them. */
  async close(): Promise<void> {
    this.#scans.clear();
    await this.#digests.clear();
  }

  #makeHandlers(duplicate: Duplicate): Handlers {
    const read =
      <Q, R>(work: (request: Q, reading: reads.Reading) => Promise<R>) =>
      (request: Q, context: RequestContext): Promise<R> =>
        this.#gate.run(context, () => work(request, this.#reading(context)));
    const write =
      <Q, R>(work: (request: Q, admitted: Admitted) => Promise<R>) =>
      (request: Q, context: RequestContext): Promise<R> =>
        this.#gate.run(context, () => {
          const admitted = this.#gate.forClientWrite(context);
          const { clients } = admitted.partition;
          return clients === undefined
            ? work(request, admitted)
            : clients.during(() => work(request, admitted));
        });
    return {
      RPC_RRDB_RRDB_PUT: write((request: Request<'RPC_RRDB_RRDB_PUT'>, admitted) => {
        checkRawKey(request.key, admitted);
        return this.#update('RPC_RRDB_RRDB_PUT', request, admitted);
      }),
      RPC_RRDB_RRDB_REMOVE: write((key: Buffer, admitted) => {
        checkRawKey(key, admitted);
        return this.#update('RPC_RRDB_RRDB_REMOVE', key, admitted);
      }),
      RPC_RRDB_RRDB_MULTI_PUT: write((request, admitted) => this.#multiPut(request, admitted)),
      RPC_RRDB_RRDB_MULTI_REMOVE: write((request, admitted) => this.#multiRemove(request, admitted)),
      RPC_RRDB_RRDB_GET: read(reads.get),
      RPC_RRDB_RRDB_TTL: read(reads.ttl),
      RPC_RRDB_RRDB_SORTKEY_COUNT: read(reads.sortkeyCount),
      RPC_RRDB_RRDB_MULTI_GET: read(reads.multiGet),
      RPC_RRDB_RRDB_BATCH_GET: read(reads.batchGet),
      RPC_RRDB_RRDB_GET_SCANNER: read((request: Request<'RPC_RRDB_RRDB_GET_SCANNER'>, reading) =>
        this.#scan(planScan(request), RrdbStatus.INVALID_ARGUMENT, reading),
      ),
      RPC_RRDB_RRDB_SCAN: read(({ contextId }: Request<'RPC_RRDB_RRDB_SCAN'>, reading) =>
        this.#scan(this.#scans.take(reading.admitted.context.gpid, contextId), RrdbStatus.NOT_FOUND, reading),
      ),
      RPC_RRDB_RRDB_CLEAR_SCANNER: (contextId, context) => {
        this.#scans.take(context.gpid, contextId);
      },
      RPC_BRIDLE_DIGEST_OPEN: (request, context) =>
        this.#gate.run(context, () => this.#digests.open(request, context)),
      RPC_BRIDLE_DIGEST_READ: (request, context) =>
        this.#gate.run(context, () => this.#digests.read(request, context)),
      RPC_BRIDLE_DIGEST_CLOSE: (snapshotId, context) => {
        void this.#digests.close(snapshotId, context);
      },
      RPC_RRDB_RRDB_DUPLICATE: (request, context) =>
        this.#gate.run(context, () => duplicate.handle(request, context)),
    };
  }

  async #update(
    code: Exclude<WriteCode, 'RPC_RRDB_RRDB_MULTI_REMOVE'>,
    request: Request<typeof code>,
    admitted: Admitted,
  ): Promise<Response<'RPC_RRDB_RRDB_PUT'>> {
    const { error, decree } = await this.#write(code, request, admitted);
    return { error, ...this.#origin(admitted), decree };
  }

  async #multiPut(
    request: Request<'RPC_RRDB_RRDB_MULTI_PUT'>,
    admitted: Admitted,
  ): Promise<Response<'RPC_RRDB_RRDB_MULTI_PUT'>> {
    const { hashKey, kvs } = request;
    if (kvs.length === 0) return { error: RrdbStatus.INVALID_ARGUMENT, ...this.#origin(admitted), decree: 0 };
    checkSortKeys(
      hashKey,
      kvs.map(({ key }) => key),
      admitted,
    );
    return this.#update('RPC_RRDB_RRDB_MULTI_PUT', request, admitted);
  }

  async #multiRemove(
    request: Request<'RPC_RRDB_RRDB_MULTI_REMOVE'>,
    admitted: Admitted,
  ): Promise<Response<'RPC_RRDB_RRDB_MULTI_REMOVE'>> {
    const origin = this.#origin(admitted);
    const { hashKey, sortKeys } = request;
    if (sortKeys.length === 0) return { error: RrdbStatus.INVALID_ARGUMENT, count: 0, ...origin, decree: 0 };
    checkSortKeys(hashKey, sortKeys, admitted);
    const { error, decree, rows } = await this.#write('RPC_RRDB_RRDB_MULTI_REMOVE', request, admitted);
    return { error, count: rows, ...origin, decree };
  }

  async #write<C extends WriteCode>(code: C, request: Request<C>, { partition, context }: Admitted) {
    const w = new BinaryWriter();
    encodeArgument(w, code, request, 1);
    const message = w.finish();
    if (message.length > this.#maxWriteBytes) {
      const detail = `a body of ${message.length} bytes, over ${this.#maxWriteBytes}`;
      throw this.#gate.refusal('ERR_INVALID_DATA', context, detail);
    }
    const { decree, result } = await partition.store.write({ code, message });
    return { decree, error: result?.error ?? RrdbStatus.OK, rows: result?.rows ?? 0 };
  }

  async #scan(
    plan: ScanPlan | undefined,
    errorWithout: number,
    reading: reads.Reading,
  ): Promise<Response<'RPC_RRDB_RRDB_SCAN'>> {
    const { origin, admitted } = reading;
    if (plan === undefined)
      return { error: errorWithout, kvs: [], contextId: ScanContextId.NOT_FOUND, ...origin };
    const { kvs, count, rest } = await scanBatch(plan, reading);
    const contextId = rest === null ? ScanContextId.COMPLETED : this.#scans.keep(admitted.context.gpid, rest);
    const response = { error: RrdbStatus.OK, kvs, contextId, ...origin };
    return plan.request.onlyReturnCount === true ? { ...response, kvCount: count } : response;
  }

  #reading(context: RequestContext): reads.Reading {
    const admitted = this.#gate.forClientRead(context);
    return { admitted, origin: this.#origin(admitted), nowEpoch: toPegasusEpoch(this.#nowSeconds() * 1_000) };
  }

  #origin({ partition }: Admitted): reads.Origin {
    const { appId, partitionIndex } = partition.gpid;
    return { appId, partitionIndex, server: this.#server };
  }
}
