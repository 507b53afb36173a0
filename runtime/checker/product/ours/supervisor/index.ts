/** The product of a supervisor: clusters that get stuck and have operators of their own, and a journal that survives. */
import type { Model } from '../../model.js';
import { DISTURBANCES, SLOW_BUDGET, STORAGE_BUDGET } from '../options.js';
import { clusters } from './clusters.js';
import { keeper } from './keeper.js';
import {
  BREAK_BUDGET,
  CRASH_BUDGET,
  LESS_LEAVE_BUDGET,
  LOST_BUDGET,
  STRANGER_BUDGET,
  SUPERVISOR_DEFAULTS,
  type SupervisorModelOptions,
} from './options.js';
import { supervisorProperties } from './properties.js';

export { SUPERVISOR_DEFAULTS, type SupervisorModelOptions } from './options.js';

/**
 * @example
 * const { verdicts } = await check(supervisorModel({ name: 'a crash', crashes: 1 }));
 */
export function supervisorModel(options: Partial<SupervisorModelOptions>): Model {
  const all: SupervisorModelOptions = { ...SUPERVISOR_DEFAULTS, ...options };
  const faults: Readonly<Record<string, number>> = {
    loss: all.loss,
    duplication: all.duplication,
    [SLOW_BUDGET]: all.slowAnswers,
    [STORAGE_BUDGET]: all.storageTimeouts,
    [CRASH_BUDGET]: all.crashes,
  };
  return {
    name: all.name,
    assumptions: {
      name: all.name,
      loss: all.loss,
      duplication: all.duplication,
      reorder: true,
      crashes: { supervisor: all.crashes },
      roleChanges: 0,
      storageTimeouts: all.storageTimeouts,
      operator: all.operator,
      sizes: { healings: all.healLimit, lostCreations: all.lostCreations, strangers: all.strangers },
      lateMessages: all.lateMessages,
      notes: [
        `at first ${all.table === 'none' ? 'no table' : `a ${all.table} table`} at the follower, the way ${all.shut ? 'shut' : 'open'}`,
        `leave to heal: ${all.heal.join(', ') || 'none'}; a run that is resumed may have none`,
        'a table is dropped only if its id is the one that was asked for',
        'patience and deadlines of phases may pass at any time',
      ],
    },
    processes: [keeper(all), clusters(all)],
    budgets: {
      ...faults,
      [DISTURBANCES]: all.disturbances,
      [LOST_BUDGET]: all.lostCreations,
      [STRANGER_BUDGET]: all.strangers,
      [BREAK_BUDGET]: all.breaks,
      [LESS_LEAVE_BUDGET]: all.crashes,
      ...all.operator,
    },
    alsoCosts: Object.fromEntries(Object.keys(faults).map((name) => [name, DISTURBANCES])),
    properties: supervisorProperties(),
  };
}

const NOBODY = { pause: 0, start: 0, remove: 0 };
const FAULTS = { loss: 1, duplication: 1, slowAnswers: 1, storageTimeouts: 1, crashes: 1 };
const SETS = {
  supervisor: { ...FAULTS, disturbances: 1, strangers: 1, shut: true },
  'supervisor, operators': {
    ...FAULTS,
    disturbances: 1,
    breaks: 1,
    verify: true,
    operator: { pause: 1, start: 1, remove: 1 },
  },
  'supervisor, leftover': { ...FAULTS, disturbances: 2, table: 'leftover', strangers: 1, operator: NOBODY },
  'supervisor, watching': {
    ...FAULTS,
    disturbances: 1,
    once: false,
    breaks: 1,
    strangers: 1,
    operator: { pause: 1, start: 1, remove: 1 },
  },
} as const satisfies Record<string, Partial<SupervisorModelOptions>>;

const PROFILES: Readonly<Record<'quick' | 'full', readonly (keyof typeof SETS)[]>> = {
  quick: ['supervisor'],
  full: ['supervisor', 'supervisor, operators', 'supervisor, leftover', 'supervisor, watching'],
};

/** The products of a profile. */
export function supervisorModels(profile: keyof typeof PROFILES): readonly Model[] {
  return PROFILES[profile].map((name) => supervisorModel({ name, ...SETS[name] }));
}
