/** What a disk does while something is wrong with it. */
import type { DiskOperation, DiskTroubles } from '../../virtual-disk.js';
import type { Draw } from '../draw.js';
import type { ChaosTrouble } from '../plan.js';

export interface DiskFault {
  /** An errno, or nothing. */
  readonly failure?: (operation: DiskOperation) => string | undefined;
  readonly delayMs?: (operation: DiskOperation) => number;
  readonly read?: NonNullable<DiskTroubles['read']>;
  readonly isFull?: (server: string) => boolean;
}

type OfKind<Kind extends ChaosTrouble['kind']> = Extract<ChaosTrouble, { readonly kind: Kind }>;

const NEEDS_ROOM: ReadonlySet<string> = new Set(['write', 'commit', 'copy', 'makeDirectory']);

export function failingDisk(
  { server, operation, probability }: OfKind<'failed-write'>,
  draw: Draw,
  hit: () => void,
): DiskFault {
  return {
    failure: (op) => {
      if (op.server !== server || (operation !== '*' && op.what !== operation)) return undefined;
      if (!draw.chance(probability)) return undefined;
      hit();
      return 'EIO';
    },
  };
}

export function fullDisk({ server }: OfKind<'full-disk'>, hit: () => void): DiskFault {
  return {
    isFull: (other) => other === server,
    failure: (op) => {
      if (op.server !== server || !NEEDS_ROOM.has(op.what)) return undefined;
      hit();
      return 'ENOSPC';
    },
  };
}

export function slowDisk({ server, mostMs }: OfKind<'slow-disk'>, draw: Draw, hit: () => void): DiskFault {
  return {
    delayMs: (op) => {
      if (op.server !== server) return 0;
      hit();
      return draw.spread(1, Math.max(2, mostMs));
    },
  };
}

/** Files of a checkpoint where they are served, or where they are fetched to. */
const PLACES = {
  served: /^\/east\/.+\/checkpoints\/checkpoint\.\d+\/(?!manifest)/,
  fetched: /^\/west\/.+\.copy\//,
} as const;

/** A bit is turned over in what is read of a checkpoint's file; at the follower, in the file itself. */
export function rotInRead({ where, times }: OfKind<'bit-rot'>, draw: Draw, hit: () => void): DiskFault {
  let left = times;
  return {
    read: (op, bytes) => {
      if (left === 0 || bytes.length === 0 || !PLACES[where].test(op.path)) return bytes;
      left -= 1;
      hit();
      const rotten = Buffer.from(bytes);
      const at = draw.int(0, rotten.length - 1);
      rotten[at] = (rotten[at] ?? 0) ^ (1 << draw.int(0, 7));
      return rotten;
    },
  };
}

/** Whether an operation has just put something of a fetched file on the disk. */
export function isFetchedBlock({ what, path }: DiskOperation): boolean {
  return (what === 'write' || what === 'datasync') && PLACES.fetched.test(path);
}
