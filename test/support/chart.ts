/**
 * Drives one chart by hand, purely: no clock, no children running, no effect performed. What the chart
 * asks for is recorded, so a test says what happened and reads what the chart answered.
 *
 * xstate's own `transition()` throws when a root chart speaks to its parent. The charts here do, so the
 * chart gets an actor scope with a parent that only listens; the rest is what `transition()` does.
 */
import {
  type AnyStateMachine,
  type ContextFrom,
  createActor,
  createMachine,
  type EventFrom,
  type EventObject,
  type InputFrom,
  type SnapshotFrom,
} from 'xstate';
import type { StateMeta } from '../../machines/effects.js';

/** An effect that was asked for. */
export interface RecordedEffect {
  readonly type: string;
  readonly params: Record<string, unknown>;
}

/** A timer that is running. */
export interface PendingTimer {
  readonly id: string;
  /** Name under `delays`, e.g. `retryBackoff`. */
  readonly delay: string;
  readonly delayMs: number;
  readonly event: EventObject;
}

interface Step {
  readonly effects: RecordedEffect[];
  readonly toParent: EventObject[];
  readonly toChild: { readonly child: string; readonly event: EventObject }[];
  readonly spawned: { readonly id: string; readonly input: unknown }[];
  readonly stopped: string[];
}

const emptyStep = (): Step => ({ effects: [], toParent: [], toChild: [], spawned: [], stopped: [] });

/** How xstate reports what a step asks for; only what is read here. */
interface ExecutableAction {
  readonly type: string;
  // biome-ignore lint/suspicious/noExplicitAny: xstate leaves the shape of built-in actions open
  readonly params?: any;
}

const listener = createMachine({ id: 'parent' });

export class Drive<Machine extends AnyStateMachine> {
  readonly machine: Machine;
  readonly #scope: { actionExecutor: (action: ExecutableAction) => void; self: unknown };
  readonly #pending = new Map<string, PendingTimer>();
  #snapshot: SnapshotFrom<Machine>;
  #last: Step = emptyStep();
  readonly #all: Step = emptyStep();

  constructor(machine: Machine, input: InputFrom<Machine>) {
    this.machine = machine;
    const parent = createActor(listener);
    const self = createActor(machine, { input, parent, id: machine.id } as never);
    this.#scope = {
      self,
      id: machine.id,
      sessionId: self.sessionId,
      system: self.system,
      logger: () => {},
      defer: () => {},
      stopChild: () => {},
      emit: () => {},
      actionExecutor: (action: ExecutableAction) => this.#record(action, parent),
    } as never;
    this.#snapshot = this.#step(() => machine.getInitialSnapshot(this.#scope as never, input)) as never;
  }

  get snapshot(): SnapshotFrom<Machine> {
    return this.#snapshot;
  }

  get context(): ContextFrom<Machine> {
    return (this.#snapshot as { context: ContextFrom<Machine> }).context;
  }

  // biome-ignore lint/suspicious/noExplicitAny: the union of all state values is too deep to be useful
  get value(): any {
    return (this.#snapshot as { value: unknown }).value;
  }

  /** `active`, `done` or `error`. */
  get status(): string {
    return (this.#snapshot as { status: string }).status;
  }

  get output(): unknown {
    return (this.#snapshot as { output: unknown }).output;
  }

  /** Active leaves as paths without the root, e.g. `asking.looking`. */
  get leaves(): readonly string[] {
    return leafNodes(this.#snapshot).map((node) => node.path.join('.'));
  }

  /** The only active leaf, or the leaves of a parallel chart joined with ` + `. */
  get at(): string {
    return this.leaves.join(' + ');
  }

  matches(path: string): boolean {
    return this.leaves.some((leaf) => leaf === path || leaf.startsWith(`${path}.`));
  }

  hasTag(tag: string): boolean {
    return (this.#snapshot as { hasTag: (tag: string) => boolean }).hasTag(tag);
  }

  /** What the (first) active leaf says about itself, or the nearest state above it that says anything. */
  meta(leaf = 0): StateMeta | undefined {
    const node = leafNodes(this.#snapshot)[leaf];
    return node === undefined ? undefined : metaOf(node);
  }

  send(event: EventFrom<Machine>): this {
    this.#snapshot = this.#step(
      () => this.machine.transition(this.#snapshot as never, event as never, this.#scope as never) as never,
    );
    return this;
  }

  /** Fires the running timer of this name. */
  fire(delay: string): this {
    const timer = this.pending(delay);
    if (timer === undefined) {
      const running = [...this.#pending.values()].map((each) => each.delay).join(', ') || 'none';
      throw new Error(`no timer ${delay} in ${this.at}; running: ${running}`);
    }
    this.#pending.delete(timer.id);
    return this.send(timer.event as EventFrom<Machine>);
  }

  /** The running timer of this name, if any. */
  pending(delay: string): PendingTimer | undefined {
    return this.timers.find((timer) => timer.delay === delay);
  }

  get timers(): readonly PendingTimer[] {
    return [...this.#pending.values()];
  }

  /** A spawned or invoked child has come to its end. */
  childDone(id: string, output?: unknown): this {
    return this.send({ type: `xstate.done.actor.${id}`, output, actorId: id } as never);
  }

  /** Parameters of the effects of this name asked for by the last step. */
  // biome-ignore lint/suspicious/noExplicitAny: a test knows the shape of the effect it asks for
  effects(name: string): any[] {
    return this.#last.effects.filter((effect) => effect.type === name).map((effect) => effect.params);
  }

  /** The same since the start. */
  // biome-ignore lint/suspicious/noExplicitAny: a test knows the shape of the effect it asks for
  allEffects(name: string): any[] {
    return this.#all.effects.filter((effect) => effect.type === name).map((effect) => effect.params);
  }

  /** Names of the effects of the last step, in order. */
  get effectNames(): readonly string[] {
    return this.#last.effects.map((effect) => effect.type);
  }

  get sentToParent(): readonly EventObject[] {
    return this.#last.toParent;
  }

  get allSentToParent(): readonly EventObject[] {
    return this.#all.toParent;
  }

  sentToChild(child: string): readonly EventObject[] {
    return this.#last.toChild.filter((each) => each.child === child).map((each) => each.event);
  }

  get spawned(): readonly { readonly id: string; readonly input: unknown }[] {
    return this.#last.spawned;
  }

  get allSpawned(): readonly { readonly id: string; readonly input: unknown }[] {
    return this.#all.spawned;
  }

  get stopped(): readonly string[] {
    return this.#last.stopped;
  }

  /** Identity of children that are there now. */
  get children(): readonly string[] {
    return Object.keys((this.#snapshot as { children: object }).children);
  }

  #step<T>(take: () => T): T {
    this.#last = emptyStep();
    return take();
  }

  #record(action: ExecutableAction, parent: unknown): void {
    const { type, params } = action;
    if (type === 'xstate.raise') {
      if (params.delay !== undefined) this.#startTimer(params);
    } else if (type === 'xstate.cancel') {
      this.#pending.delete(typeof params === 'string' ? params : (params?.sendId ?? params?.id));
    } else if (type === 'xstate.sendTo') {
      if (params.to === parent) this.#note('toParent', params.event);
      else this.#note('toChild', { child: params.targetId ?? params.to?.id, event: params.event });
    } else if (type === 'xstate.spawnChild') {
      this.#note('spawned', { id: params.id, input: params.input });
    } else if (type === 'xstate.stopChild') {
      this.#note('stopped', params?.id ?? String(params));
    } else if (!type.startsWith('xstate.')) {
      this.#note('effects', { type, params: params ?? {} });
    }
  }

  #note<Key extends keyof Step>(key: Key, value: Step[Key][number]): void {
    (this.#last[key] as unknown[]).push(value);
    (this.#all[key] as unknown[]).push(value);
  }

  #startTimer(params: { id: string; delay: number; event: EventObject }): void {
    const delay = /^xstate\.after\.([^.]+)\./.exec(params.event.type)?.[1] ?? params.event.type;
    this.#pending.set(params.id, { id: params.id, delay, delayMs: params.delay, event: params.event });
  }
}

/** Starts a chart by hand. */
export function drive<Machine extends AnyStateMachine>(
  machine: Machine,
  input: InputFrom<Machine>,
): Drive<Machine> {
  return new Drive(machine, input);
}

/** A state of a chart, as far as tests look at it. */
export interface StateNodeView {
  readonly id: string;
  readonly path: readonly string[];
  readonly type: string;
  /** Position in the chart's text. */
  readonly order: number;
  readonly meta?: unknown;
  readonly parent?: StateNodeView;
  readonly states: Readonly<Record<string, StateNodeView>>;
  readonly after: readonly unknown[];
  readonly always?: readonly { readonly guard?: unknown }[];
}

function leafNodes(snapshot: unknown): readonly StateNodeView[] {
  const { _nodes: nodes } = snapshot as { _nodes: readonly StateNodeView[] };
  return nodes
    .filter((node) => node.type === 'atomic' || node.type === 'final')
    .sort((a, b) => a.order - b.order);
}

/** Every leaf state of a chart, whether it can be reached or not. */
export function leavesOf(machine: AnyStateMachine): readonly StateNodeView[] {
  const walk = (node: StateNodeView): StateNodeView[] =>
    Object.keys(node.states).length === 0 ? [node] : Object.values(node.states).flatMap(walk);
  return walk(machine.root as unknown as StateNodeView);
}

/** What a state says about itself, or the nearest state above it that says anything. */
export function metaOf(node: StateNodeView): StateMeta | undefined {
  for (let at: StateNodeView | undefined = node; at !== undefined; at = at.parent) {
    if (at.meta !== undefined) return at.meta as StateMeta;
  }
  return undefined;
}

/** Whether a deadline runs in a state: its own, or one of a state around it. */
export function hasDeadline(node: StateNodeView): boolean {
  for (let at: StateNodeView | undefined = node; at !== undefined; at = at.parent) {
    if (at.after.length > 0) return true;
  }
  return false;
}
