/**
 * What one process remembers for whoever records it: a bounded ring of lines, numbered, in the order in
 * which things happened here.
 *
 * It is off until somebody asks, and goes off again when nobody has asked for the length of a lease; a
 * process that nobody watches does nothing.
 */
import { type Clock, systemClock } from '../../../actors/clock.js';
import { asText, type KeptLine, LateLine, lineOf, type MakeText, textOf, type Values } from './kept-line.js';
import { type Lease, Leases } from './leases.js';
import type { TimedLine } from './lines.js';
import { type ChartRecorder, chartRecorder } from './recorder-charts.js';
import { RpcRecorder } from './recorder-rpc.js';

export const DEFAULT_RECORDER_LIMIT_LINES = 20_000;
/** Of the lines that nobody has fetched so many are kept as facts, and those before them as text. */
const LATE_LIMIT_LINES = 2_048;
/** Asking for it costs more than all the rest of telling the time. */
const TIME_ORIGIN_MS = performance.timeOrigin;

export interface RecorderOptions {
  /** As the lines name it: `east meta`. */
  readonly process: string;
  /** Lines kept; the oldest are forgotten, and whoever comes too late for them is told how many. */
  readonly limitLines?: number;
  /** Microseconds; default: since 1970 by the system's clock. */
  readonly nowUs?: () => number;
  /** For the lease. Default: the system's. */
  readonly clock?: Clock;
  /** Whether the RPCs of the process are recorded, too. Default true; a network may know them better. */
  readonly messages?: boolean;
}

/** A line without what the recorder adds. */
export type LineFacts = DistributiveOmit<TimedLine, 'at' | 'process'>;
/** The same; or, for lines of which there are many, what makes their text when somebody fetches them. */
export type Facts = LineFacts | MakeText;
type DistributiveOmit<T, Keys extends string> = T extends unknown ? Omit<T, Keys> : never;

export interface RecordedPart {
  /** Lines from `after` on, oldest first. */
  readonly lines: readonly TimedLine[];
  /** To be asked with the next time. */
  readonly next: number;
  /** Lines that are forgotten since `after`. */
  readonly missed: number;
}

/** The same, the lines as they are in a file. */
export interface RecordedTexts extends Omit<RecordedPart, 'lines'> {
  readonly texts: readonly string[];
}

/** Several lines that belong together take one place; null: they are not known yet. */
type Entry = { readonly atUs: number; lines: readonly KeptLine[] | null };

/**
 * @example
 * const recorder = new Recorder({ process: 'east meta' });
 * const living = recorder.start();
 * const { lines, next } = recorder.read(0, 1_000);
 */
export class Recorder {
  readonly process: string;
  /** Distinguishes this one from the one before it in a process that was started again. */
  readonly boot = nextBoot();
  /** Given to hosts of charts, and to RPC clients and servers. */
  readonly charts: ChartRecorder;
  readonly rpc = new RpcRecorder(this);
  readonly recordsMessages: boolean;
  readonly #processJson: string;
  readonly #limit: number;
  readonly #nowUs: () => number;
  readonly #clock: Clock;
  #ring: (Entry | undefined)[] = [];
  /** Number of the entry that comes next, and of the first since it was switched on. */
  #next = 0;
  #first = 0;
  #on = false;
  readonly #leases = new Leases();
  /** While the living are asked for. */
  #aside: TimedLine[] | null = null;
  #leaseTimer: unknown;
  #listener: ((line: TimedLine) => void) | null = null;
  /** Number of the first entry the listener has not got. */
  #told = 0;

  constructor(options: RecorderOptions) {
    this.process = options.process;
    this.#processJson = JSON.stringify(options.process);
    this.recordsMessages = options.messages ?? true;
    this.#limit = options.limitLines ?? DEFAULT_RECORDER_LIMIT_LINES;
    this.#nowUs = options.nowUs ?? (() => Math.round((TIME_ORIGIN_MS + performance.now()) * 1_000));
    this.#clock = options.clock ?? systemClock;
    this.charts = chartRecorder(this);
  }

  get on(): boolean {
    return this.#on;
  }

  /** Whether values of rows are recorded: only if whoever watches has asked for them. */
  get keepsValues(): boolean {
    return this.#leases.keepsValues;
  }

  get nowUs(): number {
    return this.#nowUs();
  }

  /** Number of the line that comes next. */
  get next(): number {
    return this.#next;
  }

  /** Records from now on; the result are the actors that live already. */
  start(): readonly TimedLine[] {
    this.#on = true;
    // At its full length at once: what begins to be filled somewhere in the middle is kept as a hash table.
    if (this.#ring.length === 0) this.#ring = new Array(this.#limit);
    return this.living();
  }

  /** Records nothing any more, and forgets. */
  stop(): void {
    this.#on = false;
    this.#leases.clear();
    this.#ring = [];
    this.#first = this.#next;
    this.#clock.clearTimeout(this.#leaseTimer);
    this.#leaseTimer = undefined;
  }

  /** The actors that live now, as `actor` lines; they are not in the ring. */
  living(): readonly TimedLine[] {
    const lines: TimedLine[] = [];
    this.#aside = lines;
    try {
      this.charts.reportLiving();
    } finally {
      this.#aside = null;
    }
    return lines;
  }

  /** Stays on for that long, then stops by itself unless somebody else has a lease. */
  lease(lease: Lease): void {
    this.#leases.renew(lease, this.#clock.now());
    this.#forget(this.#leases.from);
    this.#leaseTimer ??= this.#expireIn(lease.forMs);
  }

  /** A watcher is done: stops at once if nobody else has a lease. */
  endLease(watcher: string): void {
    this.#leases.end(watcher);
    if (this.#on && this.#leases.lastEndMs === null) this.stop();
  }

  /** Every line from now on, as soon as those before it are complete. One listener at a time. */
  listen(listener: ((line: TimedLine) => void) | null): void {
    this.#listener = listener;
    this.#told = this.#next;
  }

  add(facts: Facts): void {
    if (!this.#on) return;
    const atUs = this.#nowUs();
    const kept = this.#keep(facts, atUs);
    if (this.#aside !== null) this.#aside.push(lineOf(kept));
    else {
      this.#append({ atUs, lines: [kept] });
      this.#tell();
    }
  }

  /**
   * Takes a place now for lines that are known in a moment. None: the place is given up. The listener waits
   * for them, but no longer than for as many places as the ring has.
   */
  reserve(): (...facts: readonly Facts[]) => void {
    if (!this.#on) return () => {};
    const entry: Entry = { atUs: this.#nowUs(), lines: null };
    this.#append(entry);
    return (...facts) => {
      entry.lines = facts.map((each) => this.#keep(each, entry.atUs));
      this.#tell();
    };
  }

  /**
   * Lines from number `after` on, at most `limit`. A place whose lines are not known yet ends it, unless it
   * is the oldest of all: that one was given up.
   */
  read(after: number, limit: number): RecordedPart {
    const { kept, ...part } = this.#read(after, limit);
    return { lines: kept.map(lineOf), ...part };
  }

  /** As {@link read}, without making objects of the lines. */
  readTexts(after: number, limit: number, values: Values): RecordedTexts {
    const { kept, ...part } = this.#read(after, limit);
    return { texts: kept.map((line) => textOf(line, values)), ...part };
  }

  #read(after: number, limit: number) {
    const oldest = Math.max(this.#first, this.#next - this.#limit);
    const from = Math.max(after, oldest);
    const kept: KeptLine[] = [];
    let next = from;
    for (; next < this.#next && kept.length < limit; next++) {
      const entry = this.#ring[next % this.#limit];
      if (entry?.lines === null) {
        if (next > from) break;
        continue;
      }
      for (const line of entry?.lines ?? []) kept.push(line);
    }
    return { kept, next, missed: from - after };
  }

  #keep(facts: Facts, atUs: number): KeptLine {
    if (typeof facts === 'function') return new LateLine(facts, atUs, this.#processJson);
    const line = this.line(facts, atUs);
    return this.#listener === null ? asText(line) : line;
  }

  /** Makes a line of the facts themselves, which are the caller's no longer: copying costs more than all else. */
  line(facts: LineFacts, atUs = this.#nowUs()): TimedLine {
    const line = facts as LineFacts & { at: number; process: string };
    line.at = atUs;
    line.process = this.process;
    return line as TimedLine;
  }

  /** What everybody has got only costs memory, and the time to move it about there. */
  #forget(before: number): void {
    const oldest = Math.max(this.#first, this.#next - this.#limit);
    const from = Math.min(before, this.#next);
    for (let number = oldest; number < from; number++) this.#ring[number % this.#limit] = undefined;
    this.#first = Math.max(this.#first, from);
  }

  #append(entry: Entry): void {
    this.#ring[this.#next % this.#limit] = entry;
    this.#next += 1;
    // What facts hold must not grow with the time that nobody asks.
    const aged = this.#next - LATE_LIMIT_LINES;
    if (aged < this.#first || aged < this.#next - this.#limit) return;
    const late = this.#ring[aged % this.#limit];
    if (late?.lines != null) late.lines = late.lines.map(settled);
  }

  #tell(): void {
    const listener = this.#listener;
    if (listener === null) return;
    const missed = this.#next - this.#limit - this.#told;
    if (missed > 0) {
      this.#told += missed;
      const why = 'a place before them was not filled for so long that they were forgotten';
      listener(this.line({ t: 'gap', lines: missed, why }));
    }
    while (this.#told < this.#next) {
      const entry = this.#ring[this.#told % this.#limit];
      if (entry?.lines === null) return;
      this.#told += 1;
      for (const line of entry?.lines ?? []) listener(lineOf(line));
    }
  }

  #expireIn(delayMs: number): unknown {
    const look = () => {
      const nowMs = this.#clock.now();
      this.#leases.expire(nowMs);
      const { lastEndMs } = this.#leases;
      if (lastEndMs === null) this.stop();
      else this.#leaseTimer = this.#expireIn(lastEndMs - nowMs);
    };
    return this.#clock.setTimeout(look, delayMs, 'lease of a recording');
  }
}

const settled = (line: KeptLine): KeptLine => (line instanceof LateLine ? line.text : line);

let boots = 0;

function nextBoot(): string {
  boots += 1;
  return `${process.pid}.${Math.round(performance.timeOrigin * 1_000).toString(36)}.${boots}`;
}
