/** What can be wrong with a recording. */
export type RecordingProblem =
  | 'EMPTY'
  | 'NOT_A_RECORDING'
  | 'NEWER_VERSION'
  | 'BAD_LINE'
  | 'LINE_TOO_LONG'
  | 'TOO_MANY_LINES'
  | 'TOO_LARGE'
  | 'UNREADABLE';

/**
 * A recording that cannot be read, or a line of it. The message says where, what is wrong and what to do.
 *
 * @example
 * // run.jsonl, line 17: not a line of a recording: step: edges: expected array, received undefined.
 * // Take the line out to see the rest, or record anew.
 */
export class RecordingError extends Error {
  override readonly name = 'RecordingError';
  readonly problem: RecordingProblem;
  /** Name of the file, if there is one. */
  readonly file: string | null;
  /** From 1; null: the whole. */
  readonly line: number | null;
  readonly what: string;
  /** What to do about it. */
  readonly advice: string;

  constructor(
    problem: RecordingProblem,
    facts: { readonly file?: string | null; readonly line?: number | null; what: string; advice: string },
    options?: ErrorOptions,
  ) {
    const { file = null, line = null, what, advice } = facts;
    const place = [file, line === null ? null : `line ${line}`].filter((part) => part !== null).join(', ');
    super(`${place === '' ? '' : `${place}: `}${what}. ${advice}`, options);
    this.problem = problem;
    this.file = file;
    this.line = line;
    this.what = what;
    this.advice = advice;
  }
}
