/** Who takes part in a recording: its processes and actors, as they come to be known. */
import type {
  ActorLine,
  EndLine,
  ProcessRole,
  StepLine,
  TimedLine,
} from '../../../runtime/observe/recording/lines.js';
import { ActiveStates } from './active-states.js';
import type { ActorInfo, ActorKey, ProcessInfo } from './types.js';
import { actorKey, type Cast } from './world.js';

export class Participants implements Cast {
  readonly active = new ActiveStates();
  readonly actors: ActorInfo[] = [];
  readonly #byKey = new Map<ActorKey, ActorInfo>();
  readonly #moments = new Map<ActorKey, number[]>();
  readonly #processes = new Map<string, ProcessInfo>();
  #processList: readonly ProcessInfo[] = [];

  /** In the order in which they were first seen or spoken to. The same list until one is added. */
  get processes(): readonly ProcessInfo[] {
    return this.#processList;
  }

  actor(key: ActorKey): ActorInfo | undefined {
    return this.#byKey.get(key);
  }

  chartOf(key: ActorKey): string | null {
    return this.#byKey.get(key)?.chart ?? null;
  }

  partitionOf(key: ActorKey): number | null {
    return this.#byKey.get(key)?.partition ?? null;
  }

  momentsOf(key: ActorKey): readonly number[] {
    return this.#moments.get(key) ?? [];
  }

  meet(line: TimedLine, moment: number): void {
    if (line.t === 'process') {
      const { process: name, role, cluster, address } = line;
      const before = this.#processes.get(name);
      this.#enter({
        name,
        role,
        cluster: cluster ?? before?.cluster ?? told(name).cluster,
        address: address ?? before?.address ?? null,
      });
    } else if ('process' in line && line.process !== undefined) this.#suppose(line.process);
    if (line.t === 'send') this.#suppose(line.to);
    if (line.t === 'actor' || line.t === 'end' || line.t === 'step') this.#meetActor(line, moment);
  }

  #meetActor(line: ActorLine | EndLine | StepLine, moment: number): void {
    const key = actorKey(line.process, line.actor);
    const moments = this.#moments.get(key);
    if (moments === undefined) this.#moments.set(key, [moment]);
    else moments.push(moment);
    const known = this.#byKey.get(key);
    const began = line.t === 'actor' ? line : null;
    if (known !== undefined && (known.chart !== null || began === null)) return;
    const info: ActorInfo = {
      key,
      process: line.process,
      actor: line.actor,
      parent: began === null || began.parent === null ? null : actorKey(line.process, began.parent),
      chart: began === null ? chartOfEdges(line) : began.chart,
      partition: began?.partition ?? null,
      began: known?.began ?? moment,
    };
    this.#byKey.set(key, info);
    if (known === undefined) this.actors.push(info);
    else this.actors[this.actors.indexOf(known)] = info;
  }

  #suppose(process: string): void {
    if (!this.#processes.has(process)) this.#enter({ name: process, address: null, ...told(process) });
  }

  #enter(info: ProcessInfo): void {
    this.#processes.set(info.name, info);
    this.#processList = [...this.#processes.values()];
  }
}

/** What the name of a process tells: `<cluster> meta`, `<cluster> replica <n>`, `operator`, `client`. */
function told(name: string): { readonly role: ProcessRole; readonly cluster: string | null } {
  const [, cluster, role] = /^(.+) (meta|replica \d+)$/.exec(name) ?? [];
  if (cluster !== undefined) return { role: role === 'meta' ? 'meta' : 'replica', cluster };
  return { role: name === 'operator' || name === 'client' ? name : 'other', cluster: null };
}

/** Of an actor whose beginning was not recorded: transitions are named after their chart. */
function chartOfEdges(line: EndLine | StepLine | ActorLine): string | null {
  const edge = line.t === 'step' ? line.edges[0] : undefined;
  return edge === undefined ? null : (/^[^. ]+/.exec(edge)?.[0] ?? null);
}
