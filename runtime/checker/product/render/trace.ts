/** A counterexample as a table: one row per step, only what changed. */
import type { Counterexample, Verdict } from '../result.js';
import { type Cell, facts, type Look, PLAIN, paint, table } from './layout.js';
import {
  changeInWords,
  type NumberedStep,
  numbered,
  sendsInWords,
  statesOf,
  stepInWords,
  stepsInWords,
} from './words.js';

/** More messages than these are counted only. */
const PENDING_LISTED = 8;

/**
 * The property, the steps, where they begin to repeat, and what is wrong.
 *
 * @param verdict one with a counterexample
 */
export function counterexampleAsText(verdict: Verdict, look: Look = PLAIN): string {
  const { property, sentence, counterexample } = verdict;
  if (counterexample === null) return `${property}: no counterexample`;
  const { loop, why } = counterexample;
  const all = numbered(counterexample);
  const rows = all.filter(({ inLoop }) => !inLoop).map(row);
  const repeated = all.filter(({ inLoop }) => inLoop).map(row);
  return [
    paint(`${property} is violated, ${stepsInWords(counterexample)}`, 'bad', look),
    facts([['promise', sentence]], look),
    '',
    table(
      ['STEP', 'PROCESS', 'WHAT HAPPENS', 'SENDS', 'CHANGES'],
      loop === null ? rows : [...rows, mark(loop.length), ...repeated],
      look,
    ),
    '',
    facts([...pending(counterexample), ['why', why]], look),
  ].join('\n');
}

function row({ number, step, change }: NumberedStep): Cell[] {
  const sends = sendsInWords(step.sends).join('\n');
  if (step.what === 'start') {
    const states = statesOf(step).map(([name, state]) => `${name}: ${state}`);
    return ['', '', stepInWords(step), sends, states.join('\n')];
  }
  const changes = change === null ? '' : changeInWords(change);
  return [String(number), step.process, stepInWords(step), sends, changes];
}

function mark(steps: number): Cell[] {
  const text = steps === 0 ? 'from here nothing more happens, for ever' : 'from here for ever:';
  return ['', '──', { text, tone: 'strong' }, '', ''];
}

/** What is on its way when the steps end: what nobody receives is often the point. */
function pending({ steps }: Counterexample): [string, string][] {
  const messages = steps.at(-1)?.inFlight ?? [];
  if (messages.length === 0) return [];
  const listed = sendsInWords(messages.slice(0, PENDING_LISTED));
  const more = messages.length - listed.length;
  return [['on its way', [...listed, ...(more > 0 ? [`and ${more} more`] : [])].join('\n')]];
}
