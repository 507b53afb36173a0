/**
 * An actor of XState 5 dressed as a service of XState 4, as `@xstate/inspect` expects one from
 * `globalThis.__xstate__.register`. The package replaces `send` to see events before they are processed,
 * so what the actor receives is sent through it too, marked so that it is not delivered twice.
 */
import { convertMachine, statusMachine, type V4Machine } from './convert-machine.js';
import type { V5Actor, V5Event, V5Snapshot } from './v5.js';

/** An event as version 4 passes it on. */
interface ScxmlEvent {
  readonly name: string;
  readonly data: V5Event;
  readonly $$type: 'scxml';
  readonly type: 'external';
}

/** As much of a state of version 4 as can be said. */
export interface V4State {
  readonly value: unknown;
  readonly context: unknown;
  readonly event: V5Event;
  readonly _event: ScxmlEvent;
  readonly tags: readonly string[];
  readonly done: boolean;
  readonly configuration: readonly never[];
  readonly transitions: readonly never[];
  readonly actions: readonly never[];
  readonly children: object;
}

export class Facade {
  readonly id: string;
  readonly sessionId: string;
  readonly machine: { readonly definition: V4Machine; toJSON(): V4Machine };
  state: V4State;
  readonly #actor: V5Actor;
  readonly #sanitize: (context: unknown) => unknown;
  readonly #observers = new Set<(state: V4State) => void>();
  readonly #onStop = new Set<() => void>();
  #observing = false;
  #delivering = false;

  /** @param sanitize gives what is shown of a context */
  constructor(actor: V5Actor, event: V5Event, sanitize: (context: unknown) => unknown) {
    this.id = actor.id;
    this.sessionId = actor.sessionId;
    this.#actor = actor;
    this.#sanitize = sanitize;
    const { root } = actor.logic;
    const definition = root === undefined ? statusMachine(actor.id) : convertMachine(root);
    this.machine = { definition, toJSON: () => definition };
    this.state = this.#stateOf(actor.getSnapshot(), event);
  }

  get initialState(): V4State {
    return this.state;
  }

  /** Replaced by `@xstate/inspect`, which calls this one after it has told its viewers. */
  send(event: V5Event | ScxmlEvent): void {
    if (this.#observing) return;
    this.#delivering = true;
    try {
      this.#actor.send('$$type' in event ? event.data : event);
    } finally {
      this.#delivering = false;
    }
  }

  subscribe(observer: (state: V4State) => void): { unsubscribe(): void } {
    this.#observers.add(observer);
    return { unsubscribe: () => this.#observers.delete(observer) };
  }

  onStop(listener: () => void): void {
    this.#onStop.add(listener);
  }

  /** The actor gets an event. */
  observeEvent(event: V5Event): void {
    // From a viewer: it was told of when it came in.
    if (this.#delivering) {
      this.#delivering = false;
      return;
    }
    this.#observing = true;
    try {
      this.send(event);
    } finally {
      this.#observing = false;
    }
  }

  observeSnapshot(snapshot: V5Snapshot, event: V5Event): void {
    this.state = this.#stateOf(snapshot, event);
    for (const observer of this.#observers) observer(this.state);
    if (snapshot.status === 'active') return;
    for (const listener of this.#onStop) listener();
    this.#observers.clear();
    this.#onStop.clear();
  }

  #stateOf({ status, value, context, tags }: V5Snapshot, event: V5Event): V4State {
    return {
      value: this.#actor.logic.root === undefined ? status : value,
      context: this.#sanitize(context),
      event,
      _event: { name: event.type, data: event, $$type: 'scxml', type: 'external' },
      tags: [...(tags ?? [])],
      done: status === 'done',
      configuration: [],
      transitions: [],
      actions: [],
      children: {},
    };
  }
}
