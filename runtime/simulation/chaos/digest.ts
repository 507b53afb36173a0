/** One number for all that happened in a run, task by task: two runs that differ anywhere differ in it. */
import type { Task } from '../schedule.js';

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** Virtual time, kind, server, label and bytes of the message, if it is one. */
export function taskInWords({ dueMs, kind, server, label, message }: Task): string {
  const bytes =
    message === undefined
      ? ''
      : ` ${message.bytes.length} bytes, ${hashOf(FNV_OFFSET, message.bytes).toString(16)}`;
  return `${dueMs} ms ${kind} at ${server}: ${label}${bytes}`;
}

export class RunDigest {
  #hash = FNV_OFFSET;
  #second = FNV_OFFSET ^ 0x5bd1e995;
  #tasks = 0;
  readonly #trail: number[] | null;
  readonly #expected: readonly number[] | null;
  readonly #around: number | null;
  #diverged: { readonly index: number; readonly task: string } | null = null;
  #seenAround: string | null = null;

  /**
   * @param options.trail keeps a number for each task, for another run to be compared with
   * @param options.expected the trail of another run
   * @param options.around index of the task that is to be put into words
   */
  constructor(
    options: {
      readonly trail?: boolean;
      readonly expected?: readonly number[];
      readonly around?: number;
    } = {},
  ) {
    this.#trail = options.trail === true ? [] : null;
    this.#expected = options.expected ?? null;
    this.#around = options.around ?? null;
  }

  note(task: Task): void {
    const { dueMs, kind, server, label, message } = task;
    let hash = textHash(this.#hash, kind);
    hash = textHash(hash, server);
    hash = textHash(hash, label);
    hash = Math.imul(hash ^ Math.round(dueMs * 1_000), FNV_PRIME);
    if (message !== undefined) hash = hashOf(hash, message.bytes);
    this.#hash = hash >>> 0;
    this.#second = Math.imul(this.#second ^ this.#hash, 0x5bd1e995) >>> 0;
    this.#trail?.push(this.#hash);
    if (this.#around === this.#tasks) this.#seenAround = taskInWords(task);
    if (this.#expected !== null && this.#diverged === null && this.#expected[this.#tasks] !== this.#hash) {
      this.#diverged = { index: this.#tasks, task: taskInWords(task) };
    }
    this.#tasks += 1;
  }

  get tasks(): number {
    return this.#tasks;
  }

  get trail(): readonly number[] {
    return this.#trail ?? [];
  }

  /** Where this run first did something else than the other one; null: nowhere so far. */
  get diverged(): { readonly index: number; readonly task: string } | null {
    if (this.#diverged === null && this.#expected !== null && this.#expected.length > this.#tasks) {
      return { index: this.#tasks, task: 'nothing more' };
    }
    return this.#diverged;
  }

  get seenAround(): string | null {
    return this.#seenAround;
  }

  /** 16 hex digits. */
  toString(): string {
    return [this.#hash, this.#second].map((part) => part.toString(16).padStart(8, '0')).join('');
  }
}

function textHash(hash: number, text: string): number {
  let mixed = hash;
  for (let i = 0; i < text.length; i++) mixed = Math.imul(mixed ^ text.charCodeAt(i), FNV_PRIME);
  return mixed;
}

function hashOf(hash: number, bytes: Uint8Array): number {
  let mixed = hash;
  for (let i = 0; i < bytes.length; i++) mixed = Math.imul(mixed ^ (bytes[i] as number), FNV_PRIME);
  return mixed >>> 0;
}
