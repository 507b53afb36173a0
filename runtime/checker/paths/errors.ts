/** What goes wrong when a machine is explored, and where: machine, state, event, field. */

export type PathsErrorCode =
  /** The context, or an event, holds something that has no canonical text: a function, a socket, a cycle. */
  | 'UNSERIALISABLE'
  /** A field of the context grows for ever, so the states never end. */
  | 'UNBOUNDED'
  /** The same snapshot and event gave two different results: a guard or action is not pure. */
  | 'IMPURE'
  /** A guard, an action or an endless chain of `always` threw. */
  | 'THREW'
  /** What was asked for makes no sense: no such machine, fault, export. */
  | 'USAGE';

export interface PathsErrorPlace {
  readonly machine?: string;
  /** Active leaf states, e.g. `asking.looking`. */
  readonly state?: string;
  readonly event?: string;
  /** Path into the context, e.g. `context.queue[3].socket`. */
  readonly field?: string;
}

/**
 * @example
 * new PathsError('UNSERIALISABLE', 'a function', { machine: 'm', state: 'idle', field: 'context.log' })
 *   .message // 'UNSERIALISABLE in machine m, state idle, field context.log: a function'
 */
export class PathsError extends Error {
  override readonly name = 'PathsError';
  readonly code: PathsErrorCode;
  readonly place: PathsErrorPlace;

  constructor(code: PathsErrorCode, what: string, place: PathsErrorPlace = {}, options?: ErrorOptions) {
    const parts = (['machine', 'state', 'event', 'field'] as const).flatMap((key) =>
      place[key] === undefined ? [] : [`${key} ${place[key]}`],
    );
    super(`${code}${parts.length === 0 ? '' : ` in ${parts.join(', ')}`}: ${what}`, options);
    this.code = code;
    this.place = place;
  }
}

/** Thrown while text is made, where only the path into the value is known. */
export class NoCanonicalText extends Error {
  readonly field: string;

  constructor(field: string, what: string) {
    super(what);
    this.field = field;
  }
}
