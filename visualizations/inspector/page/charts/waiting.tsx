/** What an actor waits for, in words, with the attempts it has made. */
import type { ComponentChildren } from 'preact';
import type { Json } from '../../../../runtime/observe/recording/lines.js';
import type { ChartDiagram } from '../../../diagrams/chart-diagram.js';
import type { ActorState } from '../../model/types.js';
import { waitingOf } from './words.js';

export function WaitingBanner({
  diagram,
  state,
}: {
  readonly diagram: ChartDiagram;
  readonly state: ActorState;
}): ComponentChildren {
  const waits = waitingOf(diagram, state);
  const trouble = troubleInWords(state.context.trouble);
  const attempts = attemptsInWords(state.context);
  if (waits.length === 0 && trouble === null) return null;
  return (
    <div class="charts-waiting">
      {waits.map(({ state: { id, key }, waitingFor, from, leavesWhen, settled }) => (
        <p key={id} class={settled === null ? '' : `charts-${settled}`}>
          <span class="charts-where">{key}</span>
          {settled === 'blocked' ? ' is blocked, waiting for ' : ' waits for '}
          <strong>{waitingFor}</strong>
          {from !== '' && from !== 'nobody' && (
            <>
              {' from '}
              <strong>{from}</strong>
            </>
          )}
          {leavesWhen !== '' && settled !== 'done' && (
            <span class="charts-leaves">; leaves when {leavesWhen}</span>
          )}
        </p>
      ))}
      {(trouble !== null || attempts !== null) && (
        <p class="charts-trouble">
          {trouble !== null && <>⚠ {trouble}</>}
          {trouble !== null && attempts !== null && ' · '}
          {attempts}
        </p>
      )}
    </div>
  );
}

const isObject = (value: Json | undefined): value is { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `{ error: 'ERR_TIMEOUT', operation: 'RPC_CM_LIST_APPS' }` → `ERR_TIMEOUT from RPC_CM_LIST_APPS` */
function troubleInWords(trouble: Json | undefined): string | null {
  if (!isObject(trouble) || typeof trouble.error !== 'string') return null;
  const of = typeof trouble.operation === 'string' ? ` from ${trouble.operation}` : '';
  const hint = typeof trouble.hint === 'string' ? ` (${trouble.hint})` : '';
  return `${trouble.error}${of}${hint}`;
}

/** `2 of 5 attempts failed`; the limit is where our charts keep it, in `times.retry`. */
function attemptsInWords({ attempt, times }: ActorState['context']): string | null {
  if (typeof attempt !== 'number' || attempt === 0) return null;
  const retry = isObject(times) && isObject(times.retry) ? times.retry : null;
  const of = typeof retry?.limitAttempts === 'number' ? ` of ${retry.limitAttempts}` : '';
  return `${attempt}${of} attempt${attempt === 1 && of === '' ? '' : 's'} failed`;
}
