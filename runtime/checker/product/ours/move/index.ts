/** The product of a move: a meta server, two nodes, clients that write, crashes and a bad network (SPEC S-MOVE-1). */
import type { LeadsTo, Model, Property, StateProperty } from '../../model.js';
import { DISTURBANCES, SLOW_BUDGET, STORAGE_BUDGET } from '../options.js';
import { seenAs, view } from '../plain.js';
import { type MetaState, meta } from './meta.js';
import { type NodeState, node } from './node.js';
import {
  crashBudgetOf,
  META,
  MOVE_BUDGET,
  MOVE_DEFAULTS,
  type MoveModelOptions,
  NODES,
  WRITE_BUDGET,
} from './options.js';

export type { MoveModelOptions } from './options.js';

/**
 * @example
 * const { verdicts } = await check(moveModel({ name: 'a crash', crashes: { meta: 0, node: 1 } }));
 */
export function moveModel(options: Partial<MoveModelOptions>): Model {
  const all: MoveModelOptions = { ...MOVE_DEFAULTS, ...options };
  const faults: Readonly<Record<string, number>> = {
    loss: all.loss,
    duplication: all.duplication,
    [SLOW_BUDGET]: all.slowAnswers,
    [STORAGE_BUDGET]: all.storageTimeouts,
    [crashBudgetOf('meta')]: all.crashes.meta,
    [crashBudgetOf('node')]: all.crashes.node,
  };
  return {
    name: all.name,
    assumptions: {
      name: all.name,
      loss: all.loss,
      duplication: all.duplication,
      reorder: true,
      crashes: all.crashes,
      roleChanges: all.moves,
      storageTimeouts: all.storageTimeouts,
      operator: { move: all.moves },
      sizes: { nodes: NODES.length, writes: all.writes },
      lateMessages: all.lateMessages,
      notes: ['deadlines may pass at any time', 'a partition is fetched in one message'],
    },
    processes: [meta(all), ...NODES.map((name) => node(all, name))],
    budgets: {
      ...faults,
      [DISTURBANCES]: all.disturbances,
      [MOVE_BUDGET]: all.moves,
      [WRITE_BUDGET]: all.writes,
    },
    alsoCosts: Object.fromEntries(Object.keys(faults).map((name) => [name, DISTURBANCES])),
    properties: moveProperties(),
  };
}

interface NodeView {
  readonly open: boolean;
  readonly decree: number;
  readonly acknowledged: number;
}

const seeNode = ({ open, copy, acknowledged }: NodeState) =>
  view({ open, decree: copy?.decree ?? -1, acknowledged } satisfies NodeView);
const nodesIn = (seen: Readonly<Record<string, unknown>>) =>
  NODES.map((name) => seenAs<NodeView>(seen[name] as never));
const over = Object.fromEntries(NODES.map((name) => [name, seeNode]));

function moveProperties(): readonly Property[] {
  const oneServes: StateProperty = {
    kind: 'state',
    name: 'OneServes',
    sentence: 'a partition is open at one node at most',
    over,
    holds: (seen) => nodesIn(seen).filter(({ open }) => open).length <= 1,
    situation: (seen) => nodesIn(seen)[1]?.open === true,
  };
  const nothingLost: StateProperty = {
    kind: 'state',
    name: 'NothingLost',
    sentence: 'where a partition is open, it has every write that was acknowledged anywhere',
    over,
    holds: (seen) => {
      const nodes = nodesIn(seen);
      const acknowledged = Math.max(...nodes.map((each) => each.acknowledged));
      return nodes.every(({ open, decree }) => !open || decree >= acknowledged);
    },
    situation: (seen) => {
      const [a, b] = nodesIn(seen);
      return b?.open === true && (a?.acknowledged ?? 0) > 0;
    },
  };
  const served: LeadsTo = {
    kind: 'leadsTo',
    name: 'ServedAgain',
    sentence: 'a partition that nobody has open is open again in the end',
    over,
    from: (seen) => nodesIn(seen).every(({ open }) => !open),
    to: (seen) => nodesIn(seen).some(({ open }) => open),
  };
  const ends: LeadsTo = {
    kind: 'leadsTo',
    name: 'MoveEnds',
    sentence: 'a move that has begun is decided or undone in the end',
    over: { [META]: ({ disk }: MetaState) => ({ moving: disk.moving !== null }) },
    from: (seen) => seenAs<{ moving: boolean }>(seen[META]).moving,
    to: (seen) => !seenAs<{ moving: boolean }>(seen[META]).moving,
  };
  return [oneServes, nothingLost, served, ends];
}

const FAULTS = { loss: 1, duplication: 1, slowAnswers: 1, storageTimeouts: 1, crashes: { meta: 1, node: 1 } };
const SETS = {
  move: { ...FAULTS, disturbances: 1, writes: 1 },
  'move, there and back': { ...FAULTS, disturbances: 1, moves: 2 },
  'move, faults': { ...FAULTS, disturbances: 2, crashes: { meta: 1, node: 2 } },
} as const satisfies Record<string, Partial<MoveModelOptions>>;

const PROFILES: Readonly<Record<'quick' | 'full', readonly (keyof typeof SETS)[]>> = {
  quick: ['move'],
  full: ['move', 'move, there and back', 'move, faults'],
};

/** The products of a profile. */
export function moveModels(profile: keyof typeof PROFILES): readonly Model[] {
  return PROFILES[profile].map((name) => moveModel({ name, ...SETS[name] }));
}
