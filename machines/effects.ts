/**
 * Effects are data: a chart names what should happen and with which parameters, and a host makes it
 * happen and reports back with an event. Here an effect is declared; it is never performed here.
 */
type EffectAction<Params> = (unused: unknown, params: Params) => void;

/**
 * Declares effects for `setup({ actions })`. The bodies are empty on purpose: the pure `transition`
 * function lists them as `{ type, params }`, and a live host replaces each of them.
 *
 * @example
 * const effects = declareEffects<{ persistStatus: { status: string } }>()('persistStatus');
 */
export function declareEffects<Effects extends object>() {
  return <const Names extends readonly (keyof Effects & string)[]>(
    ...names: Names
  ): { [Name in Names[number]]: EffectAction<Effects[Name]> } => {
    const actions: Partial<Record<string, EffectAction<never>>> = {};
    for (const name of names) actions[name] = () => {};
    return actions as { [Name in Names[number]]: EffectAction<Effects[Name]> };
  };
}

/** What a state says about itself; written once in the chart, read by explain, diagrams and docs. */
export interface StateMeta {
  /** What must happen before this state is left, in words. */
  readonly waitingFor: string;
  /** Who has to act. */
  readonly from: string;
  /** What ends the wait, including the deadline. */
  readonly leavesWhen: string;
  /** Verbs of the command line that are useful here. */
  readonly operatorCan: readonly string[];
  /** Set where nothing more will happen by itself, or only very slowly. */
  readonly settled?: 'done' | 'blocked';
}

/**
 * Writes a state's meta in one line; `operatorCan` is what a chart's states have in common.
 * @example
 * const meta = describeStates('explain', 'remove');
 * meta('the table to exist', 'the follower', 'it does'); // StateMeta
 */
export function describeStates(...operatorCan: readonly string[]) {
  return (
    waitingFor: string,
    from: string,
    leavesWhen: string,
    more: Partial<StateMeta> = {},
  ): StateMeta => ({ waitingFor, from, leavesWhen, operatorCan, ...more });
}

/** Request numbers wrap, so that a chart that retries for ever stays finite for the checker. */
export const REQUEST_NUMBERS = 8;

/** The number of the next request; replies to another number are stale and change nothing. */
export function nextRequestNo(requestNo: number): number {
  return (requestNo + 1) % REQUEST_NUMBERS;
}
