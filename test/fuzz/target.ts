/** Something that takes bytes from outside. */
export interface FuzzTarget {
  readonly name: string;
  /** How to change an input so that parts of it stay meaningful. */
  readonly format: 'bytes' | 'json';
  /** Longest input that is tried. */
  readonly maxBytes: number;
  /** Inputs to begin with; the corpus in the repository comes on top. */
  seeds(): readonly Buffer[];
  /** Makes checksums and outer lengths right again; may change the bytes it gets. */
  repair?(bytes: Buffer): Buffer;
  /** Takes the input to its end. Whatever it throws is a finding: refusals it expects stay inside. */
  run(input: Buffer): void | Promise<void>;
}

/** A promise of the code under test that an input has broken. */
export class Broken extends Error {
  override readonly name = 'Broken';
}

/** @throws Broken saying `what` */
export function hold(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Broken(what);
}

/** What `work` returns, or undefined when it refuses with an error of `kind`. Others pass through. */
export function refusable<T>(kind: abstract new (...args: never[]) => Error, work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof kind) return undefined;
    throw error;
  }
}
