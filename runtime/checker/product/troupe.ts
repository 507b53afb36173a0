/**
 * The charts of one process: a chart and the charts it invokes or spawns, stepped purely together.
 *
 * What a chart sends to its parent or child arrives within the same step, in the order in which xstate
 * delivers it: at once, unless the receiver is in the middle of a step, then right after that.
 * Children that are no charts (a promise, a stream) are named to the host as effects `spawn` and `stop`.
 */
import type { AnyStateMachine, EventObject } from 'xstate';
import { positionText } from '../paths/position.js';
import { type Position, type Step, Stepper } from '../paths/stepper.js';
import { isWatched, namesOf, noteRun, type TroupeAct } from './troupe-watch.js';

export { contextOf, withContext } from './troupe-context.js';

/** Every chart at rest, by name: the machine's id for the first, the child's id for the others. */
export type TroupeState = Readonly<Record<string, Position>>;

/** What a chart asks its host for. */
export interface TroupeEffect {
  /** Who asks: a key of the state. */
  readonly actor: string;
  /** Name of the action; `spawn` and `stop` of a child that is no chart. */
  readonly name: string;
  /** Parameters of the action; of `spawn` and `stop` `{ id, input }`. */
  // biome-ignore lint/suspicious/noExplicitAny: the host knows the parameters of each effect by its name
  readonly params: any;
}

export interface TroupeStep {
  readonly state: TroupeState;
  readonly effects: readonly TroupeEffect[];
  /** Children that began in this step, which may have replaced one of the same name. */
  readonly began: readonly string[];
}

export interface TroupeTimer {
  readonly actor: string;
  readonly id: string;
  /** Under `delays`, e.g. `requestDeadline`. */
  readonly delay: string;
  /** `timer requestDeadline of followerTable.asking.looking` */
  readonly label: string;
}

export interface TroupeOptions {
  /** Children that are left out: they are never started, and what is sent to them is dropped. */
  readonly without?: readonly string[];
}

interface Actor {
  readonly parent: string | null;
  busy: boolean;
  readonly mail: Delivery[];
}

/** An event for a chart, and whence: see `TroupeAct.from`. */
interface Delivery {
  readonly event: EventObject;
  readonly from: string;
  /** Id of the timer that fired. */
  readonly timer?: string;
}

interface Run {
  readonly from: TroupeState | null;
  readonly positions: Map<string, Position>;
  readonly actors: Map<string, Actor>;
  readonly effects: TroupeEffect[];
  readonly began: string[];
  /** Null: nobody watches. */
  readonly acts: TroupeAct[] | null;
}

const OUTSIDE = 'outside';
const AFTER = /^xstate\.after\.(.+?)\.([^.]+(?:\..*)?)$/;

/**
 * @example
 * const troupe = new Troupe(duplication, { without: ['watchdog'] });
 * let { state, effects } = troupe.start(input);
 * ({ state, effects } = troupe.take(state, 'followerTable', reply));
 */
export class Troupe {
  readonly root: string;
  readonly #without: ReadonlySet<string>;
  readonly #steppers = new Map<AnyStateMachine, Stepper>();
  readonly #machine: AnyStateMachine;
  /** Which machine a child runs; a name stands for one machine. */
  readonly #machines = new Map<string, AnyStateMachine>();
  readonly #parents = new Map<string, string>();

  constructor(machine: AnyStateMachine, { without = [] }: TroupeOptions = {}) {
    this.#machine = machine;
    this.root = machine.id;
    this.#machines.set(machine.id, machine);
    this.#without = new Set(without);
  }

  start(input: unknown): TroupeStep {
    const run = this.#run(null);
    this.#begin(run, this.root, null, this.#machine, input);
    return this.#result(run);
  }

  /** @returns the state as it was if there is no such actor, as with an event to one that has ended */
  take(state: TroupeState, actor: string, event: EventObject): TroupeStep {
    const run = this.#run(state);
    this.#deliver(run, actor, { event, from: OUTSIDE });
    return this.#result(run);
  }

  fire(state: TroupeState, { actor, id }: Pick<TroupeTimer, 'actor' | 'id'>): TroupeStep {
    const run = this.#run(state);
    const timer = state[actor]?.timers.find((each) => each.id === id);
    if (timer !== undefined) this.#deliver(run, actor, { event: timer.event, from: 'timer', timer: id });
    return this.#result(run);
  }

  timers(state: TroupeState): readonly TroupeTimer[] {
    return Object.keys(state)
      .sort()
      .flatMap((actor) =>
        (state[actor]?.timers ?? []).map(({ id, event }) => {
          const [, delay = event.type, place = actor] = AFTER.exec(event.type) ?? [];
          return { actor, id, delay, label: `timer ${delay} of ${place}` };
        }),
      );
  }

  /** Text that tells states apart. @throws PathsError UNSERIALISABLE */
  key(state: TroupeState): string {
    return Object.keys(state)
      .sort()
      .map((actor) => `${actor}=${this.#textOf(actor, state[actor])}`)
      .join('§');
  }

  /** The active leaves of every chart, e.g. `DS_PREPARE.creatingFollower`. */
  leaves(state: TroupeState, actor = this.root): readonly string[] {
    const nodes = state[actor]?.snapshot._nodes ?? [];
    return nodes
      .filter(({ type }) => type === 'atomic' || type === 'final')
      .sort((a, b) => a.order - b.order)
      .map(({ path }) => path.join('.'));
  }

  #textOf(actor: string, position: Position | undefined): string {
    return position === undefined ? '' : positionText(actor, position, TEXTS);
  }

  #run(from: TroupeState | null): Run {
    const positions = new Map(Object.entries(from ?? {}));
    const actors = new Map<string, Actor>();
    for (const name of positions.keys()) actors.set(name, newActor(this.#parents.get(name) ?? null));
    return { from, positions, actors, effects: [], began: [], acts: isWatched() ? [] : null };
  }

  #result({ from, positions, effects, began, acts }: Run): TroupeStep {
    const state = Object.fromEntries(positions);
    if (acts !== null) noteRun({ from, to: state, acts });
    return { state, effects, began };
  }

  #begin(run: Run, name: string, parent: string | null, machine: AnyStateMachine, input: unknown): void {
    this.#machines.set(name, machine);
    if (parent !== null) this.#parents.set(name, parent);
    run.actors.set(name, newActor(parent));
    run.began.push(name);
    this.#busily(run, name, machine, null, (stepper) => stepper.start(input));
  }

  #deliver(run: Run, name: string, delivery: Delivery): void {
    const actor = run.actors.get(name);
    if (actor === undefined) return;
    if (actor.busy) {
      actor.mail.push(delivery);
      return;
    }
    this.#step(run, name, delivery);
  }

  #step(run: Run, name: string, delivery: Delivery): void {
    const machine = this.#machines.get(name);
    const position = run.positions.get(name);
    if (machine === undefined || position === undefined || position.snapshot.status !== 'active') return;
    const { event, timer } = delivery;
    this.#busily(run, name, machine, delivery, (stepper) => stepper.take(position, event, timer));
  }

  #busily(
    run: Run,
    name: string,
    machine: AnyStateMachine,
    cause: Delivery | null,
    take: (stepper: Stepper) => Step,
  ): void {
    const actor = run.actors.get(name);
    if (actor === undefined) return;
    actor.busy = true;
    const stepper = this.#stepperOf(machine);
    const step = take(stepper);
    const { position, effects } = step;
    run.positions.set(name, position);
    run.acts?.push({
      actor: name,
      parent: actor.parent,
      machine,
      event: cause?.event ?? null,
      from: cause?.from ?? actor.parent ?? OUTSIDE,
      position,
      effects,
      ...namesOf(stepper.instrumented, step),
    });
    for (const effect of effects) this.#perform(run, name, actor.parent, effect);
    actor.busy = false;
    const next = actor.mail.shift();
    if (run.actors.get(name) !== actor) return;
    if (position.snapshot.status !== 'active') this.#end(run, name, actor, position);
    else if (next !== undefined) this.#step(run, name, next);
  }

  #perform(run: Run, name: string, parent: string | null, effect: Step['effects'][number]): void {
    switch (effect.kind) {
      case 'send': {
        const to = effect.to === 'parent' ? parent : (effect.to ?? null);
        if (to !== null) this.#deliver(run, to, { event: effect.params as EventObject, from: name });
        return;
      }
      case 'spawn': {
        if (this.#without.has(effect.name)) return;
        const machine = this.#childMachine(run, name, effect.name);
        if (machine !== null) this.#begin(run, effect.name, name, machine, effect.params);
        else
          run.effects.push({ actor: name, name: 'spawn', params: { id: effect.name, input: effect.params } });
        return;
      }
      case 'stop':
        if (this.#without.has(effect.name)) return;
        // A chart that has come to its end is gone already.
        if (this.#machines.has(effect.name)) {
          this.#noteStop(run, effect.name, name);
          run.positions.delete(effect.name);
          run.actors.delete(effect.name);
        } else run.effects.push({ actor: name, name: 'stop', params: { id: effect.name } });
        return;
      case 'do':
        run.effects.push({ actor: name, name: effect.name, params: effect.params });
        return;
      case 'emit':
        return;
    }
  }

  /** A child at its end is gone, and its parent hears of it; the first chart stays where it ended. */
  #end(run: Run, name: string, { parent }: Actor, { snapshot }: Position): void {
    if (parent === null) return;
    run.positions.delete(name);
    run.actors.delete(name);
    const ended: EventObject & Record<string, unknown> =
      snapshot.status === 'done'
        ? { type: `xstate.done.actor.${name}`, actorId: name, output: snapshot.output }
        : { type: `xstate.error.actor.${name}`, actorId: name, error: snapshot.error };
    this.#deliver(run, parent, { event: ended, from: name });
  }

  #noteStop(run: Run, actor: string, parent: string): void {
    const machine = this.#machines.get(actor);
    if (machine === undefined || !run.positions.has(actor)) return;
    const nothing = { event: null, position: null, edges: [], guards: [], effects: [] };
    run.acts?.push({ actor, parent, machine, from: parent, ...nothing });
  }

  #childMachine(run: Run, parent: string, id: string): AnyStateMachine | null {
    const source = run.positions.get(parent)?.snapshot.children[id]?.src;
    const machine = this.#machines.get(parent);
    const logic = typeof source === 'string' ? machine?.implementations.actors[source] : source;
    return isMachineLogic(logic) ? logic : null;
  }

  #stepperOf(machine: AnyStateMachine): Stepper {
    let stepper = this.#steppers.get(machine);
    if (stepper === undefined) {
      stepper = new Stepper(machine);
      this.#steppers.set(machine, stepper);
    }
    return stepper;
  }
}

const TEXTS: WeakMap<object, string> = new WeakMap();

const newActor = (parent: string | null): Actor => ({ parent, busy: false, mail: [] });

function isMachineLogic(logic: unknown): logic is AnyStateMachine {
  return typeof logic === 'object' && logic !== null && 'root' in logic && 'provide' in logic;
}
