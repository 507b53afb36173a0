/** What becomes of each event that an actor could get at a moment, and why. */

import type { Effect } from '../../../runtime/checker/paths/effect.js';
import type { Json } from '../../../runtime/observe/recording/lines.js';
import type { ActorKey } from './types.js';

/** A value that a guard looked at. */
export interface Operand {
  /** `context.attempt`, `event.table.owner`, `context.prepared[2]` */
  readonly path: string;
  /** Undefined: there is no such field. */
  readonly value: Json | undefined;
  /** It was shortened in the recording, so what the guard says of it may differ from what it said then. */
  readonly cut: boolean;
}

/** A transition that an active state has for an event. */
export interface Candidate {
  /** As transitionIds gives it. */
  readonly edge: string;
  readonly source: string;
  /** Ids of states; none: the source is not left. */
  readonly targets: readonly string[];
  /** `verdict({ is: 'absent' })`; null: it has none. */
  readonly guard: string | null;
  /** What the guard said; null: it was not asked, or there is none. */
  readonly said: boolean | null;
  readonly taken: boolean;
  readonly operands: readonly Operand[];
  /** Operands left out of a long list. */
  readonly moreOperands: number;
  /** In words: why it is taken, refused, or not asked. */
  readonly reason: string;
}

/** `unknown`: the answer depends on a payload nobody has an example of, or the chart is not the one that ships. */
export type Outcome = 'taken' | 'refused' | 'nothing' | 'unknown';

export interface EventAnswer {
  readonly type: string;
  /** Tells the cases of one type apart: `error ERR_TIMEOUT`; for a timer `after requestDeadline`. */
  readonly label: string;
  readonly payload: Readonly<Record<string, Json>>;
  /** `case`: an example; `recorded`: as this actor last got it; `timer`, `child`, `always`: the chart's own. */
  readonly origin: 'case' | 'recorded' | 'timer' | 'child' | 'always' | 'named';
  readonly outcome: Outcome;
  /** In the order in which they are asked: inner states first. */
  readonly transitions: readonly Candidate[];
  /** Of a taken one: the state when everything it sets off is done; null: not known. */
  readonly leadsTo: string | null;
  /** Of a taken one: what it asks the world for. */
  readonly effects: readonly Pick<Effect, 'kind' | 'name' | 'to'>[];
  /** What went wrong in finding out, if anything did. */
  readonly problem: string | null;
}

/** A delayed transition of an active state. */
export interface Timer {
  readonly label: string;
  readonly state: string;
  /** Null: the chart says it by name only, and it could not be worked out. */
  readonly delayMs: number | null;
  /** Time since which the state is active. */
  readonly sinceAt: number;
}

export interface WhyNot {
  readonly actor: ActorKey;
  readonly chart: string;
  /** Whether guards were evaluated; if not, why. */
  readonly evaluated: boolean;
  readonly note: string | null;
  readonly timers: readonly Timer[];
  /** Taken ones first, then refused ones, then those that change nothing. */
  readonly events: readonly EventAnswer[];
}
