/** What a migration owes to those who write: nothing lost, never two places to write, and a way back. */
import type { MigrationContext } from '../../../../../machines/index.js';
import type { Json, Property, StateProperty } from '../../model.js';
import { contextOf } from '../../troupe.js';
import { seenAs, view } from '../plain.js';
import { leavesOf } from '../views.js';
import type { MigratorState } from './migrator.js';
import { FOLLOWER, MIGRATOR, SOURCE } from './options.js';
import type { FollowerState, SourceState } from './tables.js';

const CHART = 'migration';

/** Of the process that migrates. */
interface MigratorView {
  readonly up: boolean;
  readonly phase: string;
  readonly blocked: boolean;
  readonly decided: boolean;
  readonly step: string;
}

interface SourceView {
  readonly fence: number;
  /** The replica takes writes, or has some under way. */
  readonly writing: boolean;
  readonly committed: number;
  readonly duplicated: boolean;
}

function seeMigrator({ up, charts, disk }: MigratorState): Json {
  const [leaf = ''] = leavesOf(charts?.[CHART]);
  const context = contextOf<MigrationContext>(charts ?? {}, CHART);
  return view({
    up,
    phase: leaf.split('.')[0] ?? '',
    blocked: leaf.endsWith('blocked'),
    decided: context?.decided ?? disk.step === 'decided',
    step: disk.step,
  } satisfies MigratorView);
}

const seeSource = ({ fence, node, duplicated }: SourceState): Json =>
  view({
    fence,
    writing: !node.closed || node.underWay > 0,
    committed: node.committed,
    duplicated,
  } satisfies SourceView);
const seeFollower = ({ applied, ordinary }: FollowerState): Json => ({ applied, ordinary });

const BOTH = { [SOURCE]: seeSource, [FOLLOWER]: seeFollower };
const sourceIn = (seen: Readonly<Record<string, Json>>) => seenAs<SourceView>(seen[SOURCE]);
const followerIn = (seen: Readonly<Record<string, Json>>) => seenAs<FollowerState>(seen[FOLLOWER]);
const migratorIn = (seen: Readonly<Record<string, Json>>) => seenAs<MigratorView>(seen[MIGRATOR]);

const SETTLED = (seen: Readonly<Record<string, Json>>): boolean => {
  const { phase, blocked } = migratorIn(seen);
  return phase === 'done' || phase === 'undone' || blocked;
};

export function migrationProperties(): readonly Property[] {
  const noLostWrite: StateProperty = {
    kind: 'state',
    name: 'NoLostWrite',
    sentence: 'once nothing ships any more, the follower holds every write that the source has acknowledged',
    over: BOTH,
    holds: (seen) => sourceIn(seen).duplicated || followerIn(seen).applied >= sourceIn(seen).committed,
    situation: (seen) => !sourceIn(seen).duplicated && sourceIn(seen).committed > 0,
  };
  const noSplitBrain: StateProperty = {
    kind: 'state',
    name: 'NoSplitBrain',
    sentence: 'clients never find both tables open to their writes',
    over: BOTH,
    holds: (seen) => !(followerIn(seen).ordinary && sourceIn(seen).writing),
    situation: (seen) => followerIn(seen).ordinary,
  };
  const undone: StateProperty = {
    kind: 'state',
    name: 'Undoable',
    sentence:
      'what is undone has left no fence, and the duplication as it was; nothing is undone once decided',
    over: { [MIGRATOR]: seeMigrator, ...BOTH },
    holds: (seen) => {
      const { phase, decided } = migratorIn(seen);
      if (phase === 'undoing') return !decided && sourceIn(seen).duplicated;
      if (phase !== 'undone') return true;
      return sourceIn(seen).fence === 0 && sourceIn(seen).duplicated && !followerIn(seen).ordinary;
    },
    situation: (seen) => migratorIn(seen).phase === 'undone',
  };
  const journalFirst: StateProperty = {
    kind: 'state',
    name: 'NeverForgotten',
    sentence: 'as long as the source is closed, the journal says so, unless it could not be written any more',
    over: { [MIGRATOR]: seeMigrator, ...BOTH },
    holds: (seen) => sourceIn(seen).fence === 0 || migratorIn(seen).step !== 'waiting',
    situation: (seen) => sourceIn(seen).fence > 0,
  };
  const over = { [MIGRATOR]: seeMigrator };
  return [
    noLostWrite,
    noSplitBrain,
    undone,
    journalFirst,
    {
      kind: 'leadsTo',
      name: 'Settles',
      sentence: 'a migration is done or undone in the end, or is blocked and says why',
      over,
      from: () => true,
      to: SETTLED,
    },
    {
      kind: 'staysPossible',
      name: 'SettlesFromEverywhere',
      sentence: 'from every reachable state it can still be done or undone',
      over,
      to: (seen) => ['done', 'undone'].includes(migratorIn(seen).phase),
    },
  ];
}
