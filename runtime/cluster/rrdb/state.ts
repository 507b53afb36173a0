import {
  BinaryReader,
  decodeWrapped,
  duplicateRequest,
  encodeStoredValue,
  makeTimetag,
  WireError,
} from '../../pegasus/index.js';
import type { ApplyMutation, Change, KeyValue } from '../../store/index.js';
import { isRowWrite, type RowWrite, readRowWrites, readSourceWrite } from './row-write.js';
import { RrdbStatus } from './status.js';

/** What applying one mutation came to. */
export interface RrdbResult {
  /** A rocksdb status code; unless it is 0 the mutation changed nothing. */
  readonly error: number;
  /** Why it changed nothing; empty when it did. */
  readonly hint: string;
  /** Row writes the mutation consisted of, repeated keys counted each time. */
  readonly rows: number;
}

export interface RrdbApplyOptions {
  /** Stands in the timetag of rows written here, 0 to 127. Must not change while the log has mutations. */
  readonly clusterId: number;
}

/** Rows are stored with expiry and timetag. */
export const valueVersion = 1;

/** The mark that says up to which decree of its source a follower partition has applied. */
export function sourceMark(owner: string): string {
  return `source:${owner}`;
}

const duplicateCode = 'RPC_RRDB_RRDB_DUPLICATE';

/**
 * The state machine of an rrdb partition: PUT, MULTI_PUT, REMOVE, MULTI_REMOVE, and DUPLICATE, whose entries are
 * applied in list order as one change, together with the mark of their source.
 *
 * It depends on the mutation alone, so a replay ends in the same bytes. It never throws: the log may hold
 * mutations of another version, and a partition has to open all the same. What it cannot read is a no-op whose
 * result says so.
 *
 * @example
 * const store = await PartitionStore.open({ directory, apply: rrdbApply({ clusterId: 1 }) });
 */
export function rrdbApply({ clusterId }: RrdbApplyOptions): ApplyMutation<RrdbResult> {
  // A wrong cluster id would turn every write into a no-op: better to fail where it is configured.
  makeTimetag({ timestampUs: 0n, clusterId, deleted: false });
  return ({ code, message, timestampUs }) => {
    try {
      if (code === duplicateCode) return applyDuplicate(message);
      if (!isRowWrite(code)) return noChange(`${code} is not known to this version`);
      const timetag = makeTimetag({ timestampUs, clusterId, deleted: false });
      const change = new RowChange();
      change.add(readRowWrites(code, message), timetag);
      return change.finish();
    } catch (error) {
      if (error instanceof WireError) return noChange(`${code}: ${error.message}`);
      throw error;
    }
  };
}

function applyDuplicate(message: Buffer): Change<RrdbResult> {
  const { entries, owner, toDecreeIncluded } = decodeWrapped(new BinaryReader(message), duplicateRequest);
  const change = new RowChange();
  for (const entry of entries) {
    const { rows, timetag } = readSourceWrite(entry);
    change.add(rows, timetag);
  }
  if (owner === undefined || toDecreeIncluded === undefined) return change.finish();
  return { marks: { [sourceMark(owner)]: toDecreeIncluded }, ...change.finish() };
}

function noChange(hint: string): Change<RrdbResult> {
  return { result: { error: RrdbStatus.INVALID_ARGUMENT, hint, rows: 0 } };
}

/** Collects row writes in order; of several to one key the last one stays. */
class RowChange {
  readonly #rows: { readonly write: RowWrite; readonly timetag: bigint }[] = [];

  add(writes: readonly RowWrite[], timetag: bigint): void {
    for (const write of writes) this.#rows.push({ write, timetag });
  }

  finish(): Change<RrdbResult> {
    const puts: KeyValue[] = [];
    const deletes: Buffer[] = [];
    for (const { write, timetag } of this.#lastOfEachKey()) {
      const { key, data, expireTsSeconds } = write;
      if (data === null) deletes.push(key);
      else puts.push([key, encodeStoredValue(valueVersion, { expireTsSeconds, timetag, data })]);
    }
    return { puts, deletes, result: { error: RrdbStatus.OK, hint: '', rows: this.#rows.length } };
  }

  // In a change deletes come before puts, which is not the order of the entries: each key must be in one of them.
  #lastOfEachKey() {
    if (this.#rows.length < 2) return this.#rows;
    return new Map(this.#rows.map((row) => [row.write.key.toString('latin1'), row])).values();
  }
}
