/** What `bridle up` writes down about a running cluster, in its data directory. */
import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { openCluster } from '../client/index.js';
import { isAlive } from '../live/is-alive.js';

const STATE_FILE = 'bridle.json';
/** Directories looked at when a cluster is searched by name. */
const MAX_DIRECTORIES = 64;

const stateSchema = z.object({
  name: z.string(),
  id: z.number(),
  /** 'host:port' */
  meta: z.string(),
  /** 'host:port' of each replica server */
  replicas: z.array(z.string()),
  data: z.string(),
  /** null when it was stopped in good order. */
  supervisorPid: z.number().nullable(),
  /** Of the server processes: the meta server first. */
  pids: z.array(z.number()),
  /** Other clusters by name, with 'host:port' of their meta servers. */
  remotes: z.record(z.string(), z.array(z.string())),
  /** Paths of the files it was started with, for commands in the same directory. */
  tls: z.object({ certFile: z.string(), keyFile: z.string(), caFile: z.string() }).nullish(),
});
export type ClusterState = z.infer<typeof stateSchema>;

/** Undefined when no cluster was ever started in the directory, or the file is not ours. */
export async function readState(data: string): Promise<ClusterState | undefined> {
  try {
    const parsed = stateSchema.safeParse(JSON.parse(await readFile(join(data, STATE_FILE), 'utf8')));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/** Replaced at once, so that a reader never sees half of it. */
export async function writeState(state: ClusterState): Promise<void> {
  const path = join(state.data, STATE_FILE);
  const temporary = `${path}.${process.pid}`;
  await writeFile(temporary, `${JSON.stringify(state, undefined, 2)}\n`, { mode: 0o600 });
  await rename(temporary, path);
}

/** The state of a directory whose cluster answers under its name; pids alone can have been reused. */
export async function runningState(data: string, timeoutMs = 2_000): Promise<ClusterState | undefined> {
  const state = await readState(data);
  if (state?.supervisorPid == null || !isAlive(state.supervisorPid)) return undefined;
  try {
    await using cluster = await openCluster({
      meta: state.meta,
      timeoutMs,
      ...(state.tls == null ? {} : { tls: state.tls }),
    });
    return cluster.name === state.name ? state : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Meta servers of a cluster known by name here: a remote of the cluster in `data`, or a cluster that was
 * started in a directory inside of it or beside it. Nothing is asked over the network.
 */
export async function findMetas(name: string, data: string): Promise<readonly string[] | undefined> {
  const own = await readState(data);
  const remote = own?.remotes[name];
  if (remote !== undefined && remote.length > 0) return remote;
  for (const directory of [data, dirname(resolve(data))]) {
    const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
    for (const entry of entries.filter((each) => each.isDirectory()).slice(0, MAX_DIRECTORIES)) {
      const state = await readState(join(directory, entry.name));
      if (state?.name === name && state.supervisorPid !== null) return [state.meta];
    }
  }
  return undefined;
}
