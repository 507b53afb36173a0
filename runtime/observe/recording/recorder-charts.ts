/** Turns what charts do into lines of a recording. */
import type {
  ChartWatcher,
  LostStep,
  StepEnd,
  Watchable,
  WatchedActor,
  WatchedStep,
} from '../../../actors/chartWatcher.js';
import { bounded, boundedEvent, boundedText, KEYS_LIMIT, messageOf, wholeBudget } from './bounded.js';
import type { Json, StateValue } from './lines.js';
import type { LineFacts, Recorder } from './recorder.js';

type StepFacts = LineFacts & { readonly t: 'step' };
type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** Of one step; our charts take and ask for a handful, and a chart that spins would fill a line by itself. */
const EDGES_LIMIT = 256;
const EFFECTS_LIMIT = 256;

/** The watcher of a process's charts. */
export interface ChartRecorder extends ChartWatcher {
  /** Writes an `actor` line for every actor that lives. */
  reportLiving(): void;
}

export function chartRecorder(recorder: Recorder): ChartRecorder {
  return new Charts(recorder);
}

class Charts implements ChartRecorder {
  readonly #recorder: Recorder;
  readonly #hosts = new Set<Watchable>();

  constructor(recorder: Recorder) {
    this.#recorder = recorder;
  }

  get watching(): boolean {
    return this.#recorder.on;
  }

  join(host: Watchable): void {
    this.#hosts.add(host);
  }

  leave(host: Watchable): void {
    this.#hosts.delete(host);
  }

  reportLiving(): void {
    for (const host of this.#hosts) host.reportLiving();
  }

  actorStarted({ state, context, already, ...actor }: WatchedActor): void {
    this.#recorder.add({
      t: 'actor',
      ...actor,
      state: state as StateValue | null,
      context: bounded(context),
      ...(already ? { already } : {}),
    });
  }

  stepBegan(): StepEnd {
    const fill = this.#recorder.reserve();
    return (actor, step, ended) => {
      const lines: LineFacts[] = [];
      if (step !== null) lines.push(stepOrGap(actor, step));
      if (ended !== null) lines.push({ t: 'end', actor, status: ended });
      fill(...lines);
    };
  }
}

/** A place that was taken is always filled: whoever listens gets nothing that comes after it before. */
function stepOrGap(actor: string, step: WatchedStep | LostStep): LineFacts {
  if ('lost' in step) return gap(actor, messageOf(step.lost));
  try {
    return stepFacts(actor, step);
  } catch (error) {
    return gap(actor, messageOf(error));
  }
}

const gap = (actor: string, why: string): LineFacts => ({
  t: 'gap',
  lines: 1,
  why: `a step of ${actor} could not be recorded: ${why}`,
});

/** Field by field, for it is done for every step: copying what spreads into an object costs more than the rest. */
function stepFacts(actor: string, step: WatchedStep): LineFacts {
  const { event, from, edges, state, changes, removed, effects, guards, mail } = step;
  const budget = wholeBudget();
  const facts: Writable<StepFacts> = {
    t: 'step',
    actor,
    // Its input is in the context that the actor begins with.
    event: event.type === 'xstate.init' ? { type: event.type } : boundedEvent(event),
    from,
    edges: edges.length <= EDGES_LIMIT ? edges : edges.slice(0, EDGES_LIMIT),
  };
  if (state !== undefined) facts.state = state as StateValue;
  if (changes !== null) facts.changes = bounded(changes) as { readonly [key: string]: Json };
  if (removed.length > 0) facts.removed = removed.slice(0, KEYS_LIMIT).map(boundedText);
  if (effects.length > 0) {
    const told = effects.length <= EFFECTS_LIMIT ? effects : effects.slice(0, EFFECTS_LIMIT);
    facts.effects = told.map(({ name, params }) =>
      params === undefined ? { name } : { name, params: bounded(params, budget) },
    );
  }
  if (guards.length > 0) {
    facts.guards = guards.map(({ guard, params, said }) =>
      params === undefined ? { guard, said } : { guard, params: bounded(params, budget), said },
    );
  }
  if (mail.inbox + mail.outbox + mail.underWay > 0) facts.mail = mail;
  return facts;
}
