/** Scanning one partition in raw key order, across servers that restart in the middle. */
import { formatAddress } from '../pegasus/address.js';
import { FilterType } from '../pegasus/enums.js';
import { decodeRawKey, partitionIndex, rawKeyHash } from '../pegasus/key.js';
import type { Address } from '../pegasus/schema.js';
import type { GetScannerRequest, KeyValue, ScanResponse } from '../pegasus/schemas/index.js';
import { Deadline, fullJitterMs } from './deadline.js';
import { BridleError } from './errors.js';
import type { CallLimits } from './model.js';
import { isPassing, type Router, storageError } from './router.js';

/** One row as stored. The buffers are views into what was received: copy them to keep them for long. */
export interface Row {
  /** Length of the hash key, hash key, sort key: the order of a scan. */
  readonly rawKey: Buffer;
  readonly hashKey: Buffer;
  readonly sortKey: Buffer;
  /** Empty when the scan asked for no values. */
  readonly value: Buffer;
  /** Pegasus epoch (seconds since 2016-01-01T00:00:00Z), 0 for none; undefined unless asked for. */
  readonly expireTsSeconds: number | undefined;
}

/** What a scan fetches, and from where. */
export interface ScanOptions extends CallLimits {
  /** Rows per request. Default 500. */
  readonly batchRows?: number;
  readonly noValue?: boolean;
  /** Fill `expireTsSeconds`. */
  readonly withExpiry?: boolean;
  /** Raw key to start behind, exclusive. */
  readonly after?: Uint8Array;
}

const DEFAULT_BATCH_ROWS = 500;
/** A raw key starts with the length of its hash key, which is never 0xffff. */
const FIRST_KEY = Buffer.from([0, 0]);
const BEHIND_ALL_KEYS = Buffer.from([0xff, 0xff]);
const EMPTY = Buffer.alloc(0);

/** contextId of an answer: nothing follows. */
const COMPLETED = -1;
const NOT_FOUND = 1;
const INCOMPLETE = 7;
/** What one RPC of a scan may take before the scanner is opened anew behind the last row. */
const SCAN_ATTEMPT_SHARE = 1 / 3;
/** Answers in a row without a row: a server may pass over many expired rows, but not for ever. */
const MAX_FRUITLESS = 1000;
const REOPEN_BASE_MS = 5;
const REOPEN_CAP_MS = 200;

/**
 * Batches of rows, none empty. A scanner lives in one server; when that server does not answer or has
 * forgotten it, a new one is opened behind the last row, so no row comes twice and none is left out. The
 * timeout bounds the time without any answer, not the whole scan.
 */
export async function* scanBatches(
  router: Router,
  index: number,
  options: ScanOptions,
  defaultTimeoutMs: number,
): AsyncGenerator<readonly Row[]> {
  if (!Number.isInteger(index) || index < 0 || index >= router.partitionCount) {
    throw BridleError.of('ERR_INVALID_PARAMETERS', {
      hint: `partition ${index} of table ${router.table}, which has ${router.partitionCount}`,
    });
  }
  const limits = { ...options, timeoutMs: options.timeoutMs ?? defaultTimeoutMs };
  let after = options.after === undefined ? undefined : Buffer.from(options.after);
  let open: { readonly server: Address; readonly contextId: number } | undefined;
  let fruitless = 0;
  try {
    for (;;) {
      const deadline = new Deadline(limits, limits.timeoutMs);
      deadline.throwIfCanceled('scan');
      const answer = await nextBatch(router, index, after, open, options, deadline);
      // A context that failed is forgotten by its server in time.
      open = undefined;
      fruitless = (answer?.response.kvs.length ?? 0) > 0 ? 0 : fruitless + 1;
      if (fruitless > MAX_FRUITLESS) throw noProgress(router, index);
      if (answer === undefined) {
        await deadline.pause(fullJitterMs(fruitless, REOPEN_BASE_MS, REOPEN_CAP_MS));
        continue;
      }
      const { response, server } = answer;
      if (response.contextId >= 0) open = { server, contextId: response.contextId };
      if (response.kvs.length > 0) {
        const batch = response.kvs.map(toRow);
        after = Buffer.from(batch[batch.length - 1]?.rawKey ?? EMPTY);
        yield batch;
      }
      if (response.contextId === COMPLETED) return;
    }
  } finally {
    if (open !== undefined) forget(router, index, open.server, open.contextId);
  }
}

function noProgress(router: Router, index: number): BridleError {
  return BridleError.of('ERR_RETRY_EXHAUSTED', {
    operation: 'scan',
    hint: `partition ${index} gave no row and no end in ${MAX_FRUITLESS} answers`,
    values: { table: router.table },
  });
}

/** Undefined when the open scanner is of no use any more: open another. */
async function nextBatch(
  router: Router,
  index: number,
  after: Buffer | undefined,
  open: { readonly server: Address; readonly contextId: number } | undefined,
  options: ScanOptions,
  deadline: Deadline,
): Promise<{ readonly response: ScanResponse; readonly server: Address } | undefined> {
  const call = { deadline, partitionHash: 0n };
  if (open === undefined) {
    const request = scannerRequest(router, options, after);
    const opened = await router.call(() => index, 'RPC_RRDB_RRDB_GET_SCANNER', request, call);
    if (opened.response.error !== 0 && opened.response.error !== INCOMPLETE) {
      throw storageError(opened.response.error, 'scan', formatAddress(opened.server), router.table);
    }
    return opened;
  }
  const { server, contextId } = open;
  try {
    // Never repeated: the answer that got lost would be left out.
    const timeoutMs = deadline.attemptMs(SCAN_ATTEMPT_SHARE);
    const request = { contextId };
    const options = { ...call, timeoutMs };
    const response = await router.callAt(server, index, 'RPC_RRDB_RRDB_SCAN', request, options);
    const unknown = response.contextId < COMPLETED || response.error === NOT_FOUND;
    return unknown || (response.error !== 0 && response.error !== INCOMPLETE)
      ? undefined
      : { response, server };
  } catch (error) {
    if (isPassing(error)) return undefined;
    throw BridleError.from(error);
  }
}

function scannerRequest(router: Router, options: ScanOptions, after: Buffer | undefined): GetScannerRequest {
  const count = router.partitionCount;
  return {
    startKey: after ?? FIRST_KEY,
    stopKey: BEHIND_ALL_KEYS,
    startInclusive: after === undefined,
    stopInclusive: false,
    batchSize: options.batchRows ?? DEFAULT_BATCH_ROWS,
    noValue: options.noValue ?? false,
    ...NO_FILTERS,
    // Servers check by masking the hash, which is right for powers of two only.
    validatePartitionHash: (count & (count - 1)) === 0,
    returnExpireTs: options.withExpiry ?? false,
    fullScan: true,
  };
}

const NO_FILTERS = {
  hashKeyFilterType: FilterType.NO_FILTER,
  hashKeyFilterPattern: EMPTY,
  sortKeyFilterType: FilterType.NO_FILTER,
  sortKeyFilterPattern: EMPTY,
} as const;

/** Frees the scanner of a loop that was left early; if that fails, the server forgets it by itself. */
function forget(router: Router, index: number, server: Address, contextId: number): void {
  const deadline = new Deadline({}, 1000);
  const options = { deadline, partitionHash: 0n, timeoutMs: 1000 };
  router.callAt(server, index, 'RPC_RRDB_RRDB_CLEAR_SCANNER', contextId, options).catch(() => {});
}

/** One row with its expiry: a scan over exactly its key. */
export async function readRow(
  router: Router,
  rawKey: Buffer,
  options: CallLimits & { readonly noValue?: boolean },
  defaultTimeoutMs: number,
): Promise<Row | undefined> {
  const { hashKey, sortKey } = decodeRawKey(rawKey);
  const request: GetScannerRequest = {
    startKey: rawKey,
    stopKey: rawKey,
    startInclusive: true,
    stopInclusive: true,
    batchSize: 1,
    noValue: options.noValue ?? false,
    ...NO_FILTERS,
    returnExpireTs: true,
    fullScan: false,
  };
  const partition = (count: number) => partitionIndex(hashKey, sortKey, count);
  const call = { deadline: new Deadline(options, defaultTimeoutMs), partitionHash: rawKeyHash(rawKey) };
  const { response, server } = await router.call(partition, 'RPC_RRDB_RRDB_GET_SCANNER', request, call);
  if (response.error !== 0 && response.error !== INCOMPLETE && response.error !== NOT_FOUND) {
    throw storageError(response.error, 'read row', formatAddress(server), router.table);
  }
  const index = partition(router.partitionCount);
  if (response.contextId >= 0) forget(router, index, server, response.contextId);
  const found = response.kvs[0];
  return found === undefined || !found.key.equals(rawKey) ? undefined : toRow(found);
}

function toRow({ key, value, expireTsSeconds }: KeyValue): Row {
  return { rawKey: key, ...decodeRawKey(key), value, expireTsSeconds };
}
