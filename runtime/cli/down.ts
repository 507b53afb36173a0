/** `bridle down`: stops an embedded cluster and waits until it is gone. */
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { BridleError } from '../client/index.js';
import { isAlive } from '../live/is-alive.js';
import { perform } from './context.js';
import { type ClusterState, readState } from './state-file.js';

/** Then the processes are killed: what they confirmed is on disk. */
const GRACE_MS = 20_000;
const POLL_MS = 25;

export function addDownCommand(program: Command): void {
  program
    .command('down')
    .description('stop the embedded cluster of --data; its data stays')
    .addHelpText('after', '\nExample:\n  $ bridle down --data .bridle/east')
    .action((_: unknown, command: Command) =>
      perform(command, async (context) => {
        const state = await readState(context.data);
        const supervisorPid = state?.supervisorPid ?? null;
        if (state === undefined || supervisorPid === null || !(await isSupervisor(supervisorPid))) {
          context.out.result({ stopped: false, data: context.data }, `no cluster runs in ${context.data}`);
          return undefined;
        }
        await stop(state, supervisorPid, context.signal);
        const { name, data } = state;
        context.out.result(
          { stopped: true, name, data },
          `cluster ${name} stopped; its data stays in ${data}`,
        );
        return undefined;
      }),
    );
}

async function stop(state: ClusterState, supervisorPid: number, signal: AbortSignal): Promise<void> {
  const pids = [supervisorPid, ...state.pids];
  send(supervisorPid, 'SIGTERM');
  if (await allGone(pids, GRACE_MS, signal)) return;
  // Signalled as a group too late would hit others: only what is known, and only if it is still there.
  for (const pid of pids) send(pid, 'SIGKILL');
  if (await allGone(pids, GRACE_MS, signal)) return;
  throw BridleError.of('ERR_TIMEOUT', {
    operation: 'down',
    hint: `processes ${pids.filter(isAlive).join(', ')} are still there`,
    values: { path: state.data },
  });
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone meanwhile.
  }
}

async function allGone(pids: readonly number[], timeoutMs: number, signal: AbortSignal): Promise<boolean> {
  const endMs = performance.now() + timeoutMs;
  while (pids.some(isAlive)) {
    if (performance.now() > endMs) return false;
    try {
      await sleep(POLL_MS, undefined, { signal });
    } catch (error) {
      throw BridleError.from(error, { operation: 'down' });
    }
  }
  return true;
}

/** A pid can have been given to another process since; where /proc exists the command line tells. */
async function isSupervisor(pid: number): Promise<boolean> {
  if (!isAlive(pid)) return false;
  const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => undefined);
  return commandLine === undefined || commandLine.includes('--foreground');
}
