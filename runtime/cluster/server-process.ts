/** One server as a child process: started, watched, started again when it dies. */
import { type ChildProcess, fork } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Observable, Subject } from 'rxjs';
import { formatAddress } from '../pegasus/index.js';
import type { ServerConfig } from './config.js';
import type { ServerMessage } from './main.js';

export interface ServerEvent {
  readonly what: 'died' | 'restarted' | 'given-up';
  /** Signal or exit code of a death. */
  readonly why: string;
}

export interface ServerProcessOptions {
  readonly config: ServerConfig;
  /** Standard output and error are appended here. */
  readonly logFile: string;
  readonly restart: boolean;
}

const START_DEADLINE_MS = 30_000;
const STOP_DEADLINE_MS = 10_000;
const RESTART_DELAY_MS = 150;
/** More restarts in a row without a minute of peace mean that restarting does not help. */
const RESTARTS_LIMIT = 50;
const PEACE_MS = 60_000;

export class ServerProcess {
  readonly #options: ServerProcessOptions;
  readonly #events = new Subject<ServerEvent>();
  #child: ChildProcess | null = null;
  #stopping = false;
  #restarts = 0;
  #inARow = 0;
  #startedMs = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ServerProcessOptions) {
    this.#options = options;
  }

  get address(): string {
    return formatAddress(this.#options.config.listen);
  }

  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  get restarts(): number {
    return this.#restarts;
  }

  get events$(): Observable<ServerEvent> {
    return this.#events.asObservable();
  }

  /** Resolves when the server listens; rejects with an Error carrying `code`. */
  start(): Promise<void> {
    const child = this.#fork();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => fail('ERR_TIMEOUT', 'the server does not get ready'), START_DEADLINE_MS);
      const fail = (code: string, message: string) => {
        done();
        this.#stopping = true;
        child.kill('SIGKILL');
        reject(
          Object.assign(new Error(`${this.#options.config.role} server at ${this.address}: ${message}`), {
            code,
          }),
        );
      };
      const onMessage = (message: ServerMessage) => {
        if (message.type === 'failed') return fail(message.code, message.message);
        done();
        this.#watch(child);
        resolve();
      };
      const onExit = (code: number | null) =>
        fail('BRIDLE_SERVER_DIED', `it ended with ${code} while starting`);
      const done = () => {
        clearTimeout(timer);
        child.off('message', onMessage);
        child.off('exit', onExit);
      };
      child.on('message', onMessage);
      child.on('exit', onExit);
    });
  }

  async kill(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === null || child.exitCode !== null) return;
    const gone = signal === 'SIGKILL' || signal === 'SIGTERM' ? exited(child) : Promise.resolve();
    child.kill(signal);
    await gone;
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#timer);
    const child = this.#child;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const gone = exited(child);
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
    await gone;
    clearTimeout(timer);
    this.#events.complete();
  }

  #fork(): ChildProcess {
    const { config, logFile } = this.#options;
    const here = import.meta.url;
    const typescript = here.endsWith('.ts');
    const entry = fileURLToPath(new URL(typescript ? './main.ts' : './main.js', here));
    const child = fork(entry, [JSON.stringify(config)], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      execArgv: typescript ? ['--import', 'tsx'] : [],
    });
    const log = createWriteStream(logFile, { flags: 'a' });
    // A full disk must not end the supervisor.
    log.on('error', () => undefined);
    child.stdout?.pipe(log, { end: false });
    child.stderr?.pipe(log, { end: false });
    child.once('close', () => log.end());
    this.#child = child;
    this.#startedMs = Date.now();
    return child;
  }

  #watch(child: ChildProcess): void {
    const died = (code: number | null, signal: NodeJS.Signals | null) => {
      this.#child = null;
      if (this.#stopping) return;
      const why = signal ?? `exit code ${code}`;
      this.#events.next({ what: 'died', why });
      if (this.#options.restart) this.#restartLater();
    };
    if (child.exitCode !== null || child.signalCode !== null) died(child.exitCode, child.signalCode);
    else child.once('exit', died);
  }

  #restartLater(): void {
    this.#inARow = Date.now() - this.#startedMs > PEACE_MS ? 1 : this.#inARow + 1;
    if (this.#inARow > RESTARTS_LIMIT) {
      this.#events.next({ what: 'given-up', why: `${RESTARTS_LIMIT} restarts without a minute of peace` });
      return;
    }
    this.#timer = setTimeout(() => {
      if (this.#stopping) return;
      const child = this.#fork();
      this.#restarts += 1;
      this.#watch(child);
      child.once('message', (message: ServerMessage) => {
        if (message.type === 'ready') this.#events.next({ what: 'restarted', why: 'ready again' });
      });
    }, RESTART_DELAY_MS);
  }
}

function exited(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else child.once('exit', () => resolve());
  });
}
