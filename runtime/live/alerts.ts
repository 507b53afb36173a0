/** Alerts of one duplication, or of all that a cluster has. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Observable } from 'rxjs';
import { BridleError, type CallLimits, type Cluster } from '../client/index.js';
import { type Alert, AlertDiffer, type AlertLook, type AlertSubject } from '../observe/alerts/index.js';
import type { Observation } from './poll.js';
import { snapshotDuplications } from './snapshot.js';

const lookOf = (observation: Observation): AlertLook => {
  if (observation.kind === 'seen') return { kind: 'seen', explanation: observation.explanation };
  if (observation.kind === 'removed') return { kind: 'removed' };
  return { kind: 'unreachable', reason: observation.error.code };
};

/** Completes when the looks do. */
export function alertsOf(observations: Observable<Observation>, subject: AlertSubject): Observable<Alert> {
  return new Observable((subscriber) => {
    const differ = new AlertDiffer(subject);
    return observations.subscribe({
      next: (observation) => {
        for (const alert of differ.next(lookOf(observation), Date.now())) subscriber.next(alert);
      },
      complete: () => subscriber.complete(),
    });
  });
}

export interface AlertWatchOptions {
  readonly cluster: Cluster;
  /** Only the duplications of this table. */
  readonly table?: string | undefined;
  /** Between two looks, in milliseconds. Default 2,000. */
  readonly pollMs?: number;
  readonly onAlert: (alert: Alert) => void;
  readonly signal: AbortSignal;
}

const DEFAULT_POLL_MS = 2_000;

/** Looks at all duplications of a cluster until `signal` is aborted, also at those that are added meanwhile. */
export async function watchAlerts(options: AlertWatchOptions): Promise<void> {
  const { cluster, table, pollMs = DEFAULT_POLL_MS, onAlert, signal } = options;
  const differs = new Map<string, AlertDiffer>();
  while (!signal.aborted) {
    const looks = await lookAtAll(cluster, table, { timeoutMs: 10_000, signal });
    if (signal.aborted) return;
    const atMs = Date.now();
    if (looks instanceof BridleError) {
      const look = { kind: 'unreachable', reason: looks.code } as const;
      for (const differ of differs.values()) differ.next(look, atMs).forEach(onAlert);
    } else {
      for (const [key, { subject, look }] of looks) {
        const differ = differs.get(key) ?? new AlertDiffer(subject);
        differs.set(key, differ);
        differ.next(look, atMs).forEach(onAlert);
      }
      for (const [key, differ] of differs) {
        if (looks.has(key)) continue;
        differs.delete(key);
        differ.next({ kind: 'removed' }, atMs).forEach(onAlert);
      }
    }
    await sleep(pollMs, undefined, { signal }).catch(() => undefined);
  }
}

async function lookAtAll(
  cluster: Cluster,
  table: string | undefined,
  limits: CallLimits,
): Promise<Map<string, { readonly subject: AlertSubject; readonly look: AlertLook }> | BridleError> {
  try {
    const all = await snapshotDuplications(cluster, table, limits);
    return new Map(
      all.map(({ explanation }) => {
        const subject = {
          cluster: cluster.name,
          table: explanation.table,
          duplicationId: explanation.duplicationId,
        };
        return [
          `${subject.table}/${subject.duplicationId}`,
          { subject, look: { kind: 'seen', explanation } },
        ];
      }),
    );
  } catch (error) {
    const known = BridleError.from(error);
    // The table is gone, and its duplications with it.
    return known.code === 'ERR_APP_NOT_EXIST' ? new Map() : known;
  }
}
