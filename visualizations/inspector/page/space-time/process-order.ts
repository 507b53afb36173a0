/** The order in which processes stand side by side: those who ask, then the source, then the follower. */
import type { ProcessInfo } from '../../model/types.js';

const ROLES = ['operator', 'client', 'other', 'meta', 'replica'];

/** Clusters in the order in which they appear: a run begins with its source. */
export function inOrder(processes: readonly ProcessInfo[]): readonly ProcessInfo[] {
  const clusters = [...new Set(processes.map(({ cluster }) => cluster))];
  const place = ({ role, cluster }: ProcessInfo): number =>
    (cluster === null ? 0 : 1 + clusters.indexOf(cluster)) * ROLES.length + ROLES.indexOf(role);
  return processes
    .map((process, at) => ({ process, at }))
    .sort(
      (a, b) =>
        place(a.process) - place(b.process) ||
        a.process.name.localeCompare(b.process.name, 'en', { numeric: true }) ||
        a.at - b.at,
    )
    .map(({ process }) => process);
}
