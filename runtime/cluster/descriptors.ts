/** How many files and sockets this process may have open. */
import { readFileSync } from 'node:fs';

/** Undefined where the system does not tell. */
export function descriptorLimit(): number | undefined {
  try {
    const soft = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return soft === undefined ? undefined : Number(soft);
  } catch {
    return undefined;
  }
}

/** Connections that leave half of the descriptors to files, logs and the store. */
export function connectionsFor(wanted: number, limit: number | undefined = descriptorLimit()): number {
  return limit === undefined ? wanted : Math.max(8, Math.min(wanted, Math.floor(limit / 2)));
}
