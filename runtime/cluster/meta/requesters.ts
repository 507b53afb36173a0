import { type Clock, systemClock } from '../../../actors/clock.js';

/** Requests that wait for a chart's answer. Charts know requesters as opaque tokens only. */
export interface ChartAnswer {
  readonly error: string;
  readonly hint?: string;
}

/**
 * @example
 * const [token, answer] = requesters.wait(2000);
 * chart.send({ type: 'DROP', requester: token });
 * (await answer).error // 'ERR_OK'
 */
export class Requesters {
  readonly #clock: Clock;
  readonly #waiting = new Map<string, (answer: ChartAnswer) => void>();
  #next = 0;
  #closing: ChartAnswer | null = null;

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
  }

  /** A token, and the answer given to it; `ERR_TIMEOUT` if there is none in time. */
  wait(deadlineMs: number): [token: string, answer: Promise<ChartAnswer>] {
    this.#next += 1;
    const token = `r${this.#next}`;
    if (this.#closing !== null) return [token, Promise.resolve(this.#closing)];
    const answer = new Promise<ChartAnswer>((resolve) => {
      const timer = this.#clock.setTimeout(
        () =>
          this.answer(token, {
            error: 'ERR_TIMEOUT',
            hint: 'the change is not durable yet; ask for its status',
          }),
        deadlineMs,
        'answer to a request',
      );
      this.#waiting.set(token, (given) => {
        this.#clock.clearTimeout(timer);
        resolve(given);
      });
    });
    return [token, answer];
  }

  /** Answers a token; a second answer to the same token changes nothing. */
  answer(token: string, answer: ChartAnswer): void {
    const resolve = this.#waiting.get(token);
    this.#waiting.delete(token);
    resolve?.(answer);
  }

  /** Answers everyone who still waits and everyone who comes later, because the server stops. */
  close(answer: ChartAnswer): void {
    this.#closing = answer;
    for (const token of [...this.#waiting.keys()]) this.answer(token, answer);
  }
}
