/** Where a comparison stands, as plain data: written to a file, it is what an interrupted one goes on from. */
import { z } from 'zod';
import { BridleError } from '../errors.js';
import type { Table } from '../table.js';

const count = z.number().int().nonnegative();
const tableId = z.object({ table: z.string(), appId: z.number().int(), partitions: count });
const counts = z.object({
  source: count,
  follower: count,
  missing: count,
  extra: count,
  differing: count,
  unsettled: count,
  decrees: z.object({ follower: count, source: count }).optional(),
});
const examples = z.array(z.object({ hashKey: z.string(), sortKey: z.string() })).max(100);
/** A raw key, base64. */
const key = z.string();

/** Bounded: by the partitions, and by the suspects that fit into memory. */
export const verifyStateSchema = z.object({
  version: z.literal(1),
  source: tableId,
  follower: tableId,
  owner: z.string().nullable(),
  /** What has to be read: a partition of both tables side by side, or of one of them. */
  units: z.array(
    z.object({
      of: z.enum(['both', 'source', 'follower']),
      partition: count,
      /** The last key that was compared; null: none. */
      after: key.nullable(),
      done: z.boolean(),
    }),
  ),
  counts: z.array(counts),
  examples: z.object({ missing: examples, extra: examples, differing: examples }),
  suspects: z.array(
    z.object({ key, partition: count, source: z.string(), follower: z.string(), counted: z.boolean() }),
  ),
  /** Why something was not compared at a decree; empty when everything was. */
  notAtDecree: z.string(),
  scanned: z.boolean(),
  truncated: z.boolean(),
  bytesCompared: count,
  bytesTransferred: count,
  elapsedMs: count,
});

/** Where a comparison stands. */
export type VerifyState = z.infer<typeof verifyStateSchema>;
export type VerifyUnit = VerifyState['units'][number];

export interface Compared {
  readonly source: Table;
  readonly follower: Table;
  readonly owner?: string | undefined;
}

const idOf = ({ name, appId, partitionCount }: Table): VerifyState['source'] => ({
  table: name,
  appId,
  partitions: partitionCount,
});

/** A comparison that has not begun. */
export function freshState({ source, follower, owner }: Compared): VerifyState {
  const unitsOf = (of: VerifyUnit['of'], partitions: number): VerifyUnit[] =>
    Array.from({ length: partitions }, (_, partition) => ({ of, partition, after: null, done: false }));
  const { partitionCount } = source;
  return {
    version: 1,
    source: idOf(source),
    follower: idOf(follower),
    owner: owner ?? null,
    units:
      partitionCount === follower.partitionCount
        ? unitsOf('both', partitionCount)
        : [...unitsOf('source', partitionCount), ...unitsOf('follower', follower.partitionCount)],
    counts: Array.from({ length: partitionCount }, () => ({ ...NOTHING })),
    examples: { missing: [], extra: [], differing: [] },
    suspects: [],
    notAtDecree: '',
    scanned: false,
    truncated: false,
    bytesCompared: 0,
    bytesTransferred: 0,
    elapsedMs: 0,
  };
}

const NOTHING = { source: 0, follower: 0, missing: 0, extra: 0, differing: 0, unsettled: 0 };

/**
 * A copy of a state that fits the tables. BRIDLE_BAD_RESUME when a table was made anew since, has another
 * name, or belongs to another duplication: what was compared then says nothing about it.
 */
export function resumedState(resume: VerifyState, compared: Compared): VerifyState {
  const { source, follower, owner, units, counts: partitions } = freshState(compared);
  for (const [side, was, is] of [
    ['source', resume.source, source],
    ['follower', resume.follower, follower],
  ] as const) {
    if (was.table === is.table && was.appId === is.appId && was.partitions === is.partitions) continue;
    throw badResume(
      `the ${side} was table ${was.table} (${was.appId}, ${was.partitions} partitions), now it is ${is.table} (${is.appId}, ${is.partitions})`,
    );
  }
  if (resume.owner !== owner) throw badResume(`it was duplication ${resume.owner}, now it is ${owner}`);
  if (resume.units.length !== units.length || resume.counts.length !== partitions.length) {
    throw badResume('it does not have the partitions of its tables');
  }
  return structuredClone(resume);
}

function badResume(hint: string): BridleError {
  return BridleError.of('BRIDLE_BAD_RESUME', { operation: 'verify', hint });
}
