/** How fast one side of a comparison may be read. */
import { RateLimiter } from '../../../actors/rateLimiter.js';
import { BridleError } from '../errors.js';

export interface PaceOptions {
  readonly rowsPerSecond?: number | undefined;
  readonly bytesPerSecond?: number | undefined;
}

/** Requests are made no larger than what may be read in this part of a second, so that reading is even. */
const REQUESTS_PER_SECOND = 4;

export class Pace {
  /** What one request may ask for. */
  readonly maxRows: number;
  readonly maxBytes: number;
  readonly #rows: RateLimiter | undefined;
  readonly #bytes: RateLimiter | undefined;

  /** ERR_INVALID_PARAMETERS for a rate that is not a positive number. */
  constructor({ rowsPerSecond, bytesPerSecond }: PaceOptions) {
    this.#rows = limiter('rowsPerSecond', rowsPerSecond);
    this.#bytes = limiter('bytesPerSecond', bytesPerSecond);
    this.maxRows = Math.max(1, Math.floor((rowsPerSecond ?? Infinity) / REQUESTS_PER_SECOND));
    this.maxBytes = Math.max(1, Math.floor((bytesPerSecond ?? Infinity) / REQUESTS_PER_SECOND));
  }

  /** Waits until what has been read was allowed. */
  async take(rows: number, bytes: number, signal: AbortSignal | undefined): Promise<void> {
    await this.#rows?.take(rows, signal);
    await this.#bytes?.take(bytes, signal);
  }
}

/** A limiter counts what it is given: bytes, or rows. */
function limiter(name: string, perSecond: number | undefined): RateLimiter | undefined {
  if (perSecond === undefined) return undefined;
  if (perSecond > 0 && perSecond < Infinity) return new RateLimiter({ bytesPerSecond: perSecond });
  throw BridleError.of('ERR_INVALID_PARAMETERS', { hint: `${name} is ${perSecond}; it has to be above 0` });
}
