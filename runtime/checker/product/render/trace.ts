/** A counterexample as a table: one row per step, only what changed. */
import type { Verdict } from '../result.js';
import { type Cell, facts, type Look, PLAIN, paint, table } from './layout.js';
import { lengthOf, type NumberedStep, numbered, pendingOf, sendsInWords, stepInWords } from './words.js';

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
    paint(`${property} is violated, ${lengthOf(counterexample)} steps`, 'bad', look),
    facts([['promise', sentence]], look),
    '',
    table(
      ['STEP', 'PROCESS', 'WHAT HAPPENS', 'SENDS', 'CHANGES'],
      loop === null ? rows : [...rows, mark(loop.length), ...repeated],
      look,
    ),
    '',
    facts([...pending(verdict), ['why', why]], look),
  ].join('\n');
}

function row({ number, step, change }: NumberedStep): Cell[] {
  const changes =
    change === null ? '' : change.before === null ? change.after : `${change.before} → ${change.after}`;
  return [
    number === 0 ? '' : String(number),
    step.process,
    stepInWords(step),
    sendsInWords(step.sends).join('\n'),
    changes,
  ];
}

function mark(steps: number): Cell[] {
  const text = steps === 0 ? 'from here nothing more happens, for ever' : 'from here for ever:';
  return ['', '──', { text, tone: 'strong' }, '', ''];
}

function pending({ counterexample }: Verdict): [string, string][] {
  const messages = counterexample === null ? [] : pendingOf(counterexample);
  if (messages.length === 0) return [];
  const listed = sendsInWords(messages.slice(0, PENDING_LISTED));
  const more = messages.length - listed.length;
  return [
    [
      counterexample?.loop ? 'on the way' : 'still going',
      [...listed, ...(more > 0 ? [`and ${more} more`] : [])].join('\n'),
    ],
  ];
}
