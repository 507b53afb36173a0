/** Turns what charts do into lines of a recording. */
import type {
  ChartWatcher,
  StepEnd,
  Watchable,
  WatchedActor,
  WatchedStep,
} from '../../../actors/chartWatcher.js';
import { bounded } from './bounded.js';
import type { Json, RecordedEvent, StateValue } from './lines.js';
import type { LineFacts, Recorder } from './recorder.js';

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
      if (step !== null) lines.push(stepFacts(actor, step));
      if (ended !== null) lines.push({ t: 'end', actor, status: ended });
      fill(...lines);
    };
  }
}

function stepFacts(actor: string, step: WatchedStep): LineFacts {
  const { event, from, edges, state, changes, removed, effects, guards, mail } = step;
  return {
    t: 'step',
    actor,
    // Its input is in the context that the actor begins with.
    event: event.type === 'xstate.init' ? { type: event.type } : (bounded(event) as RecordedEvent),
    from,
    edges,
    ...(state === undefined ? {} : { state: state as StateValue }),
    ...(changes === null ? {} : { changes: bounded(changes) as { readonly [key: string]: Json } }),
    ...(removed.length === 0 ? {} : { removed }),
    ...(effects.length === 0
      ? {}
      : { effects: effects.map(({ name, params }) => ({ name, ...paramsOf(params) })) }),
    ...(guards.length === 0
      ? {}
      : { guards: guards.map(({ guard, params, said }) => ({ guard, ...paramsOf(params), said })) }),
    ...(mail.inbox + mail.outbox + mail.underWay === 0 ? {} : { mail }),
  };
}

const paramsOf = (params: unknown): { readonly params?: Json } =>
  params === undefined ? {} : { params: bounded(params) };
