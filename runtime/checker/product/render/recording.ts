/**
 * A counterexample as a recording, for the inspector: the same lines as of a live run, with the numbers of
 * steps as times.
 *
 *   TraceStep ──► process, receive, lost, fault │ what the process did, in words │ what its charts did │ send
 */
import type { AnyStateMachine } from 'xstate';
import { bounded } from '../../../observe/recording/bounded.js';
import type {
  HeaderLine,
  Json,
  ProcessRole,
  RecordingLine,
  SendLine,
} from '../../../observe/recording/lines.js';
import { RECORDING_VERSION } from '../../../observe/recording/lines.js';
import { VERSION } from '../../../version.js';
import type { Message } from '../model.js';
import { type Replayed, replayOf, type StepSeenAgain, seeAgain, seeStart } from '../replayed.js';
import type { CheckResult, Counterexample, TraceStep, Verdict } from '../result.js';
import { ChartLines } from './recording-charts.js';
import { MessagesOnTheWay } from './recording-messages.js';
import { messageInWords } from './words.js';

export interface CounterexampleRecordingOptions {
  /** Default: property and model. */
  readonly title?: string;
  /** What charts look like, e.g. `readChart` of `bridle/diagrams`. Left out, the recording does not say. */
  readonly diagramOf?: (machine: AnyStateMachine) => unknown;
}

export interface RecordedCounterexample {
  readonly header: HeaderLine;
  readonly lines: readonly RecordingLine[];
}

/** The actor that stands for what a process says of itself; charts have names of their own. */
export const PROCESS_ACTOR = 'process';

/**
 * Charts are shown if the counterexample was found by this process and the model names them, see
 * `Process.hosts`. Each process also tells its state in words, as an actor without a chart.
 *
 * @param verdict one with a counterexample
 * @throws RangeError for one without
 * @example
 * const result = await check(model);
 * const { header, lines } = counterexampleAsRecording(result, result.verdicts[0]!);
 */
export function counterexampleAsRecording(
  result: Pick<CheckResult, 'model'>,
  verdict: Verdict,
  options: CounterexampleRecordingOptions = {},
): RecordedCounterexample {
  const { property, counterexample } = verdict;
  if (counterexample === null) throw new RangeError(`${property} has no counterexample`);
  const { title = `${property} of ${result.model}` } = options;
  const header: HeaderLine = {
    ...{ t: 'recording', version: RECORDING_VERSION, source: 'counterexample', title },
    ...{ madeBy: `bridle ${VERSION}`, beganUs: null, values: 'removed' },
  };
  return { header, lines: new Writer(counterexample, options).write(verdict) };
}

class Writer {
  readonly #counterexample: Counterexample;
  readonly #replayed: Replayed | undefined;
  readonly #lines: RecordingLine[] = [];
  readonly #messages = new MessagesOnTheWay();
  readonly #charts: ChartLines;
  readonly #down = new Set<string>();
  readonly #met = new Set<string>();
  #words: Readonly<Record<string, string>> = {};
  /** Number of the step. */
  #at = 0;

  constructor(counterexample: Counterexample, { diagramOf }: CounterexampleRecordingOptions) {
    this.#counterexample = counterexample;
    this.#replayed = replayOf(counterexample);
    this.#charts = new ChartLines(
      (line) => this.#lines.push(line),
      diagramOf === undefined ? undefined : (machine) => diagramOf(machine) as Json,
    );
  }

  write(verdict: Verdict): readonly RecordingLine[] {
    const { steps, loop, why } = this.#counterexample;
    for (const [at, step] of [...steps, ...(loop ?? [])].entries()) {
      this.#at = at;
      if (step.what === 'start') this.#start(step);
      else this.#step(step, this.#seen(at));
      this.#settle(step);
      this.#words = step.after;
    }
    const at = this.#at;
    if (loop !== null && loop.length === 0) {
      this.#lines.push({ t: 'note', at, level: 'warn', text: 'from here nothing more happens, for ever' });
    }
    this.#lines.push({
      ...{ t: 'verdict', at, property: verdict.property, verdict: verdict.verdict, why },
      ...(loop === null ? {} : { loopFrom: Math.min(steps.length, at) }),
    });
    return [...this.#charts.charts, ...this.#lines];
  }

  #start(step: TraceStep): void {
    const at = 0;
    for (const process of Object.keys(step.after)) this.#meet(process);
    for (const [process, words] of Object.entries(step.after)) {
      const actor = PROCESS_ACTOR;
      const context = { words };
      this.#lines.push({ t: 'actor', at, process, actor, parent: null, chart: null, state: words, context });
    }
    const { model, start } = this.#replayed ?? {};
    for (const [index, process] of (model?.processes ?? []).entries()) {
      const { hosted } = seeStart(process, start?.locals[index]);
      for (const change of hosted)
        this.#charts.follow({ process: process.name, at, from: 'outside' }, change);
    }
    for (const message of step.sends) this.#send(message);
  }

  #step(step: TraceStep, seen: StepSeenAgain): void {
    const { process, what, label, message } = step;
    if (message !== null && (what === 'lose' || what === 'delay')) {
      this.#byNetwork(what, message);
      return;
    }
    const from =
      message?.from ?? (seen.kind === 'effect' ? label : seen.kind === 'timer' ? 'timer' : 'outside');
    const place = { process, at: this.#at, from };
    if (message !== null) this.#arrive(step, message);
    else this.#cause(place, label, seen);
    this.#inWords(step, from, seen);
    for (const change of seen.hosted) this.#charts.follow(place, change);
    for (const sent of step.sends) this.#send(sent);
  }

  #byNetwork(what: 'lose' | 'delay', message: Message): void {
    const at = this.#at;
    const { id } = this.#messages.take(message, what === 'lose' ? 'gone' : 'delayed');
    if (what === 'lose') {
      this.#lines.push({ t: 'lost', at, id, why: 'the network loses it' });
      return;
    }
    const sent = this.#lines.findIndex((line) => line.t === 'send' && line.id === id);
    this.#lines[sent] = { ...(this.#lines[sent] as SendLine), fate: 'delayed' };
    const text = `${messageInWords(message)} of ${message.from} is delayed`;
    this.#lines.push({ t: 'note', at, process: message.to, level: 'info', text });
  }

  #arrive({ process, what, sends, after }: TraceStep, message: Message): void {
    const at = this.#at;
    const stays = what === 'receive a copy';
    const { id, arrived } = this.#messages.take(message, stays ? 'copy' : 'gone');
    const unheard = this.#down.has(process) && sends.length === 0 && after[process] === this.#words[process];
    if (!unheard)
      this.#lines.push({ t: 'receive', at, id, process, ...(stays || arrived ? { copy: true } : {}) });
    else if (stays) this.#note(`a copy of ${messageInWords(message)} finds nobody`, process);
    else this.#lines.push({ t: 'lost', at, id, why: `${process} is down` });
  }

  /** What happens to a process, rather than what it does: it dies, something fails, an operator asks. */
  #cause(place: { process: string; at: number; from: string }, label: string, { kind }: StepSeenAgain): void {
    const { process, at } = place;
    const role = roleOf(process);
    if (/^crash( and restart)?$/.test(label)) {
      this.#lines.push({ t: 'process', at, process, what: 'died', role, why: 'crash' });
      this.#charts.die(place);
      this.#down.add(process);
    }
    if (/(^| and )restart$/.test(label)) {
      this.#lines.push({ t: 'process', at, process, what: 'restarted', role });
      this.#down.delete(process);
    } else if (kind === 'fault' && label !== 'crash')
      this.#lines.push({ t: 'fault', at, what: label, process });
    if (kind === 'operator' && role !== 'operator') this.#ask(process, label);
  }

  /** An operator who is no process of the model asks, and is heard within the step. */
  #ask(process: string, label: string): void {
    const at = this.#at;
    this.#meet('operator');
    const kind = label.replace(/^operator: /, '');
    const id = `request ${at}`;
    this.#lines.push({ t: 'send', at, id, process: 'operator', to: process, kind, what: 'message' });
    this.#lines.push({ t: 'receive', at, id, process });
  }

  #inWords({ process, what, label, after }: TraceStep, from: string, { kind, hosted }: StepSeenAgain): void {
    const words = after[process] ?? '';
    const isNews = words !== this.#words[process];
    const told = what === 'move' ? kind === 'fault' || kind === 'operator' : hosted.length > 0;
    if (told && !isNews) return;
    const changes = isNews ? { changes: { words } } : {};
    const event = { type: label };
    const line = { t: 'step', at: this.#at, process, actor: PROCESS_ACTOR, event, from, edges: [] } as const;
    this.#lines.push({ ...line, state: words, ...changes });
  }

  #send(message: Message): void {
    const { from, to, kind, body } = message;
    const error = errorOf(body);
    this.#lines.push({
      ...{
        t: 'send',
        at: this.#at,
        id: this.#messages.leave(message),
        process: from,
        to,
        kind,
        what: 'message',
      },
      ...(error === null ? {} : { error }),
      ...(body === null ? {} : { body: bounded(body) }),
    });
  }

  #settle({ inFlight }: TraceStep): void {
    for (const { id, message } of this.#messages.settle(inFlight)) {
      const why = message.reliable === true ? 'a newer one takes its place' : 'nobody waits for it any more';
      this.#lines.push({ t: 'lost', at: this.#at, id, why });
    }
  }

  #meet(process: string): void {
    if (this.#met.has(process)) return;
    this.#met.add(process);
    const cluster = /^(source|follower)/.exec(process)?.[1];
    this.#lines.push({
      ...{ t: 'process', at: this.#at, process, what: 'up', role: roleOf(process) },
      ...(cluster === undefined ? {} : { cluster }),
    });
  }

  #note(text: string, process: string): void {
    this.#lines.push({ t: 'note', at: this.#at, process, level: 'info', text });
  }

  /** The step after the one before, seen again; nothing where the states are not known. */
  #seen(at: number): StepSeenAgain {
    const replayed = this.#replayed;
    const step = replayed?.taken[at - 1];
    if (replayed === undefined || step === undefined) return { kind: null, hosted: [] };
    return seeAgain(replayed, replayed.taken[at - 2]?.to ?? replayed.start, step);
  }
}

/** By its name: models name processes after what they are. */
function roleOf(process: string): ProcessRole {
  if (process === 'operator' || process === 'client') return process;
  if (/meta$/i.test(process)) return 'meta';
  return /(node|replica|secondary)\d*$/i.test(process) ? 'replica' : 'other';
}

function errorOf(body: Message['body']): string | null {
  const { error } = (typeof body === 'object' && body !== null ? body : {}) as { readonly error?: unknown };
  return typeof error === 'string' && error !== 'ERR_OK' ? error : null;
}
