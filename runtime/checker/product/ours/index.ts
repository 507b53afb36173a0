/** The product of the charts that ship: two clusters, their servers, an operator, and a bad network. */
import type { Assumptions, Model } from '../model.js';
import { followerMeta } from './follower-meta.js';
import { followerNode } from './follower-node.js';
import { livenessOf } from './liveness.js';
import { migrationModels } from './migration/index.js';
import { moveModels } from './move/index.js';
import { operator } from './operator.js';
import {
  crashBudget,
  DEFAULTS,
  DISTURBANCES,
  type DuplicationModelOptions,
  PROCESS_KINDS,
  SLOW_BUDGET,
  STORAGE_BUDGET,
  UNLIMITED,
} from './options.js';
import { ASSUMPTION_SETS, PROFILES } from './profiles.js';
import { safetyOf } from './safety.js';
import { sourceMeta } from './source-meta.js';
import { sourceNode } from './source-node.js';
import { supervisorModels } from './supervisor/index.js';
import { partitionRenamings } from './symmetry.js';

export { type MigrationModelOptions, migrationModel } from './migration/index.js';
export { type MoveModelOptions, moveModel } from './move/index.js';
export { type Charts, DEFAULTS, type DuplicationModelOptions, SHIPPED } from './options.js';
export { ASSUMPTION_SETS, type AssumptionSet, PROFILES } from './profiles.js';
export { type SupervisorModelOptions, supervisorModel } from './supervisor/index.js';
export * from './views.js';

/**
 * @example
 * const model = duplicationModel({ name: 'a lost message', loss: 1, writes: 1 });
 * const { verdicts } = await check(model);
 */
export function duplicationModel(options: Partial<DuplicationModelOptions>): Model {
  const all: DuplicationModelOptions = { ...DEFAULTS, ...options };
  const partitions = Array.from({ length: all.partitions }, (_, partition) => partition);
  const faults: Readonly<Record<string, number>> = {
    loss: all.loss,
    duplication: all.duplication,
    [STORAGE_BUDGET]: all.storageTimeouts,
    [SLOW_BUDGET]: all.slowAnswers,
    ...Object.fromEntries(PROCESS_KINDS.map((kind) => [crashBudget(kind), all.crashes[kind]])),
  };
  return {
    name: all.name,
    assumptions: assumptionsOf(all),
    processes: [
      sourceMeta(all),
      ...partitions.map((partition) => sourceNode(all, partition)),
      followerMeta(all),
      ...partitions.map((partition) => followerNode(all, partition)),
      operator(all),
    ],
    budgets: { ...faults, [DISTURBANCES]: all.disturbances, ...all.operator },
    alsoCosts: Object.fromEntries(Object.keys(faults).map((name) => [name, DISTURBANCES])),
    properties: [...safetyOf(all), ...livenessOf(all)],
    symmetry: partitionRenamings(all.partitions, all.charts.duplication.id),
  };
}

/** The products of a profile: `quick` takes a minute, `full` takes many and some memory. */
export function ourModels(profile: keyof typeof PROFILES): readonly Model[] {
  return [
    ...PROFILES[profile].map((name) => duplicationModel({ name, ...ASSUMPTION_SETS[name] })),
    ...migrationModels(profile),
    ...supervisorModels(profile),
    ...moveModels(profile),
  ];
}

function assumptionsOf(options: DuplicationModelOptions): Assumptions {
  const { partitions, writes, policy, onRemove, existing, gc, watchdog, slowAnswers } = options;
  return {
    name: options.name,
    loss: options.loss,
    duplication: options.duplication,
    reorder: options.reorder,
    crashes: options.crashes,
    // Embedded clusters keep one copy of a partition, which moves closed and whole: as a restart of its node does.
    roleChanges: 0,
    storageTimeouts: options.storageTimeouts,
    operator: options.operator,
    sizes: { partitions, sourceNodes: partitions, followerNodes: partitions, writes },
    lateMessages: options.lateMessages,
    ...(Number.isFinite(options.delayed) ? { delayed: options.delayed } : {}),
    notes: [
      `policy ${policy}, removal ${onRemove === 'drop' ? 'drops' : 'keeps'} the follower table`,
      existing === 'none' ? 'no table is there before' : `a ${existing} table is there before`,
      gc ? 'source nodes collect their logs' : 'no log is collected',
      ...(options.disturbances < UNLIMITED
        ? [`at most ${options.disturbances} of these faults in one run`]
        : []),
      watchdog ? 'the watchdog’s patience may end at any time' : 'without the watchdog',
      slowAnswers === 0
        ? 'deadlines pass only when nothing of the conversation is on its way'
        : `${slowAnswers} deadline(s) pass although the answer is on its way, the others when nothing is`,
    ],
  };
}
