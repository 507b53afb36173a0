/** One partition of a duplication, put together from what both ends say of it. */
import type { PartitionReport } from '../../cluster/node-sync.js';
import type { Explanation } from '../explain.js';
import type { PartitionState } from './lines.js';

export function partitionState(
  partition: number,
  { duplicationId, progress }: Explanation,
  source: PartitionReport | undefined,
  follower: PartitionReport | undefined,
): PartitionState {
  const duplication = source?.duplications.find((one) => one.duplicationId === duplicationId);
  const trouble = follower?.trouble ?? duplication?.trouble ?? source?.trouble ?? null;
  const known = (decree: number | undefined) => (decree === undefined || decree < 0 ? undefined : decree);
  const facts: { readonly [Key in keyof PartitionState]: PartitionState[Key] | undefined } = {
    partition,
    source: duplication?.state ?? source?.state,
    follower:
      follower?.state === 'copying' && follower.transfer !== null ? follower.transfer.state : follower?.state,
    confirmed: known(progress.confirmed[partition]),
    lastCommitted: known(source?.lastCommitted ?? progress.lastCommitted[partition]),
    copiedBytes: follower?.transfer?.doneBytes,
    totalBytes: follower?.transfer?.totalBytes,
    trouble: trouble?.error,
  };
  return Object.fromEntries(
    Object.entries(facts).filter(([, value]) => value !== undefined),
  ) as unknown as PartitionState;
}
