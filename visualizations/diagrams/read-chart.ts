/** Reads any XState 5 machine into a diagram, from the machine itself rather than from its source. */
import type { AnyStateMachine } from 'xstate';
import { transitionIds } from '../../actors/transitionIds.js';
import { isMachine } from '../../runtime/checker/paths/model.js';
import type {
  ChartDiagram,
  DiagramActor,
  DiagramEdge,
  DiagramInitial,
  DiagramState,
} from './chart-diagram.js';
import { DiagramError } from './diagram-error.js';
import { checkKeys, checkTransitionKeys } from './known-keys.js';
import type { MachineView, NodeView } from './machine-view.js';
import { type ActionPlace, isTimerOf, logicText, readAction, readSpawned } from './read-actions.js';
import { readEdge } from './read-edge.js';
import { COMPUTED, valueText, valueTextOrNull } from './value-text.js';

const KINDS: ReadonlySet<string> = new Set(['atomic', 'compound', 'parallel', 'final', 'history']);

/**
 * The chart of a machine, as data. What is computed at run time is shown as `…`: the parameters of an
 * action that come from the context, what `enqueueActions` does, and `spawn` inside of `assign`.
 *
 * @throws DiagramError naming machine, state and feature, where something is not understood
 * @example readChart(followerTable).edges.map(({ label }) => label)
 */
export function readChart(machine: AnyStateMachine): ChartDiagram {
  if (!isMachine(machine)) {
    throw new DiagramError(
      { machine: null, state: null, feature: 'what was given' },
      'is not an XState 5 machine',
    );
  }
  const { root, implementations, version } = machine as unknown as MachineView;
  const ids = transitionIds(machine);
  const nodes = inDocumentOrder(root);
  const place = (node: NodeView): ActionPlace => ({
    machine: machine.id,
    state: node.id,
    actions: implementations.actions,
  });
  const seen = new Set<string>();
  for (const node of nodes) {
    if (seen.has(node.id))
      throw new DiagramError({ ...place(node), feature: `id "${node.id}"` }, 'is used twice');
    seen.add(node.id);
    checkKeys(node.config, node === root ? ['state', 'machine'] : ['state'], place(node));
    checkTransitionKeys(node.config, place(node));
  }
  const states = nodes.map((node) => readState(node, place(node)));
  const edges: DiagramEdge[] = [];
  for (const node of nodes) {
    const all = [...node.transitions.values(), node.always ?? []].flat();
    for (const transition of all) {
      edges.push(readEdge(transition, ids.get(transition)!, { ...place(node), implementations }));
    }
  }
  return {
    id: machine.id,
    version: version ?? null,
    description: root.description ?? null,
    states,
    edges,
    actors: nodes.flatMap((node) => actorsOf(node, place(node))),
  };
}

function inDocumentOrder(node: NodeView): NodeView[] {
  return [node, ...Object.values(node.states).flatMap(inDocumentOrder)];
}

function readState(node: NodeView, place: ActionPlace): DiagramState {
  if (!KINDS.has(node.type))
    throw new DiagramError({ ...place, feature: `type "${node.type}"` }, 'is not known');
  const actions = (list: readonly unknown[]) =>
    list.filter((action) => !isTimerOf(action, node.id)).map((action) => readAction(action, place));
  return {
    id: node.id,
    key: node.key,
    parent: node.parent?.id ?? null,
    kind: node.type,
    history: node.type === 'history' ? node.history || 'shallow' : null,
    initial: node.type === 'compound' ? readInitial(node, place) : null,
    historyDefault: node.type === 'history' ? historyDefault(node, place) : [],
    description: node.description ?? null,
    tags: node.tags,
    meta: node.meta ?? null,
    entry: actions(node.entry),
    exit: actions(node.exit),
    invokes: invokesOf(node),
    hasOutput: node.output !== undefined,
    output:
      typeof node.output === 'function'
        ? COMPUTED
        : node.output === undefined
          ? null
          : valueText(node.output),
  };
}

function readInitial({ initial }: NodeView, place: ActionPlace): DiagramInitial {
  return {
    target: initial.target[0]!.id,
    actions: initial.actions.map((action) => readAction(action, place)),
    description: initial.description ?? null,
    meta: initial.meta ?? null,
  };
}

/** XState reads the target of a history state from its parent, by keys joined with dots. */
function historyDefault({ config, parent }: NodeView, place: ActionPlace): readonly string[] {
  const targets: readonly unknown[] = config.target === undefined ? [] : [config.target].flat();
  return targets.map((target) => {
    if (typeof target !== 'string') return (target as NodeView).id;
    let found: NodeView | undefined = parent;
    for (const key of target.split('.')) found = found?.states[key];
    if (found !== undefined) return found.id;
    throw new DiagramError(
      { ...place, feature: `history target "${target}"` },
      `is not a state inside of ${parent?.id}`,
    );
  });
}

function invokesOf(node: NodeView): readonly DiagramActor[] {
  const written = [node.config.invoke ?? []].flat() as readonly { readonly src?: unknown }[];
  return node.invoke.map(({ id, src, systemId, input }, at) => ({
    id,
    logic: logicText(written[at]?.src ?? src),
    how: 'invoked' as const,
    systemId: systemId ?? null,
    input: valueTextOrNull(input),
  }));
}

function actorsOf(node: NodeView, place: ActionPlace): readonly DiagramActor[] {
  const transitions = [...node.transitions.values(), node.always ?? []].flat();
  const initial = node.type === 'compound' ? node.initial.actions : [];
  const actions = [...node.entry, ...initial, ...transitions.flatMap((each) => each.actions), ...node.exit];
  const spawned = actions.map((action) => readSpawned(action, place)).filter((actor) => actor !== null);
  return [...invokesOf(node), ...spawned];
}
