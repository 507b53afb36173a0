/** The operator: each verb once for each unit of its budget, one request of a kind at a time. */
import { defineProcess, type Message, type Move, type Outcome, type Process } from '../model.js';
import { type DuplicationModelOptions, OPERATOR, OPERATOR_VERBS, SOURCE_META } from './options.js';

export interface OperatorState {
  /** Verbs that have not been answered yet. */
  readonly waiting: readonly string[];
}

export function operator(options: DuplicationModelOptions): Process {
  const verbs = OPERATOR_VERBS.filter((verb) => options.operator[verb] > 0);
  return defineProcess<OperatorState>({
    name: OPERATOR,
    start: (): Outcome<OperatorState> => ({ local: { waiting: [] } }),
    moves: ({ waiting }: OperatorState): readonly Move<OperatorState>[] =>
      verbs
        .filter((verb) => !waiting.includes(verb))
        .map((verb) => ({
          label: verb,
          kind: 'operator',
          budget: verb,
          local: { waiting: [...waiting, verb].sort() },
          sends: [
            {
              from: OPERATOR,
              to: SOURCE_META,
              kind: 'Request',
              body: { verb },
              tag: `request ${verb}`,
              reliable: true,
            },
          ],
        })),
    receive: ({ waiting }: OperatorState, { body }: Message): readonly Outcome<OperatorState>[] => {
      const { verb } = body as { verb: string };
      return [{ local: { waiting: waiting.filter((other) => other !== verb) } }];
    },
    key: ({ waiting }: OperatorState) => waiting.join(),
    describe: ({ waiting }: OperatorState) =>
      waiting.length === 0 ? 'waits for nothing' : `waits for the answer to ${waiting.join(' and ')}`,
  });
}
