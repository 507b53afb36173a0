/**
 * What a machine consists of, by name, and a copy of it that says which transitions it takes.
 *
 * The copy is xstate's own (`provide({})` builds every state node anew), so the machine that was given
 * is not touched. Into each transition of the copy goes an action that marks it as taken: exact where
 * the inspection event of xstate also lists transitions that another region preempted.
 */
import type { AnyStateMachine } from 'xstate';
import { ALWAYS, transitionId } from '../../../actors/transitionIds.js';
import { type ConditionValues, evaluateGuard, type GuardArgs, type GuardPlan, planGuard } from './guards.js';

export interface ChartState {
  /** As xstate has it, e.g. `followerTable.asking.looking`. */
  readonly id: string;
  readonly type: 'atomic' | 'compound' | 'parallel' | 'final' | 'history';
}

export interface ChartTransition {
  /** `<state id> <event>`, with `[n]` if the state has several for the event, e.g. `m.idle GO[1]`. */
  readonly id: string;
  readonly source: string;
  /** Descriptor; `always` for one without an event. */
  readonly event: string;
  readonly targets: readonly string[];
  /** Index into `guards`, or null. */
  readonly guard: number | null;
}

/** A guard where it stands: the same guard on two transitions is two sites. */
export interface GuardSite extends GuardPlan {
  /** Index into `transitions`. */
  readonly transition: number;
}

export interface Chart {
  readonly name: string;
  readonly states: readonly ChartState[];
  readonly transitions: readonly ChartTransition[];
  readonly guards: readonly GuardSite[];
}

/** What a guard said once. */
export interface GuardObservation {
  /** Index into `Chart.guards`. */
  readonly site: number;
  readonly outcome: boolean;
  readonly values: readonly (boolean | null)[];
}

export interface InstrumentedMachine {
  readonly chart: Chart;
  readonly machine: AnyStateMachine;
  /** Which transition an executed action marks. */
  readonly marks: ReadonlyMap<unknown, number>;
  /** Every different observation; steps name them by index. */
  readonly observations: readonly GuardObservation[];
  /** Takes what was observed since the last call: indices, sorted, each once. */
  readonly takeObserved: () => readonly number[];
}

/** What is read of xstate's state nodes. */
interface NodeView {
  readonly id: string;
  readonly type: ChartState['type'];
  readonly order: number;
  readonly states: Readonly<Record<string, NodeView>>;
  readonly transitions: ReadonlyMap<string, readonly TransitionView[]>;
  readonly always?: readonly TransitionView[];
}

interface TransitionView {
  actions: readonly unknown[];
  guard?: unknown;
  readonly target?: readonly NodeView[];
}

/** An endless chain of `always` or raised events must end in an error, not in silence. */
const MAX_MICROSTEPS = 1_000;

/** Copies that mark their transitions, and what they are copies of. */
const originals = new WeakMap<AnyStateMachine, AnyStateMachine>();

/** The machine that was given, of one that was made to be explored; any other as it is. */
export function originalOf(machine: AnyStateMachine): AnyStateMachine {
  return originals.get(machine) ?? machine;
}

export function instrument(given: AnyStateMachine): InstrumentedMachine {
  const machine = given.provide({}) as AnyStateMachine;
  originals.set(machine, given);
  const open = machine as unknown as {
    options: { maxIterations?: number } | undefined;
    implementations: { guards: Readonly<Record<string, unknown>> };
  };
  // xstate's own default is no limit.
  const { maxIterations = MAX_MICROSTEPS } = open.options ?? {};
  open.options = { ...open.options, maxIterations: Math.min(maxIterations, MAX_MICROSTEPS) };

  const states: ChartState[] = [];
  const transitions: ChartTransition[] = [];
  const guards: GuardSite[] = [];
  const marks = new Map<unknown, number>();
  const observations: GuardObservation[] = [];
  const numbers = new Map<string, number>();
  let observed = new Set<number>();

  const observe = (site: number, outcome: boolean, values: ConditionValues): void => {
    const key = `${site}${outcome ? 'T' : 'F'}${values.map((value) => (value === null ? '-' : value ? 't' : 'f')).join('')}`;
    let at = numbers.get(key);
    if (at === undefined) {
      at = observations.push({ site, outcome, values }) - 1;
      numbers.set(key, at);
    }
    observed.add(at);
  };

  const prepareGuard = (transition: TransitionView, number: number): number | null => {
    if (transition.guard === undefined) return null;
    const plan = planGuard(transition.guard, open.implementations.guards);
    const site = guards.push({ ...plan, transition: number }) - 1;
    // The form of xstate's own composed guards: a function with a check, which is handed the snapshot.
    transition.guard = Object.assign(() => true, {
      check: (snapshot: unknown, args: GuardArgs): boolean => {
        const values: ConditionValues = plan.conditions.map(() => null);
        const outcome = evaluateGuard(plan.tree, snapshot, args, values);
        observe(site, outcome, values);
        return outcome;
      },
    });
    return site;
  };

  const visit = (node: NodeView): void => {
    states.push({ id: node.id, type: node.type });
    const always: [string, readonly TransitionView[]][] = node.always ? [[ALWAYS, node.always]] : [];
    for (const [event, list] of [...node.transitions, ...always]) {
      for (const [at, transition] of list.entries()) {
        const number = transitions.length;
        const guard = prepareGuard(transition, number);
        transitions.push({
          id: transitionId(node.id, event, at, list),
          source: node.id,
          event,
          targets: (transition.target ?? []).map((target) => target.id),
          guard,
        });
        const mark = (): void => {};
        marks.set(mark, number);
        // A new list: xstate hands out the array of the machine's configuration itself.
        transition.actions = [mark, ...transition.actions];
      }
    }
    for (const child of Object.values(node.states)) visit(child);
  };
  visit(machine.root as unknown as NodeView);

  return {
    chart: { name: machine.id, states, transitions, guards },
    machine,
    marks,
    observations,
    takeObserved: () => {
      if (observed.size === 0) return NONE;
      const taken = [...observed].sort((a, b) => a - b);
      observed = new Set();
      return taken;
    },
  };
}

const NONE: readonly number[] = Object.freeze([]);
