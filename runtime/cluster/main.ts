/**
 * Entry point of one server process: takes its configuration as JSON in the first argument, says `ready`
 * to its parent when it listens, and ends when the parent does, so that nothing is left behind.
 */
import { jsonLog } from '../observe/log.js';
import { ProcessMetrics } from '../observe/metrics/index.js';
import type { ServerConfig } from './config.js';
import { MetaServer } from './meta/meta-server.js';
import { environmentOf } from './real-environment.js';
import { ReplicaServer } from './replica/replica-server.js';

/** What a server tells its parent. */
export type ServerMessage =
  | { readonly type: 'ready' }
  | { readonly type: 'failed'; readonly code: string; readonly message: string };

const config = JSON.parse(process.argv[2] ?? '{}') as ServerConfig;
const log = jsonLog(
  {
    cluster: config.cluster.name,
    role: config.role,
    server: `${config.role} ${config.listen.port}`,
    pid: process.pid,
  },
  config.logLevel,
);
const tell = (message: ServerMessage) =>
  new Promise<void>((resolve) => {
    if (process.send === undefined) resolve();
    else process.send(message, () => resolve());
  });

// A defect in one request must not end the server; it is logged where an operator looks.
process.on('unhandledRejection', (reason) => log.error('unhandled rejection', { error: String(reason) }));
process.on('uncaughtException', (error) =>
  log.error('uncaught exception', { error: error.stack ?? String(error) }),
);

const processMetrics = new ProcessMetrics();

try {
  const environment = environmentOf(config, log);
  const server =
    config.role === 'meta'
      ? await MetaServer.start({ config, log, environment, processMetrics })
      : await ReplicaServer.start({ config, log, environment, processMetrics });
  let closing = false;
  const close = async (why: string) => {
    if (closing) return;
    closing = true;
    log.info('stopping', { why });
    await server.close().catch((error: unknown) => log.error('stopping failed', { error: String(error) }));
    process.exit(0);
  };
  process.on('SIGTERM', () => void close('SIGTERM'));
  process.on('SIGINT', () => void close('SIGINT'));
  process.on('disconnect', () => void close('the parent process ended'));
  // It may have gone while this server was starting: nobody would hear that it is ready, or ever stop it.
  if (process.connected === false) await close('the parent process ended');
  log.info('listening', { address: `${config.listen.host}:${config.listen.port}` });
  await tell({ type: 'ready' });
} catch (error) {
  const code = (error as { code?: unknown }).code;
  const message = error instanceof Error ? error.message : String(error);
  log.error('cannot start', { error: message });
  await tell({ type: 'failed', code: typeof code === 'string' ? code : 'ERR_UNKNOWN', message });
  process.exit(1);
}
