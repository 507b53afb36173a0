/**
 * Reads which files make up a LevelDB database, from its MANIFEST.
 *
 * A MANIFEST is a LevelDB log of edits. Each edit is a list of tagged fields; the live tables are those added
 * and not deleted again. Only what a checkpoint needs is kept.
 */

export interface LiveFiles {
  /** Numbers of the table files, ascending. */
  readonly tables: readonly number[];
  /** Write-ahead logs below this number are already in tables, apart from `previousLogNumber`. */
  readonly logNumber: number;
  /** 0 when there is none. */
  readonly previousLogNumber: number;
}

const blockSize = 32_768;
const headerSize = 7;
const fragment = { full: 1, first: 2, middle: 3, last: 4 } as const;
const tag = {
  comparator: 1,
  logNumber: 2,
  nextFile: 3,
  lastSequence: 4,
  compactPointer: 5,
  deletedTable: 6,
  newTable: 7,
  previousLogNumber: 9,
} as const;

/**
 * Returns the live set, or `undefined` when the last edit is not whole: LevelDB is writing it just now, so
 * read the file again.
 *
 * @throws RangeError for a tag or a number that LevelDB does not write.
 */
export function readLiveFiles(manifest: Buffer): LiveFiles | undefined {
  const tables = new Set<number>();
  let logNumber = 0;
  let previousLogNumber = 0;
  const edits = editsOf(manifest);
  if (edits === undefined) return undefined;
  for (const edit of edits) {
    const fields = new Fields(edit);
    while (!fields.atEnd) {
      const field = fields.number();
      switch (field) {
        case tag.comparator:
          fields.skipBytes();
          break;
        case tag.logNumber:
          logNumber = fields.number();
          break;
        case tag.nextFile:
        case tag.lastSequence:
          fields.number();
          break;
        case tag.compactPointer:
          fields.number();
          fields.skipBytes();
          break;
        case tag.deletedTable:
          fields.number();
          tables.delete(fields.number());
          break;
        case tag.newTable:
          fields.number();
          tables.add(fields.number());
          fields.number();
          fields.skipBytes();
          fields.skipBytes();
          break;
        case tag.previousLogNumber:
          previousLogNumber = fields.number();
          break;
        default:
          throw new RangeError(`unknown field ${field} in a LevelDB manifest`);
      }
    }
  }
  return { tables: [...tables].sort((a, b) => a - b), logNumber, previousLogNumber };
}

/** Joins the fragments of each edit. Checksums are left to LevelDB, which checks them when it opens the copy. */
function editsOf(manifest: Buffer): Buffer[] | undefined {
  const edits: Buffer[] = [];
  let parts: Buffer[] = [];
  let at = 0;
  while (at < manifest.length) {
    const leftInBlock = blockSize - (at % blockSize);
    if (leftInBlock < headerSize) {
      at += leftInBlock;
      continue;
    }
    if (at + headerSize > manifest.length) return undefined;
    const length = manifest.readUInt16LE(at + 4);
    const type = manifest[at + 6];
    const end = at + headerSize + length;
    if (end > manifest.length) return undefined;
    const body = manifest.subarray(at + headerSize, end);
    if (type === fragment.full) edits.push(body);
    else if (type === fragment.first) parts = [body];
    else if (type === fragment.middle) parts.push(body);
    else if (type === fragment.last) {
      edits.push(Buffer.concat([...parts, body]));
      parts = [];
    } else return undefined;
    at = end;
  }
  return parts.length > 0 ? undefined : edits;
}

class Fields {
  #at = 0;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** A base-128 number, low bits first. Multiplied, not shifted: sequence numbers need 56 bits. */
  number(): number {
    let value = 0;
    for (let scale = 1; scale <= 2 ** 63; scale *= 128) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) break;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw new RangeError('unfinished number in a LevelDB manifest');
  }

  skipBytes(): void {
    // In two steps: reading the length moves the position too.
    const length = this.number();
    this.#at += length;
    if (this.#at > this.#bytes.length) throw new RangeError('unfinished field in a LevelDB manifest');
  }
}
