/** The creation of the follower table, and the status of the duplication: one partition for each node. */
import { isLegalSuccessor } from '../../../machines/vocabulary.js';
import type { Assumptions, Json, Model, Property } from '../../../runtime/checker/product/model.js';
import type { Fixes } from '../fixes.js';
import { product } from '../parts.js';
import { type FollowerMetaLocal, followerMeta } from './followerMeta.js';
import type { MetaLocal, Operator } from './operator.js';
import { reporter } from './reporter.js';
import { sourceMeta } from './sourceMeta.js';

export interface CreationOptions {
  readonly fixes: Fixes;
  readonly assumptions: Assumptions;
  readonly nodes?: 1 | 2;
  readonly remoteTable?: string;
  readonly replicaCount?: number;
  readonly dupClusterName?: string;
  /** A table of the follower's own, of the source table's name. */
  readonly ordinaryTable?: boolean;
  /** Where the duplication stands at first. */
  readonly status?: 'DS_PREPARE' | 'DS_LOG';
}

const SOURCE_TABLE = 't';
const CLUSTER = 'onebox';

export function creation(options: CreationOptions): Model {
  const { fixes, assumptions, remoteTable = SOURCE_TABLE, dupClusterName = CLUSTER } = options;
  const nodes = ['node1', 'node2'].slice(0, options.nodes ?? 1);
  return product({
    name: 'creation',
    assumptions,
    processes: [
      ...nodes.map((name) => reporter(name, fixes)),
      sourceMeta({
        fixes,
        nodes,
        sourceTable: SOURCE_TABLE,
        remoteTable,
        replicaCount: options.replicaCount ?? 2,
        clusterName: CLUSTER,
        dupClusterName,
        operator: Object.keys(assumptions.operator) as Operator[],
        ...(options.status === undefined ? {} : { status: options.status }),
      }),
      followerMeta(fixes, options.ordinaryTable === true ? SOURCE_TABLE : null),
    ],
    properties: creationProperties(remoteTable, dupClusterName),
  });
}

interface MetaView {
  readonly status: string | null;
  readonly failMode: string | null;
  readonly id: number | null;
  readonly stored: string | null;
  readonly storedFailMode: string | null;
  readonly quiet: boolean;
  readonly aborted: boolean;
  readonly existed: boolean;
  readonly wishedFailMode: string;
  readonly wishesPause: boolean;
  readonly misled: boolean;
}

const viewOfMeta = (local: MetaLocal): Json => {
  const { memory, zk, lastAdd } = local;
  const view: MetaView = {
    status: memory?.chart.at ?? null,
    failMode: memory?.chart.context.failMode ?? null,
    id: memory?.id ?? null,
    stored: zk?.status ?? null,
    storedFailMode: zk?.failMode ?? null,
    quiet: local.writes.length === 0 && memory?.chart.context.altering !== true,
    aborted: local.aborted !== null,
    existed: local.existed,
    wishedFailMode: local.wishedFailMode,
    wishesPause: local.wishesPause,
    misled: lastAdd?.asked === 'elsewhere' && lastAdd.error === 'ERR_OK',
  };
  return view as unknown as Json;
};
const meta = (seen: Readonly<Record<string, Json>>): MetaView => seen.sourceMeta as unknown as MetaView;

function creationProperties(remoteTable: string, cluster: string): readonly Property[] {
  const over = { sourceMeta: viewOfMeta };
  const table = {
    followerMeta: ({ tables }: FollowerMetaLocal): Json => {
      const context = tables[remoteTable]?.context;
      if (context === undefined) return null;
      const { members, replicaCount, madeFor, masterCluster } = context;
      return { ready: members >= Math.min(replicaCount, 2), madeFor, masterCluster };
    },
  };
  const tableSeen = (seen: Readonly<Record<string, Json>>) =>
    seen.followerMeta as { ready: boolean; madeFor: number | null; masterCluster: string | null } | null;
  return [
    {
      name: 'NoInitInZk',
      sentence: 'The stored status is never DS_INIT.',
      kind: 'state',
      over,
      holds: (seen) => meta(seen).stored !== 'DS_INIT',
      situation: (seen) => meta(seen).stored !== null,
    },
    {
      name: 'MemEqualsZkWhenIdle',
      sentence: 'While nothing is being altered or written, memory and storage say the same.',
      kind: 'state',
      over,
      holds: (seen) => {
        const { quiet, status, stored, failMode, storedFailMode, aborted } = meta(seen);
        return aborted || !quiet || status === null || (status === stored && failMode === storedFailMode);
      },
      situation: (seen) => meta(seen).quiet && meta(seen).status !== null,
    },
    {
      name: 'LegalZkSuccessor',
      sentence: 'Each stored status is a legal successor of the one before.',
      kind: 'step',
      over: {
        sourceMeta: ({ zk }: MetaLocal): Json => (zk === null ? null : { id: zk.id, status: zk.status }),
      },
      holds: (before, after) => {
        const [from, to] = [before, after] as unknown as (MetaLocal['zk'] | null)[];
        if (!from || !to || from.id !== to.id) return true;
        return isLegalSuccessor(from.status, to.status);
      },
      situation: (before, after) => before !== null && after !== null && before !== after,
    },
    {
      name: 'RemovedIsGone',
      sentence: 'What operators removed leaves no record behind once nothing is being written.',
      kind: 'state',
      over,
      holds: (seen) => meta(seen).existed || !meta(seen).quiet || meta(seen).stored === null,
      situation: (seen) => !meta(seen).existed,
    },
    {
      name: 'DuplicationSurvives',
      sentence: 'A duplication that nobody removed is there.',
      kind: 'state',
      over,
      holds: (seen) => !meta(seen).existed || meta(seen).status !== null || meta(seen).aborted,
      situation: (seen) => meta(seen).existed && meta(seen).status === 'DS_LOG',
    },
    {
      name: 'NoAbort',
      sentence: 'No message, request or write ends the meta server.',
      kind: 'state',
      over,
      holds: (seen) => !meta(seen).aborted,
      situation: (seen) => meta(seen).status !== null,
    },
    {
      name: 'FailModeSticky',
      sentence: 'The fail mode is the one that operators asked for last.',
      kind: 'state',
      over,
      holds: (seen) => {
        const { quiet, status, failMode, wishedFailMode, aborted } = meta(seen);
        return aborted || !quiet || status === null || failMode === wishedFailMode;
      },
      situation: (seen) => meta(seen).failMode === 'FAIL_SKIP',
    },
    {
      name: 'PauseSticky',
      sentence: 'Only an operator who asks for it ends a pause.',
      kind: 'state',
      over,
      holds: (seen) => {
        const { quiet, status, wishesPause } = meta(seen);
        return !quiet || !wishesPause || status === null || status === 'DS_PAUSE';
      },
      situation: (seen) => meta(seen).status === 'DS_PAUSE',
    },
    {
      name: 'NobodyMisled',
      sentence: 'An add is answered ERR_OK only if the duplication is as it was asked for.',
      kind: 'state',
      over,
      holds: (seen) => !meta(seen).misled,
      situation: (seen) => meta(seen).status !== null,
    },
    {
      name: 'LogMeansReady',
      sentence: 'In DS_LOG the follower table has its members.',
      kind: 'state',
      over: { ...over, ...table },
      holds: (seen) => meta(seen).status !== 'DS_LOG' || tableSeen(seen)?.ready === true,
      situation: (seen) => meta(seen).status === 'DS_LOG',
    },
    {
      name: 'OwnTable',
      sentence: 'A duplication goes on only with a table that was made for it.',
      kind: 'state',
      over: { ...over, ...table },
      holds: (seen) => {
        const { status, id } = meta(seen);
        return (status !== 'DS_APP' && status !== 'DS_LOG') || tableSeen(seen)?.madeFor === id;
      },
      situation: (seen) => meta(seen).status === 'DS_APP',
    },
    {
      name: 'OneIdentity',
      sentence: 'The follower table carries the name by which the source takes part in duplication.',
      kind: 'state',
      over: { ...over, ...table },
      holds: (seen) => [undefined, null, cluster].includes(tableSeen(seen)?.masterCluster),
      situation: (seen) => tableSeen(seen) !== null,
    },
    {
      name: 'AppLeadsToLog',
      sentence: 'A duplication in DS_APP gets to DS_LOG, or is removed.',
      kind: 'leadsTo',
      over,
      from: (seen) => meta(seen).status === 'DS_APP',
      to: (seen) => meta(seen).status === 'DS_LOG' || meta(seen).status === null,
    },
    {
      name: 'PrepareLeadsToLog',
      sentence: 'A duplication in DS_PREPARE or DS_APP gets to DS_LOG, or is removed.',
      kind: 'leadsTo',
      over,
      from: (seen) => ['DS_PREPARE', 'DS_APP'].includes(meta(seen).status ?? ''),
      to: (seen) => meta(seen).status === 'DS_LOG' || meta(seen).status === null,
    },
  ];
}
