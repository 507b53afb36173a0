/**
 * Two clusters that do nothing by themselves: no timer fires, no message arrives, nothing becomes durable and
 * no checkpoint is made until it is told to. Whoever drives them decides about every interleaving.
 *
 *   servers ──► timers, messages, commits, effects ──► held ──► release one ──► run until all rest
 *
 * What is between two of these, such as the disk operations of one checkpoint, happens within a step. A timer
 * may fire late but never early, so time moves on with it; a machine that dies tells nobody.
 */

import { type MessagePattern, matches } from './message-pattern.js';
import type { Observation } from './observation.js';
import type { Task, TaskKind } from './schedule.js';
import { VirtualClusters, type VirtualClustersOptions } from './virtual-clusters.js';

export type SteppedOptions = Omit<VirtualClustersOptions, 'silentDeath'>;

/** Which of several that fit is meant. */
export type Which = 'oldest' | 'newest';

/** Effects that end at a disk; the others end at a message or a commit, which is held. */
const LONG_EFFECT = /^(prepareCheckpoint|installCheckpoint) /;

/** What nobody outside can see begin or end. */
function happensAtOnce({ kind, label }: Task): boolean {
  return kind === 'effect' ? !LONG_EFFECT.test(label) : label === 'counters';
}

/** Time moves on with every timer; a node that is not heard meanwhile is not dead for that. */
const NODE_DEAD_MS = 2_000_000_000;

const HELD: ReadonlySet<TaskKind> = new Set<TaskKind>(['timer', 'message', 'commit', 'effect']);

export class SteppedClusters {
  readonly clusters: VirtualClusters;
  #stepping = false;

  private constructor(clusters: VirtualClusters) {
    this.clusters = clusters;
  }

  /** Starts the clusters; they run freely until {@link SteppedClusters.hold}. */
  static async start(options: SteppedOptions = {}): Promise<SteppedClusters> {
    return new SteppedClusters(
      await VirtualClusters.start({
        ...options,
        times: { ...options.times, nodeDeadMs: NODE_DEAD_MS },
        silentDeath: true,
      }),
    );
  }

  /** From now on nothing happens by itself. */
  async hold(): Promise<void> {
    const { schedule } = this.clusters.world;
    this.#stepping = true;
    schedule.holdBack((task) => this.#isHeld(task));
    await schedule.settle();
  }

  /** Everything that waits, oldest first; of one server if named. */
  held(kind?: TaskKind, server?: string): readonly Task[] {
    return this.clusters.world.schedule
      .held()
      .filter((task) => (kind ?? task.kind) === task.kind && (server ?? task.server) === task.server);
  }

  messages(pattern: MessagePattern): readonly Task[] {
    return this.held('message').filter(({ message }) => message !== undefined && matches(pattern, message));
  }

  /** @param label as of the task, e.g. `requestDeadline of followerTable.asking.looking` */
  async fire(server: string, label: string): Promise<void> {
    await this.release(this.#one('timer', server, label, 'newest'));
  }

  /** Lets what is written become durable; `keys` as in the meta store, with `*` at the end. */
  async store(server: string, keys: string): Promise<void> {
    await this.release(this.#one('commit', server, keys, 'oldest'));
  }

  /** The disk refuses what is written. */
  async refuse(server: string, keys: string, errno: string): Promise<void> {
    const task = this.#one('commit', server, keys, 'oldest');
    this.clusters.world.schedule.fail(task, Object.assign(new Error(errno), { code: errno }));
    await this.settle();
  }

  async deliver(pattern: MessagePattern, which: Which = 'oldest'): Promise<void> {
    await this.release(this.#message(pattern, which));
  }

  /** It arrives and stays on its way. */
  async deliverCopy(pattern: MessagePattern, which: Which = 'oldest'): Promise<void> {
    this.clusters.world.schedule.releaseCopy(this.#message(pattern, which));
    await this.settle();
  }

  /** Something else arrives in place of a message that waits. */
  async deliverInstead(task: Task, bytes: Buffer): Promise<void> {
    this.clusters.world.schedule.drop(task);
    task.ends?.deliver(bytes);
    await this.settle();
  }

  /** A request that waits never arrives, and its sender is answered all the same. */
  async answerInstead(task: Task, bytes: Buffer): Promise<void> {
    this.clusters.world.schedule.drop(task);
    task.ends?.answer(bytes);
    await this.settle();
  }

  drop(task: Task): void {
    this.clusters.world.schedule.drop(task);
  }

  lose(pattern: MessagePattern, which: Which = 'oldest'): void {
    this.clusters.world.schedule.drop(this.#message(pattern, which));
  }

  async release(task: Task): Promise<void> {
    this.clusters.world.schedule.release(task);
    await this.settle();
  }

  crash(server: string): void {
    this.clusters.crash(server);
  }

  async restart(server: string): Promise<void> {
    await this.clusters.restart(server);
    await this.settle();
  }

  observe(): Promise<Observation> {
    return this.clusters.observe();
  }

  /** Until nothing moves that is not held. */
  async settle(): Promise<void> {
    if (!this.#stepping) throw new Error('hold() comes first: clusters that run freely never come to rest');
    await this.clusters.world.schedule.settle();
  }

  #isHeld(task: Task): boolean {
    const { kind, message } = task;
    if (!HELD.has(kind)) return false;
    // Whoever operates a cluster has no part in the interleaving: requests arrive, answers come back.
    if (message !== undefined && (message.from === 'client' || message.to === 'client')) return false;
    return message !== undefined || !happensAtOnce(task);
  }

  #message(pattern: MessagePattern, which: Which): Task {
    const found = this.messages(pattern);
    return found.at(which === 'oldest' ? 0 : -1) ?? this.#missing(JSON.stringify(pattern));
  }

  #one(kind: TaskKind, server: string, label: string, which: Which): Task {
    const found = this.held(kind, server).filter((task) =>
      label.endsWith('*') ? task.label.startsWith(label.slice(0, -1)) : task.label === label,
    );
    return found.at(which === 'oldest' ? 0 : -1) ?? this.#missing(`${kind} ${label} at ${server}`);
  }

  #missing(what: string): never {
    const held = this.held()
      .filter(({ label }) => !/^(reply to|deadline of|connecting|maintenance|idle file)/.test(label))
      .map(({ kind, server, label }) => `  ${kind} ${label}${kind === 'message' ? '' : ` at ${server}`}`);
    throw new Error(`nothing that waits is ${what}; there is\n${held.join('\n')}`);
  }
}
