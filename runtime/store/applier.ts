import type { Engine, KeyValue, Marks } from './engine.js';
import { StoreError } from './errors.js';
import type { Mutation } from './mutation.js';

/**
 * What a mutation does to the state. Deletes take effect before puts, so a key that is in both ends as put.
 */
export interface Change<Result> {
  readonly puts?: readonly KeyValue[];
  readonly deletes?: readonly Buffer[];
  readonly marks?: Marks;
  /** Handed to the caller of `write`; not stored. */
  readonly result?: Result;
}

/** Reads the state as it is just before the mutation at hand. */
export interface StateReader {
  get(key: Buffer): Promise<Buffer | undefined>;
}

/**
 * The state machine of a partition. It must depend on nothing but its arguments, because it runs again when a
 * replica is opened. When it throws, the mutation changes nothing, and `write` rejects with that error.
 */
export type ApplyMutation<Result> = (
  mutation: Mutation,
  reader: StateReader,
) => Change<Result> | Promise<Change<Result>>;

export type Outcome<Result> = { readonly result: Result | undefined } | { readonly error: unknown };

/**
 * Applies mutations to an engine as one batch and returns the outcome of each, in order.
 *
 * @throws StoreError when the engine fails: none of the mutations counts as applied then.
 */
export async function applyMutations<Result>(
  engine: Engine,
  apply: ApplyMutation<Result>,
  mutations: readonly Mutation[],
): Promise<Outcome<Result>[]> {
  const last = mutations.at(-1);
  if (last === undefined) return [];
  const outcomes: Outcome<Result>[] = [];
  const state = new BatchState(engine);
  for (const mutation of mutations) {
    try {
      const answer = apply(mutation, state);
      // Awaiting what is no promise would cost a turn of the microtask queue for every mutation.
      const change = answer instanceof Promise ? await answer : answer;
      state.add(change);
      outcomes.push({ result: change.result });
    } catch (error) {
      outcomes.push({ error });
    }
    // A state machine that could not read decided on nothing: that must not become history.
    if (state.readFailure !== undefined) throw state.readFailure;
  }
  await engine.apply(state.batch(last.decree));
  return outcomes;
}

/** The engine as seen through the changes that are going to be in the batch. */
class BatchState implements StateReader {
  readonly #engine: Engine;
  /** By key as latin1 text; no value means deleted. */
  readonly #changes = new Map<string, { readonly key: Buffer; readonly value: Buffer | undefined }>();
  readonly #marks: Record<string, number> = {};
  readFailure: StoreError | undefined;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  async get(key: Buffer): Promise<Buffer | undefined> {
    const changed = this.#changes.get(key.toString('latin1'));
    if (changed !== undefined) return changed.value;
    try {
      return await this.#engine.get(key);
    } catch (error) {
      this.readFailure = StoreError.from(error, 'read a key');
      throw error;
    }
  }

  add(change: Change<unknown>): void {
    for (const key of change.deletes ?? [])
      this.#changes.set(key.toString('latin1'), { key, value: undefined });
    for (const [key, value] of change.puts ?? []) this.#changes.set(key.toString('latin1'), { key, value });
    Object.assign(this.#marks, change.marks);
  }

  batch(decree: number) {
    const puts: KeyValue[] = [];
    const deletes: Buffer[] = [];
    for (const { key, value } of this.#changes.values()) {
      if (value === undefined) deletes.push(key);
      else puts.push([key, value]);
    }
    return { puts, deletes, decree, marks: this.#marks };
  }
}
