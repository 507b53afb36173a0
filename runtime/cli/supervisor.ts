/** The process behind a running embedded cluster: starts the servers, keeps them up, writes the state file. */
import { resolve } from 'node:path';
import { BridleError } from '../client/index.js';
import { tlsFromEnvironment } from '../client/tls.js';
import { type EmbeddedCluster, startCluster } from '../cluster/embedded.js';
import { announceRun } from '../live/recording/index.js';
import { readPolicyFile, startError, type UpOptions } from './cluster-options.js';
import { type ClusterState, readState, writeState } from './state-file.js';

/** What the supervisor tells the process that started it, once. */
export type SupervisorMessage =
  | { readonly ready: ClusterState }
  | { readonly failed: { readonly code: string; readonly hint: string } };

/** The line `bridle up` prints. */
export function readyLine(state: ClusterState) {
  const { name, meta, replicas, data, supervisorPid, pids } = state;
  return { name, meta, replicas, data, supervisorPid, pids };
}

/** Runs a cluster until `signal`; then stops it in good order. `onReady` is called once. */
export async function supervise(
  options: UpOptions,
  data: string,
  signal: AbortSignal,
  onReady: (state: ClusterState) => void,
): Promise<void> {
  const { name, id, metaPort, replicas } = options;
  const policy = options.policy === undefined ? undefined : await readPolicyFile(options.policy);
  // What was said at an earlier start stays known, as the server keeps it too.
  const remotes = { ...(await readState(data))?.remotes, ...options.remote };
  const tls = tlsFromEnvironment();
  let cluster: EmbeddedCluster;
  try {
    cluster = await startCluster({
      name,
      directory: data,
      metaPort,
      remotes,
      restart: true,
      signal,
      ...(tls === undefined ? {} : { tls }),
      ...(id === undefined ? {} : { id }),
      ...(replicas === undefined ? {} : { replicas }),
      ...(policy === undefined ? {} : { policy }),
      ...(options.logLevel === undefined ? {} : { logLevel: options.logLevel }),
    });
  } catch (error) {
    if (signal.aborted) throw BridleError.of('ERR_THREAD_INTERRUPTED', { operation: 'up' });
    const { code = 'ERR_UNKNOWN', message } = error as { code?: string; message: string };
    throw startError(code, message, options, data);
  }
  const state = (supervisorPid: number | null): ClusterState => {
    const servers = cluster.servers();
    return {
      name: cluster.name,
      id: cluster.id,
      meta: cluster.meta,
      replicas: servers.filter(({ role }) => role === 'replica').map(({ address }) => address),
      data: resolve(data),
      supervisorPid,
      pids: servers.flatMap(({ pid }) => (pid === null ? [] : [pid])),
      ...(tls === undefined ? {} : { tls }),
      remotes: Object.fromEntries(Object.entries(remotes).map(([key, metas]) => [key, [...metas]])),
    };
  };
  try {
    await writeState(state(process.pid));
    // One write at a time; a server that comes back has another pid.
    let writing = Promise.resolve();
    cluster.events$.subscribe((event) => {
      process.stdout.write(`${JSON.stringify({ at: new Date().toISOString(), ...event })}\n`);
      writing = writing.then(() => writeState(state(process.pid))).catch(() => {});
    });
    const announced = await announceRun(`up ${cluster.name}`, [
      { name: cluster.name, metas: [cluster.meta] },
    ]);
    try {
      onReady(state(process.pid));
      await aborted(signal);
      await writing;
    } finally {
      await announced.end();
    }
  } finally {
    await cluster.close();
    await writeState({ ...state(null), pids: [] }).catch(() => {});
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) done();
    else signal.addEventListener('abort', () => done(), { once: true });
  });
}
