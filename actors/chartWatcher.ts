/**
 * What somebody who watches charts is told, in plain terms: actors that begin and end, and each event an
 * actor took with what came of it. Nothing here knows xstate.
 *
 * Values are handed over as the charts hold them. Whoever keeps them bounds and copies them.
 */

/** An actor that begins, or one that is there when the watching begins. */
export interface WatchedActor {
  /** Unique in its process, children after their parent: `duplication/1/followerTable`. */
  readonly actor: string;
  /** Null for a root. */
  readonly parent: string | null;
  /** Id of its machine; null for an actor that is no chart, such as a file copy. */
  readonly chart: string | null;
  readonly state: unknown;
  readonly context: unknown;
  /** Index of the partition it works for. */
  readonly partition?: number;
  readonly already: boolean;
}

/** A named guard that was asked. */
export interface WatchedGuard {
  readonly guard: string;
  readonly params?: unknown;
  readonly said: boolean;
}

/** An event that an actor took, whether or not it changed anything. */
export interface WatchedStep {
  readonly event: { readonly type: string };
  /** An actor, an effect's name, `timer`, `outside`. */
  readonly from: string;
  /** Ids of the transitions taken, in order; see transitionIds. */
  readonly edges: readonly string[];
  /** Undefined: as before. */
  readonly state: unknown;
  /** Entries of the context that are new or different. */
  readonly changes: Readonly<Record<string, unknown>> | null;
  /** Entries of the context that are gone. */
  readonly removed: readonly string[];
  readonly effects: readonly { readonly name: string; readonly params: unknown }[];
  readonly guards: readonly WatchedGuard[];
  readonly mail: WatchedMail;
}

/** Envelopes that wait for delivery, and effects whose outcome is not known yet. */
export interface WatchedMail {
  readonly inbox: number;
  readonly outbox: number;
  readonly underWay: number;
}

/** Somebody whose actors can be watched. */
export interface Watchable {
  /** Tells the watcher of every living actor, parents first, as `already` there. */
  reportLiving(): void;
}

/**
 * One watcher serves all charts of a process. It can be switched on while they run: then it asks everybody
 * who has joined for the living. While it is off it costs a comparison.
 */
export interface ChartWatcher {
  readonly watching: boolean;
  join(watchable: Watchable): void;
  leave(watchable: Watchable): void;
  actorStarted(actor: WatchedActor): void;
  /**
   * A step begins: what it causes comes after it in the order of things, though that is over before the step
   * is known in full. The result is called once, before anything waits.
   */
  stepBegan(): StepEnd;
}

/** A step that could not be observed; the watcher says so in its place. */
export interface LostStep {
  /** Why: words, or what was thrown. */
  readonly lost: unknown;
}

/**
 * A step of which only the facts are there until somebody needs to know: working them out between two pieces of a
 * chart's own work costs several times as much as doing it for many steps in one go. It may throw.
 */
export type LateStep = () => WatchedStep;

/** Takes the step, null if there is nothing to tell, and how the actor ended if that was its end. */
export type StepEnd = (actor: string, step: LateStep | LostStep | null, ended: ActorEnd | null) => void;
export type ActorEnd = 'done' | 'stopped' | 'error';
