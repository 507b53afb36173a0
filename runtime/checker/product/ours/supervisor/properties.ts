/** What a supervisor owes to those whose clusters it uses: nothing taken away but what it may and knows of. */
import type { Heal, SupervisorContext } from '../../../../../machines/index.js';
import type { Json, Message, Property, StateProperty, StepProperty } from '../../model.js';
import { contextOf } from '../../troupe.js';
import { seenAs, view } from '../plain.js';
import { leavesOf } from '../views.js';
import type { ClustersState } from './clusters.js';
import type { KeeperState } from './keeper.js';
import { CLUSTERS, SUPERVISOR } from './options.js';

interface KeeperView {
  readonly at: string;
  readonly leave: readonly string[];
  readonly heal: Heal | null;
  readonly step: string;
  /** Of the duplication, as it was seen last. */
  readonly status: string;
}

function seeKeeper({ charts, disk, leave }: KeeperState): Json {
  const [at = 'down'] = leavesOf(charts?.supervisor);
  const context = contextOf<SupervisorContext>(charts ?? {}, SUPERVISOR);
  const status = context?.view?.status ?? 'none';
  return view({ at, leave, heal: disk.heal, step: disk.step, status } satisfies KeeperView);
}

const seeClusters = ({ table, harm, status, dup }: ClustersState): Json => ({
  table: table === null ? 'none' : table.by === 0 ? 'foreign' : 'ours',
  harm,
  ships: dup !== 0 && status === 'DS_LOG',
});

const keeperIn = (seen: Json | undefined): KeeperView => seenAs<KeeperView>(seen);
const takesAway = ({ kind }: Message): boolean => kind === 'Remove' || kind === 'Drop';
const SETTLED = /^(done|gaveUp|keeping|handedOver)$/;

export function supervisorProperties(): readonly Property[] {
  const ownTable: StateProperty = {
    kind: 'state',
    name: 'OwnTable',
    sentence: 'no table of somebody else is dropped, and none that a living duplication uses',
    over: { [CLUSTERS]: seeClusters },
    holds: (seen) => seenAs<{ harm: string | null }>(seen[CLUSTERS]).harm === null,
    situation: (seen) => seenAs<{ table: string }>(seen[CLUSTERS]).table !== 'none',
  };
  const allowed: StepProperty = {
    kind: 'step',
    name: 'TakesOnlyWhatItMay',
    sentence: 'what is removed or dropped was allowed to this run, and stands in the journal by its id',
    over: { [SUPERVISOR]: seeKeeper },
    holds: (_, after, { sends }) => {
      const { leave, heal } = keeperIn(after);
      return sends.filter(takesAway).every(({ kind, body }) => {
        const { dupid, appId } = body as { dupid: number; appId: number };
        const known = kind === 'Remove' ? dupid === heal?.dupid : appId === heal?.appId;
        return heal !== null && known && leave.includes(heal.kind);
      });
    },
    situation: (_, __, { sends }) => sends.some(takesAway),
  };
  const pause: StepProperty = {
    kind: 'step',
    name: 'PauseSticky',
    sentence: 'what was seen paused is neither started nor removed',
    over: { [SUPERVISOR]: seeKeeper },
    holds: (_, after, { sends }) => keeperIn(after).status !== 'DS_PAUSE' || !sends.some(takesAway),
    situation: (_, after, { sends }) => sends.some(takesAway) || keeperIn(after).status === 'DS_PAUSE',
  };
  const noRevival: StepProperty = {
    kind: 'step',
    name: 'NotBehindTheirBacks',
    sentence: 'it adds only what the journal says is to be added, and nothing that somebody has removed',
    over: { [SUPERVISOR]: seeKeeper },
    holds: (before, after, { sends }) => {
      if (keeperIn(before).step === 'tracking' && keeperIn(after).step === 'adding') return false;
      return !sends.some(({ kind }) => kind === 'Add') || keeperIn(after).step === 'adding';
    },
    situation: (_, __, { sends }) => sends.some(({ kind }) => kind === 'Add'),
  };
  const over = { [SUPERVISOR]: seeKeeper };
  return [
    ownTable,
    allowed,
    pause,
    noRevival,
    {
      kind: 'leadsTo',
      name: 'Settles',
      sentence: 'it ships in the end, or somebody is told why not',
      over,
      from: () => true,
      to: (seen) => SETTLED.test(keeperIn(seen[SUPERVISOR]).at),
    },
  ];
}
