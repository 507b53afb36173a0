/** What a step asks the world for, as plain data: the same whether a model or a live actor asks. */

export interface Effect {
  /**
   * `do`: an action of the machine's own. `send`: an event to another actor. `emit`: an event to whoever
   * listens. `spawn` and `stop`: a child.
   */
  readonly kind: 'do' | 'send' | 'emit' | 'spawn' | 'stop';
  /** Name of the action, type of the event, or id of the child. */
  readonly name: string;
  /** Parameters of the action, or the event; for a spawned child its input. */
  readonly params: unknown;
  /** Of `send`: `parent` or the id of a child. */
  readonly to?: string;
}

/** An action as xstate hands it to whoever executes or inspects it. */
export interface ActionView {
  readonly type: string;
  readonly params?: unknown;
}

interface Reference {
  readonly id: string;
}

interface BuiltinParams {
  readonly id?: unknown;
  readonly delay?: number;
  readonly event?: { readonly type: string };
  readonly to?: Reference | string;
  readonly targetId?: string;
  readonly actorRef?: Reference;
  readonly input?: unknown;
  readonly sendId?: string;
}

/** A delayed event of the machine to itself: of `after`, or of a delayed `raise` or `sendTo`. */
export interface TimerChange {
  readonly id: string;
  /** Null: it is cancelled. */
  readonly event: { readonly type: string } | null;
}

/** @returns null for what changes nothing outside: assignments, logs, events raised at once, timers */
export function effectOf(action: ActionView, self: unknown, parent: unknown): Effect | null {
  const params = (action.params ?? {}) as BuiltinParams;
  switch (action.type) {
    case 'xstate.sendTo': {
      if (params.to === self) return null;
      const to =
        params.to === parent
          ? 'parent'
          : (params.targetId ?? (typeof params.to === 'object' ? params.to.id : (params.to ?? '?')));
      return { kind: 'send', name: params.event?.type ?? '?', params: params.event, to };
    }
    case 'xstate.emit':
      return { kind: 'emit', name: params.event?.type ?? '?', params: params.event };
    case 'xstate.spawnChild':
      return { kind: 'spawn', name: String(params.actorRef?.id ?? params.id), params: params.input };
    case 'xstate.stopChild': {
      const id = (action.params as Reference | undefined)?.id;
      return id === undefined ? null : { kind: 'stop', name: id, params: {} };
    }
    default:
      return action.type.startsWith('xstate.')
        ? null
        : { kind: 'do', name: action.type, params: action.params ?? {} };
  }
}

/** What an action does to the timers of its own machine, if anything. */
export function timerChangeOf(action: ActionView, self: unknown): TimerChange | null {
  const params = (action.params ?? {}) as BuiltinParams;
  if (action.type === 'xstate.cancel') {
    return params.sendId === undefined ? null : { id: params.sendId, event: null };
  }
  const mine = action.type === 'xstate.raise' || (action.type === 'xstate.sendTo' && params.to === self);
  if (!mine || typeof params.delay !== 'number' || params.event === undefined) return null;
  return { id: typeof params.id === 'string' ? params.id : params.event.type, event: params.event };
}

/** `do persistStatus`, `send FOLLOWER_TROUBLE to parent`: one effect in words. */
export function effectInWords({ kind, name, to }: Effect): string {
  return to === undefined ? `${kind} ${name}` : `${kind} ${name} to ${to}`;
}
