/** What the supervisor and its worker tell each other. */

/** What to try out on one target. */
export interface Task {
  readonly target: string;
  readonly seed: number;
  /** Inputs to make; 0: only those that are given. */
  readonly inputs: number;
  /** Tried first, and mutated. */
  readonly corpus: readonly Uint8Array[];
  /** Inputs that reach something new are mutated further. */
  readonly guided: boolean;
}

/** What one worker does, one task after the other. */
export interface Job {
  readonly tasks: readonly Task[];
  /** Ends by then, in milliseconds since 1970; what one task leaves of its share the later ones get. */
  readonly endsAtMs: number;
  /** Holds the input that is being worked on, see {@link Slot}. */
  readonly shared: SharedArrayBuffer;
}

/** What an input brought about. */
export interface Failure {
  /** `throws`, `rejects` (a promise that nobody waits for), `hangs`, `memory`. */
  readonly how: 'throws' | 'rejects' | 'hangs' | 'memory';
  /** Says the same for the same defect; made of the error's name and message. */
  readonly what: string;
  readonly stack: string;
}

export function failureOf(how: Failure['how'], error: unknown): Failure {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  // Numbers and quoted input differ from one input to the next.
  const what = `${name}: ${message
    .replace(/\d+/g, '#')
    .replace(/"[^"]*"/g, '"…"')
    .slice(0, 160)}`;
  return { how, what, stack: stack ?? message };
}

export type WorkerMessage =
  | { readonly type: 'failed'; readonly failure: Failure; readonly input: Uint8Array }
  | { readonly type: 'began'; readonly target: string }
  | { readonly type: 'ended'; readonly stats: WorkerStats }
  | { readonly type: 'done' };

export interface WorkerStats {
  readonly inputs: number;
  /** Inputs that reached something new and were kept for further changes. */
  readonly kept: number;
  /** Places in our own code that were reached. */
  readonly places: number;
  /** What was held at the end more than after the first tenth, garbage collected both times, in bytes. */
  readonly grownBytes: number;
}

const HEAD_INTS = 2;
export const LONGEST_INPUT_BYTES = 256 * 1024;
export const sharedBytes = HEAD_INTS * 4 + LONGEST_INPUT_BYTES;

/** The input in work, readable by the supervisor when its worker has hung up or died. */
export class Slot {
  readonly #head: Int32Array;
  readonly #bytes: Uint8Array;

  constructor(shared: SharedArrayBuffer) {
    this.#head = new Int32Array(shared, 0, HEAD_INTS);
    this.#bytes = new Uint8Array(shared, HEAD_INTS * 4);
  }

  /** Grows with every input. */
  get turn(): number {
    return Atomics.load(this.#head, 0);
  }

  put(input: Uint8Array): void {
    this.#bytes.set(input);
    Atomics.store(this.#head, 1, input.length);
    Atomics.add(this.#head, 0, 1);
  }

  take(): Uint8Array {
    return Uint8Array.from(this.#bytes.subarray(0, Atomics.load(this.#head, 1)));
  }
}
