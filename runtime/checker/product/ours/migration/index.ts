/** The product of a migration: clients that write, the fence, the drain, and the process that may die meanwhile. */
import type { Model } from '../../model.js';
import { DISTURBANCES, SLOW_BUDGET, STORAGE_BUDGET } from '../options.js';
import { migrator } from './migrator.js';
import {
  CANCEL_BUDGET,
  CRASH_BUDGET,
  MIGRATION_DEFAULTS,
  type MigrationModelOptions,
  UNDO_BUDGET,
  WRITE_BUDGET,
} from './options.js';
import { migrationProperties } from './properties.js';
import { follower, source } from './tables.js';

export { MIGRATION_DEFAULTS, type MigrationModelOptions } from './options.js';

/**
 * @example
 * const { verdicts } = await check(migrationModel({ name: 'a crash', crashes: 1 }));
 */
export function migrationModel(options: Partial<MigrationModelOptions>): Model {
  const all: MigrationModelOptions = { ...MIGRATION_DEFAULTS, ...options };
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
      crashes: { migrator: all.crashes },
      roleChanges: 0,
      storageTimeouts: all.storageTimeouts,
      operator: { cancel: all.cancels, undo: all.crashes },
      sizes: { partitions: 1, writes: all.writes },
      lateMessages: all.lateMessages,
      notes: [
        'both clusters answer; a replica gets its environment, and is heard, with a delay of its own',
        'nobody else closes or opens the tables, and nobody else removes the duplication',
        'deadlines of phases may pass at any time',
      ],
    },
    processes: [migrator(all), source(all), follower()],
    budgets: {
      ...faults,
      [DISTURBANCES]: all.disturbances,
      [CANCEL_BUDGET]: all.cancels,
      [UNDO_BUDGET]: all.crashes,
      [WRITE_BUDGET]: all.writes,
    },
    alsoCosts: Object.fromEntries(Object.keys(faults).map((name) => [name, DISTURBANCES])),
    properties: migrationProperties(),
  };
}

const SETS = {
  migration: { writes: 1, crashes: 1, disturbances: 1 },
  'migration, writes': { writes: 2, cancels: 1 },
  'migration, fault': {
    writes: 1,
    cancels: 1,
    loss: 1,
    duplication: 1,
    slowAnswers: 1,
    storageTimeouts: 1,
    crashes: 1,
    disturbances: 1,
  },
  'migration, faults': {
    writes: 1,
    cancels: 1,
    loss: 1,
    duplication: 1,
    slowAnswers: 1,
    storageTimeouts: 1,
    crashes: 2,
    disturbances: 2,
  },
} as const satisfies Record<string, Partial<MigrationModelOptions>>;

const PROFILES: Readonly<Record<'quick' | 'full', readonly (keyof typeof SETS)[]>> = {
  quick: ['migration'],
  full: ['migration', 'migration, writes', 'migration, fault', 'migration, faults'],
};

/** The products of a profile. */
export function migrationModels(profile: keyof typeof PROFILES): readonly Model[] {
  return PROFILES[profile].map((name) => migrationModel({ name, ...SETS[name] }));
}
