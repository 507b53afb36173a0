/**
 * Takes single steps of one machine, purely: no child runs, no timer ticks, no effect is performed.
 *
 * xstate's `transition()` builds an actor and runs the initial transition on every call; here one actor
 * scope is used for all steps, which makes a step several times cheaper; docs/paths.md has the figures.
 * The scope has a parent that only listens: charts that report to their parent can be explored alone.
 */
import { type AnyStateMachine, createActor, createMachine, type EventObject } from 'xstate';
import { type InstrumentedMachine, instrument } from './chart.js';
import { type ActionView, type Effect, effectOf, timerChangeOf } from './effect.js';

/** What is read of a machine's snapshot. */
export interface SnapshotView {
  readonly status: 'active' | 'done' | 'error' | 'stopped';
  readonly value: unknown;
  readonly context: unknown;
  readonly output?: unknown;
  readonly error?: unknown;
  readonly children: Readonly<Record<string, ChildView | undefined>>;
  readonly historyValue: Readonly<Record<string, readonly { readonly id: string }[]>>;
  readonly _nodes: readonly {
    readonly id: string;
    readonly type: string;
    readonly order: number;
    readonly path: readonly string[];
    readonly transitions: ReadonlyMap<string, unknown>;
    readonly ownEvents: readonly string[];
  }[];
}

export interface ChildView {
  readonly id: string;
  readonly src?: unknown;
  readonly systemId?: string;
}

export interface Timer {
  readonly id: string;
  readonly event: EventObject;
}

/** A machine at rest, with what xstate keeps outside of the snapshot. */
export interface Position {
  readonly snapshot: SnapshotView;
  /** Running timers, by id. */
  readonly timers: readonly Timer[];
  /** Ids of children that have come to their end and are still listed. */
  readonly finished: readonly string[];
}

export interface Step {
  readonly position: Position;
  /** Indices into `chart.transitions`, in the order they were taken. */
  readonly transitions: readonly number[];
  /** Indices into the observations of guards. */
  readonly guards: readonly number[];
  readonly effects: readonly Effect[];
}

interface Scope {
  readonly self: { readonly system: SystemView };
  actionExecutor: (action: ActionView & { readonly exec?: unknown }) => void;
}

interface SystemView {
  _set: (systemId: string, actor: unknown) => void;
  get: (systemId: string) => unknown;
}

interface Logic {
  getInitialSnapshot(scope: Scope, input: unknown): SnapshotView;
  transition(snapshot: SnapshotView, event: EventObject, scope: Scope): SnapshotView;
}

const listener = createMachine({ id: 'listener', on: { '*': {} } });
const CHILD_ENDED = /^xstate\.(?:done|error)\.actor\.(.*)$/s;
const NO_TIMERS: readonly Timer[] = Object.freeze([]);
const NO_NAMES: readonly string[] = Object.freeze([]);
const NO_EFFECTS: readonly Effect[] = Object.freeze([]);

export class Stepper {
  readonly instrumented: InstrumentedMachine;
  readonly #parent = createActor(listener);
  readonly #named = new Map<string, unknown>();
  #scope: Scope | undefined;
  #transitions: number[] = [];
  #effects: Effect[] = [];
  #timers = new Map<string, Timer>();
  #finished = new Set<string>();

  constructor(machine: AnyStateMachine) {
    this.instrumented = instrument(machine);
  }

  /** The first step: from nothing to the initial state. */
  start(input: unknown): Step {
    return this.#step([], [], () => this.#logic.getInitialSnapshot(this.#scopeFor(input), input), {});
  }

  /** A timer that fires and a child that ends are no longer running, whatever the machine makes of it. */
  take({ snapshot, timers, finished }: Position, event: EventObject, timer?: string): Step {
    const running = timer === undefined ? timers : timers.filter(({ id }) => id !== timer);
    const ended = CHILD_ENDED.exec(event.type)?.[1];
    const over = ended === undefined || !(ended in snapshot.children) ? finished : [...finished, ended];
    const scope = this.#scopeFor(undefined);
    return this.#step(running, over, () => this.#logic.transition(snapshot, event, scope), snapshot.children);
  }

  get #logic(): Logic {
    return this.instrumented.machine as unknown as Logic;
  }

  #step(
    timers: readonly Timer[],
    finished: readonly string[],
    step: () => SnapshotView,
    children: SnapshotView['children'],
  ): Step {
    this.#transitions = [];
    this.#effects = [];
    this.#timers = new Map(timers.map((timer) => [timer.id, timer]));
    this.#finished = new Set(finished);
    this.#named.clear();
    for (const child of Object.values(children)) {
      if (child?.systemId !== undefined) this.#named.set(child.systemId, child);
    }
    this.instrumented.takeObserved();
    const snapshot = step();
    const active = snapshot.status === 'active';
    return {
      position: {
        snapshot,
        timers: active && this.#timers.size > 0 ? [...this.#timers.values()].sort(byId) : NO_TIMERS,
        finished:
          active && this.#finished.size > 0
            ? [...this.#finished].filter((id) => id in snapshot.children).sort()
            : NO_NAMES,
      },
      transitions: this.#transitions,
      guards: this.instrumented.takeObserved(),
      effects: this.#effects.length === 0 ? NO_EFFECTS : this.#effects,
    };
  }

  /** The input of the actor matters to nobody after the first snapshot; the scope is made once. */
  #scopeFor(input: unknown): Scope {
    if (this.#scope !== undefined) return this.#scope;
    const { machine } = this.instrumented;
    const self = createActor(machine, { input, parent: this.#parent, id: machine.id } as never);
    const system = self.system as unknown as SystemView;
    // Children come and go with the snapshots, so the names of a system go by snapshot too.
    system._set = (systemId, actor) => void this.#named.set(systemId, actor);
    system.get = (systemId) => this.#named.get(systemId);
    this.#scope = {
      self,
      system,
      id: machine.id,
      sessionId: self.sessionId,
      logger: () => {},
      defer: () => {},
      stopChild: () => {},
      emit: () => {},
      actionExecutor: (action: ActionView & { readonly exec?: unknown }) => this.#record(action),
    } as unknown as Scope;
    return this.#scope;
  }

  #record(action: ActionView & { readonly exec?: unknown }): void {
    const transition = this.instrumented.marks.get(action.exec);
    if (transition !== undefined) {
      this.#transitions.push(transition);
      return;
    }
    const self = this.#scope?.self;
    const change = timerChangeOf(action, self);
    if (change !== null) {
      if (change.event === null) this.#timers.delete(change.id);
      else this.#timers.set(change.id, { id: change.id, event: change.event });
      return;
    }
    const effect = effectOf(action, self, this.#parent);
    if (effect === null) return;
    if (effect.kind === 'spawn' || effect.kind === 'stop') this.#finished.delete(effect.name);
    this.#effects.push(effect);
  }
}

const byId = (a: Timer, b: Timer): number => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
