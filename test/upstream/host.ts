/** Hosts one chart inside a process of the product explorer. */
import type { AnyStateMachine, EventObject } from 'xstate';
import { controlOf } from '../../runtime/checker/paths/position.js';
import { Troupe, type TroupeState, type TroupeStep } from '../../runtime/checker/product/troupe.js';

/** A chart at rest. */
export interface Resting<Context> {
  readonly context: Context;
  /** Active states in words, e.g. `DS_PREPARE`. */
  readonly at: string;
  /** Text that tells it from others, for `JSON.stringify` of whatever holds it. */
  toJSON(): string;
  readonly state: TroupeStep['state'];
}

/** An effect as the process reads it: its name, and its parameters. */
export type EffectOf<Effects> = {
  [Name in keyof Effects & string]: { readonly name: Name; readonly params: Effects[Name] };
}[keyof Effects & string];

export interface Acted<Context, Effects> {
  readonly chart: Resting<Context>;
  readonly effects: readonly EffectOf<Effects>[];
}

/** What a process hosts, see `Process.hosts`; what is not there is left out. */
export function hosted(
  charts: Readonly<Record<string, Resting<unknown> | null | undefined>>,
): Readonly<Record<string, TroupeState>> {
  return Object.fromEntries(
    Object.entries(charts).flatMap(([name, chart]) => (chart == null ? [] : [[name, chart.state]])),
  );
}

export class ChartHost<Context, Event extends EventObject, Effects, Input> {
  readonly #troupe: Troupe;

  constructor(machine: AnyStateMachine) {
    this.#troupe = new Troupe(machine);
  }

  start(input: Input): Acted<Context, Effects> {
    return this.#acted(this.#troupe.start(input));
  }

  take(chart: Resting<Context>, event: Event): Acted<Context, Effects> {
    return this.#acted(this.#troupe.take(chart.state, this.#troupe.root, event));
  }

  #acted({ state, effects }: TroupeStep): Acted<Context, Effects> {
    const snapshot = state[this.#troupe.root]!.snapshot;
    if (snapshot.status === 'error') throw snapshot.error;
    const chart: Resting<Context> = {
      context: snapshot.context as Context,
      at: controlOf(snapshot),
      toJSON: () => this.#troupe.key(state),
      state,
    };
    return { chart, effects: effects as unknown as readonly EffectOf<Effects>[] };
  }
}
