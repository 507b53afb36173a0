/** The charts of a trace as lines of a recording: who began, what each took and became, who ended. */
import type { AnyStateMachine } from 'xstate';
import { bounded } from '../../../observe/recording/bounded.js';
import type {
  ActorLine,
  ChartLine,
  Json,
  RecordedEvent,
  RecordingLine,
  StateValue,
  StepLine,
} from '../../../observe/recording/lines.js';
import { originalOf } from '../../paths/chart.js';
import type { Position } from '../../paths/stepper.js';
import type { HostedChange } from '../replayed.js';
import type { TroupeState } from '../troupe.js';
import type { TroupeAct } from '../troupe-watch.js';

type Mutable<Line> = { -readonly [Key in keyof Line]: Line[Key] };
type Context = Readonly<Record<string, Json>>;

/** An actor as the lines have it. */
interface Known {
  readonly root: string;
  state: StateValue;
  context: Context;
  /** Its latest line, which a change that belongs to it is written into; the context is that before it. */
  latest: { readonly line: Mutable<ActorLine> | Mutable<StepLine>; readonly context: Context };
}

/** Where and when something happens. */
export interface Place {
  readonly process: string;
  readonly at: number;
  /** Who sent what the host hands to its charts. */
  readonly from: string;
}

export class ChartLines {
  /** One for each chart that was met, if somebody can tell what it looks like. */
  readonly charts: ChartLine[] = [];
  readonly #add: (line: RecordingLine) => void;
  readonly #diagramOf: ((machine: AnyStateMachine) => Json) | undefined;
  readonly #met = new Set<string>();
  readonly #known = new Map<string, Map<string, Known>>();

  constructor(
    add: (line: RecordingLine) => void,
    diagramOf: ((machine: AnyStateMachine) => Json) | undefined,
  ) {
    this.#add = add;
    this.#diagramOf = diagramOf;
  }

  /** What a hosted troupe went through. */
  follow(place: Place, { name, after, runs }: HostedChange): void {
    for (const { from, to, acts } of runs) {
      const names = new Map(from === null ? [] : actorsIn(name, from).map(({ key, actor }) => [key, actor]));
      for (const act of acts) this.#act(place, actorName(name, act.actor, act.parent, names), name, act);
      this.#reconcile(place, name, to);
    }
    if (after !== null) this.#reconcile(place, name, after);
    else this.#end(place, name, () => true);
  }

  /** Every actor of a process that died. */
  die(place: Place): void {
    const known = this.#known.get(place.process) ?? new Map<string, Known>();
    for (const root of new Set([...known.values()].map((each) => each.root)))
      this.#end(place, root, () => true);
  }

  #act(place: Place, actor: string, root: string, { position, event, parent, ...act }: TroupeAct): void {
    const { process, at } = place;
    if (position === null) {
      this.#end(place, root, (name) => name === actor);
      return;
    }
    if (event === null) {
      this.#begin(place, root, actor, parent === null ? null : parentName(actor), position);
      if (act.edges.length + effectsOf(act).length === 0) return;
    }
    const known = this.#of(process).get(actor);
    if (known === undefined) return;
    const effects = effectsOf(act);
    const line: Mutable<StepLine> = {
      t: 'step',
      at,
      process,
      actor,
      event: event === null ? { type: 'xstate.init' } : (bounded(event) as RecordedEvent),
      from: act.from === 'outside' ? place.from : act.from,
      edges: act.edges,
      ...(effects.length === 0 ? {} : { effects }),
      ...(act.guards.length === 0 ? {} : { guards: act.guards }),
    };
    this.#add(line);
    known.latest = { line, context: known.context };
    this.#become(known, position);
    const { status } = position.snapshot;
    if (status !== 'active') {
      this.#add({ t: 'end', at, process, actor, status });
      this.#of(process).delete(actor);
    }
  }

  #begin(
    { process, at }: Place,
    root: string,
    actor: string,
    parent: string | null,
    position: Position,
  ): void {
    const chart = this.#chartOf(position);
    const context = contextOf(position);
    const state = position.snapshot.value as StateValue;
    const { partition } = context;
    const line: ActorLine = {
      ...{ t: 'actor', at, process, actor, parent, chart, state, context },
      ...(typeof partition === 'number' ? { partition } : {}),
    };
    this.#add(line);
    this.#of(process).set(actor, { root, state, context, latest: { line, context } });
  }

  /** Brings the lines to a state: who is there and nobody told of, who is gone, and what the host changed. */
  #reconcile(place: Place, root: string, state: TroupeState): void {
    const actors = actorsIn(root, state);
    this.#end(place, root, (name) => !actors.some(({ actor }) => actor === name));
    for (const { actor, parent, position } of actors) {
      const known = this.#of(place.process).get(actor);
      if (known !== undefined) this.#changedByHost(place, actor, known, position);
      else if (position.snapshot.status === 'active') this.#begin(place, root, actor, parent, position);
    }
  }

  /** Hosts rewrite contexts, right after a step as a rule. */
  #changedByHost({ process, at }: Place, actor: string, known: Known, position: Position): void {
    const same = isEqual(known.state, position.snapshot.value) && isEqual(known.context, contextOf(position));
    if (same) return;
    if (known.latest.line.at !== at) {
      const event = { type: 'changed by its host' };
      const line: StepLine = { t: 'step', at, process, actor, event, from: 'outside', edges: [] };
      this.#add(line);
      known.latest = { line, context: known.context };
    }
    this.#become(known, position);
  }

  /** Writes what differs into the actor's latest line: the step that brought it. */
  #become(known: Known, position: Position): void {
    const state = position.snapshot.value as StateValue;
    const context = contextOf(position);
    const { line } = known.latest;
    if (line.t === 'actor') {
      line.state = state;
      line.context = context;
    } else {
      const { changes, removed } = difference(known.latest.context, context);
      if (!isEqual(state, known.state)) line.state = state;
      if (Object.keys(changes).length > 0) line.changes = changes;
      else delete line.changes;
      if (removed.length > 0) line.removed = removed;
      else delete line.removed;
    }
    known.state = state;
    known.context = context;
  }

  #end({ process, at }: Place, root: string, which: (actor: string) => boolean): void {
    for (const [actor, known] of [...this.#of(process)].reverse()) {
      if (known.root !== root || !which(actor)) continue;
      this.#add({ t: 'end', at, process, actor, status: 'stopped' });
      this.#of(process).delete(actor);
    }
  }

  #of(process: string): Map<string, Known> {
    let known = this.#known.get(process);
    if (known === undefined) {
      known = new Map();
      this.#known.set(process, known);
    }
    return known;
  }

  #chartOf({ snapshot }: Position): string {
    const { machine } = snapshot as unknown as { readonly machine: AnyStateMachine };
    if (!this.#met.has(machine.id)) {
      this.#met.add(machine.id);
      const diagram = this.#diagramOf?.(originalOf(machine));
      if (diagram !== undefined) this.charts.push({ t: 'chart', chart: machine.id, diagram });
    }
    return machine.id;
  }
}

/** A root goes by the name its host has for it, a child by its parent's and its own. */
function actorName(root: string, actor: string, parent: string | null, names: Map<string, string>): string {
  const name = parent === null ? root : `${names.get(parent) ?? root}/${actor}`;
  names.set(actor, name);
  return name;
}

const parentName = (actor: string): string => actor.slice(0, actor.lastIndexOf('/'));

interface ActorIn {
  /** Of the state. */
  readonly key: string;
  readonly actor: string;
  readonly parent: string | null;
  readonly position: Position;
}

/** Parents first. */
function actorsIn(root: string, state: TroupeState): ActorIn[] {
  const parentOf = (key: string): string | undefined =>
    Object.keys(state).find((other) => state[other]?.snapshot.children[key] !== undefined);
  const nameOf = (key: string): string => {
    const parent = parentOf(key);
    return parent === undefined ? root : `${nameOf(parent)}/${key}`;
  };
  return Object.entries(state)
    .map(([key, position]) => {
      const parent = parentOf(key);
      return { key, actor: nameOf(key), parent: parent === undefined ? null : nameOf(parent), position };
    })
    .sort((a, b) => a.actor.length - b.actor.length);
}

function contextOf({ snapshot }: Position): Context {
  const context = bounded(snapshot.context);
  return typeof context === 'object' && context !== null && !Array.isArray(context)
    ? (context as Context)
    : {};
}

function effectsOf({ effects }: Pick<TroupeAct, 'effects'>): { name: string; params: Json }[] {
  return effects.flatMap(({ kind, name, params }) =>
    kind === 'do' ? [{ name, params: bounded(params) }] : [],
  );
}

function difference(before: Context, after: Context): { changes: Context; removed: string[] } {
  const changes = Object.entries(after).filter(([key, value]) => !isEqual(value, before[key]));
  return {
    changes: Object.fromEntries(changes),
    removed: Object.keys(before).filter((key) => !(key in after)),
  };
}

const isEqual = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
