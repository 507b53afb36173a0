/** Finds out which values a guard looks at, by letting it look. */
import type { Json } from '../../../runtime/observe/recording/lines.js';
import type { Operand } from './why-not-types.js';

const LIMIT_OPERANDS = 12;

/**
 * Notes what is read of the values it wraps. An object that is only compared counts as read itself; one that
 * is looked into does not.
 *
 * @example
 * const reads = new Reads();
 * const context = reads.watch('context', { retry: { limit: 3 }, attempt: 1 });
 * context.attempt < context.retry.limit;
 * reads.operands().map(({ path }) => path); // ['context.attempt', 'context.retry.limit']
 */
export class Reads {
  readonly #read = new Map<string, unknown>();
  readonly #wrapped = new WeakMap<object, unknown>();

  /** @param value plain data, not frozen */
  watch<T extends object>(path: string, value: T): T {
    const known = this.#wrapped.get(value);
    if (known !== undefined) return known as T;
    const wrapped = new Proxy(value, {
      get: (target, key) => {
        const found: unknown = Reflect.get(target, key);
        if (typeof key === 'symbol' || typeof found === 'function') return found;
        // Its elements tell more than its length.
        if (Array.isArray(target) && key === 'length') return found;
        return this.#note(target, path, key, found);
      },
      has: (target, key) => {
        if (typeof key === 'string') this.#note(target, path, key, Reflect.get(target, key));
        return Reflect.has(target, key);
      },
    });
    this.#wrapped.set(value, wrapped);
    return wrapped;
  }

  operands(): { readonly list: readonly Operand[]; readonly more: number } {
    const paths = [...this.#read.keys()];
    const lookedInto = new Set(paths.flatMap((path) => [...prefixes(path)]));
    const own = paths.filter((path) => !lookedInto.has(path));
    return {
      list: own.slice(0, LIMIT_OPERANDS).map((path) => {
        const value = this.#read.get(path) as Json | undefined;
        return { path, value, cut: isCut(value) };
      }),
      more: Math.max(0, own.length - LIMIT_OPERANDS),
    };
  }

  #note(target: object, path: string, key: string, found: unknown): unknown {
    const own = Array.isArray(target) ? `${path}[${key}]` : `${path}.${key}`;
    this.#read.set(own, found);
    return typeof found === 'object' && found !== null ? this.watch(own, found) : found;
  }
}

/** `context.a.b[2]` → `context.a`, `context.a.b` */
function* prefixes(path: string): Generator<string> {
  for (const { index } of path.matchAll(/[.[]/g)) yield path.slice(0, index);
}

/** Whether a value looks like what the recorder writes for more than it keeps. */
function isCut(value: unknown): boolean {
  if (typeof value === 'string') return /…$|^… \d+ more$|^<(?:actor .*|\d+ bytes)>$/.test(value);
  return Array.isArray(value) ? value.some(isCut) : false;
}
