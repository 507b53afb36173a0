/**
 * A recording in the trace event format that Perfetto (ui.perfetto.dev) and chrome://tracing open: processes
 * are processes, actors are threads, states are slices, messages are flows, faults are instants.
 */
import type { Json, TimedLine } from '../../../../runtime/observe/recording/lines.js';
import { stateInWords } from '../moments.js';
import type { RecordingIndex } from '../recording-index.js';
import type { ActorInfo, ActorKey, MessageInfo } from '../types.js';
import { actorKey } from '../world.js';
import { momentsIn, rangeOf, type Selection } from './selection.js';

/** One event of the format; times in microseconds. */
export interface TraceEvent {
  readonly name: string;
  /** M: metadata, X: slice, i: instant, s and f: a flow's begin and end. */
  readonly ph: 'M' | 'X' | 'i' | 's' | 'f';
  readonly pid: number;
  readonly tid: number;
  readonly ts?: number;
  readonly dur?: number;
  readonly cat?: string;
  readonly id?: number;
  readonly bp?: 'e';
  readonly s?: 'g' | 'p' | 't';
  readonly args?: { readonly [key: string]: Json };
}

/** In a counterexample a step is drawn as a millisecond. */
const STEP_US = 1_000;
/** The thread of each process on which its messages leave and arrive. */
const MESSAGES_TID = 1;

/** @throws ExportError for moments that there are not */
export function exportPerfetto(index: RecordingIndex, selection: Selection = {}): string {
  const { title, madeBy, source } = index.header;
  return JSON.stringify({
    traceEvents: traceEvents(index, selection),
    displayTimeUnit: 'ms',
    otherData: { title, madeBy, source },
  });
}

export function traceEvents(index: RecordingIndex, selection: Selection = {}): readonly TraceEvent[] {
  const trace = new Trace(index, selection);
  return [...trace.names(), ...trace.slices(), ...trace.others()];
}

interface OpenSlice {
  readonly name: string;
  readonly since: number;
  /** What led into the state. */
  readonly event: string | null;
}

class Trace {
  readonly #index: RecordingIndex;
  readonly #range: readonly [number, number];
  readonly #moments: readonly number[];
  readonly #pids: ReadonlyMap<string, number>;
  readonly #actors: readonly ActorInfo[];
  readonly #tids = new Map<ActorKey, number>();
  readonly #flows = new Map<string, number>();
  readonly #busyUntil = new Map<number, number>();

  constructor(index: RecordingIndex, selection: Selection) {
    this.#index = index;
    this.#range = rangeOf(index, selection);
    this.#moments = [...momentsIn(index, selection)];
    this.#pids = new Map(index.processes.map(({ name }, at) => [name, at + 1]));
    const acting = new Set(this.#moments.map((at) => index.moment(at).actor));
    this.#actors = index.actors.filter(({ key }) => selection.filter === undefined || acting.has(key));
    for (const [at, { key }] of this.#actors.entries()) this.#tids.set(key, at + 1 + MESSAGES_TID);
  }

  *names(): Generator<TraceEvent> {
    for (const [name, pid] of this.#pids) {
      yield { name: 'process_name', ph: 'M', pid, tid: 0, args: { name } };
      yield { name: 'process_sort_index', ph: 'M', pid, tid: 0, args: { sort_index: pid } };
      yield { name: 'thread_name', ph: 'M', pid, tid: MESSAGES_TID, args: { name: 'messages' } };
    }
    for (const { key, process, actor } of this.#actors) {
      const [pid, tid] = [this.#pid(process), this.#tids.get(key) ?? 0];
      yield { name: 'thread_name', ph: 'M', pid, tid, args: { name: actor } };
    }
  }

  /** One for each state that an actor was in for some time. */
  *slices(): Generator<TraceEvent> {
    const [from, to] = this.#range;
    const open = new Map<ActorKey, OpenSlice>();
    for (const [key, { alive, state, lastEvent }] of this.#index.at(from - 1).actors) {
      const event = lastEvent?.type ?? null;
      if (alive && state !== null) open.set(key, { name: stateInWords(state), since: this.#ts(from), event });
    }
    for (let moment = from; moment <= to; moment += 1) {
      const line = this.#index.lines[moment] as TimedLine;
      for (const key of changedBy(line, open)) {
        yield* this.#close(key, open, this.#ts(moment));
        if ((line.t !== 'actor' && line.t !== 'step') || line.state == null) continue;
        const event = line.t === 'step' ? line.event.type : null;
        open.set(key, { name: stateInWords(line.state), since: this.#ts(moment), event });
      }
    }
    for (const key of [...open.keys()]) yield* this.#close(key, open, this.#ts(to));
  }

  *#close(key: ActorKey, open: Map<ActorKey, OpenSlice>, until: number): Generator<TraceEvent> {
    const slice = open.get(key);
    const tid = this.#tids.get(key);
    open.delete(key);
    if (slice === undefined || tid === undefined || until <= slice.since) return;
    const { name, since, event } = slice;
    const pid = this.#pid(this.#index.actor(key)?.process ?? null);
    yield { name, ph: 'X', cat: 'state', pid, tid, ts: since, dur: until - since, args: { event } };
  }

  /** Messages and what was done to the system. */
  *others(): Generator<TraceEvent> {
    for (const moment of this.#moments) {
      const line = this.#index.lines[moment] as TimedLine;
      const { summary, process } = this.#index.moment(moment);
      const ts = this.#ts(moment);
      if (line.t === 'send' || line.t === 'receive') yield* this.#message(line, ts);
      else if (line.t === 'lost' || line.t === 'process' || line.t === 'gap') {
        yield this.#instant(summary, line.t, ts, process, 'p');
      } else if (line.t === 'fault' || line.t === 'verdict') {
        yield this.#instant(summary, line.t, ts, process, 'g');
      } else if (line.t === 'note' && line.level !== 'info') {
        yield this.#instant(summary, line.level, ts, process, process === null ? 'g' : 'p');
      }
    }
  }

  /** A flow is bound to slices, so the leaving and the arrival get one each, of a microsecond. */
  *#message(line: Extract<TimedLine, { t: 'send' | 'receive' }>, at: number): Generator<TraceEvent> {
    const message = this.#index.messages.get(line.id);
    if (message === undefined) return;
    const { kind, what } = message;
    const name = what === 'reply' ? `reply to ${kind}` : kind;
    const pid = this.#pid(line.process);
    // Slices on one thread must not overlap.
    const ts = Math.max(at, this.#busyUntil.get(pid) ?? 0);
    this.#busyUntil.set(pid, ts + 1);
    const place = { pid, tid: MESSAGES_TID, ts };
    yield { name, ph: 'X', cat: 'message', ...place, dur: 1, args: argsOf(message) };
    const sends = line.t === 'send';
    const known = this.#flows.get(line.id);
    if (sends ? message.received.length === 0 : known === undefined) return;
    const id = known ?? this.#flows.size + 1;
    this.#flows.set(line.id, id);
    yield {
      name,
      ph: sends ? 's' : 'f',
      cat: 'message',
      id,
      ...place,
      ...(sends ? {} : { bp: 'e' as const }),
    };
  }

  #instant(name: string, cat: string, ts: number, process: string | null, s: 'g' | 'p'): TraceEvent {
    return { name, ph: 'i', cat, pid: this.#pid(process), tid: MESSAGES_TID, ts, s };
  }

  #pid(process: string | null): number {
    return (process === null ? undefined : this.#pids.get(process)) ?? 1;
  }

  #ts(moment: number): number {
    const at = this.#index.lines[moment]?.at ?? 0;
    return this.#index.header.source === 'counterexample' ? at * STEP_US : at;
  }
}

/** Actors whose state begins or ends with a line. */
function changedBy(line: TimedLine, open: ReadonlyMap<ActorKey, OpenSlice>): readonly ActorKey[] {
  switch (line.t) {
    case 'actor':
    case 'end':
      return [actorKey(line.process, line.actor)];
    case 'step':
      return line.state === undefined ? [] : [actorKey(line.process, line.actor)];
    case 'process':
      return line.what === 'up' ? [] : [...open.keys()].filter((key) => key.startsWith(`${line.process}/`));
    default:
      return [];
  }
}

function argsOf({ id, from, to, error, gpid, bytes }: MessageInfo): { readonly [key: string]: Json } {
  return { id, from, to, error, gpid, bytes };
}
