/**
 * What a power failure leaves of bytes that were not synced: a beginning of them, sectors here and there, or a
 * beginning in a file that is as long as it was to be, because its length was written before its bytes.
 */
import type { Survival } from '../../disk-tree.js';
import type { Draw } from '../draw.js';

const SECTOR_BYTES = 512;
/** Logs of simulated runs are small, and a sector would hold many of their records. */
const SMALL_SECTOR_BYTES = 16;

/** @param onTorn is told of each file, and of each directory, that is not as it was synced */
export function tornBy(draw: Draw, onTorn: () => void): Survival {
  return {
    names: () => {
      const survive = draw.chance(0.5);
      if (survive) onTorn();
      return survive;
    },
    content: (synced, written) => {
      if (synced.equals(written)) return synced;
      const tear = draw.pick([beginningOf, sectorsOf, lengthOf]);
      const left = tear(draw, synced, written);
      if (!left.equals(synced)) onTorn();
      return left;
    },
  };
}

/** The disk wrote in order, and came so far. */
function beginningOf(draw: Draw, synced: Buffer, written: Buffer): Buffer {
  const from = firstDifference(synced, written);
  const until = draw.int(from, written.length);
  const rest = synced.subarray(Math.min(until, synced.length));
  return Buffer.concat([written.subarray(0, until), until < synced.length ? rest : Buffer.alloc(0)]);
}

/** The length is there, and of the bytes a beginning; then zeros. */
function lengthOf(draw: Draw, synced: Buffer, written: Buffer): Buffer {
  const left = Buffer.alloc(written.length);
  beginningOf(draw, synced, written).copy(left);
  return left;
}

/** The disk wrote in an order of its own; where a sector is missing there are zeros, or what was there before. */
function sectorsOf(draw: Draw, synced: Buffer, written: Buffer): Buffer {
  const bytes = draw.pick([SECTOR_BYTES, SMALL_SECTOR_BYTES]);
  const left = Buffer.alloc(draw.pick([synced.length, written.length, written.length]));
  synced.copy(left);
  for (let at = 0; at < Math.min(left.length, written.length); at += bytes) {
    if (draw.chance(0.5)) written.copy(left, at, at, Math.min(at + bytes, written.length));
  }
  return left;
}

function firstDifference(a: Buffer, b: Buffer): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) if (a[at] !== b[at]) return at;
  return length;
}
