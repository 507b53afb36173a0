/**
 * What a follower's meta tells about partitions that are not ready, in both directions: written into the
 * answer of the follower, read at the source. A real Pegasus follower tells nothing, which is said too.
 */
import { z } from 'zod';
import type { Trouble } from '../../../machines/index.js';
import type { PartitionReport } from '../node-sync.js';

const transferSchema = z.object({
  node: z.string(),
  state: z.string(),
  waitingFor: z.string(),
  doneBytes: z.number(),
  totalBytes: z.number(),
  trouble: z
    .object({
      error: z.string(),
      operation: z.string(),
      peer: z.string().optional(),
      hint: z.string().optional(),
      attempts: z.number(),
      firstSeenMs: z.number(),
    })
    .nullable(),
});
export type TransferView = z.infer<typeof transferSchema>;

/**
 * JSON for the `transfer` field of a partition's configuration.
 *
 * @param silentSinceMs when a node that counts as dead reported last, 0 if never; null while it is alive
 */
export function describeTransfer(
  node: string,
  silentSinceMs: number | null,
  report: PartitionReport | undefined,
): string {
  const transfer = report?.transfer ?? null;
  const trouble =
    silentSinceMs !== null
      ? {
          error: 'ERR_NETWORK_FAILURE',
          operation: 'RPC_BRIDLE_NODE_SYNC',
          peer: node,
          attempts: 1,
          firstSeenMs: silentSinceMs,
          hint: 'the replica server is silent',
        }
      : (report?.trouble ?? null);
  const view: TransferView = {
    node,
    state: transfer?.state ?? report?.state ?? 'unknown',
    waitingFor:
      transfer?.waitingFor ??
      (report?.state === 'leaving' || report?.state === 'left'
        ? 'the partition to move to another replica server'
        : 'the replica server to open the partition'),
    doneBytes: transfer?.doneBytes ?? 0,
    totalBytes: transfer?.totalBytes ?? 0,
    trouble,
  };
  return JSON.stringify(view);
}

export function parseTransfer(text: string | undefined): TransferView | null {
  if (text === undefined) return null;
  try {
    return transferSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** The trouble of the partition that has had it longest, in words that name both ends. */
export function transferTrouble(
  notReady: readonly { readonly transfer?: string | undefined }[],
): Trouble | null {
  if (notReady.length === 0) return null;
  const views = notReady.map(({ transfer }) => parseTransfer(transfer)).filter((view) => view !== null);
  const troubled = views
    .filter((view) => view.trouble !== null)
    .sort((a, b) => sinceOf(a) - sinceOf(b) || (b.trouble?.attempts ?? 0) - (a.trouble?.attempts ?? 0))[0];
  if (troubled?.trouble) {
    const { error, operation, peer, attempts, firstSeenMs, hint } = troubled.trouble;
    const since = firstSeenMs > 0 ? ` since ${new Date(firstSeenMs).toISOString()}` : '';
    const cause = hint === undefined ? '' : ` (${hint})`;
    return {
      error,
      operation,
      ...(peer === undefined ? {} : { peer }),
      attempts,
      hint: `${whatFails(troubled.node, error, peer)}${since}, ${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}${cause}`,
    };
  }
  if (views.length > 0) return null;
  return {
    error: 'ERR_INACTIVE_STATE',
    operation: 'RPC_CM_QUERY_PARTITION_CONFIG_BY_INDEX',
    hint: `${notReady.length} partitions without a primary; this follower does not say why`,
  };
}

/** Bytes of the checkpoints that are being copied at the moment, together. */
export function transferBytes(partitions: readonly { readonly transfer?: string | undefined }[]): {
  readonly copiedBytes: number;
  readonly totalBytes: number;
} {
  const views = partitions.map(({ transfer }) => parseTransfer(transfer)).filter((view) => view !== null);
  return {
    copiedBytes: views.reduce((sum, { doneBytes }) => sum + doneBytes, 0),
    totalBytes: views.reduce((sum, { totalBytes }) => sum + totalBytes, 0),
  };
}

/** Unknown beginnings last. */
const sinceOf = ({ trouble }: TransferView): number => trouble?.firstSeenMs || Number.POSITIVE_INFINITY;

/** Nothing came back, or the other side sent the node away: for an operator both are one wall. */
const UNREACHABLE = new Set(['ERR_TIMEOUT', 'ERR_NETWORK_FAILURE', 'ERR_ACL_DENY']);

function whatFails(node: string, error: string, peer: string | undefined): string {
  if (peer === node) return `follower node ${node} does not report`;
  if (UNREACHABLE.has(error)) return `follower node ${node} cannot reach ${peer ?? 'the source'}`;
  return peer === undefined
    ? `follower node ${node} cannot go on by itself`
    : `follower node ${node} fails with ${peer}`;
}
