/**
 * One id for everything that concerns a duplication, in the logs, metrics and alerts of both clusters. It is the
 * owner that the follower table carries, so either side can tell it by itself, without a word on the wire.
 */

/**
 * @param owner as `formatOwner` writes it: source cluster, source table, duplication id
 * @example correlationId('east/users/7', 3) // 'east/users/7#3'
 */
export function correlationId(owner: string, partition?: number): string {
  return partition === undefined ? owner : `${owner}#${partition}`;
}
