/**
 * Says what actors do in the words of `@statelyai/inspect`. Its own observer converts an event some time
 * later, when the actor's snapshot is a later one, and says of most events that their root is `anonymous`;
 * so it is told here, at once, and bounded as in a recording.
 */
import type { AnyActorRef, InspectionEvent } from 'xstate';
import { bounded, boundedEvent } from '../../runtime/observe/recording/bounded.js';
import type { Json, RecordedEvent, RecordingLine, StepLine } from '../../runtime/observe/recording/lines.js';
import type { StatelyEvent } from './stately-socket.js';

/** What is used of the package's inspector. */
export interface StatelyInspector {
  actor(actor: StatelyActor, snapshot?: StatelySnapshot): void;
  event(actor: string, event: RecordedEvent, info?: { readonly source?: string }): void;
  snapshot(actor: string, snapshot: StatelySnapshot, info?: { readonly event?: RecordedEvent }): void;
}

/** The package finds definition, parent and root where XState keeps them. */
export interface StatelyActor {
  readonly sessionId: string;
  readonly id: string;
  readonly logic: { readonly config?: object | undefined };
  readonly _parent: StatelyActor | undefined;
}

export interface StatelySnapshot {
  readonly status?: 'active' | 'done' | 'error' | 'stopped';
  readonly value?: unknown;
  readonly context?: unknown;
}

interface Shown {
  readonly actor: StatelyActor;
  readonly root: string;
  snapshot: StatelySnapshot;
}

type Snapshot = StatelySnapshot & { readonly machine?: object };

export class StatelyFeed {
  readonly #inspector: StatelyInspector;
  readonly #configs: ReadonlyMap<string, object>;
  readonly #shown = new Map<string, Shown>();

  /** @param configs of charts by id, for actors of recordings */
  constructor(inspector: StatelyInspector, configs: ReadonlyMap<string, object>) {
    this.#inspector = inspector;
    this.#configs = configs;
  }

  /** Puts right what the package has no place for: the name and the root of an actor. */
  dress<Event extends StatelyEvent>(event: Event): Event {
    const shown = this.#shown.get(event.sessionId);
    if (shown === undefined) return event;
    const name = event.type === '@xstate.actor' ? { name: shown.actor.id } : {};
    return { ...event, ...name, rootId: shown.root };
  }

  /** An inspection event of XState. It comes from within the chart, to which nothing may be thrown. */
  inspect(event: InspectionEvent): void {
    try {
      this.#tell(event);
    } catch {
      // Somebody's actor that cannot be asked for its snapshot: the next event may tell of it.
    }
  }

  #tell(event: InspectionEvent): void {
    // Its snapshot cannot be read yet; its first event follows.
    if (event.type === '@xstate.actor') return;
    const ref = event.actorRef as AnyActorRef;
    const { sessionId } = this.#ofRef(ref).actor;
    if (event.type === '@xstate.event') {
      const source = event.sourceRef as AnyActorRef | undefined;
      this.#inspector.event(
        sessionId,
        boundedEvent(event.event),
        source === undefined ? {} : { source: this.#ofRef(source).actor.sessionId },
      );
    } else if (event.type === '@xstate.snapshot') {
      this.#changed(sessionId, snapshotOf(event.snapshot as Snapshot), boundedEvent(event.event));
    }
  }

  /** A line of a recording, of this process or of others. */
  line(line: RecordingLine): void {
    switch (line.t) {
      case 'actor': {
        const { process, actor: name, parent, chart, state, context } = line;
        const actor: StatelyActor = {
          sessionId: `${process}/${name}`,
          id: `${process}/${name}`,
          logic: { config: chart === null ? undefined : withoutContext(this.#configs.get(chart)) },
          _parent: parent === null ? undefined : this.#shown.get(`${process}/${parent}`)?.actor,
        };
        this.#show(actor, { status: 'active', value: state, context });
        return;
      }
      case 'step':
        this.#step(line);
        return;
      case 'end':
        this.#changed(`${line.process}/${line.actor}`, { status: line.status }, { type: 'xstate.stop' });
        return;
      default:
        return;
    }
  }

  #step({ process, actor, from, event, state, changes, removed = [] }: StepLine): void {
    const key = `${process}/${actor}`;
    const before = this.#shown.get(key)?.snapshot;
    if (before === undefined) return;
    const source = from === undefined ? undefined : this.#shown.get(`${process}/${from}`)?.actor.sessionId;
    this.#inspector.event(key, event, source === undefined ? {} : { source });
    const context: Record<string, Json> = { ...(before.context as Record<string, Json>), ...changes };
    for (const name of removed) delete context[name];
    this.#changed(key, { value: state ?? before.value, context }, event);
  }

  #changed(sessionId: string, change: StatelySnapshot, event: RecordedEvent): void {
    const shown = this.#shown.get(sessionId);
    if (shown === undefined) return;
    shown.snapshot = { ...shown.snapshot, ...change };
    this.#inspector.snapshot(sessionId, shown.snapshot, { event });
    const { status } = shown.snapshot;
    if (status !== undefined && status !== 'active') this.#shown.delete(sessionId);
  }

  /** Shows an actor, and before it its parents, the first time it is met. */
  #ofRef(ref: AnyActorRef): Shown {
    const known = this.#shown.get(ref.sessionId);
    if (known !== undefined) return known;
    const parent = ref._parent === undefined ? undefined : this.#ofRef(ref._parent as AnyActorRef).actor;
    const { config } = (ref as unknown as { readonly logic: { readonly config?: object } }).logic;
    const actor: StatelyActor = {
      sessionId: ref.sessionId,
      id: ref.id,
      logic: { config: withoutContext(config) },
      _parent: parent,
    };
    return this.#show(actor, snapshotOf(ref.getSnapshot() as Snapshot | undefined));
  }

  #show(actor: StatelyActor, snapshot: StatelySnapshot): Shown {
    const parent = actor._parent === undefined ? undefined : this.#shown.get(actor._parent.sessionId);
    const shown = { actor, root: parent?.root ?? actor.sessionId, snapshot };
    this.#shown.set(actor.sessionId, shown);
    this.#inspector.actor(actor, snapshot);
    return shown;
  }
}

/** The context a machine begins with is neither bounded nor part of the picture. */
function withoutContext(config: unknown): object | undefined {
  return typeof config === 'object' && config !== null ? { ...config, context: undefined } : undefined;
}

function snapshotOf(snapshot: Snapshot | undefined): StatelySnapshot {
  if (snapshot === undefined) return { status: 'active' };
  const { status = 'active', value, context } = snapshot;
  return {
    status,
    ...(value === undefined ? {} : { value }),
    ...(context === undefined ? {} : { context: bounded(context) }),
  };
}
