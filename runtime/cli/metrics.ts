/** `bridle metrics`: a cluster's duplications for Prometheus, printed once or served. */
import type { Command } from 'commander';
import { BridleError } from '../client/index.js';
import { MetricsExporter } from '../live/metrics-exporter.js';
import { serveMetrics } from '../observe/metrics/index.js';
import { type CommandContext, parseSeconds, perform } from './context.js';

interface MetricsFlags {
  readonly listen?: string;
  readonly interval: number;
}

const DEFAULT_INTERVAL_MS = 5_000;

export function addMetricsCommand(program: Command): void {
  program
    .command('metrics')
    .description('metrics of a cluster’s duplications for Prometheus: printed once, or served with --listen')
    .option('--listen <[host:]port>', 'serve them at /metrics there until Ctrl-C; the host is 127.0.0.1')
    .option(
      '--interval <seconds>',
      'with --listen: between two looks at the cluster (default: 5)',
      parseSeconds,
      DEFAULT_INTERVAL_MS,
    )
    .addHelpText(
      'after',
      `
The servers of embedded clusters have a /metrics of their own, with more in it. This command is for clusters
that have none for a duplication, as Apache Pegasus: it only asks what every cluster answers.

Examples:
  $ bridle metrics
  $ bridle metrics --meta 10.0.0.1:34601,10.0.0.2:34601 --listen 9464
  $ curl http://127.0.0.1:9464/metrics`,
    )
    .action((flags: MetricsFlags, command: Command) =>
      perform(command, async (context) => {
        if (flags.listen === undefined) await printOnce(context);
        else await serve(context, parseListen(flags.listen), flags.interval);
        return undefined;
      }),
    );
}

function exporterOf(context: CommandContext, pollMs: number): MetricsExporter {
  const { timeoutMs } = context.limits;
  return new MetricsExporter({
    open: () => context.cluster(),
    name: context.givenMeta ?? context.data,
    pollMs,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  });
}

async function printOnce(context: CommandContext): Promise<void> {
  const exporter = exporterOf(context, DEFAULT_INTERVAL_MS);
  await exporter.look(context.signal);
  const text = exporter.scrape().render('text').trimEnd();
  context.out.result({ metrics: text.split('\n').filter((line) => !line.startsWith('#')) }, text);
}

async function serve(
  context: CommandContext,
  listen: { readonly host: string; readonly port: number },
  pollMs: number,
): Promise<void> {
  const exporter = exporterOf(context, pollMs);
  const server = await serveMetrics(listen, () => exporter.scrape()).catch((error: NodeJS.ErrnoException) => {
    const code = error.code === 'EADDRINUSE' ? 'ERR_ADDRESS_ALREADY_USED' : 'ERR_NETWORK_START_FAILED';
    throw BridleError.of(code, {
      operation: 'listen',
      hint: error.message,
      values: { port: String(listen.port) },
      next: 'bridle metrics --listen ANOTHER_PORT',
    });
  });
  try {
    context.out.result({ url: server.url }, server.url);
    await exporter.run(context.signal);
  } finally {
    await server.close();
  }
}

/** @example parseListen('9464') // { host: '127.0.0.1', port: 9464 } */
export function parseListen(text: string): { readonly host: string; readonly port: number } {
  const [, host = '127.0.0.1', digits = ''] = /^(?:(.+):)?(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (digits === '' || port > 65_535) {
    throw BridleError.of('BRIDLE_USAGE', {
      operation: 'metrics',
      hint: `--listen ${text}: write PORT or HOST:PORT`,
      next: 'bridle metrics --help',
    });
  }
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port };
}
