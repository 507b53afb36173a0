/** What can be done wrong with transitions, guards, targets and actions of any chart. */
import { and, not, or } from 'xstate';
import type { Draft, NodeView, TransitionConfig, TransitionSite } from './draft.js';
import type { Plan } from './mutant.js';
import { actionName } from './parts.js';

const at = (draft: Draft, number: number): { site: TransitionSite; transition: TransitionConfig } => {
  const site = draft.transitions[number]!;
  return { site, transition: site.list[site.index]! };
};

const leads = ({ targets }: TransitionSite): string =>
  targets.length === 0 ? '' : ` to ${targets.map(({ id }) => id).join(', ')}`;

export function* droppedTransitions({ transitions }: Draft): Generator<Plan> {
  for (const [number, site] of transitions.entries()) {
    const { where, list, index, kind } = site;
    // The first of a list does it for the whole timer; the others only lose their branch.
    const whole = list.length === 1;
    yield {
      operator:
        kind === 'after' && whole ? 'drop-deadline' : kind === 'done' ? 'drop-done' : 'drop-transition',
      where,
      sentence: `it does not go${leads(site)} on ${where.slice(where.indexOf(' ') + 1)}`,
      edit: (draft) => {
        const { site: own } = at(draft, number);
        if (whole) own.removeList();
        else own.list.splice(index, 1);
      },
    };
  }
}

export function* changedGuards({ transitions, implementations }: Draft): Generator<Plan> {
  for (const [number, { where, list, index }] of transitions.entries()) {
    const { guard } = list[index]!;
    if (guard === undefined) continue;
    const edit = (make: () => unknown) => (draft: Draft) => {
      const { transition } = at(draft, number);
      const made = make();
      if (made === undefined) delete transition.guard;
      else transition.guard = made;
    };
    yield { operator: 'drop-guard', where, sentence: 'its guard always holds', edit: edit(() => undefined) };
    yield {
      operator: 'negate-guard',
      where,
      sentence: 'its guard holds when it should not, and the reverse',
      edit: edit(() => not(guard as never)),
    };
    const parts = composedOf(guard, implementations.guards);
    if (parts === null) continue;
    for (const dropped of parts.of.keys()) {
      const rest = parts.of.filter((_, part) => part !== dropped) as never;
      yield {
        operator: 'weaken-guard',
        where: `${where} part ${dropped + 1}`,
        sentence: `part ${dropped + 1} of its guard does not count`,
        edit: edit(() => (parts.kind === 'and' ? and(rest) : or(rest))),
      };
    }
  }
}

/** `and` and `or` keep their parts where their check can be told from others. */
function composedOf(
  guard: unknown,
  named: Readonly<Record<string, unknown>>,
): { readonly kind: 'and' | 'or'; readonly of: readonly unknown[] } | null {
  const name = typeof guard === 'string' ? guard : undefined;
  const { check, guards } = (name === undefined ? guard : (named[name] ?? {})) as {
    check?: unknown;
    guards?: readonly unknown[];
  };
  if (check === undefined || guards === undefined) return null;
  const checkOf = (composed: unknown): unknown => (composed as { check: unknown }).check;
  if (check === checkOf(and([]))) return { kind: 'and', of: guards };
  return check === checkOf(or([])) ? { kind: 'or', of: guards } : null;
}

export function* changedTargets({ transitions }: Draft): Generator<Plan> {
  for (const [number, { where, targets }] of transitions.entries()) {
    const [target] = targets;
    if (targets.length !== 1 || target === undefined) continue;
    const sibling = nextSibling(target);
    if (sibling === undefined) continue;
    yield {
      operator: 'retarget',
      where,
      sentence: `it goes to ${sibling.id} instead of ${target.id}`,
      edit: (draft) => {
        at(draft, number).transition.target = `#${sibling.id}`;
      },
    };
  }
  for (const [number, first] of transitions.entries()) {
    const next = transitions.findIndex(
      (other, at) => at > number && other.node === first.node && other.targets.length === 1,
    );
    const second = transitions[next];
    if (second === undefined || first.targets.length !== 1) continue;
    const [a, b] = [first.targets[0]!.id, second.targets[0]!.id];
    if (a === b) continue;
    yield {
      operator: 'swap-targets',
      where: `${first.where} and ${second.where.slice(second.where.indexOf(' ') + 1)}`,
      sentence: `the first goes to ${b}, the second to ${a}`,
      edit: (draft) => {
        at(draft, number).transition.target = `#${b}`;
        at(draft, next).transition.target = `#${a}`;
      },
    };
  }
}

/** In the order of the chart, the last is followed by the first. Regions are entered together, or not. */
function nextSibling(node: NodeView): NodeView | undefined {
  const { parent } = node;
  if (parent === undefined || parent.type === 'parallel') return undefined;
  const all = Object.values(parent.states).filter(({ type }) => type !== 'history');
  const next = all[(all.indexOf(node) + 1) % all.length];
  return next === node ? undefined : next;
}

export function* droppedActions({ actions }: Draft): Generator<Plan> {
  for (const [number, { where, list, index, kind }] of actions.entries()) {
    const name = actionName(list[index]);
    yield {
      operator: kind === 'after' ? 'drop-deadline-action' : 'drop-action',
      where: `${where} ${name}${list.length > 1 ? `[${index}]` : ''}`,
      sentence: `${name} is left out`,
      edit: (draft) => void draft.actions[number]!.list.splice(index, 1),
    };
  }
}
