/** What is seen of a machine after a step, as text: equal texts, equal behaviour so far. */
import { canonicalText, type TextCache } from '../paths/canonical.js';
import type { Effect } from '../paths/effect.js';
import { effectInWords } from '../paths/effect.js';
import type { Expected } from '../paths/path.js';
import type { Step } from '../paths/stepper.js';

/** What a path expects after a step, and what a machine shows. */
export type Observation = Expected;

export function observationOf({ position: { snapshot, timers, finished }, effects }: Step): Observation {
  const { value, context, status, output, children } = snapshot;
  return {
    value,
    context,
    status,
    output,
    effects,
    children: Object.keys(children)
      .filter((id) => !finished.includes(id))
      .sort(),
    timers: timers.map(({ id }) => id),
  };
}

/**
 * `behaviour`: active states, status, output, effects with parameters, messages, children and timers.
 * `everything`: the context too, which hosts show to people.
 */
export type Oracle = 'behaviour' | 'everything';

export function textOf(seen: Observation, oracle: Oracle, cache?: TextCache): string {
  const { value, status, output, effects, children, timers } = seen;
  const parts = [
    canonicalText(value, 'value', cache),
    status,
    output === undefined ? '' : canonicalText(output, 'output', cache),
    effects.length === 0 ? '' : canonicalText(effects.map(plainEffect), 'effects'),
    children.join(),
    timers.join(),
  ];
  if (oracle === 'everything') parts.push(canonicalText(seen.context, 'context', cache));
  return parts.join('|');
}

const plainEffect = ({ kind, name, params, to }: Effect): unknown[] => [kind, name, params, to];

/** The first thing that differs, in words: `effects: do answer, not do persistStatus`. */
export function differenceOf(expected: Observation, seen: Observation): string {
  const text = (value: unknown): string => {
    const full = canonicalText(value);
    return full.length > 90 ? `${full.slice(0, 89)}…` : full;
  };
  const asked = (effects: readonly Effect[]): string => effects.map(effectInWords).join(', ') || 'nothing';
  if (text(expected.value) !== text(seen.value)) {
    return `it is in ${text(seen.value)}, not in ${text(expected.value)}`;
  }
  if (asked(expected.effects) !== asked(seen.effects)) {
    return `it asks for ${asked(seen.effects)}, not for ${asked(expected.effects)}`;
  }
  for (const [at, effect] of expected.effects.entries()) {
    const other = seen.effects[at]!;
    if (canonicalText(effect.params) !== canonicalText(other.params)) {
      return `${effectInWords(effect)} with ${fieldsThatDiffer(effect.params, other.params)}`;
    }
  }
  for (const part of ['status', 'output', 'children', 'timers'] as const) {
    if (canonicalText(expected[part]) !== canonicalText(seen[part])) {
      return `${part} ${text(seen[part])}, not ${text(expected[part])}`;
    }
  }
  return `context with ${fieldsThatDiffer(expected.context, seen.context)}`;
}

function fieldsThatDiffer(expected: unknown, seen: unknown): string {
  const [a, b] = [expected, seen].map((value) =>
    typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {},
  ) as [Record<string, unknown>, Record<string, unknown>];
  const fields = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
  const different = fields.filter((field) => canonicalText(a[field]) !== canonicalText(b[field]));
  return `another ${different.join(', ') || 'value'}`;
}
