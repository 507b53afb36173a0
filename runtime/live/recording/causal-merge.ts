/**
 * Brings the lines of several processes into one order: each process's own, no arrival before its sending,
 * otherwise by time.
 *
 *   east meta       ──●──●────────▶ known until here
 *   west meta       ─────●──●──▶ known until here: what is earlier than this can be told
 *
 * A process that is slow to answer, or a sending that never comes, holds the others back for a bounded
 * time only. Pure: whoever uses it says what time it is.
 */
import type { RecordedArrival } from '../../observe/recording/recorder-rpc.js';
import type { FetchedLine } from './run-line.js';

export interface CausalMergeOptions {
  /** Longest wait for a process or a sending. */
  readonly holdBackUs: number;
  /** Whether the process that listens there hands in its lines, so that its sendings can be waited for. */
  readonly isWatched: (address: string) => boolean;
  /** Takes the lines in order; their times may still go back a little. */
  readonly emit: (line: FetchedLine) => void;
}

interface Feed {
  lines: readonly FetchedLine[];
  /** Of `lines`, how many are told. */
  at: number;
  more: (readonly FetchedLine[])[];
  /** Nothing earlier than this is to come; Infinity: nothing at all. */
  knownUntilUs: number;
}

export class CausalMerge {
  readonly #options: CausalMergeOptions;
  readonly #feeds = new Map<string, Feed>();
  /** Sendings that are here and not told yet, and those that have been told. */
  readonly #waiting = new Set<string>();
  readonly #told = new RecentSet(100_000);

  constructor(options: CausalMergeOptions) {
    this.#options = options;
  }

  /** Lines of a process in its order, and until when they are complete. */
  push(process: string, lines: readonly FetchedLine[], knownUntilUs: number): void {
    const feed = this.#feedOf(process);
    feed.knownUntilUs = knownUntilUs;
    if (lines.length === 0) return;
    for (const line of lines) if (line.t === 'send') this.#waiting.add(line.id);
    if (feed.at < feed.lines.length) feed.more.push(lines);
    else {
      feed.lines = lines;
      feed.at = 0;
    }
  }

  /** Nothing more is to be expected of a process for now. */
  silent(process: string): void {
    this.#feedOf(process).knownUntilUs = Number.POSITIVE_INFINITY;
  }

  /** Tells what can be told. @param nowUs Infinity: everything */
  drain(nowUs: number): void {
    let safeUs = Number.POSITIVE_INFINITY;
    for (const { knownUntilUs } of this.#feeds.values()) safeUs = Math.min(safeUs, knownUntilUs);
    const lateUs = nowUs - this.#options.holdBackUs;
    for (;;) {
      const next = this.#next(lateUs);
      if (next === undefined) return;
      const line = next.lines[next.at] as FetchedLine;
      if (line.at > safeUs && line.at > lateUs) return;
      this.#advance(next);
      if (line.t === 'send') {
        this.#waiting.delete(line.id);
        this.#told.add(line.id);
      }
      this.#options.emit(line);
    }
  }

  /** The process whose next line is the earliest of those that need not wait for a sending. */
  #next(lateUs: number): Feed | undefined {
    let best: Feed | undefined;
    let bestUs = Number.POSITIVE_INFINITY;
    for (const feed of this.#feeds.values()) {
      const line = feed.lines[feed.at];
      if (line === undefined || line.at >= bestUs) continue;
      if (line.at > lateUs && this.#waitsForSending(line)) continue;
      best = feed;
      bestUs = line.at;
    }
    return best;
  }

  #waitsForSending(line: FetchedLine): boolean {
    if (line.t !== 'receive' || this.#told.has(line.id)) return false;
    if (this.#waiting.has(line.id)) return true;
    const { from, fromTool } = line as RecordedArrival;
    return from !== undefined && fromTool !== true && this.#options.isWatched(from);
  }

  #advance(feed: Feed): void {
    feed.at += 1;
    if (feed.at < feed.lines.length) return;
    feed.lines = feed.more.shift() ?? [];
    feed.at = 0;
  }

  #feedOf(process: string): Feed {
    let feed = this.#feeds.get(process);
    if (feed === undefined) {
      feed = { lines: [], at: 0, more: [], knownUntilUs: 0 };
      this.#feeds.set(process, feed);
    }
    return feed;
  }
}

/** A set that forgets its oldest members. */
class RecentSet {
  readonly #limit: number;
  #young = new Set<string>();
  #old = new Set<string>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  has(member: string): boolean {
    return this.#young.has(member) || this.#old.has(member);
  }

  add(member: string): void {
    this.#young.add(member);
    if (this.#young.size < this.#limit) return;
    this.#old = this.#young;
    this.#young = new Set();
  }
}
