/**
 * Posts alerts to an HTTP address: in order, at least once, with an end.
 *
 *   post ─► queue (bounded) ─► request ─► 2xx: delivered
 *              ▲                  ├─► no answer, 5xx, 408, 425, 429: again after a back-off
 *              └──────────────────┘   any other answer, or the deadline: given up, and said so
 */
import { createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { fullJitterMs, type RetryPolicy } from '../../../machines/index.js';
import type { Alert } from './alert.js';

export interface WebhookOptions {
  /** `http:` or `https:`, without user and password. It may hold a token: it is never shown whole. */
  readonly url: string;
  /** Signs each request; left out, there is no signature. */
  readonly secret?: string | undefined;
  /** Of one request. Default 10 s. */
  readonly timeoutMs?: number;
  /** Between two tries. Default 0.5 s, doubling, to 60 s; 60 tries. */
  readonly retry?: RetryPolicy;
  /** An alert that is older is given up. Default 1 h. */
  readonly deadlineMs?: number;
  /** Alerts that wait; one more is given up at once. Default 1,000. */
  readonly queueLimit?: number;
  /** Told how each alert ended, once. */
  readonly onEnd?: (end: WebhookEnd) => void;
}

export type WebhookEnd =
  | { readonly alert: Alert; readonly delivered: true; readonly attempts: number }
  | { readonly alert: Alert; readonly delivered: false; readonly attempts: number; readonly reason: string };

const DEFAULT_RETRY: RetryPolicy = { floorMs: 500, ceilingMs: 60_000, limitAttempts: 60 };
const DEFAULT_TIMEOUT_MS = 10_000;
const DEFAULT_DEADLINE_MS = 3_600_000;
const DEFAULT_QUEUE_LIMIT = 1_000;
/** The receiver is not ready, or too busy: the same request may be welcome later. */
const TRY_AGAIN = new Set([408, 425, 429]);

/**
 * @example
 * const webhook = new Webhook({ url: 'https://alerts.example/bridle', secret: process.env.SECRET });
 * duplication.alerts$.subscribe((alert) => webhook.post(alert));
 * await webhook.close();
 */
export class Webhook {
  readonly #options: WebhookOptions;
  readonly #url: URL;
  readonly #queue: Alert[] = [];
  readonly #stop = new AbortController();
  #working: Promise<void> | null = null;
  #closed = false;

  /** @throws TypeError for an address that is none, or has a password in it */
  constructor(options: WebhookOptions) {
    this.#options = options;
    this.#url = checkUrl(options.url);
  }

  /** Without what may be a secret: origin and path. */
  get place(): string {
    return `${this.#url.origin}${this.#url.pathname}`;
  }

  /** Alerts that have not ended yet. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** Never throws and never waits; `onEnd` tells what became of it. */
  post(alert: Alert): void {
    const { queueLimit = DEFAULT_QUEUE_LIMIT } = this.#options;
    if (this.#closed || this.#queue.length >= queueLimit) {
      this.#end(alert, 0, this.#closed ? 'the webhook was closed' : `${queueLimit} alerts wait already`);
      return;
    }
    this.#queue.push(alert);
    this.#working ??= this.#work().finally(() => {
      this.#working = null;
    });
  }

  /** Takes no more alerts; resolves when all have ended, at the latest after `graceMs`. */
  async close(graceMs = 5_000): Promise<void> {
    this.#closed = true;
    const timer = setTimeout(() => this.#stop.abort(), graceMs);
    await this.#working;
    clearTimeout(timer);
  }

  async #work(): Promise<void> {
    for (let alert = this.#queue[0]; alert !== undefined; alert = this.#queue[0]) {
      const { attempts, reason } = await this.#deliver(alert);
      this.#queue.shift();
      this.#end(alert, attempts, reason);
    }
  }

  /** @returns why it was given up; null when it was taken */
  async #deliver(alert: Alert): Promise<{ readonly attempts: number; readonly reason: string | null }> {
    const { retry = DEFAULT_RETRY, deadlineMs = DEFAULT_DEADLINE_MS } = this.#options;
    const endsAtMs = performance.now() + deadlineMs;
    const body = JSON.stringify({ version: 1, ...alert });
    for (let attempt = 1; ; attempt++) {
      const answer = await this.#request(alert, body);
      if (answer.kind === 'taken') return { attempts: attempt, reason: null };
      const { reason } = answer;
      if (this.#stop.signal.aborted)
        return { attempts: attempt, reason: `closed before it was taken: ${reason}` };
      if (answer.kind === 'refused') return { attempts: attempt, reason };
      if (attempt >= retry.limitAttempts) return { attempts: attempt, reason: `${attempt} tries: ${reason}` };
      const waitMs = Math.max(answer.afterMs, fullJitterMs(retry, attempt, Math.random()));
      if (performance.now() + waitMs > endsAtMs) {
        return { attempts: attempt, reason: `the deadline of ${deadlineMs} ms: ${reason}` };
      }
      await sleep(waitMs, undefined, { signal: this.#stop.signal }).catch(() => undefined);
    }
  }

  async #request(alert: Alert, body: string): Promise<Answer> {
    const { timeoutMs = DEFAULT_TIMEOUT_MS, secret, retry = DEFAULT_RETRY } = this.#options;
    const again = (reason: string, afterMs = 0): Answer => ({ kind: 'again', reason, afterMs });
    try {
      const response = await fetch(this.#url, {
        method: 'POST',
        body,
        headers: {
          'content-type': 'application/json',
          'idempotency-key': alert.id,
          'x-bridle-alert': alert.kind,
          ...(secret === undefined ? {} : { 'x-bridle-signature': signatureOf(body, secret, Date.now()) }),
        },
        // Another host must not get what was meant, and signed, for this one.
        redirect: 'manual',
        signal: AbortSignal.any([AbortSignal.timeout(timeoutMs), this.#stop.signal]),
      });
      await response.body?.cancel();
      const { status } = response;
      if (response.ok) return { kind: 'taken' };
      if (status < 500 && !TRY_AGAIN.has(status)) return { kind: 'refused', reason: `HTTP ${status}` };
      const retryAfterMs = Number(response.headers.get('retry-after') ?? 0) * 1_000;
      return again(`HTTP ${status}`, Math.min(retry.ceilingMs, retryAfterMs > 0 ? retryAfterMs : 0));
    } catch (error) {
      const { name, cause } = error as {
        readonly name?: string;
        readonly cause?: { readonly code?: unknown };
      };
      if (name === 'TimeoutError') return again(`no answer within ${timeoutMs} ms`);
      return again(typeof cause?.code === 'string' ? cause.code : 'no connection');
    }
  }

  #end(alert: Alert, attempts: number, reason: string | null): void {
    this.#options.onEnd?.(
      reason === null ? { alert, delivered: true, attempts } : { alert, delivered: false, attempts, reason },
    );
  }
}

type Answer =
  | { readonly kind: 'taken' }
  | { readonly kind: 'again'; readonly reason: string; readonly afterMs: number }
  | { readonly kind: 'refused'; readonly reason: string };

/**
 * The header `x-bridle-signature`: `t=SECONDS,v1=HEX`, where HEX is the HMAC-SHA-256 of `SECONDS.BODY`. A receiver
 * computes it anew with the secret, compares in constant time, and refuses what is older than it likes.
 *
 * @example signatureOf('{}', 'secret', 0) // 't=0,v1=…'
 */
export function signatureOf(body: string, secret: string, nowMs: number): string {
  const seconds = Math.floor(nowMs / 1_000);
  const mac = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
  return `t=${seconds},v1=${mac}`;
}

function checkUrl(text: string): URL {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    // Node's own message would repeat the text, which may be a secret.
    throw new TypeError('the webhook’s address is not a URL');
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new TypeError(`the webhook’s address begins with ${url.protocol}, not with http: or https:`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new TypeError('the webhook’s address contains user or password; use a signature instead');
  }
  return url;
}
