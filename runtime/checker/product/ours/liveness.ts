/** What must happen in the end: the liveness of the contract, over the product of our charts. */
import type { Json, LeadsTo, Property, StaysPossible, StepProperty, StepSeen } from '../model.js';
import type { FollowerMetaState } from './follower-meta.js';
import type { FollowerNodeState } from './follower-node.js';
import type { OperatorState } from './operator.js';
import {
  type DuplicationModelOptions,
  FOLLOWER_META,
  followerNode,
  OPERATOR,
  ownerOf,
  SOURCE_META,
  sourceNode,
} from './options.js';
import { seenAs, view } from './plain.js';
import type { SourceMetaState } from './source-meta.js';
import type { SourceNodeState } from './source-node.js';
import { DUPLICATION, duplicationOf, FOLLOWER_CHART, followerTableOf, leavesOf, metasOf } from './views.js';

export function livenessOf(options: DuplicationModelOptions): readonly Property[] {
  const partitions = Array.from({ length: options.partitions }, (_, partition) => partition);
  return [
    ...settles(),
    noSilentWait(partitions),
    ...(Object.values(options.operator).some((count) => count > 0) ? [obeys()] : []),
    ...(options.operator.start > 0 ? [refusalsSayWhatIsLegal()] : []),
    ...(options.operator.remove > 0 ? releases(partitions, options) : []),
    replicates(partitions),
  ];
}

interface Standing {
  readonly living: boolean;
  readonly settled: boolean;
}

/**
 * Shipping, paused, released, or blocked with a trouble that says why.
 * A meta server that is down settles when it is up again.
 */
function standing({ up, disk, charts }: SourceMetaState): Json {
  if (!up) return view({ living: disk.record !== null, settled: false } satisfies Standing);
  const context = duplicationOf(charts);
  if (context === undefined) return view({ living: false, settled: true } satisfies Standing);
  const atRest = context.next === null && (context.status === 'DS_LOG' || context.status === 'DS_PAUSE');
  const child = followerTableOf(charts);
  const isBlocked = leavesOf(charts?.[FOLLOWER_CHART]).includes('blocked');
  const explained = child?.trouble !== null && context.trouble !== null && context.blocked;
  return view({ living: true, settled: atRest || (isBlocked && explained) } satisfies Standing);
}

function settles(): readonly Property[] {
  const over = { [SOURCE_META]: standing };
  const leadsTo: LeadsTo = {
    kind: 'leadsTo',
    name: 'Settles',
    sentence: 'a duplication reaches DS_LOG, DS_PAUSE or its release, or is blocked and says why',
    over,
    from: (seen) => seenAs<Standing>(seen[SOURCE_META]).living,
    to: (seen) => seenAs<Standing>(seen[SOURCE_META]).settled,
  };
  const possible: StaysPossible = {
    kind: 'staysPossible',
    name: 'SettlesFromEverywhere',
    sentence: 'from every reachable state a settled state stays reachable (Settles)',
    over,
    to: (seen) => seenAs<Standing>(seen[SOURCE_META]).settled,
  };
  return [leadsTo, possible];
}

/** Charts that wait for another process, with the timers that run. */
interface Waits {
  readonly silent: readonly string[];
  /** What `explain` would say: where each chart is, what troubles it, which attempt it is. */
  readonly said: string;
}

const DUPLICATIONS_STORAGE = 'the meta server’s storage';
const SOMEBODY_ELSE = /follower|source’s|store|disk|clock/;
/**
 * Waits here that need no deadline of their own: what nodes report with every poll, what the child chart
 * has deadlines for, and storage of a table, whose requesters have deadlines.
 */
const WATCHED = ['a durable checkpoint of every partition', 'the follower table to exist and to be ours'];
const NEEDS_NO_DEADLINE = (waitingFor: string, from: string): boolean =>
  !SOMEBODY_ELSE.test(from) || from === 'the source’s meta server' || WATCHED.includes(waitingFor);

function waits({ charts }: { readonly charts: SourceMetaState['charts'] }): Json {
  const silent: string[] = [];
  const said: string[] = [];
  for (const [name, position] of Object.entries(charts ?? {})) {
    const { trouble, storageTrouble, attempt } = position.snapshot.context as Partial<
      Record<'trouble' | 'storageTrouble' | 'attempt', unknown>
    >;
    const troubles = JSON.stringify([trouble ?? null, storageTrouble ?? null]);
    said.push(`${name} ${leavesOf(position).join()} ${troubles} ${attempt ?? 0}`);
    const isTimed = position.timers.length > 0;
    // A deadline that has passed has been said, as a trouble; then the wait is not silent. All deadlines
    // of a duplication itself are storage's, and the trouble of the one says nothing about the other.
    const isSaid = (waitingFor: string, from: string): boolean => {
      const isForStorage = from === DUPLICATIONS_STORAGE || from === 'the clock';
      if (name === DUPLICATION && isForStorage) return isTimed || storageTrouble != null;
      const isExplained = trouble != null || (isTimed && name !== DUPLICATION);
      return isExplained || NEEDS_NO_DEADLINE(waitingFor, from);
    };
    for (const { waitingFor, from, settled } of metasOf(position)) {
      if (settled === undefined && !isSaid(waitingFor, from))
        silent.push(`${name}: ${waitingFor}, from ${from}`);
    }
  }
  return view({ silent, said: said.join('; ') } satisfies Waits);
}

function noSilentWait(partitions: readonly number[]): StepProperty {
  const names = [SOURCE_META, FOLLOWER_META, ...partitions.flatMap((p) => [sourceNode(p), followerNode(p)])];
  return {
    kind: 'step',
    name: 'NoSilentWait',
    sentence:
      'a chart that waits for another process has a deadline, and passing it changes what is explained',
    over: Object.fromEntries(names.map((name) => [name, waits])),
    holds: (before, after, { cause }) => {
      const [was, is] = [seenAs<Waits>(before), seenAs<Waits>(after)];
      const ofChildren = is.silent.filter((wait) => !hasChildThatWaits(is, wait));
      const deadline = cause.startsWith('timer requestDeadline') || cause.startsWith('timer stalledFile');
      return ofChildren.length === 0 && (!deadline || was.said !== is.said);
    },
    situation: (_before, _after, { cause }) => cause.startsWith('timer requestDeadline'),
  };
}

/** A parent that waits for what its child does has the child's deadlines; its storage is its own affair. */
const hasChildThatWaits = ({ said }: Waits, wait: string): boolean =>
  wait.startsWith(DUPLICATION) && !wait.endsWith(DUPLICATIONS_STORAGE) && said.includes(`${FOLLOWER_CHART} `);

function obeys(): LeadsTo {
  return {
    kind: 'leadsTo',
    name: 'Obeys',
    sentence: 'every request of an operator is answered',
    over: { [OPERATOR]: ({ waiting }: OperatorState) => waiting.length > 0 },
    from: (seen) => seen[OPERATOR] === true,
    to: (seen) => seen[OPERATOR] === false,
  };
}

function refusalsSayWhatIsLegal(): StepProperty {
  const refusals = ({ sends }: StepSeen): readonly { readonly error: string; readonly hint?: string }[] =>
    sends
      .filter(({ kind }) => kind === 'Answer')
      .map(({ body }) => seenAs<{ error: string; hint?: string }>(body))
      .filter(({ error }) => error === 'ERR_INVALID_PARAMETERS');
  return {
    kind: 'step',
    name: 'RefusalsSayWhatIsLegal',
    sentence: 'a refused request is told what is legal instead (Obeys)',
    over: { [SOURCE_META]: () => null },
    holds: (_before, _after, step) => refusals(step).every(({ hint = '' }) => hint.includes('legal in ')),
    situation: (_before, _after, step) => refusals(step).length > 0,
  };
}

interface Removal {
  /** Removed, and not released yet. */
  readonly removed: boolean;
  readonly blocked: boolean;
  /** The duplication that is not removed, 0 for none. */
  readonly live: number;
}

function removal({ disk, charts }: SourceMetaState): Json {
  const status = duplicationOf(charts)?.status;
  const durable = disk.record?.status;
  const removed = durable === 'DS_REMOVED' || status === 'DS_REMOVED';
  return view({
    removed,
    blocked: status === 'DS_REMOVED' && leavesOf(charts?.[FOLLOWER_CHART]).includes('blocked'),
    live: !removed && (durable !== undefined || status !== undefined) ? disk.lastId : 0,
  } satisfies Removal);
}

/** Logs and actors at the source, the record, and the follower's table by the policy. */
function releases(partitions: readonly number[], { onRemove }: DuplicationModelOptions): readonly Property[] {
  const sources = partitions.map(sourceNode);
  const nodes = partitions.map(followerNode);
  const of = (seen: Readonly<Record<string, Json>>): Removal => seenAs<Removal>(seen[SOURCE_META]);
  const released: LeadsTo = {
    kind: 'leadsTo',
    name: 'Releases',
    sentence:
      'a removal is carried out: the record is deleted, and no source node holds a duplicator or logs for it; or it is blocked and says why',
    over: {
      [SOURCE_META]: removal,
      ...Object.fromEntries(sources.map((node) => [node, ({ order }: SourceNodeState) => order?.id ?? 0])),
    },
    from: (seen) => of(seen).removed,
    to: (seen) => {
      const { removed, blocked, live } = of(seen);
      return blocked || (!removed && sources.every((node) => seen[node] === 0 || seen[node] === live));
    },
  };
  if (onRemove !== 'drop') return [released];
  const table: LeadsTo = {
    kind: 'leadsTo',
    name: 'ReleasesTable',
    sentence:
      'a removal that drops leaves no table of the duplication behind, not even one whose creation was still on its way',
    over: {
      [SOURCE_META]: removal,
      [FOLLOWER_META]: ({ asked, disk }: FollowerMetaState) => asked?.owner ?? disk.table?.owner ?? null,
      ...Object.fromEntries(
        nodes.map((node) => [node, ({ disk }: FollowerNodeState) => disk?.owner ?? null]),
      ),
    },
    from: (seen) => of(seen).removed,
    to: (seen) => {
      const { removed, blocked, live } = of(seen);
      const isGone = (held: Json | undefined): boolean => held === null || held === ownerOf(live);
      if (blocked) return true;
      return !removed && isGone(seen[FOLLOWER_META]) && nodes.every((node) => isGone(seen[node]));
    },
  };
  return [released, table];
}

interface Shipping {
  readonly shipping: boolean;
  readonly id: number;
}

/** What all of it is for: in DS_LOG the follower comes to hold what the source acknowledged. */
function replicates(partitions: readonly number[]): LeadsTo {
  const sources = partitions.map(sourceNode);
  const nodes = partitions.map(followerNode);
  return {
    kind: 'leadsTo',
    name: 'Replicates',
    sentence: 'in DS_LOG every write that the source acknowledged arrives at the follower',
    over: {
      [SOURCE_META]: ({ up, disk }: SourceMetaState) =>
        view({ shipping: up && disk.record?.status === 'DS_LOG', id: disk.lastId } satisfies Shipping),
      ...Object.fromEntries(sources.map((node) => [node, ({ disk }: SourceNodeState) => disk.lastDecree])),
      ...Object.fromEntries(
        nodes.map((node) => [node, ({ disk }: FollowerNodeState) => disk?.appliedDecree ?? -1]),
      ),
    },
    from: (seen) => seenAs<Shipping>(seen[SOURCE_META]).shipping,
    to: (seen) =>
      !seenAs<Shipping>(seen[SOURCE_META]).shipping ||
      partitions.every((p) => seenAs<number>(seen[followerNode(p)]) >= seenAs<number>(seen[sourceNode(p)])),
  };
}
