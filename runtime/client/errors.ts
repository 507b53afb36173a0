/** The one error class callers of this library meet, built from the catalogue of `machines/errors.ts`. */
import { describeError, type ErrorKind, nextCommand } from '../../machines/errors.js';
import { RpcError, WireError } from '../pegasus/errors.js';

/** What is known about one failure beyond its code. */
export interface ErrorDetails {
  /** What was being done, in words or as an RPC code. */
  readonly operation?: string | undefined;
  /** 'host:port' that answered or should have answered. */
  readonly peer?: string | undefined;
  /** What is particular about this failure: the server's own words, the line, the legal range. */
  readonly hint?: string | undefined;
  /** Replaces the catalogue's consequence where more is known: what is safe, what is stored. */
  readonly consequence?: string | undefined;
  /** Replace the catalogue's causes and next command where the place knows better. */
  readonly causes?: readonly string[] | undefined;
  readonly next?: string | undefined;
  /** Fills in the next command: table, remoteTable, dupid, port, path, cluster. */
  readonly values?: Readonly<Record<string, string>> | undefined;
  /** The error underneath. */
  readonly cause?: unknown;
}

/** A BridleError as JSON: the same facts for programs. */
export interface BridleErrorJson {
  readonly code: string;
  readonly kind: ErrorKind;
  readonly outcomeUnknown: boolean;
  readonly operation?: string;
  readonly peer?: string;
  readonly hint?: string;
  readonly what: string;
  readonly consequence: string;
  readonly causes: readonly string[];
  readonly next: string;
}

/**
 * A failure with a stable code, what it means and what to type next.
 *
 * @example
 * try { await cluster.dropTable('users'); } catch (error) {
 *   if (error instanceof BridleError && error.kind === 'retryable') console.error(formatError(error));
 * }
 */
export class BridleError extends Error {
  override readonly name = 'BridleError';
  /** `ERR_…` as Pegasus spells it, or `BRIDLE_…`. */
  readonly code: string;
  /** What to do about it: repeat it, have something changed, or give up. */
  readonly kind: ErrorKind;
  /** True where the request may have been carried out although it failed. */
  readonly outcomeUnknown: boolean;
  /** RPC code or local operation that failed, e.g. `RPC_CM_CREATE_APP`. */
  readonly operation: string | undefined;
  /** `host:port` of the other side, if there is one. */
  readonly peer: string | undefined;
  /** What this one case adds in words. */
  readonly hint: string | undefined;
  /** What happened, one sentence. */
  readonly what: string;
  /** What it means for the caller, and what is safe. */
  readonly consequence: string;
  /** The likeliest first. */
  readonly causes: readonly string[];
  /** The next command to type, ready for a shell. */
  readonly next: string;

  private constructor(code: string, details: ErrorDetails) {
    const entry = describeError(code);
    super(`${code}: ${details.hint ?? entry.what}`, { cause: details.cause });
    this.code = code;
    this.kind = entry.kind;
    this.outcomeUnknown = entry.outcomeUnknown;
    this.operation = details.operation;
    this.peer = details.peer;
    this.hint = details.hint;
    this.what = entry.what;
    this.consequence = details.consequence ?? entry.consequence;
    this.causes = details.causes ?? entry.causes;
    this.next =
      details.next ??
      nextCommand(code, {
        ...(details.peer === undefined ? {} : { peer: details.peer }),
        ...(details.operation === undefined ? {} : { operation: details.operation }),
        ...details.values,
      });
  }

  /**
   * An error of the catalogue; a code that is not in it gets what is known about `ERR_UNKNOWN`.
   *
   * @example
   * throw BridleError.of('BRIDLE_BAD_NAME', { hint: '"a b" has a blank', values: { table: 'a b' } });
   */
  static of(code: string, details: ErrorDetails = {}): BridleError {
    return new BridleError(code, details);
  }

  /** Any thrown value as a BridleError; one that is one already comes back unchanged. */
  static from(error: unknown, details: ErrorDetails = {}): BridleError {
    if (error instanceof BridleError) return error;
    const cause = { cause: error, ...details };
    if (error instanceof RpcError) {
      const { code, operation, peer, message } = error;
      return new BridleError(code, { operation, peer, hint: message, ...cause });
    }
    if (error instanceof WireError) return new BridleError(error.code, { hint: error.message, ...cause });
    if (error instanceof Error && error.name === 'AbortError') {
      return new BridleError('ERR_THREAD_INTERRUPTED', { hint: 'canceled by the caller', ...cause });
    }
    return new BridleError('ERR_UNKNOWN', {
      hint: error instanceof Error ? error.message : String(error),
      ...cause,
    });
  }

  /** The same facts for programs. */
  toJSON(): BridleErrorJson {
    return {
      code: this.code,
      kind: this.kind,
      outcomeUnknown: this.outcomeUnknown,
      ...(this.operation === undefined ? {} : { operation: this.operation }),
      ...(this.peer === undefined ? {} : { peer: this.peer }),
      ...(this.hint === undefined ? {} : { hint: this.hint }),
      what: this.what,
      consequence: this.consequence,
      causes: this.causes,
      next: this.next,
    };
  }
}

/**
 * An error for people: one fact per line, the labels lined up, the next command last.
 *
 * @example
 * process.stderr.write(`${formatError(BridleError.from(error))}\n`);
 */
export function formatError(error: BridleError): string {
  const facts: (readonly [label: string, text: string | undefined])[] = [
    ['error', `${error.code} (${error.kind}${error.outcomeUnknown ? ', outcome unknown' : ''})`],
    ['operation', error.operation],
    ['peer', error.peer],
    ['what', error.what],
    ['detail', error.hint],
    ['consequence', error.consequence],
    ...error.causes.map((cause, at) => [at === 0 ? 'causes' : '', `${at + 1}. ${cause}`] as const),
    ['next', error.next],
  ];
  return facts
    .filter((fact): fact is readonly [string, string] => fact[1] !== undefined)
    .map(([label, text]) => `${label.padEnd(12)} ${printable(text)}`)
    .join('\n');
}

/** Text can come from another machine: control characters must not reach a terminal. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');
}
