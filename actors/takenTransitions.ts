/**
 * Which of the transitions that a step selected are really taken.
 *
 * Regions of a parallel state select for themselves. When two of them would leave the same state, only one
 * transition is taken: an inner one goes before an outer one, otherwise the first. xstate's inspection
 * lists all that were selected.
 */

/** What is read of xstate's state nodes. */
interface NodeView {
  readonly parent?: NodeView | undefined;
}

export interface SelectedTransition {
  readonly source: object;
  readonly target?: readonly object[] | undefined;
  readonly reenter?: boolean;
}

/**
 * @param active the states that were active before the step
 */
export function takenTransitions<Transition extends SelectedTransition>(
  selected: readonly Transition[],
  active: readonly object[],
): readonly Transition[] {
  if (selected.length < 2) return selected;
  const taken = new Set<Transition>();
  for (const transition of selected) {
    const leaves = statesLeft(transition, active as readonly NodeView[]);
    const rivals = [...taken].filter((other) =>
      statesLeft(other, active as readonly NodeView[]).some((state) => leaves.includes(state)),
    );
    const source = transition.source as NodeView;
    if (rivals.some((rival) => !isBelow(source, rival.source as NodeView))) continue;
    for (const rival of rivals) taken.delete(rival);
    taken.add(transition);
  }
  return [...taken];
}

function statesLeft(transition: SelectedTransition, active: readonly NodeView[]): NodeView[] {
  const targets = (transition.target ?? []) as readonly NodeView[];
  if (targets.length === 0) return [];
  const source = transition.source as NodeView;
  const within = targets.every((target) => target === source || isBelow(target, source));
  if (within && transition.reenter !== true) return active.filter((state) => isBelow(state, source));
  const common = nearestAround([...targets, source]);
  // Only the root has nothing around it, and entering it anew leaves everything.
  return common === undefined ? [...active] : active.filter((state) => isBelow(state, common));
}

/** The innermost state that is around all of them, themselves not counted. */
function nearestAround([first, ...others]: readonly NodeView[]): NodeView | undefined {
  for (let around = first?.parent; around !== undefined; around = around.parent) {
    const candidate = around;
    if (others.every((other) => isBelow(other, candidate))) return candidate;
  }
  return undefined;
}

function isBelow(state: NodeView, ancestor: NodeView): boolean {
  for (let around = state.parent; around !== undefined; around = around.parent) {
    if (around === ancestor) return true;
  }
  return false;
}
