/**
 * Folds the beginning of a long recording into the state at its end, as lines of a recording: every chart,
 * process and actor as if the recording began there. What led there is gone, and `gap` lines say so.
 */
import type {
  ActorLine,
  ExplainLine,
  Json,
  PartitionState,
  PartitionsLine,
  ProcessLine,
  RecordingLine,
  StepLine,
} from '../../../runtime/observe/recording/lines.js';

interface State {
  readonly charts: Map<string, RecordingLine>;
  readonly processes: Map<string, ProcessLine>;
  readonly actors: Map<string, ActorLine>;
  readonly explanations: Map<string, ExplainLine>;
  readonly partitions: Map<string, PartitionsLine>;
  readonly verdicts: RecordingLine[];
  /** Lines let go, by process. */
  readonly gone: Map<string, number>;
  at: number;
}

/**
 * @param folded what an earlier folding left of the lines before these
 * @example foldLines([], [actor, step, step]) // [actor with the state after both steps, gap]
 */
export function foldLines(folded: Iterable<RecordingLine>, lines: Iterable<RecordingLine>): RecordingLine[] {
  const state: State = {
    charts: new Map(),
    processes: new Map(),
    actors: new Map(),
    explanations: new Map(),
    partitions: new Map(),
    verdicts: [],
    gone: new Map(),
    at: 0,
  };
  for (const line of folded) fold(state, line);
  for (const line of lines) {
    if (line.t !== 'gap' && 'process' in line && line.process !== undefined) letGo(state, line.process, 1);
    fold(state, line);
  }
  const { at } = state;
  return [
    ...state.charts.values(),
    ...[...state.processes.values()].map((line) => ({ ...line, at })),
    ...[...state.actors.values()].map((line) => ({ ...line, at })),
    ...[...state.partitions.values()].map((line) => ({ ...line, at })),
    ...[...state.explanations.values()].map((line) => ({ ...line, at })),
    ...state.verdicts,
    ...[...state.gone].map(([process, count]) => ({
      t: 'gap' as const,
      at,
      process,
      lines: count,
      why: 'the run is long: its beginning was let go',
    })),
  ];
}

function fold(state: State, line: RecordingLine): void {
  if ('at' in line) state.at = Math.max(state.at, line.at);
  switch (line.t) {
    case 'chart':
      state.charts.set(line.chart, line);
      return;
    case 'process':
      state.processes.set(line.process, { ...state.processes.get(line.process), ...line });
      if (line.what !== 'up') endAll(state, line.process);
      return;
    case 'actor':
      state.actors.set(`${line.process}/${line.actor}`, { ...line, already: true });
      return;
    case 'end':
      state.actors.delete(`${line.process}/${line.actor}`);
      return;
    case 'step':
      step(state, line);
      return;
    case 'explain': {
      const { table, duplicationId } = line.explanation as Readonly<Record<string, Json>>;
      state.explanations.set(`${table}/${duplicationId}`, line);
      return;
    }
    case 'partitions':
      partitions(state, line);
      return;
    case 'verdict':
      state.verdicts.push(line);
      return;
    case 'gap':
      letGo(state, line.process, line.lines ?? 1);
      return;
    case 'send':
    case 'receive':
    case 'lost':
    case 'fault':
    case 'note':
      return;
  }
}

function letGo({ gone }: State, process: string, lines: number): void {
  gone.set(process, (gone.get(process) ?? 0) + lines);
}

/** A process that died took its actors with it; one that is up again begins with new ones. */
function endAll({ actors }: State, process: string): void {
  for (const [key, actor] of actors) {
    if (actor.process === process) actors.delete(key);
  }
}

function step({ actors }: State, line: StepLine): void {
  const key = `${line.process}/${line.actor}`;
  const before = actors.get(key);
  if (before === undefined) return;
  const context: Record<string, Json> = { ...(before.context as object), ...line.changes };
  for (const name of line.removed ?? []) delete context[name];
  actors.set(key, { ...before, state: line.state ?? before.state, context });
}

function partitions(state: State, line: PartitionsLine): void {
  const key = `${line.table}/${line.duplication}`;
  const known = new Map<number, PartitionState>();
  for (const each of [...(state.partitions.get(key)?.changed ?? []), ...line.changed]) {
    known.set(each.partition, { ...known.get(each.partition), ...each });
  }
  state.partitions.set(key, { ...line, changed: [...known.values()] });
}
