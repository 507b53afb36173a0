/** A node's report as far as a meta server of the model has heard of it. */
import type { Message } from '../../runtime/checker/product/index.js';
import type { FollowerOrder } from '../../runtime/checker/product/ours/follower-meta.js';
import type { Heard, Order } from '../../runtime/checker/product/ours/source-meta.js';
import type { NodeReport } from '../../runtime/cluster/node-sync.js';

/** What a meta server has heard of a node when it makes this order. */
export function heardOf({ from, body }: Message): (report: NodeReport) => NodeReport {
  if (from === 'sourceMeta') {
    const order = body as unknown as Order | null;
    return (report) => withDuplication(report, order?.heard ?? null);
  }
  const order = body as unknown as FollowerOrder | null;
  const isHeard = order !== null && order.heard === order.instance;
  return (report) => (isHeard ? report : unopened(report));
}

function withDuplication(report: NodeReport, said: Heard | null): NodeReport {
  return {
    ...report,
    partitions: report.partitions.map((partition) => ({
      ...partition,
      duplications: partition.duplications.slice(-1).flatMap((each) =>
        said === null
          ? []
          : [
              {
                ...each,
                decree: said.decree,
                followerHolds: said.followerHolds,
                prepared: said.prepared,
                trouble: null,
              },
            ],
      ),
    })),
  };
}

function unopened(report: NodeReport): NodeReport {
  const partitions = report.partitions.map((partition) => ({ ...partition, state: 'copying' as const }));
  return { ...report, partitions };
}
