/** A counterexample as a Mermaid sequence diagram. */
import type { Message } from '../model.js';
import type { Counterexample, TraceStep, Verdict } from '../result.js';
import { wrap } from './layout.js';
import {
  changeInWords,
  messageInWords,
  type NumberedStep,
  numbered,
  sendsInWords,
  stepInWords,
} from './words.js';

const NOTE_WIDTH = 60;

/**
 * Participants are processes, arrows are messages that arrive, arrows with a cross are lost ones, and
 * notes tell what a process does by itself and what becomes of it. Numbers are those of the table.
 *
 * @param verdict one with a counterexample
 * @example counterexampleAsMermaid(verdict).split('\n')[0] // 'sequenceDiagram'
 */
export function counterexampleAsMermaid({ property, counterexample }: Verdict): string {
  if (counterexample === null) throw new RangeError(`${property} has no counterexample`);
  const { loop, why } = counterexample;
  const names = participants(counterexample);
  const all = numbered(counterexample);
  const steps = all.filter(({ inLoop }) => !inLoop).flatMap((each) => lines(each, names));
  const repeated = all.filter(({ inLoop }) => inLoop).flatMap((each) => lines(each, names));
  const everybody = names.size === 1 ? 'p0' : `p0,p${names.size - 1}`;
  const note = (...texts: string[]): string => `  Note over ${everybody}: ${inLines(texts)}`;
  const pending = sendsInWords(counterexample.steps.at(-1)?.inFlight ?? []);
  return [
    'sequenceDiagram',
    ...[...names].map(([name, id]) => `  participant ${id} as ${escaped(name)}`),
    ...steps,
    ...(repeated.length > 0 ? ['  loop for ever', ...repeated.map((line) => `  ${line}`), '  end'] : []),
    ...(loop !== null && loop.length === 0 ? [note('nothing more happens, for ever')] : []),
    ...(pending.length > 0 && repeated.length === 0 ? [note('on its way:', ...pending)] : []),
    note(`${property} is violated`, why),
  ].join('\n');
}

/** In the order in which the model names them, then whoever else sends or receives. */
function participants({ steps, loop }: Counterexample): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const meet = (name: string): void => {
    if (!names.has(name)) names.set(name, `p${names.size}`);
  };
  const all = [...steps, ...(loop ?? [])];
  for (const { after } of all) for (const name of Object.keys(after)) meet(name);
  for (const { process, message, what } of all) {
    if (what === 'move') meet(process);
    if (message !== null) {
      meet(message.from);
      meet(message.to);
    }
  }
  return names;
}

function lines({ number, step, change }: NumberedStep, names: ReadonlyMap<string, string>): string[] {
  const { message, process } = step;
  const note = (name: string, texts: readonly string[]): string =>
    `  Note over ${names.get(name)}: ${inLines(texts)}`;
  if (step.what === 'start') return Object.entries(step.after).map(([name, state]) => note(name, [state]));
  const became = change === null ? [] : [changeInWords(change)];
  if (message === null) return [note(process, [`${number}. ${stepInWords(step)}`, ...became])];
  const arrow = `  ${names.get(message.from)}${arrowOf(step)}${names.get(message.to)}`;
  return [
    `${arrow}: ${escaped(`${number}. ${labelOf(step, message)}`)}`,
    ...(became.length === 0 ? [] : [note(process, became)]),
  ];
}

/** Dotted where nobody waits for the message any more. */
function arrowOf({ what, message }: TraceStep): string {
  const line = message?.late === true ? '--' : '-';
  if (what === 'delay') return `${line})`;
  return what === 'lose' ? `${line}x` : `${line}>>`;
}

function labelOf({ what }: TraceStep, message: Message): string {
  const text = messageInWords(message);
  if (what === 'lose' || what === 'delay') return `${text}, ${what === 'lose' ? 'lost' : 'delayed'}`;
  return what === 'receive a copy' ? `${text}, a copy stays on its way` : text;
}

/** Mermaid breaks no lines by itself. */
const inLines = (texts: readonly string[]): string =>
  texts
    .flatMap((text) => wrap(text, NOTE_WIDTH))
    .map(escaped)
    .join('<br/>');

/**
 * Mermaid ends a statement at `;`, begins a comment or an entity at `#` and `%%`, reads `$$` as a formula,
 * and what is left as HTML.
 */
function escaped(text: string): string {
  return text.replace(/["#;<>%$&]/g, (sign) => `#${sign.charCodeAt(0)};`).replace(/\s+/g, ' ');
}
