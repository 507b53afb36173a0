/** RPC calls by code and by how they ended. */
import { PEGASUS_ERROR_NAMES } from '../../../machines/index.js';
import { isRpcCode } from '../../pegasus/index.js';
import { type Counter, Counters } from './counters.js';
import type { Metric } from './metric.js';
import type { Scrape } from './scrape.js';

const KNOWN_ERRORS: ReadonlySet<string> = new Set(PEGASUS_ERROR_NAMES);

/** Codes and errors are names from the network; only known ones get a series of their own. */
export class CallCounts {
  readonly #calls = new Counters();
  /** What counts for a code and an outcome: looked up for every call. */
  readonly #known = new Map<string, Map<string, Counter>>();

  /** @param body the answer's struct, whose own error counts where the call itself went well */
  note(code: string, error: string, body?: unknown): void {
    const outcome = error === 'ERR_OK' ? (errorIn(body) ?? error) : error;
    const counter = this.#known.get(code)?.get(outcome) ?? this.#look(code, outcome);
    counter.value += 1;
  }

  #look(code: string, outcome: string): Counter {
    const isKnown = isRpcCode(code);
    const error = KNOWN_ERRORS.has(outcome) ? outcome : 'other';
    const counter = this.#calls.of({ code: isKnown ? code : 'unknown', error });
    if (!isKnown || error !== outcome) return counter;
    const outcomes = this.#known.get(code) ?? new Map<string, Counter>();
    this.#known.set(code, outcomes.set(outcome, counter));
    return counter;
  }

  writeTo(scrape: Scrape, metric: Metric): void {
    this.#calls.writeTo(scrape, metric);
  }
}

function errorIn(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const { err, error } = body as { readonly err?: unknown; readonly error?: unknown };
  return typeof err === 'string' ? err : typeof error === 'string' ? error : undefined;
}
