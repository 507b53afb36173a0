/** What every command has at hand: the global options, the cluster, the output, the interrupt. */
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { BridleError, type CallLimits, type Cluster, openCluster } from '../client/index.js';
import { TLS_ENVIRONMENT, tlsFilesOf } from '../client/tls.js';
import type { TlsFiles } from '../pegasus/index.js';
import { Output } from './output.js';
import { readState, runningState } from './state-file.js';

export const DEFAULT_META = '127.0.0.1:34601';
const DEFAULT_TIMEOUT_MS = 10_000;

interface GlobalOptions {
  readonly meta?: string;
  readonly data: string;
  readonly json?: boolean;
  /** Milliseconds. */
  readonly timeout?: number;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsCa?: string;
}

/** Known at the top, so they may stand before or behind any command. */
export function addGlobalOptions(program: Command): Command {
  return program
    .option(
      '--meta <host:port>',
      `meta servers of the cluster (default: $BRIDLE_META, else the cluster running in --data, else ${DEFAULT_META})`,
    )
    .option('--data <dir>', 'data directory of an embedded cluster', '.bridle')
    .option('--json', 'one line of JSON on standard output, for programs')
    .option(
      '--timeout <seconds>',
      'deadline of a request (default: 10); with --wait, of the whole wait (default: none)',
      parseSeconds,
    )
    .option('--tls-cert <file>', 'certificate to show, PEM (default: $BRIDLE_TLS_CERT, else that of --data)')
    .option('--tls-key <file>', 'its private key, PEM (default: $BRIDLE_TLS_KEY)')
    .option('--tls-ca <file>', 'authorities that vouch for servers, PEM (default: $BRIDLE_TLS_CA)');
}

/** Seconds as milliseconds. */
export function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (text.trim() !== '' && seconds > 0 && seconds <= 1_000_000) return Math.ceil(seconds * 1000);
  throw new InvalidArgumentError('It has to be a number of seconds above 0.');
}

/** A whole number; the library says which are legal. */
export function parseWhole(text: string): number {
  if (/^-?\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It has to be a whole number.');
}

export class CommandContext implements AsyncDisposable {
  readonly out: Output;
  /** Aborted by Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
  /** Absolute. */
  readonly data: string;
  readonly #options: GlobalOptions;
  readonly #clusters: Cluster[] = [];

  constructor(options: GlobalOptions, signal: AbortSignal) {
    this.#options = options;
    this.signal = signal;
    this.data = resolve(options.data);
    this.out = new Output(options.json === true);
  }

  /** Of one request. */
  get limits(): CallLimits {
    return { timeoutMs: this.#options.timeout ?? DEFAULT_TIMEOUT_MS, signal: this.signal };
  }

  /** Of a whole wait: only what was asked for. */
  get waitLimits(): { readonly timeoutMs: number | undefined; readonly signal: AbortSignal } {
    return { timeoutMs: this.#options.timeout, signal: this.signal };
  }

  /** The certificate that was given, or named by the environment, or is used by the cluster in --data. */
  async tls(): Promise<TlsFiles | undefined> {
    const { tlsCert, tlsKey, tlsCa } = this.#options;
    const environment = process.env;
    return (
      tlsFilesOf({
        certFile: tlsCert ?? environment[TLS_ENVIRONMENT.certFile],
        keyFile: tlsKey ?? environment[TLS_ENVIRONMENT.keyFile],
        caFile: tlsCa ?? environment[TLS_ENVIRONMENT.caFile],
      }) ??
      (await readState(this.data))?.tls ??
      undefined
    );
  }

  /** The cluster the command is about; closed when the command ends. */
  async cluster(): Promise<Cluster> {
    return this.open(await this.#metas());
  }

  /** Another cluster; closed when the command ends. */
  async open(meta: string | readonly string[]): Promise<Cluster> {
    const { timeoutMs = DEFAULT_TIMEOUT_MS } = this.limits;
    const cluster = await openCluster({ meta, timeoutMs, signal: this.signal });
    this.#clusters.push(cluster);
    return cluster;
  }

  /** The meta servers that were named by an option or the environment. */
  get givenMeta(): string | undefined {
    const given = this.#options.meta ?? process.env.BRIDLE_META;
    return given === '' ? undefined : given;
  }

  async #metas(): Promise<string> {
    return this.givenMeta ?? (await runningState(this.data))?.meta ?? DEFAULT_META;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#clusters.map((cluster) => cluster.close()));
  }
}

/** Does the work; a number is the exit code, nothing means 0. */
type Work = (context: CommandContext) => Promise<number | undefined>;

/** Runs the work of a command: clusters are closed and signals released however it ends. */
export async function perform(command: Command, work: Work): Promise<void> {
  const interrupt = new AbortController();
  let again = false;
  const onSignal = (): void => {
    // Whoever asks twice does not want to wait.
    if (again) process.exit(130);
    again = true;
    interrupt.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  try {
    await using context = new CommandContext(command.optsWithGlobals<GlobalOptions>(), interrupt.signal);
    // From here on for whatever opens a cluster in this process, and for those that it starts.
    for (const [file, path] of Object.entries((await context.tls()) ?? {})) {
      process.env[TLS_ENVIRONMENT[file as keyof TlsFiles]] = path;
    }
    process.exitCode = (await work(context)) ?? 0;
  } catch (error) {
    // After Ctrl-C whatever fails does so because of it, however the place that noticed calls it.
    const known = BridleError.from(error);
    if (!interrupt.signal.aborted || known.code === 'ERR_THREAD_INTERRUPTED') throw error;
    process.exitCode = undefined;
    throw BridleError.of('ERR_THREAD_INTERRUPTED', { hint: 'canceled by the caller', cause: error });
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}
