/** `--assume`: a named set of options of a model, single values, or a set with some values changed. */
import { checkUsage } from './check-usage.js';

/**
 * Options of a model. Numbers, flags, records of numbers and what `choices` lists can be set, the name
 * follows, anything else stays.
 */
export interface Assumable {
  readonly name: string;
}

export interface AssumeOptions<Options extends Assumable> {
  /** What values are changed in when no set is named. */
  readonly base: Options;
  readonly sets: Readonly<Record<string, Options>>;
  /** Legal values of the fields that hold a word. */
  readonly choices?: Readonly<Record<string, readonly string[]>>;
}

const LARGEST = 1_000_000;
const FLAGS: Readonly<Record<string, boolean>> = { yes: true, no: false };

/**
 * @throws BridleError BRIDLE_USAGE naming what is legal
 * @example
 * parseAssumptions('loss=1,crashes.meta=1', { base: { name: 'small', loss: 0, crashes: { meta: 0 } }, sets: {} })
 * // { name: 'small with loss=1,crashes.meta=1', loss: 1, crashes: { meta: 1 } }
 */
export function parseAssumptions<Options extends Assumable>(
  text: string,
  { base, sets, choices = {} }: AssumeOptions<Options>,
): Options {
  const legal = Object.entries(base).flatMap(([key, value]) => legalKeys(key, value, choices));
  const refuse = (item: string, what: string) =>
    checkUsage(
      `--assume ${item}: ${what}; sets: ${Object.keys(sets).join(', ') || 'none'}; ` +
        `values: ${legal.join(', ')}, each as name=value`,
    );
  const [first = '', ...rest] = text.split(',').map((item) => item.trim());
  const named = Object.hasOwn(sets, first) ? sets[first] : undefined;
  if (named === undefined && !first.includes('=')) throw refuse(first, 'no such set');
  const changes = named === undefined ? [first, ...rest] : rest;
  const start = named ?? base;
  if (changes.length === 0) return start;
  let changed: Options = { ...start, name: `${start.name} with ${changes.join(',')}` };
  for (const change of changes) {
    const [, key = '', value = ''] = /^([^=]+)=(.*)$/.exec(change) ?? [];
    if (!legal.includes(key)) throw refuse(change, 'no such assumption');
    const [field = '', entry] = key.split('.');
    const before = (changed as Readonly<Record<string, unknown>>)[field];
    const after = parseValue(change, value, entry === undefined ? before : 0, choices[field]);
    changed = {
      ...changed,
      [field]: entry === undefined ? after : { ...(before as object), [entry]: after },
    };
  }
  return changed;
}

function legalKeys(key: string, value: unknown, choices: Readonly<Record<string, unknown>>): string[] {
  if (typeof value === 'number' || typeof value === 'boolean' || Object.hasOwn(choices, key)) return [key];
  if (typeof value !== 'object' || value === null) return [];
  const entries = Object.entries(value);
  const isCounts = entries.every(([, count]) => typeof count === 'number');
  return isCounts ? entries.map(([name]) => `${key}.${name}`) : [];
}

function parseValue(
  change: string,
  text: string,
  before: unknown,
  choices: readonly string[] | undefined,
): number | boolean | string {
  if (choices !== undefined) {
    if (choices.includes(text)) return text;
    throw checkUsage(`--assume ${change}: one of ${choices.join(', ')}`);
  }
  if (typeof before === 'boolean') {
    const flag = Object.hasOwn(FLAGS, text) ? FLAGS[text] : undefined;
    if (flag !== undefined) return flag;
    throw checkUsage(`--assume ${change}: yes or no`);
  }
  if (/^\d{1,7}$/.test(text) && Number(text) <= LARGEST) return Number(text);
  throw checkUsage(`--assume ${change}: a whole number from 0 to ${LARGEST}`);
}
