/** How processes stand together in the pictures. */
import { PROCESSES, type ProcessName } from './table.js';

export interface Cluster {
  readonly name: string;
  readonly processes: readonly ProcessName[];
}

const CLUSTERS = ['source', 'follower'] as const;

/** The two clusters, and each process that is in none by itself. */
export function clusters(): {
  readonly inside: readonly Cluster[];
  readonly outside: readonly ProcessName[];
} {
  const inside = CLUSTERS.map((name) => ({
    name: `${name} cluster`,
    processes: PROCESSES.filter((process) => process.startsWith(`${name} `)),
  }));
  return {
    inside,
    outside: PROCESSES.filter((name) => !inside.some(({ processes }) => processes.includes(name))),
  };
}

export const PROCESS_TITLES: Readonly<Record<ProcessName, string>> = {
  operator: 'operator',
  client: 'clients',
  'source meta': 'meta server',
  'source replica': 'replica servers',
  'follower meta': 'meta server',
  'follower replica': 'replica servers',
};
