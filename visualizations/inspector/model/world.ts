/** The state of everything, moved on line by line. */
import type {
  ActorLine,
  Json,
  PartitionState,
  ProcessLine,
  StepLine,
  TimedLine,
} from '../../../runtime/observe/recording/lines.js';
import type { ActiveStates } from './active-states.js';
import type { ActorKey, ActorState, ProcessState, WorldState } from './types.js';

export const NO_MAIL: ActorState['mail'] = { inbox: 0, outbox: 0, underWay: 0 };
const NO_CONTEXT: ActorState['context'] = {};
const NO_EDGES: readonly string[] = [];

/** What actors are made of, as far as their states depend on it. */
export interface Cast {
  /** Id of an actor's chart. */
  chartOf(actor: ActorKey): string | null;
  readonly active: ActiveStates;
}

export function actorKey(process: string, actor: string): ActorKey {
  return `${process}/${actor}`;
}

/** Key of a duplication: `riders/3`. */
export function duplicationKey(table: string, duplication: number): string {
  return `${table}/${duplication}`;
}

export class World {
  #moment = -1;
  #actors = new Map<ActorKey, ActorState>();
  #processes = new Map<string, ProcessState>();
  #explanations = new Map<string, Json>();
  #partitions = new Map<string, readonly PartitionState[]>();

  /** @param from what to go on from; it is not changed */
  constructor(from?: WorldState) {
    if (from === undefined) return;
    this.#moment = from.moment;
    this.#actors = new Map(from.actors);
    this.#processes = new Map(from.processes);
    this.#explanations = new Map(from.explanations);
    this.#partitions = new Map(from.partitions);
  }

  get moment(): number {
    return this.#moment;
  }

  /** Number of entries that a frozen copy has. */
  get size(): number {
    return this.#actors.size + this.#processes.size + this.#explanations.size + this.#partitions.size;
  }

  /** As it is now, without copying: only for a world that is not moved on any more. */
  get state(): WorldState {
    return {
      moment: this.#moment,
      actors: this.#actors,
      processes: this.#processes,
      explanations: this.#explanations,
      partitions: this.#partitions,
    };
  }

  /** A copy that stays as it is. */
  freeze(): WorldState {
    return new World(this.state).state;
  }

  apply(line: TimedLine, cast: Cast): void {
    this.#moment += 1;
    if ('process' in line && line.process !== undefined && line.t !== 'process') {
      this.#meet(line.process, line.at);
    }
    switch (line.t) {
      case 'process':
        this.#move(line);
        return;
      case 'actor':
        this.#begin(line, cast);
        return;
      case 'end': {
        const key = actorKey(line.process, line.actor);
        this.#actors.set(key, {
          ...(this.#actors.get(key) ?? unknownActor(line.at)),
          alive: false,
          status: line.status,
          mail: NO_MAIL,
        });
        return;
      }
      case 'step':
        this.#step(line, cast);
        return;
      case 'explain': {
        const key = explainedDuplication(line.explanation);
        if (key !== null) this.#explanations.set(key, line.explanation);
        return;
      }
      case 'partitions': {
        const key = duplicationKey(line.table, line.duplication);
        const partitions = [...(this.#partitions.get(key) ?? [])];
        for (let partition = partitions.length; partition < line.count; partition += 1) {
          partitions.push({ partition });
        }
        partitions.length = line.count;
        for (const state of line.changed) {
          if (state.partition < line.count) partitions[state.partition] = state;
        }
        this.#partitions.set(key, partitions);
        return;
      }
      default:
        return;
    }
  }

  /** A process that nobody announced is there from its first line on. */
  #meet(process: string, at: number): void {
    if (!this.#processes.has(process)) this.#processes.set(process, { up: true, what: 'up', sinceAt: at });
  }

  #move({ process, what, at }: ProcessLine): void {
    const up = what === 'up' || what === 'restarted';
    this.#processes.set(process, { up, what, sinceAt: at });
    if (up && what !== 'restarted') return;
    for (const [key, actor] of this.#actors) {
      if (actor.alive && key.startsWith(`${process}/`)) {
        this.#actors.set(key, { ...actor, alive: false, status: 'stopped', mail: NO_MAIL });
      }
    }
  }

  #begin(line: ActorLine, cast: Cast): void {
    const context = line.context;
    this.#actors.set(actorKey(line.process, line.actor), {
      alive: true,
      status: 'active',
      state: line.state,
      active: cast.active.of(line.chart, line.state),
      context: isRecord(context) ? context : NO_CONTEXT,
      sinceAt: line.at,
      lastStep: null,
      lastEdges: NO_EDGES,
      lastEvent: null,
      mail: line.mail ?? NO_MAIL,
    });
  }

  #step(line: StepLine, cast: Cast): void {
    const key = actorKey(line.process, line.actor);
    const before = this.#actors.get(key) ?? unknownActor(line.at);
    const moved = line.state !== undefined;
    this.#actors.set(key, {
      alive: before.alive,
      status: before.status,
      state: moved ? (line.state ?? null) : before.state,
      active: moved ? cast.active.of(cast.chartOf(key), line.state ?? null) : before.active,
      context: contextAfter(before.context, line),
      sinceAt: moved ? line.at : before.sinceAt,
      lastStep: this.#moment,
      lastEdges: line.edges,
      lastEvent: line.event,
      mail: line.mail ?? NO_MAIL,
    });
  }
}

function contextAfter(before: ActorState['context'], line: StepLine): ActorState['context'] {
  if (line.changes === undefined && line.removed === undefined) return before;
  const after: Record<string, Json> = { ...before, ...line.changes };
  for (const name of line.removed ?? []) delete after[name];
  return after;
}

/** Of an actor whose beginning was not recorded. */
function unknownActor(at: number): ActorState {
  return {
    alive: true,
    status: 'active',
    state: null,
    active: NO_EDGES,
    context: NO_CONTEXT,
    sinceAt: at,
    lastStep: null,
    lastEdges: NO_EDGES,
    lastEvent: null,
    mail: NO_MAIL,
  };
}

/** Key of the duplication that an explanation is about; null when it does not say. */
export function explainedDuplication(explanation: Json): string | null {
  if (!isRecord(explanation)) return null;
  const { table, duplicationId } = explanation;
  return typeof table === 'string' && typeof duplicationId === 'number'
    ? duplicationKey(table, duplicationId)
    : null;
}

export function isRecord(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
