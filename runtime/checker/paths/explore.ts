/**
 * Finds every state of one machine, breadth first, with the machine itself as the only description.
 *
 * Timers have no clock: one that runs may fire at any moment. Children do not run: they end, fail and
 * report as the cases say, at any moment while they live.
 */
import type { AnyStateMachine, EventFrom, EventObject, InputFrom, SnapshotFrom } from 'xstate';
import { automaticEvents, type ChildCases, namedEvents, type PossibleEvent } from './automatic.js';
import type { TextCache } from './canonical.js';
import { PathsError } from './errors.js';
import type { Bounds, Edge, Exploration, Start, StateFound } from './exploration.js';
import { type Found, growingField } from './growth.js';
import { activeStates, controlOf, positionText } from './position.js';
import { assertSameStep } from './purity.js';
import { type Position, type Step, Stepper } from './stepper.js';

export interface ExploreOptions<Machine extends AnyStateMachine = AnyStateMachine> {
  /** Of the only run. */
  readonly input?: InputFrom<Machine>;
  /** Several runs, each from its own input; instead of `input`. */
  readonly inputs?: Readonly<Record<string, InputFrom<Machine>>>;
  /**
   * What the outside may send, each payload a case of its own. Without it, every event type the active
   * states name is sent without a payload. Timers and children are always added.
   */
  readonly events?:
    | readonly EventFrom<Machine>[]
    | ((snapshot: SnapshotFrom<Machine>) => readonly EventFrom<Machine>[]);
  /** What children end with or report, by id or by the name of their source. */
  readonly children?: Readonly<Record<string, ChildCases>>;
  /** Default 20,000. */
  readonly maxStates?: number;
  /** Steps from a start; no limit by default. */
  readonly maxDepth?: number;
  /** One step of so many is taken twice and compared; the first of each kind always is. Default 32, 0: none. */
  readonly purityEvery?: number;
  /** States in a row with the same value and a growing field that count as endless. Default 256, 0: never. */
  readonly growthWindow?: number;
}

const SUSPECT_WINDOW = 12;

interface Building extends StateFound {
  readonly out: number[];
  position: Position | null;
  readonly found: Found;
}

/**
 * @throws PathsError UNSERIALISABLE, UNBOUNDED, IMPURE, THREW or USAGE, naming machine, state and field
 * @example
 * const found = explore(door, { events: [{ type: 'OPEN' }, { type: 'CLOSE' }] });
 * found.states.map((state) => state.control); // ['closed', 'open']
 */
export function explore<Machine extends AnyStateMachine>(
  machine: Machine,
  options: ExploreOptions<Machine> = {},
): Exploration {
  return new Explorer(machine, options as unknown as ExploreOptions).run();
}

class Explorer {
  readonly #machine: string;
  readonly #options: ExploreOptions;
  readonly #stepper: Stepper;
  readonly #limits: { readonly maxStates: number; readonly maxDepth: number; readonly growth: number };
  readonly #byText = new Map<string, number>();
  readonly #texts: TextCache = new WeakMap();
  readonly #states: Building[] = [];
  readonly #edges: Edge[] = [];
  readonly #starts: Start[] = [];
  readonly #kinds = new Set<string>();
  #cutSteps = 0;
  #deepest = 0;

  constructor(machine: AnyStateMachine, options: ExploreOptions) {
    this.#machine = machine.id;
    this.#options = options;
    this.#stepper = new Stepper(machine);
    const { maxStates = 20_000, maxDepth = Number.POSITIVE_INFINITY, growthWindow = 256 } = options;
    if (!(maxStates >= 1) || !(maxDepth >= 0)) {
      throw new PathsError('USAGE', 'maxStates has to be at least 1 and maxDepth at least 0', {
        machine: machine.id,
      });
    }
    this.#limits = { maxStates, maxDepth, growth: growthWindow };
  }

  run(): Exploration {
    const startedMs = performance.now();
    const inputs = this.#options.inputs ?? { default: this.#options.input };
    for (const [name, input] of Object.entries(inputs)) this.#start(name, input);
    let unexpanded = 0;
    for (let at = 0; at < this.#states.length; at++) {
      const state = this.#states[at]!;
      if (state.status === 'active') {
        if (state.depth >= this.#limits.maxDepth) unexpanded += 1;
        else this.#expand(state);
      }
      // Snapshots are the bulk of the memory, and this one is not needed any more.
      state.position = null;
    }
    return {
      machine: this.#machine,
      chart: this.#stepper.instrumented.chart,
      starts: this.#starts,
      states: this.#states.map(({ position: _, found: __, ...state }) => state),
      edges: this.#edges,
      observations: this.#stepper.instrumented.observations,
      bounds: this.#bounds(unexpanded),
      elapsedMs: performance.now() - startedMs,
    };
  }

  #bounds(unexpanded: number): Bounds {
    const { maxStates, maxDepth } = this.#limits;
    const reached = this.#cutSteps > 0 ? 'maxStates' : unexpanded > 0 ? 'maxDepth' : null;
    const last = this.#states.at(-1);
    const suspect = reached === null || last === undefined ? null : growingField(last.found, SUSPECT_WINDOW);
    return { maxStates, maxDepth, reached, cutSteps: this.#cutSteps, unexpanded, suspect };
  }

  #start(name: string, input: unknown): void {
    const step = this.#attempt('(start)', 'xstate.init', () => this.#stepper.start(input));
    const { snapshot } = step.position;
    if (snapshot.status === 'error') {
      throw this.#threw(snapshot.error, controlOf(snapshot), 'xstate.init');
    }
    assertSameStep(this.#machine, '(start)', 'xstate.init', step, () => this.#stepper.start(input));
    const { transitions, guards, effects } = step;
    const node = this.#add(step, -1, null);
    if (node !== null) this.#starts.push({ name, input, node, transitions, guards, effects });
  }

  #expand(state: Building): void {
    const position = state.position!;
    for (const possible of this.#eventsAt(position, state.control)) {
      const { event, timer } = possible;
      const take = (): Step => this.#stepper.take(position, event, timer);
      const step = this.#attempt(state.control, event.type, take);
      this.#checkPurity(state, possible, step, take);
      const to = this.#add(step, this.#edges.length, state);
      if (to === null) {
        this.#cutSteps += 1;
        continue;
      }
      const { transitions, guards, effects } = step;
      const index = this.#edges.length;
      this.#edges.push({ index, from: state.index, to, event, timer, transitions, guards, effects });
      state.out.push(index);
    }
  }

  #eventsAt(position: Position, state: string): readonly PossibleEvent[] {
    const { events, children = {} } = this.#options;
    const given: readonly EventObject[] =
      events === undefined
        ? namedEvents(position.snapshot)
        : typeof events === 'function'
          ? this.#attempt(state, 'events()', () => events(position.snapshot as never))
          : events;
    for (const event of given) {
      if (typeof event?.type !== 'string') {
        throw new PathsError('USAGE', `an event without a type: ${JSON.stringify(event)}`, {
          machine: this.#machine,
          state,
        });
      }
    }
    return [...given.map((event) => ({ event })), ...automaticEvents(position, children)];
  }

  /** @returns the state's index, or null when it is new and there is no room for it */
  #add(step: Step, via: number, from: Building | null): number | null {
    const { position } = step;
    // An ignored event: xstate hands back the very snapshot, so there is no text to make.
    if (from !== null && sameAs(position, from.position)) return from.index;
    const text = positionText(this.#machine, position, this.#texts);
    const known = this.#byText.get(text);
    if (known !== undefined) return known;
    const index = this.#states.length;
    if (index >= this.#limits.maxStates) return null;
    const state = this.#build(index, position, via, from);
    this.#byText.set(text, index);
    this.#states.push(state);
    if (state.depth > this.#deepest) {
      this.#deepest = state.depth;
      this.#checkGrowth(state);
    }
    return index;
  }

  #build(index: number, position: Position, via: number, from: Building | null): Building {
    const { snapshot, timers, finished } = position;
    const { value, context, status, output } = snapshot;
    const control = controlOf(snapshot);
    return {
      index,
      control,
      active: activeStates(snapshot),
      value,
      context,
      status,
      output,
      children: Object.keys(snapshot.children)
        .filter((id) => !finished.includes(id))
        .sort(),
      timers: timers.map(({ id }) => id),
      depth: from === null ? 0 : from.depth + 1,
      via,
      out: [],
      position,
      found: { value: control, context, from: from?.found ?? null },
    };
  }

  /** Looking back costs as much as the path is long, so only the first state of each depth does it. */
  #checkGrowth(state: Building): void {
    const { growth } = this.#limits;
    if (growth <= 0 || state.depth < growth) return;
    const field = growingField(state.found, growth);
    if (field === null) return;
    throw new PathsError(
      'UNBOUNDED',
      `it grew in every one of the last ${growth} new states here; limit it in the machine, or set growthWindow or maxDepth`,
      { machine: this.#machine, state: state.control, field },
    );
  }

  #checkPurity(state: Building, { event }: PossibleEvent, step: Step, take: () => Step): void {
    const { purityEvery = 32 } = this.#options;
    if (purityEvery <= 0) return;
    const kind = `${state.control} ${event.type}`;
    const first = !this.#kinds.has(kind);
    if (first) this.#kinds.add(kind);
    else if (this.#edges.length % purityEvery !== 0) return;
    assertSameStep(this.#machine, state.control, event.type, step, take);
  }

  #attempt<T>(state: string, event: string, step: () => T): T {
    try {
      return step();
    } catch (error) {
      throw this.#threw(error, state, event);
    }
  }

  #threw(error: unknown, state: string, event: string): PathsError {
    if (error instanceof PathsError) return error;
    const what = error instanceof Error ? error.message : String(error);
    return new PathsError('THREW', what, { machine: this.#machine, state, event }, { cause: error });
  }
}

function sameAs(position: Position, before: Position | null): boolean {
  return (
    position.snapshot === before?.snapshot &&
    position.timers.length === before.timers.length &&
    position.finished.length === before.finished.length
  );
}
