/** `bridle up`: an embedded cluster that goes on running when the command has ended. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { BridleError } from '../client/index.js';
import { LOG_LEVELS } from '../observe/log.js';
import { parseRemote, readPolicyFile, startError, type UpOptions } from './cluster-options.js';
import { type CommandContext, parseWhole, perform } from './context.js';
import { type ClusterState, runningState } from './state-file.js';
import type { SupervisorMessage } from './supervisor.js';

export function addUpCommand(program: Command): void {
  program
    .command('up')
    .description('start an embedded cluster in --data and print one JSON line when it is ready')
    .option('--name <name>', 'name of the cluster', 'bridle')
    .option('--id <n>', 'cluster id, 1 to 127 (default: derived from the name)', parseWhole)
    .option('--meta-port <port>', 'port of the meta server; 0 is any free one', parseWhole, 34601)
    .option('--replicas <n>', 'replica servers (default: 3, or as many as --data has)', parseWhole)
    .addOption(
      new Option('--remote <name=host:port,…>', 'another cluster and its meta servers; may be repeated')
        .argParser(parseRemote)
        .default({}, 'none'),
    )
    .option('--policy <file>', 'rules in force from the start: a JSON array, see bridle policy')
    .addOption(
      new Option('--log-level <level>', 'of the servers’ logs in --data (default: info)').choices([
        ...LOG_LEVELS,
      ]),
    )
    .option('--foreground', 'stay in this process until Ctrl-C instead of leaving a supervisor behind')
    .addHelpText(
      'after',
      `
A cluster that runs in --data already is left alone, and the same line is printed.

Examples:
  $ bridle up --name east --meta-port 34601 --replicas 3 --data .bridle/east
  $ bridle up --name west --meta-port 34701 --data .bridle/west
  $ bridle up --name east --data .bridle/east --tls-cert east.crt --tls-key east.key --tls-ca ca.crt
  $ bridle down --data .bridle/east`,
    )
    .action((options: UpOptions, command: Command) =>
      perform(command, async (context) => {
        const running = await runningState(context.data);
        const state = running ?? (options.foreground ? undefined : await startDetached(options, context));
        const { readyLine } = await import('./supervisor.js');
        if (state !== undefined) context.out.line(JSON.stringify(readyLine(state)));
        else await runHere(options, context);
        return undefined;
      }),
    );
}

/** The supervisor itself, started by hand or by {@link startDetached}. */
async function runHere(options: UpOptions, context: CommandContext): Promise<void> {
  const { readyLine, supervise } = await import('./supervisor.js');
  const tell = (message: SupervisorMessage): void => {
    if (!process.connected) return;
    process.send?.(message, undefined, undefined, () => process.connected && process.disconnect());
  };
  try {
    await supervise(options, context.data, context.signal, (state) => {
      context.out.line(JSON.stringify(readyLine(state)));
      tell({ ready: state });
    });
  } catch (error) {
    const { code, hint = '' } = BridleError.from(error);
    tell({ failed: { code, hint } });
    throw error;
  }
}

const START_DEADLINE_MS = 60_000;

/** The same command again as a process of its own, which keeps nothing of this one. */
async function startDetached(options: UpOptions, context: CommandContext): Promise<ClusterState> {
  const { data, signal } = context;
  // What can be seen to be wrong from here is said without starting anything.
  if (options.policy !== undefined) await readPolicyFile(options.policy);
  const logFile = join(data, 'supervisor.log');
  await mkdir(data, { recursive: true }).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    throw startError('ERR_FILE_OPERATION_FAILED', `cannot make ${data}: ${why}`, options, data);
  });
  await using log = await open(logFile, 'a');
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1), '--foreground'], {
    detached: true,
    stdio: ['ignore', log.fd, log.fd, 'ipc'],
  });
  try {
    return await ready(child, options, data, logFile, signal);
  } catch (error) {
    child.kill('SIGTERM');
    throw error;
  } finally {
    if (child.connected) child.disconnect();
    child.unref();
  }
}

function ready(
  child: ChildProcess,
  options: UpOptions,
  data: string,
  logFile: string,
  signal: AbortSignal,
): Promise<ClusterState> {
  return new Promise((resolve, reject) => {
    const fail = (code: string, hint: string): void => reject(startError(code, hint, options, data));
    const timer = setTimeout(
      () => fail('ERR_TIMEOUT', `the cluster is not ready after ${START_DEADLINE_MS} ms; see ${logFile}`),
      START_DEADLINE_MS,
    );
    child.once('message', (message: SupervisorMessage) => {
      clearTimeout(timer);
      if ('ready' in message) resolve(message.ready);
      else fail(message.failed.code, message.failed.hint);
    });
    child.once('error', (error) => fail('BRIDLE_SERVER_DIED', error.message));
    child.once('exit', async (code) => {
      clearTimeout(timer);
      const last = await lastLine(logFile);
      fail('BRIDLE_SERVER_DIED', `the supervisor ended with ${code ?? 'a signal'}: ${last} (${logFile})`);
    });
    signal.addEventListener('abort', () => fail('ERR_THREAD_INTERRUPTED', 'interrupted while starting'), {
      once: true,
    });
  });
}

async function lastLine(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.trimEnd().split('\n').at(-1)?.slice(0, 300) ?? '';
}
