/** A result as text: what was explored, under what, and what came of each property. */
import type { CheckResult, Verdict } from '../result.js';
import { type Cell, facts, type Look, PLAIN, type Tone, table } from './layout.js';
import { counterexampleAsText } from './trace.js';
import {
  assumptionsInWords,
  boundInWords,
  countInWords,
  fails,
  secondsInWords,
  stepsInWords,
  verdictInWords,
} from './words.js';

/**
 * Facts, a table of the properties, and each counterexample in full.
 *
 * @example process.stdout.write(`${resultAsText(await check(model))}\n`);
 */
export function resultAsText(result: CheckResult, look: Look = PLAIN): string {
  const failing = result.verdicts.filter(fails);
  return [
    facts(explored(result), look),
    '',
    table(['PROPERTY', 'VERDICT', 'KIND', 'PROMISE'], result.verdicts.map(row), look),
    ...failing.flatMap((verdict) =>
      verdict.counterexample === null
        ? [`\n${vacuousInWords(verdict)}`]
        : [`\n${counterexampleAsText(verdict, look)}`],
    ),
  ].join('\n');
}

function explored(result: CheckResult): [string, string][] {
  const { assumptions, states, transitions, depth, seconds, bytesPerState, reductions, walks } = result;
  const rate = seconds > 0 ? `, ${countInWords(states / seconds)} states/s` : '';
  return [
    ['model', result.model],
    ['assumes', assumptionsInWords(assumptions)],
    ...(assumptions.notes ?? []).map((note): [string, string] => ['', note]),
    [
      'explored',
      `${countInWords(states)} states, ${countInWords(transitions)} transitions, depth ${countInWords(depth)}`,
    ],
    ...(walks === undefined ? [] : [['walked', walksInWords(walks)] satisfies [string, string]]),
    ['took', `${secondsInWords(seconds)}${rate}, ${countInWords(bytesPerState)} bytes/state`],
    ['reductions', reductions.length === 0 ? 'none' : reductions.map((each) => REDUCTIONS[each]).join(', ')],
    ['result', boundInWords(result)],
  ];
}

function walksInWords({ seed, count, unsettled }: NonNullable<CheckResult['walks']>): string {
  const end =
    unsettled === 0 ? 'all came to rest' : `${countInWords(unsettled)} had not come to rest in the end`;
  return `${countInWords(count)} ways at random, seed ${seed}, ${end}`;
}

const REDUCTIONS: Readonly<Record<CheckResult['reductions'][number], string>> = {
  symmetry: 'symmetry',
  partialOrder: 'partial order',
  budgets: 'budgets',
};

const KINDS: Readonly<Record<Verdict['kind'], string>> = {
  state: 'every state',
  step: 'every step',
  leadsTo: 'leads to',
  staysPossible: 'stays possible',
};

function row(verdict: Verdict): Cell[] {
  const { counterexample } = verdict;
  const steps = counterexample === null ? '' : `, ${stepsInWords(counterexample)}`;
  return [
    verdict.property,
    { text: `${verdictInWords(verdict)}${steps}`, tone: toneOf(verdict) },
    KINDS[verdict.kind],
    verdict.sentence,
  ];
}

function toneOf(verdict: Verdict): Tone {
  if (fails(verdict)) return 'bad';
  return verdict.verdict === 'holds' ? 'good' : 'unsure';
}

function vacuousInWords({ property, verdict }: Verdict): string {
  return verdict === 'violated'
    ? `${property} is violated`
    : `${property} says nothing here: the situation it guards never came up`;
}
