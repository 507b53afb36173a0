/**
 * Everything that is going to happen in a simulated world, and the one loop that makes it happen.
 *
 *   timer, message, disk, commit, effect ──► schedule ──► heap, by time ──► run ──► what follows is scheduled
 *                                               └──► held: happens when somebody releases it
 *
 * Time stands still while anything is left to do at the present: it moves on to the next task only when the
 * task before, and every promise it settled, has come to rest. Nothing here waits for the real world, so the
 * same tasks always run in the same order.
 */
import { eachAtRest } from './at-rest.js';
import { Heap } from './heap.js';
import type { WireMessage } from './wire-message.js';

/**
 * - `timer`: somebody's wait ends
 * - `message`: a frame reaches the other end; `connect`, `close`: a connection does
 * - `disk`: one operation of a file system is done; `commit`: a change of a meta server's state is durable
 * - `effect`: what a chart asks for begins
 * - `turn`: what was put off until everything ready has run
 */
export type TaskKind = 'timer' | 'message' | 'connect' | 'close' | 'disk' | 'commit' | 'effect' | 'turn';

/** Something that will happen. */
export interface Task {
  readonly id: number;
  readonly kind: TaskKind;
  /** The server it happens to, by its name. */
  readonly server: string;
  /** In words, e.g. `requestDeadline of followerTable`. */
  readonly label: string;
  /** Not before this time, in milliseconds of the world. */
  readonly dueMs: number;
  /** Of a message, and the two ends of its connection: where it is going to, and who sent it. */
  readonly message?: WireMessage | undefined;
  readonly ends?: MessageEnds | undefined;
}

export interface MessageEnds {
  /** As if these bytes had been sent instead. */
  deliver(bytes: Buffer): void;
  /** As if this had been the answer. */
  answer(bytes: Buffer): void;
}

interface Planned extends Task {
  id: number;
  dueMs: number;
  run: () => void;
  /** Instead of `run`, when what should have happened fails. */
  readonly fail: ((error: Error) => void) | undefined;
  readonly drop: (() => void) | undefined;
  state: 'planned' | 'held' | 'over';
}

export interface NewTask {
  readonly kind: TaskKind;
  readonly server: string;
  readonly label: string;
  readonly run: () => void;
  readonly fail?: (error: Error) => void;
  /** Is told that it will never happen, because somebody decided so. */
  readonly drop?: () => void;
  readonly message?: WireMessage;
  readonly ends?: MessageEnds;
}

/** A run that does not come to an end by itself is a loop without time: this many tasks at one moment. */
const TASKS_AT_ONE_MOMENT = 1_000_000;
/** Fewer cancelled tasks than this are not worth looking for. */
const CANCELLED_LIMIT = 1_024;

export class Schedule {
  #nowMs = 0;
  #nextId = 1;
  /** Tasks in the heap that will not run. */
  #cancelled = 0;
  #holds: ((task: Task) => boolean) | null = null;
  readonly #held = new Map<number, Planned>();
  readonly #heap = new Heap<Planned>((a, b) => a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.id < b.id));
  #onTask: ((task: Task) => void) | null = null;
  #onRest: (() => void) | null = null;

  /** Milliseconds since the world began. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** Called before each task that runs: a trace, or a digest of one. */
  set onTask(listen: ((task: Task) => void) | null) {
    this.#onTask = listen;
  }

  /** Called when everything of a moment has happened, before time moves on. */
  set onRest(listen: (() => void) | null) {
    this.#onRest = listen;
  }

  /** What is held back from now on, tasks planned before included; null: nothing more. */
  holdBack(which: ((task: Task) => boolean) | null): void {
    this.#holds = which;
    if (which === null) return;
    const planned = this.#heap.items().filter(({ state }) => state === 'planned');
    this.#heap.clear();
    this.#cancelled = 0;
    for (const task of planned.sort((a, b) => a.id - b.id)) this.#place(task);
  }

  /** Whether anything is held back at all. */
  get holdsBack(): boolean {
    return this.#holds !== null;
  }

  /** Whether a task of this description would be held back. */
  wouldHold(task: Omit<Task, 'id' | 'dueMs'>): boolean {
    return this.#holds?.({ ...task, id: 0, dueMs: this.#nowMs }) ?? false;
  }

  /** Tasks that wait to be released, oldest first. */
  held(): readonly Task[] {
    return [...this.#held.values()];
  }

  add(task: NewTask, delayMs: number): Task {
    // Field by field, and the same ones for every kind: this is done for each of millions of tasks.
    const planned: Planned = {
      id: this.#nextId++,
      kind: task.kind,
      server: task.server,
      label: task.label,
      dueMs: this.#nowMs + Math.max(0, delayMs),
      message: task.message,
      ends: task.ends,
      run: task.run,
      fail: task.fail,
      drop: task.drop,
      state: 'planned',
    };
    this.#place(planned);
    return planned;
  }

  cancel(task: Task): void {
    const planned = task as Planned;
    const { state } = planned;
    planned.state = 'over';
    if (state === 'held') this.#held.delete(task.id);
    else if (state === 'planned') this.#noteCancelled();
  }

  /**
   * Who waits for long and is answered soon, as every request is, leaves a task behind until it would have been
   * due. When most are such, they are taken out: which tasks run, and when, stays the same.
   */
  #noteCancelled(): void {
    this.#cancelled += 1;
    if (this.#cancelled < CANCELLED_LIMIT || this.#cancelled * 2 < this.#heap.size) return;
    const planned = this.#heap.items().filter((task) => task.state === 'planned');
    this.#heap.clear();
    this.#cancelled = 0;
    for (const task of planned) this.#heap.add(task);
  }

  /** Lets a held task happen, not before it is due: time moves on as far as that. */
  release(task: Task): void {
    this.#plan(this.#take(task));
  }

  /** Lets a copy of a held task happen and keeps the task. */
  releaseCopy(task: Task): void {
    const planned = this.#held.get(task.id);
    if (planned === undefined) throw new Error(`${task.label} is not held`);
    this.#nowMs = Math.max(this.#nowMs, planned.dueMs);
    this.#heap.add({ ...planned, state: 'planned', dueMs: this.#nowMs, id: this.#nextId++ });
  }

  /** A held task never happens. */
  drop(task: Task): void {
    const planned = this.#take(task);
    planned.state = 'over';
    planned.drop?.();
  }

  /** What is held for a server that has died never happens; messages are on the network, not in the server. */
  forget(server: string): void {
    for (const [id, task] of this.#held) {
      if (task.server === server && task.kind !== 'message') this.#held.delete(id);
    }
  }

  /** A held task of a disk fails with this error instead. */
  fail(task: Task, error: Error): void {
    const planned = this.#take(task);
    planned.run = () => planned.fail?.(error);
    this.#plan(planned);
  }

  /** Runs what is planned up to a time and moves on to it. `enough` is asked after each task. */
  async runUntil(timeMs: number, enough?: () => boolean): Promise<void> {
    let atThisMoment = 0;
    /** One task; false when there is none left to run. */
    const step = (): boolean => {
      if (enough?.() === true) return false;
      const next = this.#next();
      if (next === undefined || next.dueMs > timeMs) {
        this.#onRest?.();
        this.#nowMs = Math.max(this.#nowMs, Number.isFinite(timeMs) ? timeMs : 0);
        return false;
      }
      if (next.dueMs > this.#nowMs) this.#onRest?.();
      this.#heap.take();
      atThisMoment = next.dueMs > this.#nowMs ? 0 : atThisMoment + 1;
      if (atThisMoment > TASKS_AT_ONE_MOMENT) throw new Error(`time stands still at ${next.label}`);
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      next.state = 'over';
      this.#onTask?.(next);
      next.run();
      return true;
    };
    await eachAtRest(step);
  }

  /** Runs until nothing is planned. With timers that repeat, only while they are held back. */
  async settle(): Promise<void> {
    await this.runUntil(Number.POSITIVE_INFINITY);
  }

  /** Next to happen, and time moves on as far as it is due. */
  #plan(planned: Planned): void {
    this.#nowMs = Math.max(this.#nowMs, planned.dueMs);
    planned.dueMs = this.#nowMs;
    planned.id = this.#nextId++;
    planned.state = 'planned';
    this.#heap.add(planned);
  }

  #place(planned: Planned): void {
    const held = this.#holds?.(planned) === true;
    planned.state = held ? 'held' : 'planned';
    if (held) this.#held.set(planned.id, planned);
    else this.#heap.add(planned);
  }

  #next(): Planned | undefined {
    for (;;) {
      const first = this.#heap.first();
      if (first === undefined || first.state === 'planned') return first;
      this.#heap.take();
      this.#cancelled -= 1;
    }
  }

  #take(task: Task): Planned {
    const planned = this.#held.get(task.id);
    if (planned === undefined) throw new Error(`${task.label} is not held`);
    this.#held.delete(task.id);
    return planned;
  }
}
