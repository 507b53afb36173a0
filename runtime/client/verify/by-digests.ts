/**
 * Comparing one partition by digests, in legs. A leg holds a snapshot of both sides:
 *
 * ```text
 * follower   ●──────── applied F ─┐                 snapshot first: its mark says which source decrees it holds
 * source     ●────────────────────┴── written ──● D snapshot second, and the keys written in (F, D]
 *
 * ranges     same │ same │ differ ─► row by row │ same      those keys left out on both sides
 * ```
 *
 * A key that was not written in (F, D] is at the source as it was at F, so it has to be equal: a difference is
 * one, and is not looked at again (SPEC S-VERIFY-1). A key that was written is read again when it has settled. Without F, or
 * without the log behind it, all that differs is read again.
 */
import { fullJitterMs, sleep } from '../deadline.js';
import { BridleError } from '../errors.js';
import type { Table } from '../table.js';
import type { Difference, VerifyOptions } from './model.js';
import type { Pace } from './pace.js';
import { RangeReader, type ReaderOptions } from './range-reader.js';
import { type PartitionSnapshot, SnapshotLost } from './snapshot.js';
import type { VerifyUnit } from './state.js';
import { type Passed, type Suspect, type Tally, UNSEEN } from './tally.js';

/** A snapshot keeps replaced values on disk: after this long another one is taken. */
const LEG_MS = 60_000;
/** Legs in a row that got nowhere. */
const MAX_FRUITLESS_LEGS = 10;
const PAUSE_BASE_MS = 50;
const PAUSE_CAP_MS = 2_000;
/** The source's engine is a moment behind its log, from which it ships. */
const CATCH_UP_TRIES = 50;
const CATCH_UP_MS = 20;

export interface DigestComparison extends Pick<VerifyOptions, 'source' | 'follower' | 'owner' | 'signal'> {
  readonly unit: VerifyUnit;
  readonly tally: Tally;
  /** Expired by then is not there, on either side. Pegasus epoch. */
  readonly nowSeconds: number;
  readonly paces: { readonly source: Pace; readonly follower: Pace };
}

interface Leg {
  readonly source: ReaderOptions;
  readonly follower: ReaderOptions;
  /** Whether a difference is beyond doubt. */
  readonly exact: boolean;
  /** Keys to look at again, in order; those up to `unit.after` are gone. */
  written: readonly Buffer[];
}

/** Compares a partition to its end. ERR_RETRY_EXHAUSTED when its servers lose every snapshot. */
export async function compareByDigests(comparison: DigestComparison): Promise<void> {
  const { unit, signal } = comparison;
  for (let fruitless = 0; fruitless < MAX_FRUITLESS_LEGS; fruitless++) {
    const before = unit.after;
    if ((await oneLeg(comparison)) === 'ended') return comparison.tally.done(unit);
    if (unit.after !== before) fruitless = -1;
    else await sleep(fullJitterMs(fruitless, PAUSE_BASE_MS, PAUSE_CAP_MS), signal);
  }
  throw BridleError.of('ERR_RETRY_EXHAUSTED', {
    operation: 'verify',
    hint: `partition ${unit.partition} lost ${MAX_FRUITLESS_LEGS} snapshots without a row in between`,
    values: { table: comparison.source.name },
  });
}

async function oneLeg(comparison: DigestComparison): Promise<'ended' | 'again'> {
  const snapshots = await openBoth(comparison);
  try {
    return await walk(comparison, legOf(comparison, snapshots));
  } catch (error) {
    if (error instanceof SnapshotLost) return 'again';
    throw error;
  } finally {
    snapshots.source.close();
    snapshots.follower.close();
  }
}

interface Snapshots {
  readonly source: PartitionSnapshot;
  readonly follower: PartitionSnapshot;
}

async function openBoth({ source, follower, owner, unit, signal }: DigestComparison): Promise<Snapshots> {
  const limits = signal === undefined ? {} : { signal };
  const { partition } = unit;
  const copy = await follower.openSnapshot(partition, owner === undefined ? {} : { owner }, limits);
  try {
    return { follower: copy, source: await openSource(source, partition, copy.appliedDecree ?? -1, limits) };
  } catch (error) {
    copy.close();
    throw error;
  }
}

/** At `applied` or later, if the source gets there. */
async function openSource(
  source: Table,
  partition: number,
  applied: number,
  limits: { readonly signal?: AbortSignal },
): Promise<PartitionSnapshot> {
  for (let tries = 0; ; tries++) {
    const request = applied < 0 ? {} : { sinceDecree: applied };
    const snapshot = await source.openSnapshot(partition, request, limits);
    if (snapshot.decree >= applied || tries >= CATCH_UP_TRIES) return snapshot;
    snapshot.close();
    await sleep(CATCH_UP_MS, limits.signal);
  }
}

function legOf({ unit, tally, paces, ...rest }: DigestComparison, { source, follower }: Snapshots): Leg {
  const { nowSeconds, signal } = rest;
  const reader = {
    nowSeconds,
    signal,
    onBytes: (bytes: number, took: number) => tally.transferred(bytes, took),
  };
  const { appliedDecree = -1 } = follower;
  const exact = appliedDecree >= 0 && source.decree >= appliedDecree && source.written !== undefined;
  if (exact) tally.atDecree(unit.partition, { follower: appliedDecree, source: source.decree });
  else tally.notAtDecree(whyNotExact(rest.owner, appliedDecree, source.decree));
  const after = afterOf(unit);
  const behind = (key: Buffer) => after === undefined || key.compare(after) > 0;
  return {
    source: { ...reader, snapshot: source, pace: paces.source },
    follower: { ...reader, snapshot: follower, pace: paces.follower },
    exact,
    written: exact ? (source.written ?? []).filter(behind).sort(Buffer.compare) : [],
  };
}

function whyNotExact(owner: string | undefined, applied: number, decree: number): string {
  if (owner === undefined) return 'no duplication ships from the one table to the other';
  if (applied < 0) return `the follower table is not that of duplication ${owner}`;
  if (decree < applied) return `the source is at decree ${decree}, the follower has applied ${applied}`;
  return `the source's log does not say what was written since decree ${applied}, or too much was`;
}

function afterOf({ after }: VerifyUnit): Buffer | undefined {
  return after === null ? undefined : Buffer.from(after, 'base64');
}

/** Ranges of both sides, until they end or the leg has lasted long enough. */
async function walk(comparison: DigestComparison, leg: Leg): Promise<'ended' | 'again'> {
  const { unit, tally } = comparison;
  const renewMs = performance.now() + LEG_MS;
  const after = afterOf(unit);
  // The source knows itself what was written.
  const left = new RangeReader(leg.source, { after });
  const right = new RangeReader(leg.follower, { after, leaveOut: leg.written });
  while (performance.now() < renewMs) {
    await Promise.all([left.fill(), right.fill()]);
    const step = nextStep(left.pending, right.pending);
    if (step === 'ended') {
      settleWritten(unit, leg, tally);
      return 'ended';
    }
    const { end, same } = step;
    if (same) {
      const rows = { partition: unit.partition, source: left.take(1), follower: right.take(1) };
      tally.passed(unit, { after: end, rows: [rows], suspects: takeWritten(unit, leg, end) });
    } else {
      const found = await compareRows(unit, leg, end);
      tally.passed(unit, { ...found, suspects: [...found.suspects, ...takeWritten(unit, leg, end)] });
      if (step.left > 0) left.take(step.left);
      else left.restart(end);
      if (step.right > 0) right.take(step.right);
      else right.restart(end);
    }
  }
  return 'again';
}

/** What to do with the pending ranges: up to `end` they are the same, or have to be compared row by row. */
interface Step {
  readonly end: Buffer;
  readonly same: boolean;
  /** Ranges of each side that end there; 0: it has to be read again from `end`. */
  readonly left: number;
  readonly right: number;
}

interface Range {
  readonly end: Buffer;
  readonly digest: Buffer;
}

/**
 * @example
 * nextStep([{ end: k1, digest }], [{ end: k1, digest }]) // { end: k1, same: true, left: 1, right: 1 }
 */
export function nextStep(left: readonly Range[], right: readonly Range[]): Step | 'ended' {
  const lastLeft = left.at(-1);
  const lastRight = right.at(-1);
  if (lastLeft === undefined && lastRight === undefined) return 'ended';
  if (lastLeft === undefined || lastRight === undefined) {
    const { end } = (lastLeft ?? lastRight) as Range;
    return { end, same: false, left: left.length, right: right.length };
  }
  for (let a = 0, b = 0; a < left.length && b < right.length; ) {
    const { end, digest } = left[a] as Range;
    const other = right[b] as Range;
    const order = end.compare(other.end);
    if (order === 0) {
      const same = a === 0 && b === 0 && digest.equals(other.digest);
      return { end, same, left: a + 1, right: b + 1 };
    }
    if (order < 0) a++;
    else b++;
  }
  const end = lastLeft.end.compare(lastRight.end) < 0 ? lastLeft.end : lastRight.end;
  return { end, same: false, left: 0, right: 0 };
}

/** Row by row, from where the unit is up to `end`. */
async function compareRows(
  unit: VerifyUnit,
  leg: Leg,
  end: Buffer,
): Promise<Passed & { differences: Found[] }> {
  const part = { after: afterOf(unit), upTo: end, rowByRow: true };
  const left = new RangeReader(leg.source, part);
  const right = new RangeReader(leg.follower, part);
  const { partition } = unit;
  const suspects: Suspect[] = [];
  const differences: Found[] = [];
  let [source, follower] = [0, 0];
  for (;;) {
    await Promise.all([left.fill(), right.fill()]);
    if (left.pending.length === 0 && right.pending.length === 0) break;
    const met = mergePending(left.pending, right.pending, (kind, key) => {
      // The buffers are views into answers that are not kept.
      const rawKey = Buffer.from(key);
      if (leg.exact) differences.push({ kind, rawKey });
      else suspects.push({ rawKey, partition, ...SEEN[kind], counted: true });
    });
    source += left.take(met.left);
    follower += right.take(met.right);
  }
  return { after: end, rows: [{ partition, source, follower }], suspects, differences };
}

interface Found {
  readonly kind: Difference;
  readonly rawKey: Buffer;
}

/** What a suspect has on each side; a digest of a row is no fingerprint, so a row is one that was not seen. */
const SEEN: Readonly<Record<Difference, Pick<Suspect, 'source' | 'follower'>>> = {
  missing: { source: UNSEEN, follower: '' },
  extra: { source: '', follower: UNSEEN },
  differing: { source: UNSEEN, follower: UNSEEN },
};

/** As far as both sides reach; a side without rows has ended, and the other's rows are all its own. */
function mergePending(
  left: readonly Range[],
  right: readonly Range[],
  tell: (kind: Difference, key: Buffer) => void,
): { readonly left: number; readonly right: number } {
  let [a, b] = [0, 0];
  const [onlyLeft, onlyRight] = [right.length === 0, left.length === 0];
  while ((a < left.length || onlyRight) && (b < right.length || onlyLeft)) {
    const mine = left[a];
    const other = right[b];
    if (mine === undefined && other === undefined) break;
    const order = mine === undefined ? 1 : other === undefined ? -1 : mine.end.compare(other.end);
    if (order < 0) tell('missing', (mine as Range).end);
    else if (order > 0) tell('extra', (other as Range).end);
    else if (!(mine as Range).digest.equals((other as Range).digest)) tell('differing', (mine as Range).end);
    if (order <= 0) a++;
    if (order >= 0) b++;
  }
  return { left: a, right: b };
}

/** Takes out of the leg what was written to keys up to `end`: no digest contains them. */
function takeWritten({ partition }: VerifyUnit, leg: Leg, end: Buffer): Suspect[] {
  let at = 0;
  while (at < leg.written.length && (leg.written[at] as Buffer).compare(end) <= 0) at++;
  const taken = leg.written.slice(0, at);
  leg.written = leg.written.slice(at);
  return taken.map((rawKey) => ({ rawKey, partition, source: UNSEEN, follower: UNSEEN, counted: false }));
}

/** Behind the last range there may be keys that were written and nothing else. */
function settleWritten(unit: VerifyUnit, leg: Leg, tally: Tally): void {
  const last = leg.written.at(-1);
  if (last === undefined) return;
  tally.passed(unit, { after: last, rows: [], suspects: takeWritten(unit, leg, last) });
}
