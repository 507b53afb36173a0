/**
 * What the product explorer explores: processes that react to messages, a network between them that may
 * lose, repeat and reorder, and budgets that bound how often anything goes wrong.
 *
 * Every step changes one process, and the messages on their way. That is what makes steps cheap to
 * remember: what a process does depends on its own state and on nothing else.
 */

import type { TroupeState } from './troupe.js';

/** Plain data. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [field: string]: Json | undefined };

export interface Message {
  /** Names of processes. */
  readonly from: string;
  readonly to: string;
  readonly kind: string;
  readonly body: Json;
  /**
   * The conversation it belongs to. When whoever began the conversation gives it up (`Outcome.retires`),
   * what is still on its way of it becomes late.
   */
  readonly tag?: string;
  /** Nobody waits for it any more; it may arrive all the same. */
  readonly late?: true;
  /**
   * Never lost or repeated, and gone when its conversation is given up: what is told anew until it has
   * arrived, so that losing one of the tellings is a delay and nothing else.
   */
  readonly reliable?: true;
  /** Set by the network where messages are prompt unless delayed, see `Assumptions.delayed`. */
  readonly delayed?: true;
}

/** What a step makes of a process, and what it puts on the network. */
export interface Outcome<Local> {
  readonly local: Local;
  readonly sends?: readonly Message[];
  /** Conversations given up, before anything is sent: their messages become late. */
  readonly retires?: readonly string[];
}

/** Something a process can do without being told. */
export interface Move<Local> extends Outcome<Local> {
  /**
   * In words, e.g. `timer requestDeadline of followerTable`; tells the moves of a process apart. A recording
   * takes `crash`, `restart` and `crash and restart` for what they say.
   */
  readonly label: string;
  /**
   * `timer` and `effect` are weakly fair: possible for ever, they happen. `fault`, `operator` and
   * `environment` (clients) are not: they may stay away for ever.
   */
  readonly kind: 'timer' | 'effect' | 'fault' | 'operator' | 'environment';
  /** Uses up one of this budget (a key of `Model.budgets`); without any left it is not possible. */
  readonly budget?: string;
  /** Not possible while a message of this conversation that is not late is on its way. */
  readonly unlessInFlight?: string;
  /**
   * Claims that this move commutes with every other move of the process and with every message it may
   * get. Partial-order reduction relies on it, and the explorer checks it.
   */
  readonly commutes?: true;
}

/** One process of the product. Pure: the same state and message always give the same. */
export interface Process<Local = unknown> {
  readonly name: string;
  start(): Outcome<Local>;
  /** What it can do now by itself, in a fixed order. */
  moves(local: Local): readonly Move<Local>[];
  /** What becomes of it when a message arrives; with several outcomes, any one of them happens. */
  receive(local: Local, message: Message): readonly Outcome<Local>[];
  /**
   * Text that tells states apart; equal texts must behave alike.
   * @throws PathsError UNSERIALISABLE
   */
  key(local: Local): string;
  /** The state in a few words, for people, e.g. `DS_PREPARE creatingFollower`. */
  describe(local: Local): string;
  /**
   * The charts it hosts now, by a name for each troupe that stays the same while it lives, e.g.
   * `duplication/1`: lets recordings of traces show them. As troupes gave the states, not copies.
   */
  hosts?(local: Local): Readonly<Record<string, TroupeState>>;
}

/** Ties the state of a process to its own type while models hold processes of all kinds. */
export function defineProcess<Local>(definition: Process<Local>): Process {
  return definition as unknown as Process;
}

/** Under what a model was explored: a value with a name, printed with every result. */
export interface Assumptions {
  readonly name: string;
  /** Messages lost and repeated, at most. */
  readonly loss: number;
  readonly duplication: number;
  /** Whether messages overtake each other. */
  readonly reorder: boolean;
  /** By kind of process, e.g. `{ sourceMeta: 1 }`. */
  readonly crashes: Readonly<Record<string, number>>;
  readonly roleChanges: number;
  /** Writes that storage refuses. */
  readonly storageTimeouts: number;
  /** Requests an operator makes, e.g. `{ pause: 1, remove: 1 }`. */
  readonly operator: Readonly<Record<string, number>>;
  /** Sizes and anything else that bounds the model, e.g. `{ partitions: 2, writes: 2 }`. */
  readonly sizes: Readonly<Record<string, number>>;
  /** Late messages on their way at the same time, at most; further ones are lost. */
  readonly lateMessages: number;
  /**
   * Messages that may be delayed at the same time. Any other is prompt: it arrives, or is lost, before
   * anything else happens. Left out, every message may be on its way for as long as it likes.
   */
  readonly delayed?: number;
  /** Further assumptions in words. */
  readonly notes?: readonly string[];
}

/**
 * What is looked at of each process, by its name. A view is small plain data: it is computed once for
 * each state of the process, and a condition once for each combination of views.
 */
// biome-ignore lint/suspicious/noExplicitAny: each view knows the state of the process it is for
export type Views = Readonly<Record<string, (local: any) => Json>>;
export type Seen = Readonly<Record<string, Json>>;

interface PropertyBase {
  /** As in the contract, e.g. `NoGap`. */
  readonly name: string;
  /** What is promised, in one sentence. */
  readonly sentence: string;
}

/** Holds in every reachable state. */
export interface StateProperty extends PropertyBase {
  readonly kind: 'state';
  readonly over: Views;
  readonly holds: (seen: Seen) => boolean;
  /** The situation that it guards; a run that never sees it proves nothing. */
  readonly situation: (seen: Seen) => boolean;
}

/** Holds of every step of the processes it looks at. */
export interface StepProperty extends PropertyBase {
  readonly kind: 'step';
  readonly over: Views;
  /** `cause` is the label of a move, or `receive <kind>`. */
  readonly holds: (before: Json, after: Json, step: StepSeen) => boolean;
  readonly situation: (before: Json, after: Json, step: StepSeen) => boolean;
}

export interface StepSeen {
  readonly process: string;
  readonly cause: string;
  readonly message: Message | null;
  readonly sends: readonly Message[];
}

/** Whenever `from` holds, `to` holds then or later, if whatever stays possible happens in the end. */
export interface LeadsTo extends PropertyBase {
  readonly kind: 'leadsTo';
  readonly over: Views;
  readonly from: (seen: Seen) => boolean;
  readonly to: (seen: Seen) => boolean;
}

/** From every reachable state a state with `to` can be reached without further faults and operators. */
export interface StaysPossible extends PropertyBase {
  readonly kind: 'staysPossible';
  readonly over: Views;
  readonly to: (seen: Seen) => boolean;
}

export type Property = StateProperty | StepProperty | LeadsTo | StaysPossible;

/**
 * A way to exchange what is alike: partitions, nodes. It is one to one, and it leaves the behaviour of
 * the model as it is; the properties must not tell the exchanged apart.
 */
export interface Renaming {
  readonly name: string;
  /** Where each process goes; missing ones stay. */
  readonly processes: Readonly<Record<string, string>>;
  /** Rewrites the state of `process` into one of the process it becomes. */
  local(process: string, local: unknown): unknown;
  /** Rewrites everything but `from` and `to`, which follow `processes`; the tag too. */
  message(message: Message): Message;
}

export interface Model {
  readonly name: string;
  readonly assumptions: Assumptions;
  readonly processes: readonly Process[];
  /**
   * How often what costs may happen. `loss` and `duplication` are used up by the network; moves name the
   * others.
   */
  readonly budgets: Readonly<Record<string, number>>;
  /** What costs one of a budget also costs one of another: how a sum of several is bounded. */
  readonly alsoCosts?: Readonly<Record<string, string>>;
  readonly properties: readonly Property[];
  /** Every renaming but the identity. Closed under composition. */
  readonly symmetry?: readonly Renaming[];
}
