/** Counts, examples, the keys to look at again, and how far each part of a comparison is. */
import { decodeRawKey } from '../../pegasus/key.js';
import { printable } from '../errors.js';
import type { Difference, KeyExample, RowCounts, VerifyOptions, VerifyReport } from './model.js';
import type { RecheckOutcome } from './recheck.js';
import { freshState, resumedState, type VerifyState, type VerifyUnit } from './state.js';

/** A key that is not the same on both sides, at first sight. */
export interface Suspect {
  readonly rawKey: Buffer;
  /** Of the source table. */
  readonly partition: number;
  /** Fingerprint of the source's row as it was seen: '' for no row, {@link UNSEEN} when it was not looked at. */
  readonly source: string;
  readonly follower: string;
  /** Whether its row is among the rows that were counted. */
  readonly counted: boolean;
}

export const UNSEEN = '?';

/** Rows of one partition that were compared. */
export interface ComparedRows {
  readonly partition: number;
  readonly source: number;
  readonly follower: number;
}

/** What came out for the keys of a unit up to `after`, handed over at once so that nothing counts twice. */
export interface Passed {
  readonly after: Buffer;
  readonly rows: readonly ComparedRows[];
  readonly suspects: readonly Suspect[];
  /** Beyond doubt: rows compared at a decree. */
  readonly differences?: readonly { readonly kind: Difference; readonly rawKey: Buffer }[];
}

const EXAMPLES = 100;
const DEFAULT_MAX_SUSPICIOUS = 100_000;
const MAX_SUSPICIOUS_BYTES = 16 * 1024 * 1024;
const PROGRESS_PERIOD_MS = 200;
const STATE_PERIOD_MS = 1_000;

export class Tally {
  readonly #options: VerifyOptions;
  readonly #state: VerifyState;
  readonly #startedMs = performance.now();
  readonly #maxSuspicious: number;
  #suspects: Suspect[];
  #suspiciousBytes: number;
  #progressDueMs = 0;
  #stateDueMs = 0;

  constructor(options: VerifyOptions) {
    this.#options = options;
    this.#state = options.resume === undefined ? freshState(options) : resumedState(options.resume, options);
    this.#maxSuspicious = options.maxSuspicious ?? DEFAULT_MAX_SUSPICIOUS;
    this.#suspects = this.#state.suspects.map(({ key, ...rest }) => ({
      ...rest,
      rawKey: Buffer.from(key, 'base64'),
    }));
    this.#suspiciousBytes = this.#suspects.reduce((sum, { rawKey }) => sum + rawKey.length, 0);
  }

  get suspects(): readonly Suspect[] {
    return this.#suspects;
  }

  /** What has not been compared to its end. */
  unitsLeft(of: VerifyUnit['of']): readonly VerifyUnit[] {
    return this.#state.units.filter((unit) => unit.of === of && !unit.done);
  }

  passed(unit: VerifyUnit, { after, rows, suspects, differences = [] }: Passed): void {
    unit.after = after.toString('base64');
    for (const { partition, source, follower } of rows) {
      const counts = this.#countsOf(partition);
      counts.source += source;
      counts.follower += follower;
    }
    for (const suspect of suspects) this.#suspect(suspect);
    for (const { kind, rawKey } of differences) this.#count(kind, rawKey, unit.partition);
    this.#tell(false);
  }

  done(unit: VerifyUnit): void {
    unit.done = true;
    this.#tell(true);
  }

  transferred(compared: number, transferred: number): void {
    this.#state.bytesCompared += compared;
    this.#state.bytesTransferred += transferred;
  }

  atDecree(partition: number, decrees: { readonly follower: number; readonly source: number }): void {
    this.#countsOf(partition).decrees = decrees;
  }

  /** The first reason is kept. */
  notAtDecree(reason: string, scanned = false): void {
    if (this.#state.notAtDecree === '') this.#state.notAtDecree = reason;
    if (scanned) this.#state.scanned = true;
  }

  /** Progress and state, now rather than when they are due. */
  tell(): void {
    this.#tell(true);
  }

  settle(outcomes: readonly RecheckOutcome[]): void {
    for (const [at, { verdict, source, follower }] of outcomes.entries()) {
      const { rawKey, partition, counted } = this.#suspects[at] as Suspect;
      const counts = this.#countsOf(partition);
      if (!counted && source) counts.source++;
      if (!counted && follower) counts.follower++;
      if (verdict === 'unsettled') counts.unsettled++;
      else if (verdict !== 'same') this.#count(verdict, rawKey, partition);
    }
  }

  state(): VerifyState {
    const suspects = this.#suspects.map(({ rawKey, ...rest }) => ({
      ...rest,
      key: rawKey.toString('base64'),
    }));
    return structuredClone({ ...this.#state, suspects, elapsedMs: this.#elapsedMs() });
  }

  report(): VerifyReport {
    const { counts, examples, notAtDecree, scanned, truncated, bytesCompared, bytesTransferred } =
      this.#state;
    const total = (what: keyof RowCounts) => counts.reduce((sum, partition) => sum + partition[what], 0);
    const [missing, extra, differing] = [total('missing'), total('extra'), total('differing')];
    const unsettled = total('unsettled');
    return {
      equal: missing + extra + differing + unsettled === 0 && !truncated,
      source: total('source'),
      follower: total('follower'),
      missing,
      extra,
      differing,
      unsettled,
      mode: scanned ? 'scan' : notAtDecree === '' ? 'decree' : 'live',
      modeReason: notAtDecree,
      examples,
      partitions: counts.length,
      byPartition: counts,
      elapsedMs: this.#elapsedMs(),
      rechecked: this.#suspects.length,
      truncated,
      bytesCompared,
      bytesTransferred,
    };
  }

  #elapsedMs(): number {
    return Math.round(this.#state.elapsedMs + performance.now() - this.#startedMs);
  }

  #countsOf(partition: number): VerifyState['counts'][number] {
    return this.#state.counts[partition] as VerifyState['counts'][number];
  }

  #suspect(suspect: Suspect): void {
    const bytes = this.#suspiciousBytes + suspect.rawKey.length;
    if (this.#suspects.length < this.#maxSuspicious && bytes <= MAX_SUSPICIOUS_BYTES) {
      this.#suspects.push(suspect);
      this.#suspiciousBytes = bytes;
      return;
    }
    this.#state.truncated = true;
    const { source, follower, rawKey, partition } = suspect;
    if (source === UNSEEN && follower === UNSEEN) this.#countsOf(partition).unsettled++;
    else this.#count(source === '' ? 'extra' : follower === '' ? 'missing' : 'differing', rawKey, partition);
  }

  #count(kind: Difference, rawKey: Buffer, partition: number): void {
    this.#countsOf(partition)[kind]++;
    const examples = this.#state.examples[kind];
    if (examples.length < EXAMPLES) examples.push(toExample(rawKey));
  }

  #tell(now: boolean): void {
    const { onProgress, onState } = this.#options;
    const nowMs = performance.now();
    if (onState !== undefined && (now || nowMs >= this.#stateDueMs)) {
      this.#stateDueMs = nowMs + STATE_PERIOD_MS;
      onState(() => this.state());
    }
    if (onProgress === undefined || (!now && nowMs < this.#progressDueMs)) return;
    this.#progressDueMs = nowMs + PROGRESS_PERIOD_MS;
    const { units, counts } = this.#state;
    onProgress({
      partitionsDone: units.filter(({ done }) => done).length,
      partitions: units.length,
      sourceRows: counts.reduce((sum, { source }) => sum + source, 0),
      followerRows: counts.reduce((sum, { follower }) => sum + follower, 0),
      suspicious: this.#suspects.length,
    });
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function readable(bytes: Uint8Array): string {
  try {
    const text = utf8.decode(bytes);
    if (printable(text) === text) return text;
  } catch {
    // Not text.
  }
  return `0x${Buffer.from(bytes).toString('hex')}`;
}

function toExample(rawKey: Buffer): KeyExample {
  const { hashKey, sortKey } = decodeRawKey(rawKey);
  return { hashKey: readable(hashKey), sortKey: readable(sortKey) };
}
