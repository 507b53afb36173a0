/** Flat machines of any size, the same for the same seed. */
import { type AnyStateMachine, createMachine } from 'xstate';

export interface GeneratedSize {
  readonly states: number;
  /** At least as many as states: the first ones lead from each state to the next, the others anywhere. */
  readonly transitions: number;
  readonly seed: number;
}

export function generatedMachine({ states, transitions, seed }: GeneratedSize): AnyStateMachine {
  let last = seed;
  const draw = (): number => {
    last = (Math.imul(last, 1_103_515_245) + 12_345) & 0x7fffffff;
    return Math.floor((last / 0x80000000) * states);
  };
  const on: Record<string, string>[] = Array.from({ length: states }, () => ({}));
  for (let at = 0; at < transitions; at++) {
    const source = at < states ? at : draw();
    on[source]![`E${at}`] = `s${at < states ? (at + 1) % states : draw()}`;
  }
  const entries = on.map((each, at) => [`s${at}`, { on: each }]);
  return createMachine({
    id: `generated-${states}-${transitions}-${seed}`,
    initial: 's0',
    states: Object.fromEntries(entries),
  });
}
