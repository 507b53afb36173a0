/**
 * A machine of XState 5 as a configuration of XState 4, to be drawn: the same states, transitions and names.
 * Guards and actions become names, and delays keep theirs; it cannot run as the original does.
 */
import type { V5StateNode, V5Transition } from './v5.js';

interface V4Named {
  readonly type: string;
  readonly params?: unknown;
}

export interface V4Transition {
  readonly target?: readonly string[];
  readonly cond?: V4Named;
  readonly actions: readonly V4Named[];
  readonly internal: boolean;
  readonly description?: string;
}

type V4Transitions = Record<string, readonly V4Transition[]>;

export interface V4Node {
  readonly id: string;
  readonly type?: V5StateNode['type'];
  readonly history?: 'shallow' | 'deep';
  readonly initial?: string;
  readonly states?: Readonly<Record<string, V4Node>>;
  readonly on?: V4Transitions;
  readonly after?: V4Transitions;
  readonly always?: readonly V4Transition[];
  readonly onDone?: readonly V4Transition[];
  readonly invoke?: readonly {
    readonly id: string;
    readonly src: string;
    readonly onDone?: readonly V4Transition[];
    readonly onError?: readonly V4Transition[];
  }[];
  readonly entry?: readonly V4Named[];
  readonly exit?: readonly V4Named[];
  readonly meta?: unknown;
  readonly tags?: readonly string[];
  readonly description?: string;
}

export interface V4Machine extends V4Node {
  /** Without it XState 4 prints a warning wherever the machine is built. */
  readonly predictableActionArguments: true;
}

/** @example convertMachine(machine.root).states?.open?.on // { CLOSE: [{ target: ['#door.closed'], … }] } */
export function convertMachine(root: V5StateNode): V4Machine {
  return { ...node(root), predictableActionArguments: true };
}

/** What is shown of an actor that is no machine: how it is. */
export function statusMachine(id: string): V4Machine {
  const state = (name: string, type: 'atomic' | 'final'): V4Node => ({ id: `${id}.${name}`, type });
  return {
    id,
    predictableActionArguments: true,
    initial: 'active',
    states: {
      active: state('active', 'atomic'),
      done: state('done', 'final'),
      error: state('error', 'final'),
      stopped: state('stopped', 'final'),
    },
  };
}

function node(state: V5StateNode): V4Node {
  const initial = state.initial?.target[0];
  const children = Object.entries(state.states);
  const initialKey = children.find(([, child]) => initial !== undefined && contains(child, initial))?.[0];
  return {
    id: state.id,
    type: state.type,
    ...(state.history === false ? {} : { history: state.history }),
    ...(state.type === 'compound' && initialKey !== undefined ? { initial: initialKey } : {}),
    ...(children.length === 0
      ? {}
      : { states: Object.fromEntries(children.map(([key, child]) => [key, node(child)])) }),
    ...transitionsOf(state),
    ...(state.always === undefined ? {} : { always: state.always.map(transition) }),
    entry: state.entry.map(named),
    exit: state.exit.map(named),
    ...(state.meta === undefined ? {} : { meta: state.meta }),
    tags: state.tags,
    ...(state.description === undefined ? {} : { description: state.description }),
  };
}

function contains(outer: V5StateNode, inner: V5StateNode): boolean {
  return outer === inner || Object.values(outer.states).some((child) => contains(child, inner));
}

/** Sorts descriptors of version 5 to the places and names that version 4 has for them. */
function transitionsOf(state: V5StateNode): Pick<V4Node, 'on' | 'after' | 'onDone' | 'invoke'> {
  const on: V4Transitions = {};
  const after: V4Transitions = {};
  const ofActors = new Map<string, { onDone?: V4Transition[]; onError?: V4Transition[] }>(
    state.invoke.map(({ id }) => [id, {}]),
  );
  let onDone: V4Transition[] | undefined;
  for (const [descriptor, list] of state.transitions) {
    const transitions = list.map(transition);
    const [, what, subject = ''] =
      /^xstate\.(after|done\.state|done\.actor|error\.actor)\.(.+)$/.exec(descriptor) ?? [];
    const actor = ofActors.get(subject);
    if (what === 'after') after[delayOf(subject, state.id)] = transitions;
    else if (what === 'done.state') onDone = transitions;
    else if (what === 'done.actor') {
      if (actor === undefined) on[`done.invoke.${subject}`] = transitions;
      else actor.onDone = transitions;
    } else if (what === 'error.actor') {
      if (actor === undefined) on[`error.platform.${subject}`] = transitions;
      else actor.onError = transitions;
    } else on[descriptor] = transitions;
  }
  return {
    on,
    after,
    ...(onDone === undefined ? {} : { onDone }),
    invoke: state.invoke.map(({ id, src }) => ({
      id,
      src: typeof src === 'string' ? src : id,
      ...ofActors.get(id),
    })),
  };
}

/** @example delayOf('1000.door.open', 'door.open') // '1000' */
function delayOf(subject: string, state: string): string {
  return subject.endsWith(`.${state}`) ? subject.slice(0, -state.length - 1) : subject;
}

function transition({ target, guard, actions, reenter, description }: V5Transition): V4Transition {
  return {
    ...(target === undefined ? {} : { target: target.map(({ id }) => `#${id}`) }),
    ...(guard === undefined ? {} : { cond: { type: guardName(guard) } }),
    actions: actions.map(named),
    internal: !reenter,
    ...(description === undefined ? {} : { description }),
  };
}

interface Shaped {
  readonly type?: unknown;
  readonly name?: unknown;
  readonly params?: unknown;
  readonly guards?: readonly unknown[];
}

/** @example guardName(not('stale')) // 'not(stale)' */
function guardName(guard: unknown): string {
  if (typeof guard === 'string') return guard;
  const { type, name, params, guards } = guard as Shaped;
  const word = String(type ?? name ?? '').replace(/^xstate\./, '') || 'guard';
  if (guards !== undefined) return `${word}(${guards.map(guardName).join(', ')})`;
  const fixed = params === undefined || typeof params === 'function' ? '' : `(${JSON.stringify(params)})`;
  return `${word}${fixed}`;
}

/** Version 4 would try to carry out what it has a meaning for, such as `xstate.assign`. */
function named(action: unknown): V4Named {
  if (typeof action === 'string') return { type: action };
  const { type, name, params } = action as Shaped;
  const word = String(type ?? name ?? '').replace(/^xstate\./, '') || 'action';
  return { type: word, ...(params === undefined || typeof params === 'function' ? {} : { params }) };
}
