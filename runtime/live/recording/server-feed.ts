/** Fetches what one server has recorded, again and again, and notices when it dies and when it is back. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { BridleError, type Cluster } from '../../client/index.js';
import { type FetchedRecords, readRecordsAnswer } from '../../cluster/records.js';
import { nowUs } from './now.js';
import type { Rhythm } from './rhythm.js';
import { type FetchedLine, fetchedLine } from './run-line.js';

export interface ServerFeedOptions {
  readonly cluster: Cluster;
  /** `host:port` */
  readonly address: string;
  /** As the recording names it. */
  readonly process: string;
  readonly values: 'removed' | 'kept';
  /** When to ask. */
  readonly rhythm: Rhythm;
  readonly onLines: (lines: readonly FetchedLine[], knownUntilUs: number) => void;
  /** Before the lines that follow. `pid` is undefined for a server that does not record. */
  readonly onUp: (what: 'up' | 'restarted', atUs: number, pid: number | undefined) => void;
  readonly onDied: (why: string) => void;
  /** `lines` is null if nobody knows how many. */
  readonly onGap: (lines: number | null, atUs: number, why: string) => void;
}

const LINES_PER_ANSWER = 5_000;
/** A server that is not asked for this long stops recording. */
const LEASE_MS = 5_000;
const ASK_TIMEOUT_MS = 2_000;
/** A server that answers nothing for this long counts as dead, though nothing says so. */
const SILENT_MS = 5_000;

export class ServerFeed {
  readonly #options: ServerFeedOptions;
  #boot: string | null = null;
  #next = -1;
  #alive = false;
  #lastAnswerMs = Date.now();
  #asking: Promise<void> | null = null;
  /** By which the server tells this feed's lease from others. */
  readonly #watcher = randomUUID();
  /** Nothing is asked any more. */
  #left = false;
  /** It is a server that does not know the command. */
  #deaf = false;

  constructor(options: ServerFeedOptions) {
    this.#options = options;
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** Asks until aborted; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { rhythm } = this.#options;
    while (!signal.aborted && !this.#deaf && !this.#left) {
      await this.ask();
      await sleep(rhythm.waitMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Fetches everything there is now; joins in if that is being done already. */
  ask(): Promise<void> {
    if (this.#left) return Promise.resolve();
    this.#asking ??= this.#askOnce(LEASE_MS).finally(() => {
      this.#asking = null;
    });
    return this.#asking;
  }

  /** Fetches the last lines and ends the lease, so that the server does not go on for nobody. */
  async leave(): Promise<void> {
    this.#left = true;
    await this.#asking;
    if (this.#alive && !this.#deaf) await this.#askOnce(0);
  }

  async #askOnce(leaseMs: number): Promise<void> {
    try {
      while (await this.#fetch(leaseMs));
    } catch (error) {
      this.#failed(BridleError.from(error));
    }
  }

  /** True if there is more. */
  async #fetch(leaseMs: number): Promise<boolean> {
    const { cluster, address, values } = this.#options;
    const args = [this.#next, LINES_PER_ANSWER, leaseMs, this.#boot ?? '', values, this.#watcher].map(String);
    const text = await cluster.command(address, 'bridle.records', args, { timeoutMs: ASK_TIMEOUT_MS });
    const answer = readRecordsAnswer(text);
    const lines = answer === null ? null : this.#lines(answer);
    if (answer === null || lines === null) {
      this.#deafen();
      return false;
    }
    this.#take(answer.head, lines);
    return answer.head.more && !answer.head.joined;
  }

  /** Null if one of them is no JSON: it is no server of ours that says so. */
  #lines({ head, texts }: FetchedRecords): readonly FetchedLine[] | null {
    try {
      return texts.map((text) => fetchedLine(text, head.process, this.#options.process));
    } catch {
      return null;
    }
  }

  #take(head: FetchedRecords['head'], lines: readonly FetchedLine[]): void {
    const { boot, joined, missed, next, pid, nowUs: answeredUs } = head;
    this.#lastAnswerMs = Date.now();
    const atUs = lines[0]?.at ?? answeredUs;
    const another = this.#boot !== null && boot !== this.#boot;
    // It may have died and come back between two questions.
    if (another && this.#alive) this.#died('another process answers in its place');
    if (!this.#alive) this.#options.onUp(another ? 'restarted' : 'up', atUs, pid);
    else if (joined && this.#boot !== null)
      this.#options.onGap(null, atUs, 'it had not been asked for too long');
    this.#alive = true;
    this.#boot = boot;
    this.#next = next;
    this.#options.rhythm.came(lines.length);
    if (missed > 0) {
      this.#options.onGap(missed, atUs, 'its buffer was full');
      // What its actors are now has to be learnt anew.
      this.#next = -1;
    }
    this.#options.onLines(lines, answeredUs);
  }

  #deafen(): void {
    this.#deaf = true;
    this.#options.onUp('up', nowUs(), undefined);
    this.#options.onGap(null, nowUs(), 'this server does not record; it is not one of an embedded cluster');
  }

  #failed(error: BridleError): void {
    if (error.code === 'ERR_HANDLER_NOT_FOUND') this.#deafen();
    if (!this.#alive) return;
    if (error.code === 'ERR_THREAD_INTERRUPTED' || error.code === 'ERR_SESSION_RESET') return;
    const silentMs = Date.now() - this.#lastAnswerMs;
    if (error.code === 'ERR_NETWORK_FAILURE') this.#died('its connections broke');
    else if (silentMs > SILENT_MS) this.#died(`no answer for ${Math.round(silentMs / 1_000)} s`);
  }

  #died(why: string): void {
    this.#alive = false;
    this.#options.onDied(why);
    this.#options.onGap(null, nowUs(), 'what it did last died with it');
  }
}
