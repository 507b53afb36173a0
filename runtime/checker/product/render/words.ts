/** The parts of a result in words, as the text and the diagram use them. */
import type { Assumptions, Json, Message } from '../model.js';
import type { CheckResult, Counterexample, TraceStep, Verdict } from '../result.js';
import { visible } from './layout.js';

/** Longer bodies of messages are cut; JSON has them whole. */
const BODY_LIMIT = 60;

const oneLine = (text: string): string => visible(text).replace(/\s+/g, ' ');

/** @example messageInWords({ from: 'a', to: 'b', kind: 'CREATE', body: { table: 'users' } }) // 'CREATE {table: users}' */
export function messageInWords({ kind, body, late }: Message): string {
  const text = bodyInWords(body);
  const cut = text.length > BODY_LIMIT ? `${text.slice(0, BODY_LIMIT - 1)}…` : text;
  return oneLine([kind, ...(late === true ? ['(late)'] : []), ...(cut === '' ? [] : [cut])].join(' '));
}

/** Nothing for nothing, else the value without the quotes that JSON needs and people do not. */
function bodyInWords(body: Json | undefined, nested = false): string {
  if (body === null || body === undefined) return nested ? 'null' : '';
  if (typeof body !== 'object') return String(body);
  if (Array.isArray(body)) return `[${body.map((each: Json) => bodyInWords(each, true)).join(', ')}]`;
  const fields = Object.entries(body).filter(([, value]) => value !== undefined);
  if (fields.length === 0 && !nested) return '';
  return `{${fields.map(([name, value]) => `${name}: ${bodyInWords(value, true)}`).join(', ')}}`;
}

/** What happened in a step, e.g. `receives CREATE {table: users} from source`. */
export function stepInWords({ what, label, message }: TraceStep): string {
  if (what === 'start') return 'everything starts';
  if (what === 'move' || message === null) return oneLine(label);
  const text = messageInWords(message);
  if (what === 'delay') return `delays ${text} from ${oneLine(message.from)} to ${oneLine(message.to)}`;
  if (what === 'lose') return `loses ${text} from ${oneLine(message.from)} to ${oneLine(message.to)}`;
  if (what === 'receive') return `receives ${text} from ${oneLine(message.from)}`;
  return `receives ${text} from ${oneLine(message.from)}, and a copy stays on its way`;
}

/** @example sendsInWords([{ from: 'a', to: 'b', kind: 'CREATE', body: null }]) // ['CREATE → b'] */
export function sendsInWords(sends: readonly Message[]): string[] {
  return sends.map((message) => `${messageInWords(message)} → ${oneLine(message.to)}`);
}

/** The one process that a step changed, before and after. */
export interface Change {
  readonly process: string;
  readonly before: string;
  readonly after: string;
}

/** Null where a step changed no process, and for the start, which comes before any change. */
export function changeOf(step: TraceStep, previous: TraceStep | undefined): Change | null {
  const { process } = step;
  const before = previous?.after[process];
  const after = step.after[process];
  if (before === undefined || after === undefined || before === after) return null;
  return { process, before: oneLine(before), after: oneLine(after) };
}

/** @example changeInWords({ process: 'meta', before: 'DS_INIT', after: 'DS_PREPARE' }) // 'DS_INIT → DS_PREPARE' */
export function changeInWords({ before, after }: Change): string {
  return `${before} → ${after}`;
}

/** Every process after a step: its name and where it is. */
export function statesOf({ after }: TraceStep): [name: string, state: string][] {
  return Object.entries(after).map(([name, state]) => [oneLine(name), oneLine(state)]);
}

/** A step with its number, and what it changed; `inLoop` for those that repeat. */
export interface NumberedStep {
  /** From 1; 0 for the start. */
  readonly number: number;
  readonly step: TraceStep;
  readonly change: Change | null;
  readonly inLoop: boolean;
}

export function numbered({ steps, loop }: Counterexample): NumberedStep[] {
  const all = [...steps, ...(loop ?? [])];
  let number = 0;
  return all.map((step, at) => ({
    number: step.what === 'start' ? 0 : ++number,
    step,
    change: changeOf(step, all[at - 1]),
    inLoop: at >= steps.length,
  }));
}

/** Steps that something did, those of the loop once; the start is none. */
export function lengthOf({ steps, loop }: Counterexample): number {
  return [...steps, ...(loop ?? [])].filter(({ what }) => what !== 'start').length;
}

/** @example stepsInWords(counterexample) // '1 step' */
export function stepsInWords(counterexample: Counterexample): string {
  const length = lengthOf(counterexample);
  return `${length} ${length === 1 ? 'step' : 'steps'}`;
}

/** @example assumptionsInWords(QUICK) // 'quick: loss 1, duplication 0, reorder no, crashes sourceMeta 1, …' */
export function assumptionsInWords(assumptions: Assumptions): string {
  const { name, loss, duplication, reorder, crashes, operator, sizes } = assumptions;
  return `${oneLine(name)}: ${[
    `loss ${loss}`,
    `duplication ${duplication}`,
    `reorder ${reorder ? 'yes' : 'no'}`,
    `crashes ${countsInWords(crashes)}`,
    `role changes ${assumptions.roleChanges}`,
    `storage timeouts ${assumptions.storageTimeouts}`,
    `operator ${countsInWords(operator)}`,
    `sizes ${countsInWords(sizes)}`,
    `late messages ${assumptions.lateMessages}`,
    ...(assumptions.delayed === undefined ? [] : [`delayed messages ${assumptions.delayed}`]),
  ].join(', ')}`;
}

function countsInWords(counts: Readonly<Record<string, number>>): string {
  const some = Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${oneLine(name)} ${count}`);
  return some.length === 0 ? 'none' : some.join(' + ');
}

const BOUNDS: Readonly<Record<NonNullable<CheckResult['bound']>, string>> = {
  states: 'the limit of states',
  memory: 'the limit of memory',
  interrupted: 'it was interrupted',
  walks: 'the number of walks',
};

/** How far it got, and what follows from that. */
export function boundInWords(result: CheckResult): string {
  const { states, bound, verdicts } = result;
  const explored = `explored ${countInWords(states)} states`;
  if (bound === null) return `${explored}, every one there is under these assumptions`;
  const found = verdicts.some(({ verdict }) => verdict === 'violated');
  const nothing = found
    ? 'what was found is real, and there may be more'
    : 'nothing was found that violates, which proves nothing beyond them';
  return `${explored}, bound reached: ${BOUNDS[bound]}; ${nothing}`;
}

/** @example countInWords(1234567) // '1,234,567' */
export function countInWords(count: number): string {
  return Math.round(count).toLocaleString('en-US');
}

/** Fewer digits the more there are; nothing meaningful is measured below a millisecond. */
export function secondsInWords(seconds: number): string {
  return `${seconds.toFixed(seconds < 10 ? 3 : 1)} s`;
}

export function verdictInWords({ verdict, vacuous }: Verdict): string {
  if (verdict === 'violated') return 'VIOLATED';
  if (verdict === 'unknown') return 'unknown';
  return vacuous ? 'VACUOUS' : 'holds';
}

/** A verdict that fails the check: violated, or held only because what it guards never came up. */
export function fails({ verdict, vacuous }: Verdict): boolean {
  return verdict === 'violated' || (verdict === 'holds' && vacuous);
}
