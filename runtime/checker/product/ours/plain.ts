/** What the processes of the product share: texts of plain states, numbers of requests, moves of timers. */
import { REQUEST_NUMBERS } from '../../../../machines/effects.js';
import { canonicalText } from '../../paths/canonical.js';
import type { Move } from '../model.js';
import type { Troupe, TroupeState, TroupeTimer } from '../troupe.js';

const TEXTS: WeakMap<object, string> = new WeakMap();

/** Text of plain data; parts that states share are written once. */
export const textOf = (value: unknown): string => canonicalText(value, 'state', TEXTS);

/**
 * Charts number their requests, and all they do with a number is to compare it with the number of the
 * request under way. So the request under way is number 0 in a model, and every earlier one is this:
 * states that differ only in how often something was asked are one state.
 */
export const STALE_NUMBER = REQUEST_NUMBERS - 1;

/** A number that only has to be equal or not: `0`, or a stale one. */
export const renumbered = (current: number, number: number): number =>
  number === current ? 0 : STALE_NUMBER;

/** An event as hosts make them; the chart that gets it knows its fields. */
export interface ChartEvent {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** What a running timer can do, as a move of the process. */
export function timerMoves<Local>(
  troupe: Troupe,
  charts: TroupeState | null,
  options: {
    /** Timers that never fire in this model. */
    readonly leftOut?: (timer: TroupeTimer) => boolean;
    /** The conversation whose messages keep the timer from firing. */
    readonly unlessInFlight?: (timer: TroupeTimer) => string | undefined;
    readonly fired: (timer: TroupeTimer) => Omit<Move<Local>, 'label' | 'kind'>;
  },
): readonly Move<Local>[] {
  if (charts === null) return [];
  return troupe
    .timers(charts)
    .filter((timer) => !(options.leftOut?.(timer) ?? false))
    .map((timer) => {
      const tag = options.unlessInFlight?.(timer);
      return {
        label: timer.label,
        kind: 'timer' as const,
        ...(tag === undefined ? {} : { unlessInFlight: tag }),
        ...options.fired(timer),
      };
    });
}
