/**
 * Tells a watcher what the actors of one system do, from xstate's inspection.
 *
 * What has to be known about inspection: an actor's microsteps come while it works on an event, its
 * snapshot at the very end, when children it started and parents it told have already reported theirs. So a
 * step takes its place in the order of things with its first microstep. An actor that stops has no event of
 * its own but a status. An actor whose chart threw reports nothing at all; `settle` finds it.
 *
 * Inspection runs inside the chart that is inspected: whatever goes wrong here costs a step in what is told,
 * and never reaches the chart.
 */
import type { AnyActorRef, AnyMachineSnapshot, InspectionEvent } from 'xstate';
import { contextDifferences, sameState } from './chartDifferences.js';
import type {
  ActorEnd,
  ChartWatcher,
  LateStep,
  LostStep,
  StepEnd,
  Watchable,
  WatchedGuard,
  WatchedMail,
} from './chartWatcher.js';
import { type SelectedTransition, takenTransitions } from './takenTransitions.js';
import { transitionIds } from './transitionIds.js';

export interface ChartObserverOptions {
  readonly watcher: ChartWatcher;
  /** Under which name the root is told. */
  readonly name: string;
  /** The root; asked when it is needed, for inspection begins before it is made. */
  readonly root: () => AnyActorRef;
  /** Index of the partition that the whole system works for. */
  readonly partition?: number | undefined;
  /** Which actions are effects; default: every named one that is not xstate's own. */
  readonly isEffect?: (action: string) => boolean;
  readonly mail?: () => WatchedMail;
}

type Snapshot = Partial<AnyMachineSnapshot> & { readonly status: string; readonly input?: unknown };
type Microstep = InspectionEvent & {
  readonly snapshot: AnyMachineSnapshot;
  readonly _transitions: readonly SelectedTransition[];
};

/** What is known of one actor since it began, or since the watching began. */
interface Known {
  readonly name: string;
  /** Events that have come and are not taken yet, the oldest first, and whence. */
  readonly arrived: { readonly event: object; readonly from: string }[];
  /** As the watcher has it; null before the actor begins. */
  snapshot: Snapshot | null;
  /** Of the event it works on, as are those below. */
  microsteps: Microstep[];
  effects: { name: string; params: unknown }[];
  guards: WatchedGuard[];
  tell: StepEnd | null;
}

const NO_MAIL: WatchedMail = { inbox: 0, outbox: 0, underWay: 0 };
const NONE: readonly never[] = Object.freeze([]);
/** A chart that asks more guards than this in one step has its first ones told. */
const GUARDS_LIMIT = 64;
/** An event that is never taken, because its actor broke, is forgotten. */
const ARRIVED_LIMIT = 1_024;

export class ChartObserver implements Watchable {
  readonly #options: ChartObserverOptions;
  readonly #watcher: ChartWatcher;
  readonly #known = new Map<AnyActorRef, Known>();
  readonly #working = new Set<AnyActorRef>();
  /** Guards that were asked and whose step is not known yet, by the machine that asked. */
  readonly #asked = new Map<unknown, WatchedGuard[]>();
  /** Who posted the event that is being delivered from outside of the system. */
  #deliveringFrom = 'outside';

  constructor(options: ChartObserverOptions) {
    this.#options = options;
    this.#watcher = options.watcher;
    this.#watcher.join(this);
  }

  reportLiving(): void {
    for (const actor of this.#working) this.#loses(actor, 'the watching began in the middle of it');
    this.#known.clear();
    this.#working.clear();
    for (const asked of this.#asked.values()) asked.length = 0;
    const visit = (actor: AnyActorRef): void => {
      this.#carefully(actor, () => {
        const snapshot = actor.getSnapshot() as Snapshot | undefined;
        if (snapshot?.status !== 'active') return;
        this.#begin(actor, snapshot, true);
        for (const child of Object.values(snapshot.children ?? {})) visit(child as AnyActorRef);
      });
    };
    visit(this.#options.root());
  }

  /** Says who posted the event that `deliver` hands to the system. */
  delivering(from: string, deliver: () => void): void {
    const before = this.#deliveringFrom;
    this.#deliveringFrom = from;
    try {
      deliver();
    } finally {
      this.#deliveringFrom = before;
    }
  }

  /** Guards of a machine that also tell that they were asked and what they said; `of` names the machine. */
  watchedGuards(guards: Readonly<Record<string, unknown>>): {
    readonly guards: Readonly<Record<string, unknown>>;
    readonly of: (machine: unknown) => void;
  } {
    const asked: WatchedGuard[] = [];
    const watched: Record<string, unknown> = {};
    for (const [guard, test] of Object.entries(guards)) {
      // Composed ones ask others by name, and those are told.
      if (typeof test !== 'function' || 'check' in test) continue;
      watched[guard] = (args: unknown, params: unknown): boolean => {
        const said = Boolean(test(args, params));
        if (this.#watcher.watching && asked.length < GUARDS_LIMIT) {
          asked.push(params === undefined ? { guard, said } : { guard, params, said });
        }
        return said;
      };
    }
    return { guards: watched, of: (machine) => void this.#asked.set(machine, asked) };
  }

  inspect(event: InspectionEvent): void {
    if (!this.#watcher.watching) return;
    const actor = event.actorRef as AnyActorRef;
    // Several times for each step: a closure for each of them would cost as much as what is done here.
    try {
      this.#look(actor, event);
    } catch (error) {
      this.#failed(actor, error);
    }
  }

  #look(actor: AnyActorRef, event: InspectionEvent): void {
    switch (event.type) {
      case '@xstate.event':
        this.#arrives(actor, event.event, event.sourceRef as AnyActorRef | undefined);
        break;
      case '@xstate.microstep':
        this.#microstep(actor, event as unknown as Microstep);
        break;
      case '@xstate.action':
        this.#action(actor, event.action);
        break;
      case '@xstate.snapshot':
        this.#ends(actor, event.event, event.snapshot as Snapshot);
        break;
    }
  }

  /** Called when an event has been dealt with: a step that is open and has an error broke off. */
  settle(): void {
    for (const actor of this.#working) {
      this.#carefully(actor, () => {
        const snapshot = actor.getSnapshot() as Snapshot;
        if (snapshot.status === 'error') this.#ends(actor, { type: 'xstate.error' }, snapshot);
      });
    }
  }

  close(): void {
    this.#watcher.leave(this);
  }

  #arrives(actor: AnyActorRef, event: { readonly type: string }, source: AnyActorRef | undefined): void {
    const from =
      source === undefined ? this.#deliveringFrom : source === actor ? 'timer' : this.#of(source).name;
    const { arrived } = this.#of(actor);
    arrived.push({ event, from });
    if (arrived.length > ARRIVED_LIMIT) arrived.shift();
    if (event.type === 'xstate.init') this.#begin(actor, actor.getSnapshot() as Snapshot, false);
  }

  #begin(actor: AnyActorRef, snapshot: Snapshot, already: boolean): void {
    const known = this.#of(actor);
    const { partition } = this.#options;
    known.snapshot = snapshot;
    this.#watcher.actorStarted({
      actor: known.name,
      parent: actor._parent === undefined ? null : this.#of(actor._parent).name,
      chart: snapshot.machine?.id ?? null,
      state: snapshot.value ?? null,
      context: snapshot.machine === undefined ? snapshot.input : snapshot.context,
      ...(partition === undefined ? {} : { partition }),
      already,
    });
    if (!already) this.#opens(actor, known);
  }

  /** Its place in the order of things is taken here, ahead of what it causes. */
  #opens(actor: AnyActorRef, known: Known): void {
    if (known.tell !== null || known.snapshot === null) return;
    known.tell = this.#watcher.stepBegan();
    this.#working.add(actor);
  }

  #microstep(actor: AnyActorRef, microstep: Microstep): void {
    const known = this.#of(actor);
    this.#opens(actor, known);
    known.microsteps.push(microstep);
    const asked = this.#asked.get(microstep.snapshot.machine);
    if (asked !== undefined && asked.length > 0) {
      for (const each of asked) known.guards.push(each);
      asked.length = 0;
    }
  }

  #action(actor: AnyActorRef, { type, params }: { readonly type: string; readonly params: unknown }): void {
    const { isEffect = isNamed } = this.#options;
    if (!isEffect(type)) return;
    const known = this.#of(actor);
    this.#opens(actor, known);
    known.effects.push({ name: type, params });
  }

  #ends(actor: AnyActorRef, event: { readonly type: string }, snapshot: Snapshot): void {
    const known = this.#of(actor);
    this.#opens(actor, known);
    const { tell, snapshot: before } = known;
    const from = taken(known.arrived, event);
    const ended = snapshot.status === 'active' ? null : (snapshot.status as ActorEnd);
    let step: LateStep | LostStep | null;
    try {
      step = this.#stepOf(known, event, from, snapshot);
      known.snapshot = snapshot;
    } catch (error) {
      // What it changed is told by the next one, for that is compared with what has been told.
      step = { lost: error };
      known.snapshot = before;
    }
    this.#closes(actor, known);
    if (ended !== null) this.#known.delete(actor);
    tell?.(known.name, step, ended);
  }

  /** @returns null for what is no step of a chart's own */
  #stepOf(
    { snapshot: before, microsteps, effects, guards }: Known,
    event: { readonly type: string },
    from: string,
    snapshot: Snapshot,
  ): LateStep | null {
    const silent =
      snapshot.machine === undefined ||
      event.type === 'xstate.stop' ||
      (event.type === 'xstate.init' && effects.length === 0 && edgesOf(before, microsteps).length === 0);
    if (silent) return null;
    const mail = this.#options.mail?.() ?? NO_MAIL;
    return () => {
      const edges = edgesOf(before, microsteps);
      const state = sameState(before?.value, snapshot.value) ? undefined : snapshot.value;
      const { changes, removed } = contextDifferences(before?.context, snapshot.context);
      return { event, from, edges, state, changes, removed, effects, guards, mail };
    };
  }

  #closes(actor: AnyActorRef, known: Known): void {
    known.tell = null;
    known.microsteps = [];
    known.effects = [];
    known.guards = [];
    this.#working.delete(actor);
  }

  #carefully(actor: AnyActorRef, look: () => void): void {
    try {
      look();
    } catch (error) {
      this.#failed(actor, error);
    }
  }

  #failed(actor: AnyActorRef, error: unknown): void {
    try {
      this.#loses(actor, error);
    } catch {
      // The watcher itself is broken: there is nobody to tell.
    }
  }

  /** The place a step has taken must not stay empty: nothing after it would be told. */
  #loses(actor: AnyActorRef, why: unknown): void {
    const known = this.#known.get(actor);
    const tell = known?.tell ?? this.#watcher.stepBegan();
    if (known !== undefined) this.#closes(actor, known);
    tell(known?.name ?? this.#options.name, { lost: why }, null);
  }

  #of(actor: AnyActorRef): Known {
    let known = this.#known.get(actor);
    if (known === undefined) {
      const parent = actor._parent;
      const name = parent === undefined ? this.#options.name : `${this.#of(parent).name}/${actor.id}`;
      known = {
        ...{ name, arrived: [], snapshot: null, tell: null },
        ...{ microsteps: [], effects: [], guards: [] },
      };
      this.#known.set(actor, known);
    }
    return known;
  }
}

/** Ids of the transitions taken in some steps that follow each other. */
function edgesOf(before: Snapshot | null, microsteps: readonly Microstep[]): readonly string[] {
  const edges: string[] = [];
  let active = before?._nodes ?? NONE;
  for (const { snapshot, _transitions } of microsteps) {
    const ids = transitionIds(snapshot.machine);
    for (const transition of takenTransitions(_transitions, active)) {
      const id = ids.get(transition);
      if (id !== undefined) edges.push(id);
    }
    active = snapshot._nodes;
  }
  return edges;
}

/** Whence the event came that has been taken; those before it will not be any more. */
function taken(arrived: Known['arrived'], event: object): string {
  const [first] = arrived;
  if (first?.event === event) arrived.shift();
  else {
    const at = arrived.findIndex((one) => one.event === event);
    if (at < 0) return 'outside';
    return arrived.splice(0, at + 1).at(-1)?.from ?? 'outside';
  }
  return first.from;
}

const isNamed = (action: string): boolean => action !== '' && !/^(xstate\.|\(anonymous\)$)/.test(action);
