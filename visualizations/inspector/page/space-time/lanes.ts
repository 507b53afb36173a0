/** What stands side by side: processes, whole clusters where they are folded, actors where they are unfolded. */
import type { RecordingIndex } from '../../model/recording-index.js';
import type { ActorKey, ProcessInfo } from '../../model/types.js';
import { inOrder } from './process-order.js';

/** Unfolded, a process shows so many of its actors; its own lane has the others. */
const MAX_ACTOR_LANES = 8;

export interface Lane {
  readonly key: string;
  readonly what: 'process' | 'cluster' | 'actor';
  /** Two short lines for its head. */
  readonly title: readonly [string, string];
  readonly cluster: string | null;
  /** Whose messages it has; none for an actor. */
  readonly processes: readonly string[];
  /** 1 to 8, for `--lane1` to `--lane8`. */
  readonly colour: number;
  /** Number of charts that can be unfolded. */
  readonly actors: number;
}

export interface Folding {
  /** Clusters drawn as one lane. */
  readonly folded: ReadonlySet<string>;
  /** Processes whose actors have lanes of their own. */
  readonly unfolded: ReadonlySet<string>;
}

export interface Lanes {
  readonly list: readonly Lane[];
  /** Place in the list of a process. */
  ofProcess(process: string): number | null;
  /** Place in the list of an actor: its own lane, or its process's. */
  ofActor(actor: ActorKey, process: string): number | null;
}

export function lanesOf(index: RecordingIndex, { folded, unfolded }: Folding): Lanes {
  const list: Lane[] = [];
  const processes = new Map<string, number>();
  const actors = new Map<ActorKey, number>();
  const clusters = new Map<string, number>();
  let colour = 0;
  for (const process of inOrder(index.processes)) {
    const { name, cluster } = process;
    const folding = cluster !== null && folded.has(cluster);
    const known = folding ? clusters.get(cluster) : undefined;
    if (known !== undefined) {
      processes.set(name, known);
      list[known] = { ...list[known]!, processes: [...list[known]!.processes, name] };
      continue;
    }
    const place = list.length;
    processes.set(name, place);
    if (folding) clusters.set(cluster, place);
    const charts = folding ? [] : chartsOf(index, name);
    const own = {
      cluster,
      processes: [name],
      colour: (colour++ % 8) + 1,
      actors: charts.length,
    };
    list.push(
      folding
        ? { ...own, key: `cluster ${cluster}`, what: 'cluster', title: [cluster, 'all'] }
        : { ...own, key: name, what: 'process', title: titleOf(process) },
    );
    if (!unfolded.has(name)) continue;
    for (const { key, actor } of charts.slice(0, MAX_ACTOR_LANES)) {
      actors.set(key, list.length);
      list.push({ ...own, key, what: 'actor', title: ['', shortName(actor)], processes: [], actors: 0 });
    }
  }
  return {
    list,
    ofProcess: (process) => processes.get(process) ?? null,
    ofActor: (actor, process) => actors.get(actor) ?? processes.get(process) ?? null,
  };
}

/** Charts of a process, those that do most first. */
function chartsOf(index: RecordingIndex, process: string) {
  return index.actors
    .filter((actor) => actor.process === process && actor.chart !== null)
    .sort((a, b) => index.momentsOf(b.key).length - index.momentsOf(a.key).length);
}

/** `duplication/1/followerTable` → `followerTable`; a number says nothing alone: `duplication/1`. */
function shortName(actor: string): string {
  const [last = actor, before] = actor.split('/').reverse();
  return before !== undefined && /^[\d.]+$/.test(last) ? `${before}/${last}` : last;
}

function titleOf({ name, cluster }: ProcessInfo): readonly [string, string] {
  return cluster !== null && name.startsWith(`${cluster} `)
    ? [cluster, name.slice(cluster.length + 1)]
    : ['', name];
}
