/**
 * The charts of one process: a chart and the charts it invokes or spawns, stepped purely together.
 *
 * What a chart sends to its parent or child arrives within the same step, in the order in which xstate
 * delivers it: at once, unless the receiver is in the middle of a step, then right after that.
 * Children that are no charts (a promise, a stream) are named to the host as effects `spawn` and `stop`.
 */
import type { AnyStateMachine, EventObject } from 'xstate';
import { positionText } from '../paths/position.js';
import { type Position, Stepper } from '../paths/stepper.js';

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
  readonly mail: EventObject[];
}

interface Run {
  readonly positions: Map<string, Position>;
  readonly actors: Map<string, Actor>;
  readonly effects: TroupeEffect[];
  readonly began: string[];
}

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
    const run = this.#run({});
    this.#begin(run, this.root, null, this.#machine, input);
    return this.#result(run);
  }

  /** @returns the state as it was if there is no such actor, as with an event to one that has ended */
  take(state: TroupeState, actor: string, event: EventObject): TroupeStep {
    const run = this.#run(state);
    this.#deliver(run, actor, event);
    return this.#result(run);
  }

  fire(state: TroupeState, { actor, id }: Pick<TroupeTimer, 'actor' | 'id'>): TroupeStep {
    const run = this.#run(state);
    const timer = state[actor]?.timers.find((each) => each.id === id);
    if (timer !== undefined) this.#deliver(run, actor, timer.event, id);
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

  #run(state: TroupeState): Run {
    const positions = new Map(Object.entries(state));
    const actors = new Map<string, Actor>();
    for (const name of positions.keys()) actors.set(name, newActor(this.#parents.get(name) ?? null));
    return { positions, actors, effects: [], began: [] };
  }

  #result({ positions, effects, began }: Run): TroupeStep {
    return { state: Object.fromEntries(positions), effects, began };
  }

  #begin(run: Run, name: string, parent: string | null, machine: AnyStateMachine, input: unknown): void {
    this.#machines.set(name, machine);
    if (parent !== null) this.#parents.set(name, parent);
    run.actors.set(name, newActor(parent));
    run.began.push(name);
    this.#busily(run, name, () => this.#stepperOf(machine).start(input));
  }

  #deliver(run: Run, name: string, event: EventObject, timer?: string): void {
    const actor = run.actors.get(name);
    if (actor === undefined) return;
    if (actor.busy) {
      actor.mail.push(event);
      return;
    }
    this.#step(run, name, event, timer);
  }

  #step(run: Run, name: string, event: EventObject, timer?: string): void {
    const machine = this.#machines.get(name);
    const position = run.positions.get(name);
    if (machine === undefined || position === undefined || position.snapshot.status !== 'active') return;
    this.#busily(run, name, () => this.#stepperOf(machine).take(position, event, timer));
  }

  #busily(run: Run, name: string, take: () => ReturnType<Stepper['start']>): void {
    const actor = run.actors.get(name);
    if (actor === undefined) return;
    actor.busy = true;
    const { position, effects } = take();
    run.positions.set(name, position);
    for (const effect of effects) this.#perform(run, name, actor.parent, effect);
    actor.busy = false;
    const next = actor.mail.shift();
    if (run.actors.get(name) !== actor) return;
    if (position.snapshot.status !== 'active') this.#end(run, name, actor, position);
    else if (next !== undefined) this.#step(run, name, next);
  }

  #perform(
    run: Run,
    name: string,
    parent: string | null,
    effect: ReturnType<Stepper['start']>['effects'][number],
  ): void {
    switch (effect.kind) {
      case 'send': {
        const to = effect.to === 'parent' ? parent : (effect.to ?? null);
        if (to !== null) this.#deliver(run, to, effect.params as EventObject);
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
    this.#deliver(run, parent, ended);
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

/** The state with an actor's context rewritten: how hosts keep numbers that only have to differ small. */
export function withContext<Context>(
  state: TroupeState,
  actor: string,
  rewrite: (context: Context) => Context,
): TroupeState {
  const position = state[actor];
  if (position === undefined) return state;
  const context = rewrite(position.snapshot.context as Context);
  if (context === position.snapshot.context) return state;
  return { ...state, [actor]: { ...position, snapshot: { ...position.snapshot, context } } };
}

/** An actor's context, undefined when it is not there. */
export function contextOf<Context>(state: TroupeState, actor: string): Context | undefined {
  return state[actor]?.snapshot.context as Context | undefined;
}
