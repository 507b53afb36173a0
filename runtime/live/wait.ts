/** Waiting for a duplication to get somewhere, with an error that says why it does not. */
import type { Observable } from 'rxjs';
import type { DuplicationStatus } from '../../machines/vocabulary.js';
import { BridleError } from '../client/index.js';
import type { Explanation } from '../observe/explain.js';
import { troubleOf } from './events.js';
import type { Observation } from './poll.js';
import type { Progress } from './progress.js';

/** How long to wait, and what ends the wait early. */
export interface WaitOptions {
  /** Default: no deadline. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Reject as soon as the duplication does not go on by itself. Default false: it may be healed. */
  readonly failWhenBlocked?: boolean | undefined;
}

/** A status to be reached, any condition on the progress, or that nothing of it is left. */
export type WaitTarget = DuplicationStatus | 'gone' | ((progress: Progress) => boolean);

/** Why a duplication is where it is, as an error with its own code and next command. */
export function errorOf(explanation: Explanation, otherwise: string): BridleError {
  const trouble = troubleOf(explanation);
  return BridleError.of(trouble?.error ?? otherwise, {
    operation: trouble?.operation ?? 'wait',
    peer: trouble?.peer,
    hint: explanation.line,
    values: {
      table: explanation.table,
      remoteTable: explanation.remoteTable,
      cluster: explanation.remoteCluster,
      dupid: String(explanation.duplicationId),
    },
  });
}

/** Resolves with undefined when nothing of it is left and that was wanted. */
export function waitForTarget(
  observations: Observable<Observation>,
  target: WaitTarget,
  table: string,
  { timeoutMs, signal, failWhenBlocked = false }: WaitOptions,
): Promise<Progress | undefined> {
  const wanted = typeof target === 'string' ? target : 'the condition';
  const reached = typeof target === 'string' ? (now: Progress) => now.status === target : target;
  return new Promise((resolve, reject) => {
    let last: Observation | undefined;
    let settled = false;
    let timer: NodeJS.Timeout | undefined;
    const settle = (finish: () => void): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      // The replayed look arrives before subscribe returns.
      queueMicrotask(() => subscription.unsubscribe());
      finish();
    };
    const fail = (error: unknown): void => settle(() => reject(error));
    const onAbort = (): void => fail(canceled(wanted));
    if (signal?.aborted === true) {
      reject(canceled(wanted));
      return;
    }
    signal?.addEventListener('abort', onAbort, { once: true });
    if (timeoutMs !== undefined) {
      timer = setTimeout(() => fail(tooLate(last, wanted, table, timeoutMs)), timeoutMs);
    }
    const onNext = (observation: Observation): void => {
      last = observation;
      if (observation.kind === 'removed') {
        if (target === 'DS_REMOVED' || target === 'gone') settle(() => resolve(undefined));
        else fail(gone(table, wanted));
      } else if (observation.kind === 'seen') {
        const { explanation, progress } = observation;
        try {
          if (reached(progress)) settle(() => resolve(progress));
          else if (progress.status === 'DS_REMOVED' && target !== 'gone') fail(gone(table, wanted));
          else if (failWhenBlocked && progress.blocked) fail(errorOf(explanation, 'BRIDLE_NO_PROGRESS'));
        } catch (error) {
          fail(error);
        }
      }
    };
    const subscription = observations.subscribe({ next: onNext, complete: () => fail(canceled(wanted)) });
  });
}

function canceled(wanted: string): BridleError {
  return BridleError.of('ERR_THREAD_INTERRUPTED', {
    operation: `wait for ${wanted}`,
    hint: 'the wait was canceled; the duplication goes on',
  });
}

function gone(table: string, wanted: string): BridleError {
  return BridleError.of('ERR_OBJECT_NOT_FOUND', {
    operation: `wait for ${wanted}`,
    hint: `the duplication of ${table} was removed meanwhile`,
    values: { table },
  });
}

function tooLate(
  last: Observation | undefined,
  wanted: string,
  table: string,
  timeoutMs: number,
): BridleError {
  if (last?.kind === 'seen') return errorOf(last.explanation, 'ERR_TIMEOUT');
  if (last?.kind === 'unreachable') return last.error;
  return BridleError.of('ERR_TIMEOUT', {
    operation: `wait for ${wanted}`,
    hint: `the source cluster did not answer within ${timeoutMs} ms`,
    values: { table },
  });
}
