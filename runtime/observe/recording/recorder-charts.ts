/** Turns what charts do into lines of a recording. */
import type {
  ChartWatcher,
  LateStep,
  StepEnd,
  Watchable,
  WatchedActor,
  WatchedStep,
} from '../../../actors/chartWatcher.js';
import {
  bounded,
  boundedEventJson,
  boundedJson,
  boundedText,
  KEYS_LIMIT,
  messageOf,
  quoted,
  wholeBudget,
} from './bounded.js';
import type { StateValue } from './lines.js';
import type { Facts, LineFacts, Recorder } from './recorder.js';

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
      const lines: Facts[] = [];
      if (typeof step === 'function') lines.push(() => stepText(actor, step));
      else if (step !== null) lines.push(gap(actor, step.lost));
      if (ended !== null) lines.push({ t: 'end', actor, status: ended });
      fill(...lines);
    };
  }
}

/** A place that was taken is always filled: whoever listens gets nothing that comes after it before. */
const gap = (actor: string, why: unknown): LineFacts => ({
  t: 'gap',
  lines: 1,
  why: `a step of ${actor} could not be recorded: ${messageOf(why)}`,
});

function stepText(actor: string, step: LateStep): string {
  try {
    return textOfStep(actor, step());
  } catch (error) {
    return JSON.stringify(gap(actor, error)).slice(0, -1);
  }
}

/** A `step` line, up to its time. Written by hand, for it is done for every step. */
function textOfStep(actor: string, step: WatchedStep): string {
  const { event, from, edges, state, changes, removed, effects, guards, mail } = step;
  const budget = wholeBudget();
  // Its input is in the context that the actor begins with.
  const told = event.type === 'xstate.init' ? '{"type":"xstate.init"}' : boundedEventJson(event);
  let text = `{"t":"step","actor":${quoted(actor)},"event":${told},"from":${quoted(from)}`;
  text += `,"edges":${listOf(edges, EDGES_LIMIT, quoted)}`;
  if (state !== undefined) text += `,"state":${JSON.stringify(state)}`;
  if (changes !== null) text += `,"changes":${boundedJson(changes)}`;
  if (removed.length > 0) {
    text += `,"removed":${listOf(removed, KEYS_LIMIT, (key) => quoted(boundedText(key)))}`;
  }
  const paramsOf = (params: unknown): string =>
    params === undefined ? '' : `,"params":${boundedJson(params, budget)}`;
  if (effects.length > 0) {
    text += `,"effects":${listOf(effects, EFFECTS_LIMIT, ({ name, params }) => `{"name":${quoted(name)}${paramsOf(params)}}`)}`;
  }
  if (guards.length > 0) {
    text += `,"guards":${listOf(guards, guards.length, ({ guard, params, said }) => `{"guard":${quoted(guard)}${paramsOf(params)},"said":${said}}`)}`;
  }
  const { inbox, outbox, underWay } = mail;
  if (inbox + outbox + underWay > 0) {
    text += `,"mail":{"inbox":${inbox},"outbox":${outbox},"underWay":${underWay}}`;
  }
  return text;
}

function listOf<T>(values: readonly T[], limit: number, jsonOf: (value: T) => string): string {
  let json = '';
  for (let at = 0; at < values.length && at < limit; at++) {
    json += (at === 0 ? '' : ',') + jsonOf(values[at] as T);
  }
  return `[${json}]`;
}
