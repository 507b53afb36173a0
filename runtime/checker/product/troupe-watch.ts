/**
 * Watches what troupes do: for whoever shows a trace. Exploring keeps states and nothing else; a step that
 * is to be shown is taken once more while somebody watches.
 */
import type { AnyStateMachine, EventObject } from 'xstate';
import type { InstrumentedMachine } from '../paths/chart.js';
import type { Effect } from '../paths/effect.js';
import type { Position, Step } from '../paths/stepper.js';
import type { TroupeState } from './troupe.js';

/** What one chart of a troupe did once. */
export interface TroupeAct {
  /** Key of the state. */
  readonly actor: string;
  readonly parent: string | null;
  readonly machine: AnyStateMachine;
  /** Null: it began. */
  readonly event: EventObject | null;
  /** Who sent the event: another chart, `timer`, or `outside`: the host. */
  readonly from: string;
  /** After it; null: the chart was stopped. */
  readonly position: Position | null;
  /** Ids as transitionIds gives them, in the order in which they were taken. */
  readonly edges: readonly string[];
  readonly guards: readonly { readonly guard: string; readonly said: boolean }[];
  readonly effects: readonly Effect[];
}

/** A step of a troupe, or a change of its state by its host. */
export interface TroupeRun {
  /** Null: it began. */
  readonly from: TroupeState | null;
  readonly to: TroupeState;
  /** In the order of happening; none of a host's change. */
  readonly acts: readonly TroupeAct[];
}

let runs: TroupeRun[] | null = null;

export const isWatched = (): boolean => runs !== null;

export function noteRun(run: TroupeRun): void {
  runs?.push(run);
}

/** @returns what came of it, and what any troupe did meanwhile, in order */
export function watchTroupes<Result>(work: () => Result): { result: Result; runs: readonly TroupeRun[] } {
  const before = runs;
  const seen: TroupeRun[] = [];
  runs = seen;
  try {
    return { result: work(), runs: seen };
  } finally {
    runs = before;
  }
}

/** What a step of a stepper says in names. */
export function namesOf(
  { chart, observations }: InstrumentedMachine,
  { transitions, guards }: Pick<Step, 'transitions' | 'guards'>,
): Pick<TroupeAct, 'edges' | 'guards'> {
  const depthOf = (state: string): number => state.split('.').length;
  const asked = guards.map((at) => {
    const { site, outcome } = observations[at]!;
    const { text, transition } = chart.guards[site]!;
    return { site, depth: depthOf(chart.transitions[transition]!.source), guard: text, said: outcome };
  });
  return {
    edges: transitions.map((at) => chart.transitions[at]!.id),
    // Inner states are asked before those around them, and each state its transitions in order.
    guards: asked
      .sort((a, b) => b.depth - a.depth || a.site - b.site)
      .map(({ guard, said }) => ({ guard, said })),
  };
}
