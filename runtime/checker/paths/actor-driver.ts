/**
 * Runs paths against a live XState actor of the machine: the interpreter's mailbox, scheduler and
 * action execution instead of single pure steps. Effects are recorded and not performed, children do
 * nothing, and a timer fires when the path says so.
 */
import {
  type Actor,
  type AnyStateMachine,
  createActor,
  createMachine,
  type EventObject,
  fromCallback,
  type InspectionEvent,
} from 'xstate';
import { canonicalText } from './canonical.js';
import { type ActionView, type Effect, effectInWords, effectOf } from './effect.js';
import type { Expected, Path, PathStep } from './path.js';
import { controlOf } from './position.js';
import type { Driver } from './run.js';
import type { SnapshotView } from './stepper.js';

interface ScheduledView {
  readonly event: EventObject;
  readonly id: string;
  readonly source: unknown;
}

/** A clock that never ticks: each timer waits until it is fired by name. */
class HandClock {
  readonly #waiting = new Map<
    number,
    { readonly fire: () => void; readonly scheduled: ScheduledView | undefined }
  >();
  readonly #known = new WeakSet<object>();
  #next = 1;
  /** The system's list of what is scheduled; xstate enters a timer there just before it sets it. */
  scheduled: () => readonly ScheduledView[] = () => [];

  setTimeout(fire: () => void): number {
    const scheduled = this.scheduled().find((each) => !this.#known.has(each));
    if (scheduled !== undefined) this.#known.add(scheduled);
    this.#waiting.set(this.#next, { fire, scheduled });
    return this.#next++;
  }

  clearTimeout(handle: number): void {
    this.#waiting.delete(handle);
  }

  /** @param source the actor whose timer it is */
  fire(source: unknown, id: string, event: EventObject): void {
    for (const [handle, { fire, scheduled }] of this.#waiting) {
      if (scheduled === undefined || scheduled.source !== source) continue;
      if (scheduled.id !== id && scheduled.event.type !== event.type) continue;
      this.#waiting.delete(handle);
      fire();
      return;
    }
    throw new Error(`no timer ${id} is running`);
  }

  running(source: unknown): readonly string[] {
    return [...this.#waiting.values()].flatMap(({ scheduled }) => {
      if (scheduled === undefined || scheduled.source !== source) return [];
      // A delayed raise without an id gets a random one from xstate.
      const { id, event } = scheduled;
      return [id.startsWith('xstate.') || this.#named(id) ? id : event.type];
    });
  }

  #named(id: string): boolean {
    return !/^[0-9a-z]{6,12}$/.test(id);
  }
}

const listener = createMachine({ id: 'listener', on: { '*': {} } });
const silent = fromCallback(() => {});

/**
 * @example
 * await testPaths(suite.paths, { start: (path) => new ActorDriver(door, path) });
 */
export class ActorDriver implements Driver {
  readonly #clock = new HandClock();
  readonly #actor: Actor<AnyStateMachine>;
  readonly #parent: Actor<typeof listener>;
  #effects: Effect[] = [];

  /** Starts an actor with the input of the path. */
  constructor(machine: AnyStateMachine, path: Pick<Path, 'start'>) {
    const inspect = (seen: InspectionEvent): void => this.#inspect(seen);
    this.#parent = createActor(listener, { clock: this.#clock as never, inspect });
    this.#clock.scheduled = () => Object.values(this.#scheduled());
    this.#parent.start();
    this.#actor = createActor(stubbed(machine), {
      id: machine.id,
      input: path.start.input,
      parent: this.#parent,
    } as never) as Actor<AnyStateMachine>;
    // What an entry action or a guard throws is found by the check of the status.
    this.#actor.subscribe({ error: () => {} });
    this.#actor.start();
  }

  /** The live snapshot, for checks of one's own. */
  get snapshot(): SnapshotView {
    return this.#actor.getSnapshot() as unknown as SnapshotView;
  }

  send(event: EventObject, step?: Pick<PathStep, 'timer'>): void {
    this.#effects = [];
    if (step?.timer !== undefined) this.#clock.fire(this.#actor, step.timer, event);
    else this.#actor.send(event);
  }

  /** @throws Error naming what differs from the model: status, value, context, output, effects or timers */
  check(expected: Expected): void {
    const { snapshot } = this;
    const differ = (what: string, want: unknown, got: unknown): void => {
      const [wanted, there] = [canonicalText(want, what), canonicalText(got, what)];
      if (wanted === there) return;
      throw new Error(`${what} differs in ${controlOf(snapshot)}\n  model ${wanted}\n  actor ${there}`);
    };
    differ('status', expected.status, snapshot.status);
    differ('value', expected.value, snapshot.value);
    differ('context', expected.context, snapshot.context);
    differ('output', expected.output, snapshot.output);
    const asked = this.#effects.map(effectInWords);
    differ('the list of effects', expected.effects.map(effectInWords), asked);
    differ('the parameters of effects', plain(expected.effects), plain(this.#effects));
    if (expected.status === 'active') {
      differ('the running timers', [...expected.timers].sort(), [...this.#clock.running(this.#actor)].sort());
    }
  }

  stop(): void {
    this.#parent.stop();
  }

  #scheduled(): Readonly<Record<string, ScheduledView>> {
    const system = this.#parent.system as unknown as {
      _snapshot: { _scheduledEvents: Readonly<Record<string, ScheduledView>> };
    };
    return system._snapshot._scheduledEvents;
  }

  /** Actors of children are built while the machine starts, before this actor is known here. */
  #inspect(seen: InspectionEvent): void {
    if (seen.type !== '@xstate.action') return;
    if (seen.actorRef === this.#parent || (seen.actorRef as { _parent?: unknown })._parent !== this.#parent)
      return;
    const effect = effectOf(seen.action as ActionView, seen.actorRef, this.#parent);
    if (effect !== null) this.#effects.push(effect);
  }
}

/** Parameters may hold what only the live system can make, such as references to actors. */
function plain(effects: readonly Effect[]): readonly unknown[] {
  return effects.map(({ params }) => params);
}

/** The same machine with named actions that do nothing and named children that stay silent. */
function stubbed(machine: AnyStateMachine): AnyStateMachine {
  const { actions, actors } = machine.implementations as {
    readonly actions: Readonly<Record<string, unknown>>;
    readonly actors: Readonly<Record<string, unknown>>;
  };
  const isEffect = (action: unknown): boolean => typeof action === 'function' && !('resolve' in action);
  return machine.provide({
    actions: Object.fromEntries(
      Object.keys(actions)
        .filter((name) => isEffect(actions[name]))
        .map((name) => [name, () => {}]),
    ),
    actors: Object.fromEntries(Object.keys(actors).map((name) => [name, silent])),
  } as never) as AnyStateMachine;
}
