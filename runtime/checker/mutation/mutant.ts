/** A mutant: a machine with one thing wrong with it, on purpose. */
import type { AnyStateMachine } from 'xstate';
import { built, type Draft, draftOf } from './draft.js';

/** Edits that can be made to any machine. */
export const OPERATORS = [
  'drop-transition',
  'drop-deadline',
  'drop-deadline-action',
  'drop-done',
  'drop-guard',
  'negate-guard',
  'weaken-guard',
  'retarget',
  'swap-targets',
  'drop-action',
  'forget-field',
] as const;

/** `domain`: written by hand for one chart, for what no structural edit can get at. */
export type Operator = (typeof OPERATORS)[number] | 'domain';

export interface Mutant {
  /** `<operator> <where>`, stable as long as the chart keeps its names. */
  readonly id: string;
  readonly operator: Operator;
  /** State, event and index, or the name of an implementation. */
  readonly where: string;
  /** What is wrong with it, for people. */
  readonly sentence: string;
  readonly machine: AnyStateMachine;
}

/** An edit that has not been made yet. */
export interface Plan extends Omit<Mutant, 'id' | 'machine'> {
  readonly edit: (draft: Draft) => void;
}

/** Makes the edit in a copy of the machine. */
export function mutantOf(machine: AnyStateMachine, { edit, operator, where, sentence }: Plan): Mutant {
  const draft = draftOf(machine);
  edit(draft);
  return { id: `${operator} ${where}`, operator, where, sentence, machine: built(draft) };
}
