/** The parts of a result in words, as the text and the diagram use them. */
import type { Assumptions, Json, Message } from '../model.js';
import type { CheckResult, Counterexample, TraceStep, Verdict } from '../result.js';

/** Longer bodies of messages are cut; JSON has them whole. */
const BODY_LIMIT = 60;

/** Names and labels come from models of anybody: control characters must not reach a terminal. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');
}

/** @example messageInWords({ from: 'a', to: 'b', kind: 'CREATE', body: { table: 'users' } }) // 'CREATE {table: users}' */
export function messageInWords({ kind, body, late }: Message): string {
  const text = bodyInWords(body);
  const cut = text.length > BODY_LIMIT ? `${text.slice(0, BODY_LIMIT - 1)}…` : text;
  return printable([kind, ...(late === true ? ['(late)'] : []), ...(cut === '' ? [] : [cut])].join(' '));
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
  if (what === 'start') return printable(label === '' ? 'starts' : label);
  if (what === 'move' || message === null) return printable(label);
  const text = messageInWords(message);
  if (what === 'lose') return `loses ${text} from ${printable(message.from)} to ${printable(message.to)}`;
  if (what === 'receive') return `receives ${text} from ${printable(message.from)}`;
  return `receives ${text} from ${printable(message.from)}, and a copy stays on its way`;
}

/** @example sendsInWords([{ from: 'a', to: 'b', kind: 'CREATE', body: null }]) // ['CREATE → b'] */
export function sendsInWords(sends: readonly Message[]): string[] {
  return sends.map((message) => `${messageInWords(message)} → ${printable(message.to)}`);
}

/** The one process that a step changed, before and after; null where it changed none. */
export interface Change {
  readonly process: string;
  readonly before: string | null;
  readonly after: string;
}

export function changeOf(step: TraceStep, previous: TraceStep | undefined): Change | null {
  const after = step.after[step.process];
  if (after === undefined) return null;
  const before = step.what === 'start' ? undefined : previous?.after[step.process];
  if (before === after) return null;
  return {
    process: step.process,
    before: before === undefined ? null : printable(before),
    after: printable(after),
  };
}

/** A step with its number, and what it changed; `inLoop` for those that repeat. */
export interface NumberedStep {
  /** From 1; 0 for those that only set the scene. */
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

/** What is on its way when the steps end. */
export function pendingOf({ steps }: Counterexample): readonly Message[] {
  return steps.at(-1)?.inFlight ?? [];
}

/** @example assumptionsInWords(QUICK) // 'quick: loss 1, duplication 0, reorder no, crashes sourceMeta 1, …' */
export function assumptionsInWords(assumptions: Assumptions): string {
  const { name, loss, duplication, reorder, crashes, operator, sizes } = assumptions;
  return `${printable(name)}: ${[
    `loss ${loss}`,
    `duplication ${duplication}`,
    `reorder ${reorder ? 'yes' : 'no'}`,
    `crashes ${countsInWords(crashes)}`,
    `role changes ${assumptions.roleChanges}`,
    `storage timeouts ${assumptions.storageTimeouts}`,
    `operator ${countsInWords(operator)}`,
    `sizes ${countsInWords(sizes)}`,
    `late messages ${assumptions.lateMessages}`,
  ].join(', ')}`;
}

function countsInWords(counts: Readonly<Record<string, number>>): string {
  const some = Object.entries(counts).map(([name, count]) => `${printable(name)} ${count}`);
  return some.length === 0 ? 'none' : some.join(' + ');
}

const BOUNDS: Readonly<Record<NonNullable<CheckResult['bound']>, string>> = {
  states: 'the limit of states',
  memory: 'the limit of memory',
  interrupted: 'it was interrupted',
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
