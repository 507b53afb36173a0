/** Timers that run, with what is left of them. */
import type { ComponentChildren } from 'preact';
import type { Timer } from '../../model/why-not.js';
import { spanInWords } from '../charts/words.js';

interface TimersProps {
  readonly timers: readonly Timer[];
  /** Of the cursor. */
  readonly now: number;
  readonly inSteps: boolean;
}

export function Timers({ timers, now, inSteps }: TimersProps): ComponentChildren {
  if (timers.length === 0) return null;
  return (
    <ul class="wn-timers" aria-label="Timers that run">
      {timers.map(({ label, state, delayMs, sinceAt }) => {
        const passed = now - sinceAt;
        const total = delayMs === null ? null : delayMs * 1000;
        return (
          <li key={`${state} ${label}`}>
            {label}
            {total !== null && ` of ${spanInWords(total, false)}`}
            {!inSteps && total !== null && (
              <>
                {': '}
                <strong>
                  {passed < total
                    ? `fires in at most ${spanInWords(total - passed, false)}`
                    : 'due any moment'}
                </strong>
                <progress max={total} value={Math.min(passed, total)} aria-label={`${label}, time passed`} />
              </>
            )}
            {!inSteps && total === null && `, running for ${spanInWords(passed, false)}`}
          </li>
        );
      })}
    </ul>
  );
}
