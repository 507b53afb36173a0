/** Actors of this process, of any XState 5 machine, recorded as the servers of a cluster record theirs. */
import { concat, defer, from, map, type Observable, Subject } from 'rxjs';
import type { AnyActorRef, AnyStateMachine, InspectionEvent } from 'xstate';
import { ChartObserver } from '../../actors/chartObserver.js';
import type { ChartWatcher } from '../../actors/chartWatcher.js';
import type { HeaderLine, Json, RecordingLine, TimedLine } from '../../runtime/observe/recording/lines.js';
import { RECORDING_VERSION } from '../../runtime/observe/recording/lines.js';
import { Recorder } from '../../runtime/observe/recording/recorder.js';
import { VERSION } from '../../runtime/version.js';
import { readChart } from '../diagrams/read-chart.js';
import type { InspectedRun } from './inspected-run.js';
import { ChartBook } from './serve/chart-book.js';

/** An actor that has thrown says so by its status only. */
const LOOK_FOR_ERRORS_MS = 500;
/** A program can make machines as it goes; of those beyond this many the page shows the names of states. */
const CHARTS_LIMIT = 256;

/** How far an actor is, which XState does not tell otherwise. */
interface Processing {
  readonly _processingStatus: 0 | 1 | 2;
}

export interface OwnActorsOptions {
  readonly title?: string | undefined;
  /** Name of the process in the recording. Default `this process`. */
  readonly process?: string | undefined;
}

/**
 * @example
 * const run = new OwnActors([createActor(machine)]);
 * await using server = await serveInspector({ run });
 */
export class OwnActors implements InspectedRun {
  readonly header: HeaderLine;
  readonly live = true;
  readonly lines$: Observable<RecordingLine>;
  readonly control = null;
  readonly #recorder: Recorder;
  readonly #book = new ChartBook();
  readonly #charts: RecordingLine[] = [];
  readonly #seen = new WeakSet<object>();
  readonly #new = new Subject<RecordingLine>();
  readonly #ends: (() => void)[] = [];

  /** @param actors roots of systems, started or not */
  constructor(actors: readonly AnyActorRef[], { title, process = 'this process' }: OwnActorsOptions = {}) {
    this.#recorder = new Recorder({ process, messages: false });
    const beganUs = this.#recorder.nowUs;
    const names = actors.map((actor, at) => nameOf(actor, at, actors)).join(', ');
    this.header = {
      t: 'recording',
      version: RECORDING_VERSION,
      source: 'live',
      title: title ?? names,
      madeBy: `bridle ${VERSION}`,
      beganUs,
      values: 'removed',
    };
    const timed = (line: TimedLine): TimedLine => ({ ...line, at: Math.max(0, line.at - beganUs) });
    const begun: TimedLine = { t: 'process', at: 0, process, what: 'up', role: 'other' };
    this.lines$ = concat(
      defer(() => from([begun, ...this.#charts, ...this.#recorder.living().map(timed)])),
      this.#new.pipe(map((line) => ('at' in line ? timed(line) : line))),
    );
    // Nobody has joined yet: the living are reported to whoever begins to look.
    this.#recorder.start();
    this.#recorder.listen((line) => this.#new.next(line));
    for (const [at, actor] of actors.entries()) this.#attach(actor, nameOf(actor, at, actors));
  }

  charts() {
    return this.#book.charts();
  }

  close(): void {
    for (const end of this.#ends) end();
    this.#recorder.listen(null);
    this.#recorder.stop();
    this.#new.complete();
  }

  #attach(actor: AnyActorRef, name: string): void {
    const started = () => (actor as unknown as Processing)._processingStatus > 0;
    const { charts } = this.#recorder;
    const observer = new ChartObserver({ watcher: joinedByOthers(charts), name, root: () => actor });
    // One that has not begun is no living one; its first event tells of it.
    const watchable = {
      reportLiving: () => {
        if (started()) observer.reportLiving();
      },
    };
    charts.join(watchable);
    const subscription = actor.system.inspect((event: InspectionEvent) => {
      observer.settle();
      this.#learn(event.actorRef as AnyActorRef);
      observer.inspect(event);
    });
    this.#learn(actor);
    const errors = setInterval(() => observer.settle(), LOOK_FOR_ERRORS_MS);
    errors.unref();
    this.#ends.push(() => {
      clearInterval(errors);
      subscription.unsubscribe();
      charts.leave(watchable);
    });
  }

  /** The chart of an actor, the first time one of its kind is met. */
  #learn(actor: AnyActorRef): void {
    const { logic } = actor as unknown as { readonly logic: object };
    if (this.#seen.has(logic) || this.#charts.length === CHARTS_LIMIT) return;
    this.#seen.add(logic);
    const { id } = logic as AnyStateMachine;
    try {
      if (!('root' in logic)) return;
      const diagram = readChart(logic as AnyStateMachine) as unknown as Json;
      this.#say({ t: 'chart', chart: id, diagram });
    } catch (error) {
      const text = `chart ${id} is not drawn: ${error instanceof Error ? error.message : String(error)}`;
      this.#say({ ...this.#recorder.line({ t: 'note', level: 'warn', text }) });
    }
  }

  #say(line: RecordingLine): void {
    this.#book.take(line);
    if (line.t === 'chart') this.#charts.push(line);
    this.#new.next(line);
  }
}

/** The observer is joined by whoever made it, under a condition. */
function joinedByOthers(watcher: ChartWatcher): ChartWatcher {
  return {
    get watching() {
      return watcher.watching;
    },
    join: () => {},
    leave: () => {},
    actorStarted: (actor) => watcher.actorStarted(actor),
    stepBegan: () => watcher.stepBegan(),
  };
}

/** The id of a root is `x:0` unless somebody gave it one; then its machine's says more. */
function nameOf(actor: AnyActorRef, at: number, all: readonly AnyActorRef[]): string {
  const { id } = actor as unknown as { readonly id: string };
  const { logic } = actor as unknown as { readonly logic: { readonly id?: string } };
  const name = /^x:\d+$/.test(id) ? (logic.id ?? id) : id;
  const same = all.slice(0, at).filter((other, i) => nameOf(other, i, all) === name).length;
  return same === 0 ? name : `${name} ${same + 1}`;
}
