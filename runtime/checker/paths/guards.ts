/**
 * Guards as trees of conditions, evaluated as xstate does, with a note of what each condition said.
 *
 * xstate tells which transition was taken, not why the others were not. Coverage of guards needs the
 * why, so the guards of an explored machine are replaced by ones that say it.
 */
import { and, not, or } from 'xstate';
import { canonicalText } from './canonical.js';

/** What xstate hands to a guard. */
export interface GuardArgs {
  readonly context: unknown;
  readonly event: unknown;
}

type Plain = (args: GuardArgs, params?: unknown) => boolean;
type Check = (snapshot: unknown, args: GuardArgs, guard: unknown) => boolean;
type Implementations = Readonly<Record<string, unknown>>;

export type GuardTree =
  | {
      readonly kind: 'condition';
      readonly at: number;
      readonly test: (snapshot: unknown, args: GuardArgs) => boolean;
    }
  | { readonly kind: 'and' | 'or' | 'not'; readonly parts: readonly GuardTree[] };

export interface GuardPlan {
  readonly tree: GuardTree;
  /** Names of the conditions; a condition that occurs twice is one. */
  readonly conditions: readonly string[];
  /** e.g. `and(repeatable, not(stale))`. */
  readonly text: string;
}

/** What is said of a guard's parameters, behind its name, and of a guard without a name. */
export interface GuardTexts {
  readonly params: (params: unknown) => string;
  readonly inline: (guard: (args: GuardArgs) => boolean) => string;
}

/** What each condition said; null: it was not asked, an earlier one had decided. */
export type ConditionValues = (boolean | null)[];

interface Builtin {
  readonly check: Check;
  readonly guards?: readonly unknown[];
}

const checkOf = (guard: unknown): Check => (guard as Builtin).check;
const COMPOSED = new Map<Check, 'and' | 'or' | 'not'>([
  [checkOf(and([])), 'and'],
  [checkOf(or([])), 'or'],
  [checkOf(not(() => true)), 'not'],
]);

const isBuiltin = (guard: unknown): guard is Builtin =>
  typeof guard === 'function' && typeof (guard as Partial<Builtin>).check === 'function';

/**
 * Reads a guard as it stands in a machine. Unknown names stay unknown: xstate's message is the better one.
 *
 * @param texts how parameters and nameless guards are told: names in coverage are short, a diagram writes
 *   them as the chart does
 */
export function planGuard(
  guard: unknown,
  implementations: Implementations,
  texts: GuardTexts = { params: paramsName, inline: inlineName },
): GuardPlan {
  const names: string[] = [];
  const condition = (
    name: string,
    test: (snapshot: unknown, args: GuardArgs) => boolean,
  ): [GuardTree, string] => {
    let at = names.indexOf(name);
    if (at < 0) at = names.push(name) - 1;
    return [{ kind: 'condition', at, test }, name];
  };
  const read = (each: unknown): [GuardTree, string] => {
    if (isBuiltin(each)) {
      const kind = COMPOSED.get(each.check);
      if (kind === undefined)
        return condition(builtinName(each), (snapshot, args) => each.check(snapshot, args, each));
      const parts = (each.guards ?? []).map(read);
      return [
        { kind, parts: parts.map(([tree]) => tree) },
        `${kind}(${parts.map(([, text]) => text).join(', ')})`,
      ];
    }
    if (typeof each === 'function') {
      return condition(texts.inline(each as Plain), (_, args) => (each as Plain)(args));
    }
    const { type, params } = (typeof each === 'string' ? { type: each } : each) as {
      type: string;
      params?: unknown;
    };
    const found = implementations[type];
    if (isBuiltin(found) || (found !== undefined && typeof found !== 'function')) return read(found);
    return condition(`${type}${texts.params(params)}`, (_, args) => {
      if (typeof found !== 'function') throw new Error(`guard ${type} is not implemented`);
      const resolved = typeof params === 'function' ? (params as (args: GuardArgs) => unknown)(args) : params;
      return Boolean((found as Plain)(args, resolved));
    });
  };
  const [tree, text] = read(guard);
  return { tree, conditions: names, text };
}

/** Evaluates from left to right and stops as early as xstate does; fills in `values`. */
export function evaluateGuard(
  tree: GuardTree,
  snapshot: unknown,
  args: GuardArgs,
  values: ConditionValues,
): boolean {
  switch (tree.kind) {
    case 'condition': {
      const value = tree.test(snapshot, args);
      values[tree.at] = value;
      return value;
    }
    case 'and':
      return tree.parts.every((part) => evaluateGuard(part, snapshot, args, values));
    case 'or':
      return tree.parts.some((part) => evaluateGuard(part, snapshot, args, values));
    case 'not':
      return !evaluateGuard(tree.parts[0]!, snapshot, args, values);
  }
}

/** Two different inline guards must not become one condition, so a nameless one goes by its source. */
function inlineName(guard: (args: GuardArgs) => boolean): string {
  if (guard.name !== '' && guard.name !== 'guard') return guard.name;
  return String(guard).replace(/\s+/g, ' ').slice(0, 80);
}

function builtinName(guard: Builtin): string {
  const { name } = guard as unknown as { name: string };
  const value = (guard as { stateValue?: unknown }).stateValue;
  return value === undefined ? name : `${name}(${typeof value === 'string' ? value : JSON.stringify(value)})`;
}

function paramsName(params: unknown): string {
  if (params === undefined || typeof params === 'function') return '';
  const text = canonicalText(params);
  return text === '{}' ? '' : text.replaceAll('"', '');
}
