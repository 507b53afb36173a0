/**
 * How far a duplication is at a moment, and how it got there: stages with their times and bytes, lag over
 * time, the account it gives of itself. From the run's lines alone, so also of runs that are long over.
 */

import { DUPLICATION_STATUSES, type DuplicationStatus } from '../../../machines/vocabulary.js';
import type { Explanation } from '../../../runtime/observe/explain.js';
import type { Json, PartitionState } from '../../../runtime/observe/recording/lines.js';
import type { RecordingIndex } from './recording-index.js';

/** A duplication's way through one status. Times as in the recording: microseconds, or steps. */
export interface Stage {
  readonly status: DuplicationStatus;
  readonly beganAt: number;
  /** Null: it is there now. */
  readonly endedAt: number | null;
  /** Copied meanwhile; null: nobody told. */
  readonly bytes: number | null;
}

export interface LagPoint {
  readonly at: number;
  readonly lagDecrees: number;
}

export interface DuplicationProgress {
  /** `<table>/<id>` */
  readonly key: string;
  readonly status: DuplicationStatus;
  /** Latest first told; null: it told nothing up to here. */
  readonly explanation: Explanation | null;
  readonly stages: readonly Stage[];
  readonly lag: readonly LagPoint[];
  /** When something moved for the last time: a status, bytes, a confirmed decree. Null: nothing yet. */
  readonly movedAt: number | null;
  readonly partitions: readonly PartitionState[];
}

interface Event {
  readonly moment: number;
  readonly at: number;
  readonly key: string;
  readonly status: DuplicationStatus | null;
  readonly explanation: Explanation | null;
}

interface History {
  scanned: number;
  readonly events: Event[];
  /** Duplication keys of the actors that run a duplication's chart. */
  readonly keys: Map<string, string>;
}

const histories = new WeakMap<RecordingIndex, History>();

/** All duplications known at a moment, in the order in which they appeared. */
export function progressAt(index: RecordingIndex, moment: number): readonly DuplicationProgress[] {
  const { events, keys: charted } = historyOf(index);
  const told = new Set(charted.values());
  const until = events.slice(0, firstAfter(events, moment));
  const keys = [...new Set(until.map(({ key }) => key))];
  const partitions = moment < 0 ? undefined : index.at(moment).partitions;
  return keys.map((key) => ({
    key,
    ...along(
      until.filter((event) => event.key === key),
      told.has(key),
    ),
    partitions: partitions?.get(key) ?? [],
  }));
}

/** @param charted the duplication's chart is in the run: it knows its status before anybody who asks for it */
function along(events: readonly Event[], charted: boolean): Omit<DuplicationProgress, 'key' | 'partitions'> {
  const stages: {
    status: DuplicationStatus;
    beganAt: number;
    endedAt: number | null;
    bytes: number | null;
  }[] = [];
  const lag: LagPoint[] = [];
  let explanation: Explanation | null = null;
  let movedAt: number | null = null;
  let moved = '';
  for (const event of events) {
    const status = event.status ?? (charted ? null : (event.explanation?.status ?? null));
    const current = stages.at(-1);
    if (status !== null && status !== current?.status) {
      if (current !== undefined) current.endedAt = event.at;
      stages.push({ status, beganAt: event.at, endedAt: null, bytes: null });
      movedAt = event.at;
    }
    if (event.explanation === null) continue;
    explanation = event.explanation;
    const { progress } = explanation;
    const stage = stages.at(-1);
    if (stage !== undefined && progress.copiedBytes >= 0 && progress.totalBytes > 0) {
      stage.bytes = Math.max(stage.bytes ?? 0, progress.copiedBytes);
    }
    if (progress.lagDecrees >= 0) lag.push({ at: event.at, lagDecrees: progress.lagDecrees });
    const now = `${progress.copiedBytes} ${progress.prepared} ${progress.ready} ${progress.confirmed.join()}`;
    if (now !== moved) movedAt = event.at;
    moved = now;
  }
  return { status: stages.at(-1)?.status ?? 'DS_INIT', explanation, stages, lag, movedAt };
}

function historyOf(index: RecordingIndex): History {
  let history = histories.get(index);
  if (history === undefined) {
    history = { scanned: 0, events: [], keys: new Map() };
    histories.set(index, history);
  }
  for (; history.scanned < index.length; history.scanned++) note(history, index, history.scanned);
  return history;
}

function note({ events, keys }: History, index: RecordingIndex, moment: number): void {
  const { line, at, actor } = index.moment(moment);
  if (line.t === 'explain') {
    if (!isExplanation(line.explanation)) return;
    // A recording of an older version has the long line only.
    const told: OlderExplanation = line.explanation;
    const explanation: Explanation = { headline: '', blockedBy: null, diagnosis: [], ...told };
    const key = `${explanation.table}/${explanation.duplicationId}`;
    events.push({ moment, at, key, status: null, explanation });
  } else if (line.t === 'actor' && line.chart === 'duplication' && actor !== null) {
    const context = line.context as {
      status?: unknown;
      identity?: { sourceTable?: string; duplicationId?: number };
    } | null;
    const key = `${context?.identity?.sourceTable}/${context?.identity?.duplicationId}`;
    keys.set(actor, key);
    events.push({ moment, at, key, status: asStatus(context?.status), explanation: null });
  } else if (line.t === 'step' && actor !== null && line.changes?.status !== undefined) {
    const key = keys.get(actor);
    if (key !== undefined) {
      events.push({ moment, at, key, status: asStatus(line.changes.status), explanation: null });
    }
  }
}

const COUNTS = ['partitionCount', 'prepared', 'ready', 'lagDecrees', 'copiedBytes', 'totalBytes'] as const;

type Newer = 'headline' | 'blockedBy' | 'diagnosis';
/** As a version wrote it that did not have these yet. */
type OlderExplanation = Omit<Explanation, Newer> & Partial<Pick<Explanation, Newer>>;

/** A recording says anything in an explanation, or has had it shortened by hand: that is no account to show. */
function isExplanation(said: unknown): said is Json & OlderExplanation {
  const explanation = said as Partial<Explanation> | null;
  const progress: Partial<Explanation['progress']> | null | undefined = explanation?.progress;
  return (
    typeof explanation?.table === 'string' &&
    typeof explanation.line === 'string' &&
    typeof explanation.next === 'string' &&
    isTextIfAny(explanation.headline) &&
    (explanation.blockedBy === null || isTextIfAny(explanation.blockedBy)) &&
    (explanation.diagnosis === undefined || isListOf(explanation.diagnosis, isDiagnosis)) &&
    (explanation.stuck === null || typeof explanation.stuck === 'string') &&
    asStatus(explanation.status) !== null &&
    isListOf(explanation.operatorCan, (verb) => typeof verb === 'string') &&
    isListOf(explanation.waiting, isWait) &&
    COUNTS.every((count) => typeof progress?.[count] === 'number') &&
    isListOf(progress?.confirmed, (decree) => typeof decree === 'number') &&
    isListOf(progress?.lastCommitted, (decree) => typeof decree === 'number')
  );
}

const WORDS = ['actor', 'state', 'waitingFor', 'from', 'leavesWhen'] as const;

function isWait(said: unknown): boolean {
  const wait = said as Partial<Explanation['waiting'][number]> | null;
  const trouble = wait?.trouble;
  return (
    WORDS.every((word) => typeof wait?.[word] === 'string') &&
    typeof wait?.sinceMs === 'number' &&
    isTextIfAny(wait.nextWhat) &&
    (wait.nextAtMs === undefined || typeof wait.nextAtMs === 'number') &&
    (trouble === null ||
      (typeof trouble?.error === 'string' && isListOf(trouble.causes, (cause) => typeof cause === 'string')))
  );
}

function isDiagnosis(said: unknown): boolean {
  const diagnosis = said as Partial<Explanation['diagnosis'][number]> | null;
  return (
    typeof diagnosis?.seen === 'boolean' &&
    [diagnosis.sign, diagnosis.cause, diagnosis.look].every((text) => typeof text === 'string')
  );
}

const isTextIfAny = (value: unknown): boolean => value === undefined || typeof value === 'string';

function isListOf(value: unknown, is: (entry: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(is);
}

function asStatus(value: unknown): DuplicationStatus | null {
  return DUPLICATION_STATUSES.find((status) => status === value) ?? null;
}

/** Index of the first event after a moment; events are in the order of moments. */
function firstAfter(events: readonly Event[], moment: number): number {
  let low = 0;
  let high = events.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (events[middle]!.moment <= moment) low = middle + 1;
    else high = middle;
  }
  return low;
}
