/** Looks at the explanation several times a second, tells the story's turns and keeps the time of trouble. */
import type { Cluster } from '../client/index.js';
import { BridleError } from '../client/index.js';
import { fetchExplanations } from '../live/remote-commands.js';
import { type Explanation, shortTrouble } from '../observe/explain.js';

const LOOK_MS = 150;

export interface DemoWatchOptions {
  readonly say: (line: string) => void;
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
}

interface Waiter {
  readonly fits: (explanation: Explanation) => boolean;
  readonly resolve: (explanation: Explanation) => void;
  readonly reject: (error: BridleError) => void;
}

export class DemoWatch implements AsyncDisposable {
  readonly #source: Cluster;
  readonly #table: string;
  readonly #options: DemoWatchOptions;
  readonly #stop = new AbortController();
  readonly #waiters = new Set<Waiter>();
  readonly #troubles = new Set<string>();
  #loop: Promise<void> = Promise.resolve();
  #latest: Explanation | null = null;
  #told = '';
  /** When the story took its latest turn. */
  #turnedMs = Date.now();
  /** Since when trouble stands in the way: from the turn before it was seen, for it began in between. */
  #blockedSinceMs: number | null = null;
  #blockedMs = 0;

  constructor(source: Cluster, table: string, options: DemoWatchOptions) {
    this.#source = source;
    this.#table = table;
    this.#options = options;
  }

  get latest(): Explanation | null {
    return this.#latest;
  }

  get troubles(): string[] {
    return [...this.#troubles];
  }

  /** How long trouble stood in the way, all its times together. */
  get blockedMs(): number {
    return this.#blockedMs + (this.#blockedSinceMs === null ? 0 : Date.now() - this.#blockedSinceMs);
  }

  start(): void {
    this.#loop = this.#watch();
  }

  /** The first explanation from now on that fits; rejects at the demonstration's deadline or end. */
  until(fits: (explanation: Explanation) => boolean): Promise<Explanation> {
    if (this.#latest !== null && fits(this.#latest)) return Promise.resolve(this.#latest);
    return new Promise((resolve, reject) => this.#waiters.add({ fits, resolve, reject }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    this.#end('the demonstration is over');
    await this.#loop;
  }

  async #watch(): Promise<void> {
    const deadlineMs = Date.now() + this.#options.deadlineMs;
    while (!this.#stop.signal.aborted) {
      if (this.#options.signal.aborted) return this.#end('interrupted');
      if (Date.now() > deadlineMs) return this.#end(`not done after ${this.#options.deadlineMs / 1000} s`);
      await this.#look();
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  async #look(): Promise<void> {
    const explanation = await fetchExplanations(this.#source, this.#table, { timeoutMs: 2_000 }).then(
      (found) => found?.[0],
      () => undefined,
    );
    if (explanation === undefined) return;
    this.#latest = explanation;
    this.#tell(explanation);
    for (const waiter of [...this.#waiters]) {
      if (!waiter.fits(explanation)) continue;
      this.#waiters.delete(waiter);
      waiter.resolve(explanation);
    }
  }

  #tell(explanation: Explanation): void {
    const troubles = explanation.waiting.flatMap(({ trouble }) => (trouble === null ? [] : [trouble]));
    const worst = troubles.at(-1);
    const summary = `${explanation.status} ${worst === undefined ? '' : shortTrouble(worst)}`;
    if (summary === this.#told) return;
    this.#turn(worst !== undefined && explanation.status !== 'DS_LOG');
    this.#told = summary;
    this.#options.say(explanation.headline || explanation.line);
    if (worst === undefined) return;
    this.#troubles.add(shortTrouble(worst));
    if (worst.hint !== undefined) this.#options.say(`  detail: ${worst.hint}`);
    this.#options.say(`  likely: ${worst.causes[0] ?? worst.what}`);
    this.#options.say(`  next:   ${explanation.next}`);
  }

  #turn(troubled: boolean): void {
    const nowMs = Date.now();
    if (troubled) this.#blockedSinceMs ??= this.#turnedMs;
    else if (this.#blockedSinceMs !== null) {
      this.#blockedMs += nowMs - this.#blockedSinceMs;
      this.#blockedSinceMs = null;
    }
    this.#turnedMs = nowMs;
  }

  #end(why: string): void {
    for (const { reject } of this.#waiters) {
      reject(
        BridleError.of('ERR_TIMEOUT', { hint: this.#latest === null ? why : `${why}; ${this.#latest.line}` }),
      );
    }
    this.#waiters.clear();
  }
}
