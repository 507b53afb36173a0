/**
 * Notices processes that are not pure: the same state and message, tried again, have to give the same,
 * and must leave the state as it was.
 */
import { ProductError } from './errors.js';
import type { Message, Model, Move, Outcome } from './model.js';
import { messageText } from './network.js';
import { keyOf, movesOf, outcomesOf } from './rules.js';

/** So many first steps of a model are taken twice; after them one in so many. */
const ALL_OF_FIRST = 2_000;
const THEN_EVERY = 64;

export class PurityCheck {
  readonly #model: Model;
  #count = 0;

  constructor(model: Model) {
    this.#model = model;
  }

  /** @throws ProductError IMPURE naming process, state and label */
  moves(process: number, local: unknown, moves: readonly Move<unknown>[]): readonly Move<unknown>[] {
    return this.#check(process, local, moves, (again) => movesOf(again, local));
  }

  outcomes(
    process: number,
    local: unknown,
    message: Message,
    outcomes: readonly Outcome<unknown>[],
  ): readonly Outcome<unknown>[] {
    const step = `receive ${message.kind}`;
    return this.#check(process, local, outcomes, (again) => outcomesOf(again, local, message), step);
  }

  #check<Step extends Outcome<unknown>>(
    index: number,
    local: unknown,
    first: readonly Step[],
    again: (process: Model['processes'][number]) => readonly Step[],
    step?: string,
  ): readonly Step[] {
    const count = this.#count++;
    if (count >= ALL_OF_FIRST && count % THEN_EVERY !== 0) return first;
    const process = this.#model.processes[index]!;
    const before = keyOf(process, local);
    const texts = first.map((outcome) => outcomeText(process, outcome));
    const second = again(process).map((outcome) => outcomeText(process, outcome));
    const differing = texts.findIndex((text, at) => text !== second[at]);
    const label =
      step ?? (first[Math.max(differing, 0)] as Partial<Move<unknown>> | undefined)?.label ?? 'moves';
    const place = { process: process.name, state: process.describe(local), step: label };
    if (differing >= 0 || texts.length !== second.length) {
      throw new ProductError(
        'IMPURE',
        'the step differed when it was tried again; it depends on something else',
        place,
      );
    }
    if (keyOf(process, local) !== before) {
      throw new ProductError('IMPURE', 'the step changed the state it started from', place);
    }
    return first;
  }
}

function outcomeText(process: Model['processes'][number], outcome: Outcome<unknown>): string {
  const { local, sends = [], retires = [], ...rest } = outcome;
  return JSON.stringify([keyOf(process, local), sends.map(messageText), retires, rest]);
}
