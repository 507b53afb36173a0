/** What must never happen: the safety of the contract, over the product of our charts. */
import { type DuplicationStatus, isLegalSuccessor } from '../../../../machines/index.js';
import type { Json, Property, Seen, StateProperty, StepProperty, StepSeen } from '../model.js';
import type { FollowerMetaState } from './follower-meta.js';
import type { FollowerNodeState } from './follower-node.js';
import {
  type DuplicationModelOptions,
  FOLLOWER_META,
  followerNode,
  ownerOf,
  SOURCE_META,
  sourceNode,
} from './options.js';
import { seenAs, view } from './plain.js';
import type { SourceMetaState } from './source-meta.js';
import type { SourceNodeState } from './source-node.js';
import { duplicationOf, seeSourceMeta } from './views.js';

interface Rows {
  readonly open: boolean;
  readonly applied: number;
  readonly effective: readonly number[];
  readonly owner: string;
  readonly fedBy: readonly string[];
}

const rows = ({ disk, open }: FollowerNodeState): Json =>
  disk === null
    ? null
    : view({
        open,
        applied: disk.appliedDecree,
        effective: disk.effective,
        owner: disk.owner,
        fedBy: disk.fedBy,
      } satisfies Rows);

export function safetyOf(options: DuplicationModelOptions): readonly Property[] {
  const partitions = Array.from({ length: options.partitions }, (_, partition) => partition);
  return [
    noGap(partitions),
    ownTable(partitions),
    ackedToOwner(),
    ...durableFirst(),
    legalSuccessor(),
    pauseSticky(options),
    failModeKept(),
    noPrematureGc(partitions, options),
    monotone(),
    perKeyOrder(partitions),
    noAbort(partitions),
  ].filter((property): property is StateProperty | StepProperty => property !== null);
}

function noGap(partitions: readonly number[]): StateProperty {
  const nodes = partitions.map(followerNode);
  const sources = partitions.map(sourceNode);
  return {
    kind: 'state',
    name: 'NoGap',
    sentence:
      'a follower partition holds its checkpoint and every mutation after it, up to the decree it says it has applied, and no log is read where it was collected',
    over: {
      ...Object.fromEntries(nodes.map((node) => [node, rows])),
      ...Object.fromEntries(
        sources.map((node) => [node, ({ readCollected }: SourceNodeState) => readCollected]),
      ),
    },
    holds: (seen) =>
      sources.every((node) => seen[node] === false) &&
      nodes.every((node) => {
        const held = seenAs<Rows | null>(seen[node]);
        return held === null || hasAll(held);
      }),
    situation: (seen) => nodes.some((node) => seenAs<Rows | null>(seen[node])?.open === true),
  };
}

const hasAll = ({ applied, effective }: Rows): boolean =>
  Array.from({ length: Math.max(applied, 0) }, (_, index) => index + 1).every((decree) =>
    effective.includes(decree),
  );

function perKeyOrder(partitions: readonly number[]): StateProperty {
  const nodes = partitions.map(followerNode);
  return {
    kind: 'state',
    name: 'PerKeyOrder',
    sentence: 'the follower applies the source’s mutations in the source’s order, each once',
    over: Object.fromEntries(nodes.map((node) => [node, rows])),
    holds: (seen) =>
      nodes.every((node) => {
        const effective = seenAs<Rows | null>(seen[node])?.effective ?? [];
        return effective.every((decree, index) => index === 0 || decree > effective[index - 1]!);
      }),
    situation: (seen) => nodes.some((node) => (seenAs<Rows | null>(seen[node])?.effective.length ?? 0) >= 1),
  };
}

function ownTable(partitions: readonly number[]): StateProperty {
  const nodes = partitions.map(followerNode);
  return {
    kind: 'state',
    name: 'OwnTable',
    sentence: 'a follower table serves at most one duplication, the one that owns it',
    over: Object.fromEntries(nodes.map((node) => [node, rows])),
    holds: (seen) =>
      nodes.every((node) => {
        const held = seenAs<Rows | null>(seen[node]);
        return held === null || held.fedBy.every((owner) => owner === held.owner);
      }),
    situation: (seen) => nodes.some((node) => seenAs<Rows | null>(seen[node]) !== null),
  };
}

/** Of `CreateTable` and `MarkCreated`. */
function ackedToOwner(): StepProperty {
  const acknowledges = ({ message, sends }: StepSeen): boolean =>
    message !== null &&
    (message.kind === 'CreateTable' || message.kind === 'MarkCreated') &&
    sends.some(({ kind, body }) => kind === 'Reply' && seenAs<{ error: string }>(body).error === 'ERR_OK');
  return {
    kind: 'step',
    name: 'AckedToOwner',
    sentence: 'the creation of a table that is there is acknowledged only to its owner (OwnTable)',
    over: {
      [FOLLOWER_META]: ({ asked }: FollowerMetaState) => asked?.owner ?? null,
    },
    holds: (_before, owner, step) => {
      if (!acknowledges(step)) return true;
      const { owner: asker } = seenAs<{ owner: { duplicationId: number } }>(step.message?.body);
      return owner === ownerOf(asker.duplicationId);
    },
    situation: (_before, _after, step) => acknowledges(step),
  };
}

const statuses = (local: SourceMetaState): Json => view(seeSourceMeta(local));
type Statuses = ReturnType<typeof seeSourceMeta>;

function durableFirst(): readonly (StateProperty | StepProperty)[] {
  const over = { [SOURCE_META]: statuses };
  const of = (seen: Seen): Statuses => seenAs<Statuses>(seen[SOURCE_META]);
  return [
    {
      kind: 'state',
      name: 'DurableFirst',
      sentence:
        'while nothing is being written the visible status is the durable one; DS_INIT is never durable',
      over,
      holds: (seen) => {
        const { up, status, durable, idle } = of(seen);
        if (durable === 'DS_INIT') return false;
        return (
          !up || status === null || !idle || (status === 'DS_INIT' ? durable === null : status === durable)
        );
      },
      situation: (seen) => of(seen).idle && of(seen).status === 'DS_LOG',
    },
    {
      kind: 'step',
      name: 'VisibleAfterDurable',
      sentence: 'a new status becomes visible only when it is durable (DurableFirst)',
      over,
      holds: (before, after) => {
        const [was, is] = [seenAs<Statuses>(before), seenAs<Statuses>(after)];
        const unchanged = is.status === was.status && is.id === was.id;
        return is.status === null || is.status === 'DS_INIT' || unchanged || is.status === is.durable;
      },
      situation: (before, after) =>
        seenAs<Statuses>(before).status === 'DS_APP' && seenAs<Statuses>(after).status === 'DS_LOG',
    },
  ];
}

function legalSuccessor(): StepProperty {
  return {
    kind: 'step',
    name: 'LegalSuccessor',
    sentence: 'each durable status is a legal successor of the one before',
    over: { [SOURCE_META]: statuses },
    holds: (before, after) => {
      const [was, is] = [seenAs<Statuses>(before), seenAs<Statuses>(after)];
      if (is.durable === null) return was.durable === null || was.durable === 'DS_REMOVED';
      return isLegalSuccessor(was.durable ?? 'DS_INIT', is.durable);
    },
    situation: (before, after) =>
      seenAs<Statuses>(before).durable === 'DS_PREPARE' && seenAs<Statuses>(after).durable === 'DS_APP',
  };
}

interface Wanted extends Statuses {
  readonly wanted: DuplicationStatus | null;
}

function pauseSticky({ operator }: DuplicationModelOptions): StepProperty | null {
  if (operator.pause === 0) return null;
  const seeWanted = (local: SourceMetaState): Json => view({ ...seeSourceMeta(local), wanted: local.wanted });
  return {
    kind: 'step',
    name: 'PauseSticky',
    sentence: 'DS_PAUSE is left only for a status that an operator asked for, crashes or not',
    over: { [SOURCE_META]: seeWanted },
    holds: (before, after) => {
      const [was, is] = [seenAs<Wanted>(before), seenAs<Wanted>(after)];
      return was.durable !== 'DS_PAUSE' || is.durable === 'DS_PAUSE' || is.durable === is.wanted;
    },
    situation: (_before, after) => seenAs<Wanted>(after).durable === 'DS_PAUSE',
  };
}

/** No operator of this product asks for another fail mode. */
function failModeKept(): StateProperty {
  return {
    kind: 'state',
    name: 'FailModeKept',
    sentence: 'the fail mode changes only when an operator asks for it (PauseSticky)',
    over: {
      [SOURCE_META]: ({ disk, charts }: SourceMetaState) => [
        disk.record?.failMode ?? null,
        duplicationOf(charts)?.failMode ?? null,
      ],
    },
    holds: (seen) =>
      seenAs<(string | null)[]>(seen[SOURCE_META]).every((mode) => mode === null || mode === 'FAIL_SLOW'),
    situation: (seen) => seenAs<(string | null)[]>(seen[SOURCE_META])[0] !== null,
  };
}

function noPrematureGc(partitions: readonly number[], { gc }: DuplicationModelOptions): StateProperty | null {
  if (!gc) return null;
  interface Live {
    readonly live: boolean;
    readonly confirmed: readonly number[];
  }
  const collected = ({ disk }: SourceNodeState): Json => disk.collectedTo;
  return {
    kind: 'state',
    name: 'NoPrematureGc',
    sentence: 'no log decree above the confirmed one of a live duplication is collected',
    over: {
      [SOURCE_META]: ({ disk }: SourceMetaState) => {
        const live = disk.record !== null && disk.record.status !== 'DS_REMOVED';
        return view({ live, confirmed: live ? disk.confirmed : [] } satisfies Live);
      },
      ...Object.fromEntries(partitions.map((partition) => [sourceNode(partition), collected])),
    },
    holds: (seen) => {
      const { live, confirmed } = seenAs<Live>(seen[SOURCE_META]);
      if (!live) return true;
      return partitions.every((partition) => {
        const decree = confirmed[partition] ?? -1;
        return decree < 0 || seenAs<number>(seen[sourceNode(partition)]) <= decree;
      });
    },
    situation: (seen) =>
      seenAs<Live>(seen[SOURCE_META]).live &&
      partitions.some((partition) => seenAs<number>(seen[sourceNode(partition)]) > 0),
  };
}

function monotone(): StepProperty {
  interface Progress {
    readonly id: number;
    readonly stored: boolean;
    readonly confirmed: readonly number[];
  }
  return {
    kind: 'step',
    name: 'Monotone',
    sentence: 'the durable confirmed decree of a partition never decreases',
    over: {
      [SOURCE_META]: ({ disk }: SourceMetaState) =>
        view({
          id: disk.lastId,
          stored: disk.record !== null,
          confirmed: disk.confirmed,
        } satisfies Progress),
    },
    holds: (before, after) => {
      const [was, is] = [seenAs<Progress>(before), seenAs<Progress>(after)];
      if (was.id !== is.id || !was.stored || !is.stored) return true;
      return is.confirmed.every((decree, partition) => decree >= (was.confirmed[partition] ?? -1));
    },
    situation: (before, after) =>
      seenAs<Progress>(after).confirmed.some(
        (decree, partition) => decree > (seenAs<Progress>(before).confirmed[partition] ?? -1),
      ),
  };
}

/** Charts stay alive: none is ever in error. */
function noAbort(partitions: readonly number[]): StepProperty {
  const alive = ({ charts }: { charts: SourceMetaState['charts'] }): Json =>
    Object.values(charts ?? {}).every(({ snapshot }) => snapshot.status !== 'error');
  const names = [SOURCE_META, FOLLOWER_META, ...partitions.flatMap((p) => [sourceNode(p), followerNode(p)])];
  return {
    kind: 'step',
    name: 'NoAbort',
    sentence: 'no message, however late or repeated, ends a chart in an error',
    over: Object.fromEntries(names.map((name) => [name, alive])),
    holds: (_before, after) => after === true,
    situation: (_before, _after, { message }) => message !== null,
  };
}
