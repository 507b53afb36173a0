/**
 * What the bridge touches of XState 5, by shape: in this package the name `xstate` is version 4, and both
 * cannot be imported under one name.
 */

export interface V5Event {
  readonly type: string;
}

/** An inspection event of XState 5: give {@link Bridge.inspect} to `createActor`. */
export interface V5InspectionEvent {
  readonly type: string;
  readonly actorRef: object;
  readonly event?: V5Event;
  readonly snapshot?: object;
}

export interface V5Actor {
  readonly id: string;
  readonly sessionId: string;
  /** A machine has a root; a promise, an observable or a callback has none. */
  readonly logic: { readonly root?: V5StateNode };
  getSnapshot(): V5Snapshot;
  send(event: V5Event): void;
}

export interface V5Snapshot {
  readonly status: 'active' | 'done' | 'error' | 'stopped';
  /** Of a machine. */
  readonly value?: string | object;
  readonly context?: unknown;
  readonly tags?: ReadonlySet<string>;
}

export interface V5Transition {
  /** State nodes; undefined: the state is not left. */
  readonly target?: readonly V5StateNode[] | undefined;
  readonly guard?: unknown;
  readonly actions: readonly unknown[];
  readonly reenter: boolean;
  readonly description?: string | undefined;
}

export interface V5StateNode {
  readonly id: string;
  readonly type: 'atomic' | 'compound' | 'parallel' | 'final' | 'history';
  readonly history: false | 'shallow' | 'deep';
  readonly states: Readonly<Record<string, V5StateNode>>;
  readonly initial?: { readonly target: readonly V5StateNode[] } | undefined;
  /** By descriptor: `GO`, `*`, `xstate.after.1000.door.open`, `xstate.done.actor.0.door.open`. */
  readonly transitions: ReadonlyMap<string, readonly V5Transition[]>;
  readonly always?: readonly V5Transition[] | undefined;
  readonly entry: readonly unknown[];
  readonly exit: readonly unknown[];
  readonly invoke: readonly { readonly id: string; readonly src: unknown }[];
  readonly meta?: unknown;
  readonly tags: readonly string[];
  readonly description?: string | undefined;
}
