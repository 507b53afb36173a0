/** Which messages are on their way during a range of moments, without looking at all of them. */
import type { RecordingIndex } from '../../model/recording-index.js';
import type { MessageInfo } from '../../model/types.js';

const BLOCK_MOMENTS = 128;

const known = new WeakMap<RecordingIndex, UnderWay>();

/** Of a recording that may still be growing. */
export function underWay(index: RecordingIndex): UnderWay {
  let found = known.get(index);
  if (found === undefined) {
    found = new UnderWay(index);
    known.set(index, found);
  }
  return found.extend();
}

export class UnderWay {
  readonly #index: RecordingIndex;
  /** For each block of moments, messages that left before it and arrive in it or later. */
  readonly #open: string[][] = [];
  #read = 0;

  constructor(index: RecordingIndex) {
    this.#index = index;
  }

  extend(): this {
    const { lines, messages } = this.#index;
    for (; this.#read < lines.length; this.#read++) {
      const line = lines[this.#read]!;
      if (line.t !== 'receive' && line.t !== 'lost') continue;
      const sent = messages.get(line.id)?.sent;
      if (sent === undefined) continue;
      // Lines of several processes may be merged a little out of order: an arrival before its sending.
      const [first, last] = sent < this.#read ? [sent, this.#read] : [this.#read, sent];
      for (let block = blockOf(first) + 1; block <= blockOf(last); block++) {
        this.#open[block] ??= [];
        this.#open[block]!.push(line.id);
      }
    }
    return this;
  }

  /** Messages that leave, arrive, or are under way from moment `from` to moment `to`. */
  between(from: number, to: number): readonly MessageInfo[] {
    const { lines, messages } = this.#index;
    const found = new Set(this.#open[blockOf(from)] ?? []);
    const until = Math.min(to, lines.length - 1);
    for (let moment = blockOf(from) * BLOCK_MOMENTS; moment <= until; moment++) {
      const line = lines[moment]!;
      if (line.t === 'send' || line.t === 'receive' || line.t === 'lost') found.add(line.id);
    }
    const list: MessageInfo[] = [];
    for (const id of found) {
      const message = messages.get(id);
      if (message !== undefined && lastMoment(message) >= from && message.sent <= to) list.push(message);
    }
    return list.sort((a, b) => a.sent - b.sent);
  }
}

/** Of its arrivals or its loss; its sending, if nothing else is known. */
export function lastMoment({ sent, received, lost }: MessageInfo): number {
  return Math.max(sent, lost ?? sent, ...received);
}

const blockOf = (moment: number): number => Math.floor(Math.max(0, moment) / BLOCK_MOMENTS);
