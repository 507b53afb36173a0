/**
 * A recording as the inspector walks through it: moments, the state of everything at each of them, messages
 * from sending to arrival. Pure: works on a server, in a page, and on lines that are still coming in.
 */
import type {
  HeaderLine,
  Json,
  PartitionState,
  ProcessLine,
  ProcessRole,
  RecordedEvent,
  StateValue,
  TimedLine,
  VerdictLine,
} from '../../../runtime/observe/recording/lines.js';

/** `<process>/<actor>`: `east meta/duplication/1`. */
export type ActorKey = string;

/** A place of the cursor: every line with a time that shows something happening. */
export interface Moment {
  /** From 0. */
  readonly index: number;
  readonly line: TimedLine;
  /** Of the line: microseconds, or steps in a counterexample. */
  readonly at: number;
  readonly process: string | null;
  readonly actor: ActorKey | null;
  /** Of the message that leaves, arrives or is lost. */
  readonly message: string | null;
  /** Index of the partition it is about, if it is about one. */
  readonly partition: number | null;
  /** In a few words: `FOLLOWER_REPLY → asking.requesting`, `RPC_CM_CREATE_APP to west meta`. */
  readonly summary: string;
}

export interface ActorInfo {
  readonly key: ActorKey;
  readonly process: string;
  readonly actor: string;
  readonly parent: ActorKey | null;
  /** Id of its chart; null for an actor that is none. */
  readonly chart: string | null;
  readonly partition: number | null;
  /** Moments. An actor that begins anew under the same name is the same one here. */
  readonly began: number;
}

export interface ProcessInfo {
  readonly name: string;
  readonly role: ProcessRole;
  readonly cluster: string | null;
  readonly address: string | null;
}

export interface MessageInfo {
  readonly id: string;
  readonly kind: string;
  readonly what: 'request' | 'reply' | 'message';
  readonly from: string;
  readonly to: string;
  /** Moment of sending. */
  readonly sent: number;
  readonly sentAt: number;
  /** Moments of arrival; more than one: it was repeated. */
  readonly received: readonly number[];
  /** Moment at which it was known to be lost. */
  readonly lost: number | null;
  readonly why: string | null;
  /** A policy turned it away. */
  readonly refused: 'denied' | 'dropped' | null;
  readonly delayed: boolean;
  readonly answers: string | null;
  readonly error: string | null;
  readonly gpid: string | null;
  readonly bytes: number | null;
  readonly body: Json | undefined;
}

export interface ActorState {
  readonly alive: boolean;
  readonly status: 'active' | 'done' | 'stopped' | 'error';
  readonly state: StateValue | null;
  /** Ids of all active states, outermost first: `followerTable.asking`, `followerTable.asking.looking`. */
  readonly active: readonly string[];
  readonly context: Readonly<Record<string, Json>>;
  /** Time since which the state has been as it is. */
  readonly sinceAt: number;
  /** Moment of its latest step; null: none yet. */
  readonly lastStep: number | null;
  /** Transitions taken in that step. */
  readonly lastEdges: readonly string[];
  readonly lastEvent: RecordedEvent | null;
  readonly mail: { readonly inbox: number; readonly outbox: number; readonly underWay: number };
}

export interface ProcessState {
  readonly up: boolean;
  readonly what: ProcessLine['what'];
  readonly sinceAt: number;
}

/** Everything, just after a moment. Shares structure with its neighbours: not to be changed. */
export interface WorldState {
  readonly moment: number;
  readonly actors: ReadonlyMap<ActorKey, ActorState>;
  readonly processes: ReadonlyMap<string, ProcessState>;
  /** Latest explanation of each duplication, by `<table>/<id>`. */
  readonly explanations: ReadonlyMap<string, Json>;
  /** By `<table>/<id>`, then by partition. */
  readonly partitions: ReadonlyMap<string, readonly PartitionState[]>;
}

/** What differs between two states of an actor. */
export interface Difference {
  readonly path: string;
  /** Undefined: it was not there. */
  readonly before: Json | undefined;
  /** Undefined: it is gone. */
  readonly after: Json | undefined;
}

/** Empty fields filter nothing. */
export interface Filter {
  /** Words that all occur in the moment's summary, kinds and payload; not case-sensitive. */
  readonly text: string;
  readonly actors: readonly ActorKey[];
  readonly processes: readonly string[];
  /** Message kinds and event types. */
  readonly kinds: readonly string[];
  readonly partitions: readonly number[];
  /** Leave out what comes again and again: node syncs, polls and log lines of level info. */
  readonly hideRoutine: boolean;
}

export interface Recorded {
  readonly header: HeaderLine;
  readonly moments: number;
  readonly verdicts: readonly VerdictLine[];
}
