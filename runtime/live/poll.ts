/** The one loop that looks at a duplication, shared by everybody who watches it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Observable, ReplaySubject, share } from 'rxjs';
import { BridleError, type Cluster, type DuplicationInfo } from '../client/index.js';
import type { Explanation } from '../observe/explain.js';
import { composeExplanation } from './compose-explanation.js';
import { type Progress, progressOf } from './progress.js';
import { fetchExplanations } from './remote-commands.js';

/** Which duplication is looked at. */
export interface Watched {
  readonly source: Cluster;
  readonly table: string;
  readonly dupid: number;
  /** Between two looks, in milliseconds. */
  readonly pollMs: number;
}

/** One look. */
export type Observation =
  | {
      readonly kind: 'seen';
      readonly info: DuplicationInfo;
      readonly explanation: Explanation;
      readonly progress: Progress;
    }
  /** It is not listed any more: nothing of it is left. */
  | { readonly kind: 'removed' }
  /** The source did not answer; the last one that did counts until it does again. */
  | { readonly kind: 'unreachable'; readonly error: BridleError };

/** A look that takes longer counts as failed. */
const LOOK_TIMEOUT_MS = 5_000;
/** An unreachable source is asked less and less often, down to this. */
const MAX_BACKOFF_MS = 5_000;

/**
 * Looks while somebody is subscribed; the first subscription starts the loop, the end of the last one
 * stops it, `signal` ends it for all. The latest look is replayed. Never errors.
 */
export function observeDuplication(watched: Watched, signal: AbortSignal): Observable<Observation> {
  const looks = new Observable<Observation>((subscriber) => {
    const stop = new AbortController();
    const end = (): void => stop.abort();
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
    void loop(watched, stop.signal, (observation) => subscriber.next(observation)).finally(() =>
      subscriber.complete(),
    );
    return () => {
      signal.removeEventListener('abort', end);
      end();
    };
  });
  return looks.pipe(share({ connector: () => new ReplaySubject(1), resetOnRefCountZero: true }));
}

async function loop(
  watched: Watched,
  signal: AbortSignal,
  emit: (observation: Observation) => void,
): Promise<void> {
  const since = new StatusClock();
  let failures = 0;
  while (!signal.aborted) {
    const observation = await look(watched, since, signal);
    if (signal.aborted) return;
    emit(observation);
    if (observation.kind === 'removed') return;
    failures = observation.kind === 'unreachable' ? failures + 1 : 0;
    const waitMs = Math.min(MAX_BACKOFF_MS, watched.pollMs * 2 ** Math.min(failures, 10));
    await sleep(waitMs, undefined, { signal }).catch(() => undefined);
  }
}

/** Since when the present status has been seen. */
class StatusClock {
  #status: string | undefined;
  #sinceMs = 0;

  since(status: string): number {
    if (status !== this.#status) {
      this.#status = status;
      this.#sinceMs = Date.now();
    }
    return this.#sinceMs;
  }
}

async function look(watched: Watched, since: StatusClock, signal: AbortSignal): Promise<Observation> {
  const limits = { timeoutMs: LOOK_TIMEOUT_MS, signal };
  try {
    const info = await findDuplication(watched, limits);
    if (info === undefined) return { kind: 'removed' };
    const sinceMs = since.since(info.status);
    const explanation = await explanationOf(watched, info, sinceMs, limits);
    return { kind: 'seen', info, explanation, progress: progressOf(info, explanation, Date.now() - sinceMs) };
  } catch (error) {
    return { kind: 'unreachable', error: BridleError.from(error) };
  }
}

/** The duplication as listed; undefined when it or its table is gone. */
export async function findDuplication(
  { source, table, dupid }: Watched,
  limits: { readonly timeoutMs?: number; readonly signal?: AbortSignal },
): Promise<DuplicationInfo | undefined> {
  try {
    return (await source.queryDuplication(table, limits)).find((one) => one.dupid === dupid);
  } catch (error) {
    if (error instanceof BridleError && error.code === 'ERR_APP_NOT_EXIST') return undefined;
    throw error;
  }
}

/** The server's own account, else one made of the status. */
export async function explanationOf(
  { source, table, dupid }: Watched,
  info: DuplicationInfo,
  sinceMs: number,
  limits: { readonly timeoutMs?: number; readonly signal?: AbortSignal },
): Promise<Explanation> {
  const told = await fetchExplanations(source, table, limits);
  const own = told?.find((one) => one.duplicationId === dupid);
  // Between the two questions the status may have moved on; then the next look shows it.
  return own ?? composeExplanation(info, sinceMs);
}
