import {
  BinaryReader,
  type DuplicateEntry,
  decodeWrapped,
  encodeRawKey,
  invalidParameters,
  makeTimetag,
  multiPutRequest,
  multiRemoveRequest,
  updateRequest,
} from '../../pegasus/index.js';
import { splitRawKey } from './keys.js';

/** What a write does to one row. */
export interface RowWrite {
  /** Raw key: as stored. */
  readonly key: Buffer;
  /** null removes the row. */
  readonly data: Buffer | null;
  /** Pegasus epoch seconds, unsigned; 0 is never. */
  readonly expireTsSeconds: number;
}

/** One entry of a DUPLICATE: its rows, and the timetag their values keep. */
export interface SourceWrite {
  readonly timetag: bigint;
  readonly rows: readonly RowWrite[];
}

const remove = (key: Buffer): RowWrite => ({ key, data: null, expireTsSeconds: 0 });

/** How each of the four shippable requests reads. */
const readers: { readonly [code: string]: (message: Buffer) => RowWrite[] } = {
  RPC_RRDB_RRDB_PUT(message) {
    const { key, value, expireTsSeconds } = decodeWrapped(new BinaryReader(message), updateRequest);
    return [{ key, data: value, expireTsSeconds: expireTsSeconds >>> 0 }];
  },
  RPC_RRDB_RRDB_REMOVE(message) {
    return [remove(decodeWrapped(new BinaryReader(message), 'blob'))];
  },
  RPC_RRDB_RRDB_MULTI_PUT(message) {
    const { hashKey, kvs, expireTsSeconds } = decodeWrapped(new BinaryReader(message), multiPutRequest);
    return kvs.map(({ key, value }) => ({
      key: encodeRawKey(hashKey, key),
      data: value,
      expireTsSeconds: expireTsSeconds >>> 0,
    }));
  },
  RPC_RRDB_RRDB_MULTI_REMOVE(message) {
    const { hashKey, sortKeys } = decodeWrapped(new BinaryReader(message), multiRemoveRequest);
    return sortKeys.map((sortKey) => remove(encodeRawKey(hashKey, sortKey)));
  },
};

/** Whether a request of this code is made of row writes, and may be an entry of a DUPLICATE. */
export function isRowWrite(code: string): boolean {
  return Object.hasOwn(readers, code);
}

/**
 * The rows a logged request writes, in its order. `message` is an argument struct with any field id. The
 * results are views of it.
 *
 * @throws WireError when it does not parse, or when a key is not one.
 */
export function readRowWrites(code: string, message: Buffer): readonly RowWrite[] {
  const read = isRowWrite(code) ? readers[code] : undefined;
  if (read === undefined) throw invalidParameters(`${code} is not a write that can be applied`);
  const rows = read(message);
  for (const { key } of rows) splitRawKey(key);
  return rows;
}

/**
 * Takes one shipped write apart.
 *
 * @throws WireError saying what is wrong with it: unknown task code, empty or broken message, no cluster id.
 */
export function readSourceWrite(entry: DuplicateEntry): SourceWrite {
  const { taskCode, rawMessage, clusterId, timestamp } = entry;
  if (taskCode === undefined || !isRowWrite(taskCode)) {
    throw invalidParameters(`unrecognized task code ${taskCode ?? '(none)'}`);
  }
  if (rawMessage === undefined || rawMessage.length === 0)
    throw invalidParameters(`${taskCode} without a message`);
  if (clusterId === undefined) throw invalidParameters(`${taskCode} without a cluster id`);
  if (timestamp === undefined) throw invalidParameters(`${taskCode} without a timestamp`);
  return {
    timetag: makeTimetag({ timestampUs: timestamp, clusterId, deleted: false }),
    rows: readRowWrites(taskCode, rawMessage),
  };
}
