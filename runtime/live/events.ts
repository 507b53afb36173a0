/** What happens to a duplication, as events: told once each, not at every look. */
import { Observable } from 'rxjs';
import type { DuplicationStatus } from '../../machines/vocabulary.js';
import type { BridleError } from '../client/index.js';
import type { Explanation, WaitView } from '../observe/explain.js';
import type { Observation } from './poll.js';
import { isBlocked } from './progress.js';

/** One trouble with what the catalogue knows about it. */
export type TroubleView = NonNullable<WaitView['trouble']>;

/** What happens to a duplication; each event once, when it happens. */
export type DuplicationEvent =
  | { readonly type: 'status'; readonly from: DuplicationStatus; readonly to: DuplicationStatus }
  /** Something went wrong that had not gone wrong before; it is being retried. */
  | { readonly type: 'trouble'; readonly trouble: TroubleView }
  /** It does not go on by itself; `explanation.next` is the command to type. */
  | { readonly type: 'blocked'; readonly explanation: Explanation }
  /** What was blocked moves again, or who was unreachable answers again. */
  | { readonly type: 'recovered'; readonly from: 'blocked' | 'unreachable' }
  /** The source cluster does not answer; it is asked again, less and less often. */
  | { readonly type: 'unreachable'; readonly error: BridleError }
  /** Nothing of it is left at the source. */
  | { readonly type: 'removed' };

/** The trouble that matters most: of the innermost actor that has one. */
export function troubleOf(explanation: Explanation): TroubleView | null {
  return [...explanation.waiting].reverse().find(({ trouble }) => trouble !== null)?.trouble ?? null;
}

/** Compares each look with the one before. The first look tells no status: nothing has changed yet. */
export function eventsOf(observations: Observable<Observation>): Observable<DuplicationEvent> {
  return new Observable((subscriber) => {
    const differ = new Differ();
    return observations.subscribe({
      next: (observation) => {
        for (const event of differ.next(observation)) subscriber.next(event);
      },
      complete: () => subscriber.complete(),
    });
  });
}

/** Troubles remembered as told; partitions can have them in turns. */
const MAX_TOLD_TROUBLES = 256;

class Differ {
  #status: DuplicationStatus | undefined;
  readonly #told = new Set<string>();
  #blocked = false;
  #unreachable = false;

  *next(observation: Observation): Generator<DuplicationEvent> {
    if (observation.kind === 'unreachable') {
      if (!this.#unreachable) yield { type: 'unreachable', error: observation.error };
      this.#unreachable = true;
      return;
    }
    if (this.#unreachable) yield { type: 'recovered', from: 'unreachable' };
    this.#unreachable = false;
    if (observation.kind === 'removed') {
      yield { type: 'removed' };
      return;
    }
    const { explanation, info } = observation;
    const from = this.#status;
    this.#status = info.status;
    if (from !== undefined && from !== info.status) yield { type: 'status', from, to: info.status };
    const trouble = troubleOf(explanation);
    if (trouble === null || this.#told.size >= MAX_TOLD_TROUBLES) this.#told.clear();
    if (trouble !== null) {
      const key = `${trouble.error} ${trouble.operation} ${trouble.peer ?? ''}`;
      if (!this.#told.has(key)) yield { type: 'trouble', trouble };
      this.#told.add(key);
    }
    const blocked = isBlocked(explanation);
    if (blocked && !this.#blocked) yield { type: 'blocked', explanation };
    if (!blocked && this.#blocked) yield { type: 'recovered', from: 'blocked' };
    this.#blocked = blocked;
  }
}
