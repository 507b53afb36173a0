/** All duplications of a cluster at one moment, each with its explanation. */
import type { CallLimits, Cluster, DuplicationInfo } from '../client/index.js';
import type { Explanation } from '../observe/explain.js';
import { composeExplanation } from './compose-explanation.js';
import { type Progress, progressOf } from './progress.js';
import { fetchExplanations } from './remote-commands.js';

export interface DuplicationSnapshot {
  readonly info: DuplicationInfo;
  readonly explanation: Explanation;
  /** Its `inStatusMs` counts from what the server says, 0 when it does not. */
  readonly progress: Progress;
}

/**
 * Of one table or of all. ERR_APP_NOT_EXIST for a table that is not there.
 *
 * @example
 * for (const { explanation } of await snapshotDuplications(cluster)) console.log(explanation.line);
 */
export async function snapshotDuplications(
  cluster: Cluster,
  table?: string,
  limits: CallLimits = {},
): Promise<DuplicationSnapshot[]> {
  const infos = await cluster.listDuplications(table, limits);
  const told = infos.length === 0 ? [] : ((await fetchExplanations(cluster, table, limits)) ?? []);
  const nowMs = Date.now();
  return infos.map((info) => {
    const own = told.find((one) => one.duplicationId === info.dupid);
    const sinceMs = own?.waiting[0]?.sinceMs ?? 0;
    const explanation = own ?? composeExplanation(info, nowMs);
    return { info, explanation, progress: progressOf(info, explanation, sinceMs > 0 ? nowMs - sinceMs : 0) };
  });
}
