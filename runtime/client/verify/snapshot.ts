/** A snapshot of one partition at the server that holds it, read by digests. */
import { formatAddress } from '../../pegasus/address.js';
import type { Address } from '../../pegasus/schema.js';
import type {
  DigestOpenRequest,
  DigestOpenResponse,
  DigestReadResponse,
} from '../../pegasus/schemas/index.js';
import { Deadline } from '../deadline.js';
import { BridleError } from '../errors.js';
import type { CallLimits } from '../model.js';
import { isPassing, type Router, storageError } from '../router.js';

const NOT_FOUND = 1;
const CLOSE_TIMEOUT_MS = 1_000;

/** The snapshot is not there any more: its server restarted, or nobody read it for too long. */
export class SnapshotLost extends Error {}

/** Where to read, and how much at most. */
export interface DigestRead {
  readonly after: Buffer | undefined;
  readonly upTo: Buffer | undefined;
  readonly rowByRow: boolean;
  readonly nowSeconds: number;
  readonly maxRows: number;
  readonly maxBytes: number;
  readonly leaveOut?: readonly Buffer[] | undefined;
}

const MAX_INT = 0x7fff_ffff;

export class PartitionSnapshot {
  readonly decree: number;
  /** The source's decree up to which it has applied; undefined for a table of another owner. */
  readonly appliedDecree: number | undefined;
  /** Keys written since the decree asked about; undefined when nobody knows. */
  readonly written: readonly Buffer[] | undefined;
  readonly #router: Router;
  readonly #index: number;
  readonly #server: Address;
  readonly #id: number;
  readonly #timeoutMs: number;

  private constructor(
    router: Router,
    index: number,
    { response, server }: { readonly response: DigestOpenResponse; readonly server: Address },
    timeoutMs: number,
  ) {
    this.decree = response.decree;
    this.appliedDecree = response.appliedDecree;
    this.written = response.written?.map((key) => Buffer.from(key));
    this.#router = router;
    this.#index = index;
    this.#server = server;
    this.#id = response.snapshotId;
    this.#timeoutMs = timeoutMs;
  }

  /** ERR_HANDLER_NOT_FOUND at servers that know no digests, as those of Apache Pegasus. */
  static async open(
    router: Router,
    index: number,
    request: DigestOpenRequest,
    limits: CallLimits,
    defaultTimeoutMs: number,
  ): Promise<PartitionSnapshot> {
    const deadline = new Deadline(limits, defaultTimeoutMs);
    const call = { deadline, partitionHash: 0n };
    const opened = await router.call(() => index, 'RPC_BRIDLE_DIGEST_OPEN', request, call);
    const { error } = opened.response;
    if (error === 0) return new PartitionSnapshot(router, index, opened, deadline.timeoutMs);
    throw storageError(error, 'open snapshot', formatAddress(opened.server), router.table);
  }

  /** @throws SnapshotLost when another one has to be taken. */
  async read(read: DigestRead, signal: AbortSignal | undefined): Promise<DigestReadResponse> {
    const request = {
      ...read,
      snapshotId: this.#id,
      maxRows: Math.min(read.maxRows, MAX_INT),
      maxBytes: Math.min(read.maxBytes, MAX_INT),
    };
    const deadline = new Deadline(signal === undefined ? {} : { signal }, this.#timeoutMs);
    deadline.throwIfCanceled('verify');
    const call = { deadline, partitionHash: 0n, timeoutMs: this.#timeoutMs };
    let response: DigestReadResponse;
    try {
      response = await this.#router.callAt(
        this.#server,
        this.#index,
        'RPC_BRIDLE_DIGEST_READ',
        request,
        call,
      );
    } catch (error) {
      if (isPassing(error)) throw new SnapshotLost();
      throw BridleError.from(error);
    }
    if (response.error === NOT_FOUND) throw new SnapshotLost();
    if (response.error === 0) return response;
    throw storageError(response.error, 'read digests', formatAddress(this.#server), this.#router.table);
  }

  /** If it does not arrive, the server lets the snapshot go by itself. */
  close(): void {
    const deadline = new Deadline({}, CLOSE_TIMEOUT_MS);
    const call = { deadline, partitionHash: 0n, timeoutMs: CLOSE_TIMEOUT_MS };
    this.#router.callAt(this.#server, this.#index, 'RPC_BRIDLE_DIGEST_CLOSE', this.#id, call).catch(() => {});
  }
}
