/** What an exploration reports. */
import type { Assumptions, Message, Property } from './model.js';

/** One step of a counterexample. */
export interface TraceStep {
  /** The process that changed; `network` for a message that is lost or delayed. */
  readonly process: string;
  /** `move`: by itself. `receive`, `receive a copy` (a message stays on its way), `lose`, `delay`: a message. */
  readonly what: 'start' | 'move' | 'receive' | 'receive a copy' | 'lose' | 'delay';
  /** Label of the move, or kind of the message. */
  readonly label: string;
  readonly message: Message | null;
  readonly sends: readonly Message[];
  /** Every process in words after the step, by name. */
  readonly after: Readonly<Record<string, string>>;
  /** Messages on their way after the step. */
  readonly inFlight: readonly Message[];
}

export interface Counterexample {
  readonly steps: readonly TraceStep[];
  /** What repeats for ever after `steps`; empty when nothing more happens at all. Only of liveness. */
  readonly loop: readonly TraceStep[] | null;
  /** What never happens and why, in one sentence; for safety what is wrong in the last state. */
  readonly why: string;
}

export interface Verdict {
  readonly property: string;
  readonly kind: Property['kind'];
  readonly sentence: string;
  /** `unknown`: nothing was found, but a bound was reached first. */
  readonly verdict: 'holds' | 'violated' | 'unknown';
  /** The situation it guards never came up, so a `holds` says nothing: counts as a failure. */
  readonly vacuous: boolean;
  readonly counterexample: Counterexample | null;
}

export interface CheckResult {
  readonly model: string;
  readonly assumptions: Assumptions;
  /** Distinct states; with reductions, of the reduced graph. */
  readonly states: number;
  readonly transitions: number;
  /** Steps to the state that is furthest from the start. */
  readonly depth: number;
  readonly seconds: number;
  readonly bytesPerState: number;
  readonly reductions: readonly ('symmetry' | 'partialOrder' | 'budgets')[];
  /** Why it stopped before everything was seen; null: it did not. `walks`: that was never the aim. */
  readonly bound: 'states' | 'memory' | 'interrupted' | 'walks' | null;
  /** Only of walks: how many there were, and how many were still owed something after a long calm. */
  readonly walks?: { readonly seed: number; readonly count: number; readonly unsettled: number };
  readonly verdicts: readonly Verdict[];
}

export interface CheckProgress {
  readonly phase: 'exploring' | 'liveness';
  readonly states: number;
  readonly transitions: number;
  readonly queue: number;
  readonly depth: number;
  readonly statesPerSecond: number;
}

export interface CheckOptions {
  /** Names of properties; all by default. */
  readonly properties?: readonly string[];
  readonly maxStates?: number;
  readonly maxBytes?: number;
  /** Stops with what is known so far. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: CheckProgress) => void;
  /** Stop at the first violation instead of judging every property. */
  readonly stopAtFirst?: boolean;
  /** States that symmetry makes equal are explored once. Off by default. */
  readonly symmetry?: boolean;
  readonly partialOrder?: boolean;
  /**
   * A state that was seen with at least as much of every budget left is not explored again: whatever it
   * can do was possible there. On by default; off for counting.
   */
  readonly budgets?: boolean;
}
