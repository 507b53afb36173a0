/** Ends servers of embedded clusters as a crash would. Whoever started them starts them again. */
import { readFile } from 'node:fs/promises';
import { BridleError } from '../../../runtime/client/index.js';
import type { EmbeddedCluster } from '../../../runtime/cluster/embedded.js';

export interface Server {
  /** `east replica 0`, as recordings name it. */
  readonly process: string;
  /** `host:port` */
  readonly address: string;
  readonly pid: number | null;
}

/** Kills a server, or rejects with the reason not to. */
export type Killer = (server: Server) => Promise<void>;

/** For clusters that this process started. */
export function killerOfOwn(clusters: readonly EmbeddedCluster[]): Killer {
  return async ({ process, address }) => {
    for (const cluster of clusters) {
      const server = cluster.servers().find((each) => each.address === address);
      if (server !== undefined) return cluster.kill(server.role, server.index);
    }
    throw notOurs(process, 'it was not started by this process');
  };
}

/**
 * For clusters that another process of this machine has announced as embedded: a server is killed only if
 * it is a child of that very process. A pid that somebody merely names is nothing to go by.
 *
 * @param starters pids of processes that announced clusters
 */
export function killerOfAnnounced(starters: readonly number[]): Killer {
  return async ({ process: name, address, pid }) => {
    if (!/^(127(\.\d{1,3}){3}|\[::1\]|localhost):/.test(address))
      throw notOurs(name, 'it is not on this machine');
    if (pid === null) throw notOurs(name, 'its process is not known');
    const parent = await parentOf(pid);
    if (parent === null) throw notOurs(name, 'this system does not tell whose process it is');
    if (!starters.includes(parent)) throw notOurs(name, 'it does not belong to a cluster that was announced');
    process.kill(pid, 'SIGKILL');
  };
}

/** Null where there is no /proc, or no such process. */
async function parentOf(pid: number): Promise<number | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  // `pid (name) state ppid …`; the name may have blanks and parentheses.
  const parent = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[1];
  return parent === undefined ? null : Number(parent);
}

function notOurs(name: string, why: string): BridleError {
  return BridleError.of('BRIDLE_USAGE', { operation: 'kill', hint: `${name} is not killed: ${why}` });
}
