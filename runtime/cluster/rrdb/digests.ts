import { randomInt } from 'node:crypto';
import type {
  DigestOpenRequest,
  DigestOpenResponse,
  DigestReadRequest,
  DigestReadResponse,
  Gpid,
  RequestContext,
} from '../../pegasus/index.js';
import { type EngineSnapshot, LogCorruption, StoreError } from '../../store/index.js';
import { appliedDecreeOf } from './duplicate.js';
import type { Gate, RrdbStore } from './gate.js';
import { RangeDigester } from './range-digest.js';
import { isRowWrite, readRowWrites } from './row-write.js';
import { liveValue, visitRows } from './rows.js';
import { RrdbStatus } from './status.js';

/** Snapshots held at a time: each keeps values alive that were replaced since. */
const MAX_SNAPSHOTS = 32;
const MAX_IDLE_SECONDS = 60;
const MAX_AGE_SECONDS = 10 * 60;
/** Of one answer, whatever the caller asks for. */
const MAX_ROWS = 20_000;
const MAX_BYTES = 4 * 1024 * 1024;
/** Keys named as written since a decree; with more, the caller has to do without. */
const MAX_WRITTEN_KEYS = 20_000;
const MAX_WRITTEN_BYTES = 2 * 1024 * 1024;
const MAX_LEFT_OUT_KEYS = 2 * MAX_WRITTEN_KEYS;
const LOG_READ_BYTES = 1024 * 1024;

interface Held {
  readonly gpid: Gpid;
  readonly store: RrdbStore;
  readonly snapshot: EngineSnapshot;
  /** Raw keys as latin1. */
  readonly leftOut: Set<string>;
  readonly sinceSeconds: number;
  usedSeconds: number;
}

/**
 * Digests of a partition's rows at one decree, for `bridle verify`.
 *
 * ```text
 * OPEN  ─► a snapshot of the engine: its decree, the source's decree it has applied, and what was written since one
 * READ  ─► digests of the next ranges of rows, or of each row; bounded in rows and bytes
 * CLOSE ─► the snapshot is let go; so it is when nobody has read for a minute, and after ten in any case
 * ```
 *
 * Reading a snapshot waits for the disk between pieces of a thousand rows, so requests of others go between.
 */
export class Digests {
  readonly #gate: Gate;
  readonly #nowSeconds: () => number;
  readonly #held = new Map<number, Held>();
  /** Not from 0: an id from before a restart of the server must mean nothing. */
  #nextId = randomInt(2 ** 47);

  constructor(gate: Gate, nowSeconds: () => number) {
    this.#gate = gate;
    this.#nowSeconds = nowSeconds;
  }

  /** Snapshots held. */
  get size(): number {
    return this.#held.size;
  }

  /** rpc-level errors: those of the gate and the store; `ERR_BUSY` when too many snapshots are held. */
  async open(request: DigestOpenRequest, context: RequestContext): Promise<DigestOpenResponse> {
    const { store, owner } = this.#gate.forRead(context).partition;
    await this.letGo();
    if (this.#held.size >= MAX_SNAPSHOTS) {
      throw this.#gate.refusal('ERR_BUSY', context, `${this.#held.size} snapshots are being read`);
    }
    const snapshot = await store.snapshot();
    const { decree, marks } = snapshot.state;
    const snapshotId = this.#nextId++;
    const nowSeconds = this.#nowSeconds();
    const held = { snapshot, store, gpid: context.gpid, sinceSeconds: nowSeconds, usedSeconds: nowSeconds };
    const written =
      request.sinceDecree === undefined
        ? undefined
        : await writtenKeys(store, request.sinceDecree, decree, context.signal);
    const leftOut = new Set(written?.map((key) => key.toString('latin1')));
    this.#held.set(snapshotId, { ...held, leftOut });
    const applied =
      request.owner !== undefined && request.owner === owner
        ? { appliedDecree: appliedDecreeOf(marks, owner) }
        : {};
    return {
      error: RrdbStatus.OK,
      snapshotId,
      decree,
      ...applied,
      ...(written === undefined ? {} : { written }),
    };
  }

  /** Storage error NOT_FOUND: the snapshot is gone; the caller takes another. */
  async read(request: DigestReadRequest, context: RequestContext): Promise<DigestReadResponse> {
    const { store } = this.#gate.forRead(context).partition;
    const held = this.#held.get(request.snapshotId);
    if (held === undefined || held.store !== store || !sameGpid(held.gpid, context.gpid)) return NOT_FOUND;
    held.usedSeconds = this.#nowSeconds();
    for (const key of request.leaveOut ?? []) held.leftOut.add(key.toString('latin1'));
    if (held.leftOut.size > MAX_LEFT_OUT_KEYS) {
      await this.#drop(request.snapshotId);
      throw this.#gate.refusal('ERR_INVALID_PARAMETERS', context, 'too many keys to leave out');
    }
    return digestRows(request, held, context);
  }

  async close(snapshotId: number, context: RequestContext): Promise<void> {
    const held = this.#held.get(snapshotId);
    if (held !== undefined && sameGpid(held.gpid, context.gpid)) await this.#drop(snapshotId);
  }

  /** Closes the snapshots of callers that have gone; to be called now and then. */
  async letGo(): Promise<void> {
    const nowSeconds = this.#nowSeconds();
    for (const [id, { usedSeconds, sinceSeconds }] of this.#held) {
      const idle = nowSeconds - usedSeconds > MAX_IDLE_SECONDS;
      if (idle || nowSeconds - sinceSeconds > MAX_AGE_SECONDS) await this.#drop(id);
    }
  }

  /** Closes all of them. */
  async clear(): Promise<void> {
    for (const id of [...this.#held.keys()]) await this.#drop(id);
  }

  async #drop(id: number): Promise<void> {
    const held = this.#held.get(id);
    this.#held.delete(id);
    // With its engine closed, the snapshot is closed too.
    await held?.snapshot.close().catch(() => undefined);
  }
}

const NOT_FOUND: DigestReadResponse = {
  error: RrdbStatus.NOT_FOUND,
  ranges: [],
  ended: false,
  visitedRows: 0,
  visitedBytes: 0,
};

function sameGpid(a: Gpid, b: Gpid): boolean {
  return a.appId === b.appId && a.partitionIndex === b.partitionIndex;
}

async function digestRows(
  request: DigestReadRequest,
  { snapshot, leftOut }: Held,
  { signal }: RequestContext,
): Promise<DigestReadResponse> {
  const { after, upTo, rowByRow, nowSeconds } = request;
  const maxRows = bounded(request.maxRows, MAX_ROWS);
  const maxBytes = bounded(request.maxBytes, MAX_BYTES);
  const ranges = new RangeDigester(rowByRow);
  // The request outlives its frame while the disk is read, and its buffers are views of that.
  const range = {
    ...(after === undefined ? {} : { gt: Buffer.from(after) }),
    ...(upTo === undefined ? {} : { lte: Buffer.from(upTo) }),
  };
  let visitedRows = 0;
  let visitedBytes = 0;
  const visit = {
    expectedRows: maxRows,
    maxRows: Number.MAX_SAFE_INTEGER,
    aborted: () => signal.aborted,
  };
  const { ended, lastKey } = await visitRows(snapshot, range, visit, (key, stored) => {
    if (ranges.atBoundary && visitedRows > 0 && (visitedRows >= maxRows || visitedBytes >= maxBytes))
      return false;
    visitedRows++;
    visitedBytes += key.length + stored.length;
    const row = liveValue(stored, nowSeconds);
    if (row === undefined) return true;
    // What is left out leaves no trace, not even as the end of a range: the other side may not have it.
    if (leftOut.size > 0 && leftOut.has(key.toString('latin1'))) return true;
    ranges.add(key, row.data, row.expireTsSeconds);
    return true;
  });
  return {
    error: RrdbStatus.OK,
    ranges: ranges.finish(),
    ended,
    visitedRows,
    visitedBytes,
    ...(lastKey === undefined ? {} : { lastKey }),
  };
}

function bounded(wanted: number, limit: number): number {
  return Math.max(1, Math.min(wanted, limit));
}

/** Keys of what clients wrote in (after, upTo]. Undefined when the log does not reach back, or too many. */
async function writtenKeys(
  store: RrdbStore,
  after: number,
  upTo: number,
  signal: AbortSignal,
): Promise<readonly Buffer[] | undefined> {
  const keys = new Map<string, Buffer>();
  let bytes = 0;
  let afterDecree = after;
  try {
    while (afterDecree < upTo) {
      const { mutations, lastDecree } = await store.readLog({
        afterDecree,
        maxBytes: LOG_READ_BYTES,
        signal,
      });
      if (mutations.length === 0) return undefined;
      for (const { decree, code, message } of mutations) {
        if (decree > upTo) break;
        if (!isRowWrite(code)) continue;
        for (const { key } of readRowWrites(code, message)) {
          const text = key.toString('latin1');
          if (keys.has(text)) continue;
          keys.set(text, Buffer.from(key));
          bytes += key.length;
        }
      }
      if (keys.size > MAX_WRITTEN_KEYS || bytes > MAX_WRITTEN_BYTES) return undefined;
      afterDecree = lastDecree;
    }
  } catch (error) {
    if (error instanceof LogCorruption || error instanceof StoreError) return undefined;
    throw error;
  }
  return [...keys.values()];
}
