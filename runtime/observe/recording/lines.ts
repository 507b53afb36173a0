/**
 * The lines of a recording: one JSON object each, in the order in which things happened. The first is a
 * header. Whoever reads ignores fields it does not know, and refuses a version that is newer than its own.
 *
 *   {"t":"recording","version":1,"source":"live",…}
 *   {"t":"process","at":0,"process":"east meta","what":"up","role":"meta",…}
 *   {"t":"actor","at":12,"process":"east meta","actor":"duplication/1","chart":"duplication",…}
 *   {"t":"step","at":840,"process":"east meta","actor":"duplication/1","event":{"type":"CONFIRM"},…}
 *
 * Times are microseconds since the recording began; in a counterexample, which knows no time, steps.
 */

export const RECORDING_VERSION = 1;

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** A chart's state as XState gives it: `'looking'`, `{ asking: 'looking' }`. */
export type StateValue = string | { readonly [key: string]: StateValue };

/** An event as a chart got it; bounded and redacted. */
export type RecordedEvent = { readonly type: string; readonly [key: string]: Json };

/** First line. */
export interface HeaderLine {
  readonly t: 'recording';
  readonly version: number;
  readonly source: 'live' | 'simulation' | 'counterexample';
  readonly title: string;
  /** `bridle 0.1.0` */
  readonly madeBy: string;
  /** Microseconds since 1970 of time 0; null in a counterexample. */
  readonly beganUs: number | null;
  /** Of a simulation. */
  readonly seed?: number;
  /** Whether values of rows were left in. */
  readonly values: 'removed' | 'kept';
}

/** What a chart looks like, so that a recording can be shown by whoever has not got the chart. */
export interface ChartLine {
  readonly t: 'chart';
  /** As `actor` lines name it. */
  readonly chart: string;
  /** A ChartDiagram; see `bridle/diagrams`. */
  readonly diagram: Json;
}

interface Timed {
  readonly at: number;
}

export type ProcessRole = 'meta' | 'replica' | 'operator' | 'client' | 'other';

/** A process began, died, or ended in good order. */
export interface ProcessLine extends Timed {
  readonly t: 'process';
  /** `east meta`, `west replica 0`, `operator`. */
  readonly process: string;
  /** `restarted`: up again after it had died. */
  readonly what: 'up' | 'died' | 'ended' | 'restarted';
  readonly role: ProcessRole;
  readonly cluster?: string;
  /** `host:port` */
  readonly address?: string;
  readonly pid?: number;
  /** Of a death: the signal or exit code. */
  readonly why?: string;
}

/** Envelopes waiting to be delivered to a system of actors and to its effects, and effects under way. */
export interface Mail {
  readonly inbox: number;
  readonly outbox: number;
  readonly underWay: number;
}

interface OfActor extends Timed {
  readonly process: string;
  /** Unique in its process, children after their parent: `duplication/1/followerTable`. */
  readonly actor: string;
}

/** An actor began, or was there when the recording began. */
export interface ActorLine extends OfActor {
  readonly t: 'actor';
  /** Null for a root. */
  readonly parent: string | null;
  /** Id of its machine; null for an actor that is no chart, such as a file copy. */
  readonly chart: string | null;
  readonly state: StateValue | null;
  readonly context: Json;
  /** Index of the partition it works for. */
  readonly partition?: number;
  /** It ran before this line was written. */
  readonly already?: boolean;
  /** What waited then, of an actor that ran already: a part of a recording begins with such lines. */
  readonly mail?: Mail;
}

export interface EndLine extends OfActor {
  readonly t: 'end';
  readonly status: 'done' | 'stopped' | 'error';
}

/** One guard that was asked. */
export interface AskedGuard {
  /** `verdict`, `not(stale)` */
  readonly guard: string;
  readonly params?: Json;
  readonly said: boolean;
}

/** An actor took an event, with or without doing anything about it. */
export interface StepLine extends OfActor {
  readonly t: 'step';
  readonly event: RecordedEvent;
  /** Whence: an actor, an effect's name, `timer`, `outside`. */
  readonly from?: string;
  /** Ids of the transitions taken, see transitionIds; none: the event changed nothing. */
  readonly edges: readonly string[];
  /** Left out when it is as before. */
  readonly state?: StateValue;
  /** Entries of the context that are new or different. */
  readonly changes?: { readonly [key: string]: Json };
  /** Entries of the context that are gone. */
  readonly removed?: readonly string[];
  /** Effects asked for, in order. */
  readonly effects?: readonly { readonly name: string; readonly params?: Json }[];
  /** In the order of asking; where they were observed. */
  readonly guards?: readonly AskedGuard[];
  /** After the step. Left out when all are 0. */
  readonly mail?: Mail;
}

/** A message leaves a process. */
export interface SendLine extends Timed {
  readonly t: 'send';
  /** Unique in the recording. */
  readonly id: string;
  readonly process: string;
  readonly to: string;
  /** RPC code or name of the message: `RPC_CM_CREATE_APP`. A reply has its request's. */
  readonly kind: string;
  readonly what: 'request' | 'reply' | 'message';
  /** Of a reply: the request's. */
  readonly answers?: string;
  /** Of a reply: not ERR_OK. */
  readonly error?: string;
  readonly bytes?: number;
  /** `3.0`: table id and partition index. */
  readonly gpid?: string;
  /** What it says, bounded and redacted. */
  readonly body?: Json;
  /** Rows it carries, bounded; only where values were kept. */
  readonly content?: Json;
  /** Said when it left: it will not arrive, or not before others that left later. */
  readonly fate?: 'lost' | 'delayed';
}

/** A message arrives. */
export interface ReceiveLine extends Timed {
  readonly t: 'receive';
  readonly id: string;
  readonly process: string;
  /** It had arrived before, or will again. */
  readonly copy?: boolean;
  /** A policy let it in, turned it away with an error, or let it vanish. Default: taken. */
  readonly fate?: 'denied' | 'dropped';
}

/** A message that will not arrive. */
export interface LostLine extends Timed {
  readonly t: 'lost';
  readonly id: string;
  readonly why: string;
  /** Which end has told that it is lost; left out when neither did. */
  readonly process?: string;
}

/** Something was done to the system from outside: a fault, or an operator's action. */
export interface FaultLine extends Timed {
  readonly t: 'fault';
  readonly what: string;
  readonly process?: string;
}

/** A line of a log. */
export interface NoteLine extends Timed {
  readonly t: 'note';
  readonly process?: string;
  readonly level: 'info' | 'warn' | 'error';
  readonly text: string;
  readonly facts?: Json;
}

/** What a duplication says about itself: an `Explanation`. Written when it differs from the one before. */
export interface ExplainLine extends Timed {
  readonly t: 'explain';
  readonly explanation: Json;
}

/** One partition of a duplication; a number that nobody told is left out. */
export interface PartitionState {
  readonly partition: number;
  readonly source?: string;
  readonly follower?: string;
  readonly confirmed?: number;
  readonly lastCommitted?: number;
  readonly copiedBytes?: number;
  readonly totalBytes?: number;
  /** Error name of the trouble it has. */
  readonly trouble?: string;
}

/** Partitions whose state differs from the line before. */
export interface PartitionsLine extends Timed {
  readonly t: 'partitions';
  readonly table: string;
  readonly duplication: number;
  readonly count: number;
  readonly changed: readonly PartitionState[];
}

/** Lines that were not kept: a buffer was full, or a process died with them. */
export interface GapLine extends Timed {
  readonly t: 'gap';
  readonly process: string;
  /** Null: nobody knows. */
  readonly lines: number | null;
  readonly why: string;
}

/** What was proved wrong, or right, about this run. */
export interface VerdictLine extends Timed {
  readonly t: 'verdict';
  readonly property: string;
  readonly verdict: 'holds' | 'violated' | 'unknown';
  readonly why: string;
  /** Of a liveness counterexample: the time from which everything repeats for ever. */
  readonly loopFrom?: number;
}

/** A line after the header. */
export type RecordingLine =
  | ChartLine
  | ProcessLine
  | ActorLine
  | EndLine
  | StepLine
  | SendLine
  | ReceiveLine
  | LostLine
  | FaultLine
  | NoteLine
  | ExplainLine
  | PartitionsLine
  | GapLine
  | VerdictLine;

/** A line with a time. */
export type TimedLine = Exclude<RecordingLine, ChartLine>;
