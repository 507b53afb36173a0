/**
 * The configuration of a machine as something to edit: a copy in which every list is a list, with the
 * places where transitions and actions stand. A machine that is built from it shares nothing that can be
 * changed with the machine it comes from.
 */
import { type AnyStateMachine, createMachine } from 'xstate';

export interface TransitionConfig {
  target?: unknown;
  guard?: unknown;
  actions: unknown[];
  reenter?: boolean;
}

export interface InvokeConfig {
  id?: string;
  src: unknown;
  input?: unknown;
  onDone?: TransitionConfig[];
  onError?: TransitionConfig[];
  onSnapshot?: TransitionConfig[];
}

export interface StateConfig {
  id?: string;
  context?: unknown;
  states?: Record<string, StateConfig>;
  on?: Record<string, TransitionConfig[]>;
  after?: Record<string, TransitionConfig[]>;
  always?: TransitionConfig[];
  onDone?: TransitionConfig[];
  invoke?: InvokeConfig[];
  entry: unknown[];
  exit: unknown[];
}

/** What is read of xstate's state nodes. */
export interface NodeView {
  readonly id: string;
  readonly type: 'atomic' | 'compound' | 'parallel' | 'final' | 'history';
  readonly parent?: NodeView;
  readonly states: Readonly<Record<string, NodeView>>;
  readonly transitions: ReadonlyMap<string, readonly { readonly target?: readonly NodeView[] }[]>;
  readonly always?: readonly { readonly target?: readonly NodeView[] }[];
  readonly invoke: readonly { readonly id: string }[];
}

export type TransitionKind = 'on' | 'always' | 'after' | 'done' | 'error' | 'snapshot' | 'stateDone';

export interface TransitionSite {
  /** `<state id> <event>`, with `[n]` if the state has several for the event. */
  readonly where: string;
  readonly kind: TransitionKind;
  readonly node: NodeView;
  /** The transition is `list[index]`. */
  readonly list: TransitionConfig[];
  readonly index: number;
  /** Takes the whole list away, a timer with it. */
  readonly removeList: () => void;
  /** Where it leads in the machine as it was given. */
  readonly targets: readonly NodeView[];
}

export interface ActionSite {
  /** `<transition>` or `<state id> entry` or `exit`. */
  readonly where: string;
  readonly list: unknown[];
  readonly index: number;
  /** Of the transition it belongs to, or of the state. */
  readonly kind: TransitionKind | 'entry' | 'exit';
}

export interface InvokeSite {
  readonly where: string;
  readonly invoke: InvokeConfig;
}

/** Sites are in the order of the chart: the n-th of one draft is the n-th of every draft of that machine. */
export interface Draft {
  readonly config: StateConfig;
  /** Named implementations; replaced entries go into the machine that is built. */
  readonly implementations: Record<'actions' | 'guards' | 'delays' | 'actors', Record<string, unknown>>;
  readonly transitions: readonly TransitionSite[];
  readonly actions: readonly ActionSite[];
  readonly invokes: readonly InvokeSite[];
}

type Loose = Record<string, unknown>;
const list = (value: unknown): unknown[] =>
  value === undefined || value === null ? [] : Array.isArray(value) ? [...value] : [value];
const transitionsOf = (value: unknown): TransitionConfig[] =>
  (value === undefined ? [undefined] : list(value)).map((each) =>
    typeof each === 'object' && each !== null
      ? { ...(each as Loose), actions: list((each as Loose).actions) }
      : { target: each, actions: [] },
  );
const mapped = <T>(value: unknown, map: (item: unknown) => T): Record<string, T> =>
  Object.fromEntries(Object.entries(value as Loose).map(([key, item]) => [key, map(item)]));

function copyOf(config: Loose): StateConfig {
  const { states, on, after, always, onDone, invoke, entry, exit, ...rest } = config;
  return {
    ...rest,
    ...(states === undefined ? {} : { states: mapped(states, (state) => copyOf(state as Loose)) }),
    ...(on === undefined ? {} : { on: mapped(on, transitionsOf) }),
    ...(after === undefined ? {} : { after: mapped(after, transitionsOf) }),
    ...(always === undefined ? {} : { always: transitionsOf(always) }),
    ...(onDone === undefined ? {} : { onDone: transitionsOf(onDone) }),
    ...(invoke === undefined ? {} : { invoke: list(invoke).map((each) => copyOfInvoke(each as Loose)) }),
    entry: list(entry),
    exit: list(exit),
  };
}

function copyOfInvoke({ onDone, onError, onSnapshot, ...rest }: Loose): InvokeConfig {
  return {
    ...(rest as { src: unknown }),
    ...(onDone === undefined ? {} : { onDone: transitionsOf(onDone) }),
    ...(onError === undefined ? {} : { onError: transitionsOf(onError) }),
    ...(onSnapshot === undefined ? {} : { onSnapshot: transitionsOf(onSnapshot) }),
  };
}

/** A copy of a machine's configuration, ready to be edited. */
export function draftOf(machine: AnyStateMachine): Draft {
  const config = copyOf(machine.config as unknown as Loose);
  const transitions: TransitionSite[] = [];
  const actions: ActionSite[] = [];
  const invokes: InvokeSite[] = [];

  const addActions = (where: string, kind: ActionSite['kind'], of: unknown[]): void => {
    for (const index of of.keys()) actions.push({ where, list: of, index, kind });
  };
  const addTransitions = (
    node: NodeView,
    kind: TransitionKind,
    event: string,
    of: TransitionConfig[] | undefined,
    compiled: readonly { readonly target?: readonly NodeView[] }[] | undefined,
    removeList: () => void,
  ): void => {
    for (const [index, { actions: own }] of (of ?? []).entries()) {
      const where = `${node.id} ${event}${of!.length > 1 ? `[${index}]` : ''}`;
      const targets = compiled?.[index]?.target ?? [];
      transitions.push({ where, kind, node, list: of!, index, removeList, targets });
      addActions(where, kind, own);
    }
  };

  const visit = (node: NodeView, state: StateConfig): void => {
    addActions(`${node.id} entry`, 'entry', state.entry);
    addActions(`${node.id} exit`, 'exit', state.exit);
    for (const [event, of] of Object.entries(state.on ?? {})) {
      const remove = (): void => void delete state.on![event];
      addTransitions(node, 'on', event, of, node.transitions.get(event), remove);
    }
    for (const [delay, of] of Object.entries(state.after ?? {})) {
      const compiled = node.transitions.get(`xstate.after.${delay}.${node.id}`);
      const remove = (): void => void delete state.after![delay];
      addTransitions(node, 'after', `after ${delay}`, of, compiled, remove);
    }
    addTransitions(node, 'always', 'always', state.always, node.always, () => void delete state.always);
    const ended = node.transitions.get(`xstate.done.state.${node.id}`);
    addTransitions(node, 'stateDone', 'done', state.onDone, ended, () => void delete state.onDone);
    for (const [at, invoke] of (state.invoke ?? []).entries()) {
      const id = node.invoke[at]!.id;
      invokes.push({ where: `${node.id} invoke ${id}`, invoke });
      const add = (kind: 'done' | 'error' | 'snapshot', key: 'onDone' | 'onError' | 'onSnapshot'): void =>
        addTransitions(
          node,
          kind,
          `${kind} ${id}`,
          invoke[key],
          node.transitions.get(kind === 'snapshot' ? `xstate.snapshot.${id}` : `xstate.${kind}.actor.${id}`),
          () => void delete invoke[key],
        );
      add('done', 'onDone');
      add('error', 'onError');
      add('snapshot', 'onSnapshot');
    }
    for (const [key, child] of Object.entries(state.states ?? {})) visit(node.states[key]!, child);
  };
  visit(machine.root as unknown as NodeView, config);

  const given = machine.implementations as unknown as Draft['implementations'];
  const implementations = {
    actions: { ...given.actions },
    guards: { ...given.guards },
    delays: { ...given.delays },
    actors: { ...given.actors },
  };
  return { config, implementations, transitions, actions, invokes };
}

/** @throws Error from xstate if the edited configuration is none, e.g. a target that does not exist */
export function built({ config, implementations }: Draft): AnyStateMachine {
  return createMachine(config as never, implementations as never) as AnyStateMachine;
}
