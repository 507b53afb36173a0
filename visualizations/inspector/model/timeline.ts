/**
 * The state at any moment, replayed from the nearest keyframe before it.
 *
 * Keyframes are at least as many moments apart as one has entries, so that all of them together have no
 * more entries than the recording has lines.
 */
import type { TimedLine } from '../../../runtime/observe/recording/lines.js';
import type { WorldState } from './types.js';
import { type Cast, World } from './world.js';

const KEYFRAME_EVERY_MOMENTS = 256;
/** States that were asked for last are kept, so that asking again gives the same objects. */
const REMEMBERED_STATES = 16;

export class Timeline {
  readonly lines: TimedLine[] = [];
  readonly #cast: Cast;
  readonly #remembered = new Map<number, WorldState>();
  #newest = new World();
  #keyframes: WorldState[] = [this.#newest.freeze()];

  constructor(cast: Cast) {
    this.#cast = cast;
  }

  append(line: TimedLine): void {
    this.lines.push(line);
    this.#advance(line);
  }

  /** Replays everything: what the states are made of has changed. */
  rebuild(): void {
    this.#remembered.clear();
    this.#newest = new World();
    this.#keyframes = [this.#newest.freeze()];
    for (const line of this.lines) this.#advance(line);
  }

  /** @throws RangeError for a moment that there is not */
  line(index: number): TimedLine {
    const line = this.lines[index];
    if (line === undefined) {
      throw new RangeError(`there is no moment ${index}: the recording has ${this.lines.length}, from 0 on`);
    }
    return line;
  }

  /** Just after a moment; -1 is before the first. */
  at(index: number): WorldState {
    const known = this.#remembered.get(index);
    if (known !== undefined) return known;
    if (index !== -1) this.line(index);
    const from = this.#nearest(index);
    if (from.moment === index) return this.#remember(from);
    if (index === this.#newest.moment) return this.#remember(this.#newest.freeze());
    const world = new World(from);
    for (let next = from.moment + 1; next <= index; next += 1) world.apply(this.line(next), this.#cast);
    return this.#remember(world.state);
  }

  #advance(line: TimedLine): void {
    this.#newest.apply(line, this.#cast);
    const last = this.#keyframes.at(-1)?.moment ?? -1;
    if (this.#newest.moment - last >= Math.max(KEYFRAME_EVERY_MOMENTS, this.#newest.size)) {
      this.#keyframes.push(this.#newest.freeze());
    }
  }

  /** The latest keyframe or remembered state that is not after a moment. */
  #nearest(index: number): WorldState {
    let [low, high] = [0, this.#keyframes.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#keyframes[middle]?.moment ?? 0) <= index) low = middle;
      else high = middle - 1;
    }
    let nearest = this.#keyframes[low] as WorldState;
    for (const state of this.#remembered.values()) {
      if (state.moment <= index && state.moment > nearest.moment) nearest = state;
    }
    return nearest;
  }

  #remember(state: WorldState): WorldState {
    this.#remembered.set(state.moment, state);
    if (this.#remembered.size > REMEMBERED_STATES) {
      const [oldest] = this.#remembered.keys();
      if (oldest !== undefined) this.#remembered.delete(oldest);
    }
    return state;
  }
}
