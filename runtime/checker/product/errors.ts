/** What goes wrong when a product is explored, and where: process, state, step, field. */

export type ProductErrorCode =
  /** The model makes no sense: two processes of one name, a budget or a receiver nobody declared. */
  | 'USAGE'
  /** The state of a process, or a message, holds something that has no canonical text. */
  | 'UNSERIALISABLE'
  /** A field grows for ever, so the states never end. */
  | 'UNBOUNDED'
  /** The same step taken twice gave two different results. */
  | 'IMPURE'
  /** A move that claims to commute does not. */
  | 'NOT_COMMUTING'
  /** A process, a view or a condition threw. */
  | 'THREW';

export interface ProductErrorPlace {
  readonly process?: string;
  /** The state in words, as `Process.describe` gives it. */
  readonly state?: string;
  /** Label of a move, or `receive <kind>`. */
  readonly step?: string;
  readonly property?: string;
  /** Path into the state, e.g. `queue.length`. */
  readonly field?: string;
}

/**
 * @example
 * new ProductError('IMPURE', 'the next state differed', { process: 'meta', step: 'timer retry' }).message
 * // 'IMPURE in process meta, step timer retry: the next state differed'
 */
export class ProductError extends Error {
  override readonly name = 'ProductError';
  readonly code: ProductErrorCode;
  readonly place: ProductErrorPlace;

  constructor(code: ProductErrorCode, what: string, place: ProductErrorPlace = {}, options?: ErrorOptions) {
    const parts = (['process', 'state', 'step', 'property', 'field'] as const).flatMap((key) =>
      place[key] === undefined ? [] : [`${key} ${place[key]}`],
    );
    super(`${code}${parts.length === 0 ? '' : ` in ${parts.join(', ')}`}: ${what}`, options);
    this.code = code;
    this.place = place;
  }
}
