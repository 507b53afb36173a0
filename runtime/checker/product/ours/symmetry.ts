/** Exchanging partitions, with the nodes that hold them: the product does the same under other names. */
import type { DuplicationContext } from '../../../../machines/index.js';
import type { Json, Message, Renaming } from '../model.js';
import { withContext } from '../troupe.js';
import type { FollowerMetaState } from './follower-meta.js';
import { FOLLOWER_META, followerNode, OPERATOR, SOURCE_META, sourceNode } from './options.js';
import type { SourceMetaState } from './source-meta.js';

/** Every permutation of the partitions but the one that leaves them as they are. */
export function partitionRenamings(partitions: number, duplicationChart: string): readonly Renaming[] {
  const identity = Array.from({ length: partitions }, (_, partition) => partition);
  return permutations(identity)
    .filter((to) => to.some((target, partition) => target !== partition))
    .map((to) => renaming(to, duplicationChart));
}

/** @param to where each partition goes */
function renaming(to: readonly number[], duplicationChart: string): Renaming {
  const moved = <T>(list: readonly T[]): readonly T[] => {
    const result = [...list];
    for (const [partition, target] of to.entries()) result[target] = list[partition]!;
    return result;
  };
  const at = (partition: number): number => to[partition] ?? partition;
  const tagAfter = (tag: string): string => tag.replace(/\d+$/, (partition) => String(at(Number(partition))));
  return {
    name: `partitions ${to.join(' ')}`,
    processes: Object.fromEntries(
      to.flatMap((target, partition) => [
        [sourceNode(partition), sourceNode(target)],
        [followerNode(partition), followerNode(target)],
      ]),
    ),
    local: (process, local) => {
      if (process === SOURCE_META) return ofSourceMeta(local as SourceMetaState);
      if (process === FOLLOWER_META) return ofFollowerMeta(local as FollowerMetaState);
      return process === OPERATOR ? local : ofNode(local);
    },
    message: (message: Message): Message => ({
      ...message,
      ...(message.tag === undefined ? {} : { tag: tagAfter(message.tag) }),
      body: bodyAfter(message.body),
    }),
  };

  function ofSourceMeta(local: SourceMetaState): SourceMetaState {
    const { disk, charts, writes, heard, told } = local;
    return {
      ...local,
      disk: { ...disk, confirmed: moved(disk.confirmed) },
      heard: moved(heard),
      told: moved(told),
      writes: writes.map((write) =>
        write.kind === 'progress' ? { ...write, partition: at(write.partition) } : write,
      ),
      charts:
        charts === null
          ? null
          : withContext<DuplicationContext>(charts, duplicationChart, (context) => ({
              ...context,
              confirmed: moved(context.confirmed),
              prepared: moved(context.prepared),
              writing: moved(context.writing),
              lastCommitted: moved(context.lastCommitted),
              partitionTrouble: moved(context.partitionTrouble),
            })),
    };
  }

  function ofFollowerMeta(local: FollowerMetaState): FollowerMetaState {
    return { ...local, holds: moved(local.holds), told: moved(local.told) };
  }

  function bodyAfter(body: Json): Json {
    const { partition } = (body ?? {}) as { readonly partition?: number };
    return partition === undefined ? body : { ...(body as object), partition: at(partition) };
  }

  /** A node's charts know the number of their partition, and where its primary is. */
  function ofNode(local: unknown): unknown {
    const state = local as { charts: Parameters<typeof withContext>[0] | null };
    if (state.charts === null) return local;
    const [chart] = Object.keys(state.charts);
    const charts = withContext<{ partition: number; primary?: string | null; trouble?: Trouble | null }>(
      state.charts,
      chart ?? '',
      (context) => ({
        ...context,
        partition: at(context.partition),
        ...(context.primary == null ? {} : { primary: sourceNode(at(context.partition)) }),
        ...(context.trouble?.peer === undefined
          ? {}
          : { trouble: { ...context.trouble, peer: sourceNode(at(context.partition)) } }),
      }),
    );
    return { ...state, charts };
  }
}

interface Trouble {
  readonly peer?: string;
}

function permutations(list: readonly number[]): readonly (readonly number[])[] {
  if (list.length <= 1) return [list];
  return list.flatMap((first) =>
    permutations(list.filter((other) => other !== first)).map((rest) => [first, ...rest]),
  );
}
