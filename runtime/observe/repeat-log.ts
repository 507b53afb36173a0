/**
 * Says the same thing once: the first time at once, then how often it came again, at most once in a while, and when
 * it is over. Something that fails five times a second is one line a minute, and its end is a line too.
 */
import type { ServerLog } from './log.js';

export interface RepeatLogOptions {
  /** Between two lines about the same, in milliseconds. Default 60,000. */
  readonly periodMs?: number;
  /** Different things that are remembered; the one unheard of for longest is forgotten. Default 1,000. */
  readonly limit?: number;
}

interface Repeated {
  readonly level: 'warn' | 'error';
  readonly message: string;
  readonly facts: object;
  readonly of: string;
  readonly firstMs: number;
  lastLineMs: number;
  /** Since the last line. */
  more: number;
  total: number;
}

/** What tells one thing from another; texts and counts differ from time to time. */
const IDENTITY = [
  ...['correlation', 'partition', 'table', 'appId', 'partitionIndex', 'actor', 'operation'],
  ...['error', 'peer', 'effect', 'failure', 'reason'],
] as const;
const MAX_IDENTITY_LENGTH = 200;

const DEFAULT_PERIOD_MS = 60_000;
const DEFAULT_LIMIT = 1_000;

/**
 * @example
 * const log = new RepeatLog(jsonLog({ cluster: 'east' }), () => clock.now());
 * log.warn('a try failed', { actor: 'followerTable', error: 'ERR_TIMEOUT' }); // a line
 * log.warn('a try failed', { actor: 'followerTable', error: 'ERR_TIMEOUT' }); // none
 * log.over({ actor: 'followerTable' }); // works again, after 2 failures
 */
export class RepeatLog implements ServerLog {
  readonly debug: ServerLog['debug'];
  readonly #log: ServerLog;
  readonly #now: () => number;
  readonly #periodMs: number;
  readonly #limit: number;
  /** In the order in which they were heard of last. */
  readonly #repeated = new Map<string, Repeated>();

  /** @param now monotonic milliseconds */
  constructor(log: ServerLog, now: () => number, options: RepeatLogOptions = {}) {
    this.#log = log;
    this.#now = now;
    this.#periodMs = options.periodMs ?? DEFAULT_PERIOD_MS;
    this.#limit = options.limit ?? DEFAULT_LIMIT;
    if (log.debug !== undefined) this.debug = (message, facts) => log.debug?.(message, facts);
  }

  info(message: string, facts: object = {}): void {
    this.#log.info(message, facts);
  }

  warn(message: string, facts: object = {}): void {
    this.#say('warn', message, facts);
  }

  error(message: string, facts: object = {}): void {
    this.#say('error', message, facts);
  }

  /** What failed for this subject works again: says so once, if anything had been said. */
  over(subject: object): void {
    if (this.#repeated.size === 0) return;
    const of = subjectOf(subject);
    const ended = [...this.#repeated].filter(([, repeated]) => repeated.of === of);
    if (ended.length === 0) return;
    for (const [key] of ended) this.#repeated.delete(key);
    const all = ended.map(([, repeated]) => repeated);
    const last = all.at(-1);
    this.#log.info('works again', {
      ...subject,
      after: all.map(({ facts, message }) => (facts as { error?: string }).error ?? message).join(', '),
      failures: all.reduce((sum, { total }) => sum + total, 0),
      lastedMs: Math.round(this.#now() - Math.min(...all.map(({ firstMs }) => firstMs))),
      ...(last === undefined ? {} : { first: last.message }),
    });
  }

  /** Says what has been held back; for the end of a process. */
  flush(): void {
    for (const repeated of this.#repeated.values()) this.#summarise(repeated);
    this.#repeated.clear();
  }

  #say(level: 'warn' | 'error', message: string, facts: object): void {
    const key = `${level} ${message} ${identityOf(facts)}`;
    const nowMs = this.#now();
    const known = this.#repeated.get(key);
    if (known === undefined) {
      this.#log[level](message, facts);
      this.#remember(key, {
        ...{ level, message, facts, of: subjectOf(facts) },
        ...{ firstMs: nowMs, lastLineMs: nowMs, more: 0, total: 1 },
      });
      return;
    }
    known.more++;
    known.total++;
    this.#repeated.delete(key);
    this.#repeated.set(key, known);
    if (nowMs - known.lastLineMs >= this.#periodMs) this.#summarise(known);
  }

  #summarise(repeated: Repeated): void {
    const { level, message, facts, more, lastLineMs, total } = repeated;
    if (more === 0) return;
    const nowMs = this.#now();
    const inMs = Math.round(nowMs - lastLineMs);
    this.#log[level](`${message}: ${more} more of the same`, { ...facts, more, inMs, total });
    repeated.more = 0;
    repeated.lastLineMs = nowMs;
  }

  #remember(key: string, repeated: Repeated): void {
    if (this.#repeated.size >= this.#limit) {
      const [oldest] = this.#repeated;
      if (oldest !== undefined) {
        this.#summarise(oldest[1]);
        this.#repeated.delete(oldest[0]);
      }
    }
    this.#repeated.set(key, repeated);
  }
}

function identityOf(facts: object): string {
  const given = facts as Readonly<Record<string, unknown>>;
  return IDENTITY.map((name) => String(given[name] ?? '').slice(0, MAX_IDENTITY_LENGTH)).join(' ');
}

/** Who has it, whatever it is: one actor of one duplication and partition. */
function subjectOf(facts: object): string {
  const { correlation = '', actor = '' } = facts as {
    readonly correlation?: string;
    readonly actor?: string;
  };
  return `${correlation} ${actor}`;
}
