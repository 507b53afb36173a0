/** `--assume`: a named set of assumptions, single values, or a set with some values changed. */
import type { Assumptions } from '../checker/product/index.js';
import { checkUsage } from './check-usage.js';

export type AssumptionSets = Readonly<Record<string, Assumptions>>;

/** Counts by name: `crashes.sourceMeta`. */
const GROUPS = ['crashes', 'operator', 'sizes'] as const;
const COUNTS = ['loss', 'duplication', 'roleChanges', 'storageTimeouts', 'lateMessages'] as const;
const LARGEST = 1_000_000;

/**
 * @param base what the values are changed in when no set is named
 * @throws BridleError BRIDLE_USAGE naming what is legal
 * @example parseAssumptions('loss=1,crashes.sourceMeta=1', QUICK, {}).name // 'quick with loss=1,crashes.sourceMeta=1'
 */
export function parseAssumptions(text: string, base: Assumptions, sets: AssumptionSets): Assumptions {
  const [first = '', ...rest] = text.split(',').map((item) => item.trim());
  const named = first.includes('=') ? undefined : sets[first];
  if (!first.includes('=') && named === undefined) {
    throw checkUsage(`--assume ${first}: no such set; ${legal(base, sets)}`);
  }
  const changes = named === undefined ? [first, ...rest] : rest;
  const start = named ?? base;
  const changed = changes.reduce((before, change) => changeOne(before, change, base, sets), start);
  return changes.length === 0 ? start : { ...changed, name: `${start.name} with ${changes.join(',')}` };
}

function changeOne(
  before: Assumptions,
  change: string,
  base: Assumptions,
  sets: AssumptionSets,
): Assumptions {
  const [, key = '', value = ''] = /^([^=]+)=(.*)$/.exec(change) ?? [];
  if (!legalKeys(base, sets).includes(key)) {
    throw checkUsage(`--assume ${change}: no such assumption; ${legal(base, sets)}`);
  }
  if (key === 'reorder') {
    if (value !== 'yes' && value !== 'no')
      throw checkUsage(`--assume ${change}: write reorder=yes or reorder=no`);
    return { ...before, reorder: value === 'yes' };
  }
  if (!/^\d{1,7}$/.test(value) || Number(value) > LARGEST) {
    throw checkUsage(`--assume ${change}: ${key} is a whole number from 0 to ${LARGEST}`);
  }
  const group = GROUPS.find((each) => key.startsWith(`${each}.`));
  if (group === undefined) return { ...before, [key]: Number(value) };
  return { ...before, [group]: { ...before[group], [key.slice(group.length + 1)]: Number(value) } };
}

/** Of the groups, what any of the sets has: other names would change nothing. */
export function legalKeys(base: Assumptions, sets: AssumptionSets): string[] {
  const all = [base, ...Object.values(sets)];
  const grouped = GROUPS.flatMap((group) =>
    all.flatMap((each) => Object.keys(each[group]).map((name) => `${group}.${name}`)),
  );
  return [...COUNTS, 'reorder', ...new Set(grouped)];
}

function legal(base: Assumptions, sets: AssumptionSets): string {
  const names = Object.keys(sets);
  const known = names.length === 0 ? '' : `sets: ${names.join(', ')}; `;
  return `${known}values: ${legalKeys(base, sets).join(', ')}, each as name=number (reorder=yes or no)`;
}
