/**
 * The states that a counterexample went through, kept beside it: a counterexample itself is words and plain
 * data. From them each step can be taken once more, and what the charts did in it be seen.
 */
import type { Model, Move, Process } from './model.js';
import type { Counterexample } from './result.js';
import { movesOf, outcomesOf, type PlainState, type PlainStep } from './rules.js';
import type { TroupeState } from './troupe.js';
import { type TroupeRun, watchTroupes } from './troupe-watch.js';

/** A replay of a counterexample: the start, and every step of it and of its loop. */
export interface Replayed {
  readonly model: Model;
  readonly start: PlainState;
  readonly taken: readonly PlainStep[];
}

const replays = new WeakMap<Counterexample, Replayed>();

export function rememberReplay(counterexample: Counterexample, replayed: Replayed): Counterexample {
  replays.set(counterexample, replayed);
  return counterexample;
}

/** Undefined for one that was not found in this process, such as one that was read from a file. */
export function replayOf(counterexample: Counterexample): Replayed | undefined {
  return replays.get(counterexample);
}

/** What one hosted troupe went through in a step of its process. */
export interface HostedChange {
  /** As `Process.hosts` names it. */
  readonly name: string;
  readonly before: TroupeState | null;
  /** Null: it is hosted no more. */
  readonly after: TroupeState | null;
  /** How it came from the one to the other. */
  readonly runs: readonly TroupeRun[];
}

export interface StepSeenAgain {
  /** What kind of move it was; null for anything else. */
  readonly kind: Move<unknown>['kind'] | null;
  readonly hosted: readonly HostedChange[];
}

/** The start of a process, seen again. */
export function seeStart(process: Process, local: unknown): StepSeenAgain {
  const { result, runs } = watchTroupes(() => process.start());
  return {
    kind: null,
    hosted: hostedChanges(process, { before: null, given: local, local: result.local }, runs),
  };
}

/** Takes a step of a process again and watches its charts. */
export function seeAgain({ model }: Replayed, from: PlainState, step: PlainStep): StepSeenAgain {
  const process = model.processes[step.process];
  if (process === undefined) return { kind: null, hosted: [] };
  const before = from.locals[step.process];
  const given = step.to.locals[step.process];
  const { result, runs } = watchTroupes(() =>
    step.message === null ? movesOf(process, before) : outcomesOf(process, before, step.message),
  );
  const key = process.key(given);
  const taken = result.find(
    (each) =>
      (step.message !== null || (each as Move<unknown>).label === step.label) &&
      process.key(each.local) === key,
  );
  const hosted = hostedChanges(
    process,
    { before, given, local: taken?.local ?? given, label: step.label },
    runs,
  );
  return {
    kind: step.message === null && taken !== undefined ? (taken as Move<unknown>).kind : null,
    hosted,
  };
}

interface Passage {
  /** Null: the start. */
  readonly before: unknown;
  /** As the replay has it, and equal to it as it was seen again. */
  readonly given: unknown;
  readonly local: unknown;
  readonly label?: string;
}

function hostedChanges(
  process: Process,
  { before, given, local, label = '' }: Passage,
  runs: readonly TroupeRun[],
): HostedChange[] {
  const was = before === null ? {} : (process.hosts?.(before) ?? {});
  const is = process.hosts?.(local) ?? process.hosts?.(given) ?? {};
  return [...new Set([...Object.keys(was), ...Object.keys(is)])].map((name) => {
    const [from, to] = [was[name] ?? null, is[name] ?? null];
    return {
      name,
      before: from,
      after: to,
      runs: to === null ? lastOf(from, label, runs) : wayTo(to, from, runs),
    };
  });
}

/** The runs that led to a state, as far back as they were watched. */
function wayTo(state: TroupeState, from: TroupeState | null, runs: readonly TroupeRun[]): TroupeRun[] {
  const byResult = new Map(runs.map((run) => [run.to, run]));
  const way: TroupeRun[] = [];
  for (let at: TroupeState | null = state; at !== null && at !== from; ) {
    const run = byResult.get(at);
    if (run === undefined) break;
    way.unshift(run);
    at = run.from;
  }
  return way;
}

/**
 * The runs in which a troupe came to its end, which is why it is hosted no more. Nothing of its state is left
 * to go by: of several moves that end it, the one is meant that is a timer's or is not. A crash has no run.
 */
function lastOf(from: TroupeState | null, label: string, runs: readonly TroupeRun[]): TroupeRun[] {
  if (from === null || CRASHED.test(label)) return [];
  const endings = runs
    .filter(({ acts }) =>
      acts.some(({ parent, position }) => parent === null && position?.snapshot.status !== 'active'),
    )
    .map((run) => wayTo(run.to, from, runs))
    .filter((way) => way[0]?.from === from);
  const byTimer = label.startsWith('timer ');
  return endings.find((way) => (way[0]?.acts[0]?.from === 'timer') === byTimer) ?? endings[0] ?? [];
}

const CRASHED = /^crash/;
