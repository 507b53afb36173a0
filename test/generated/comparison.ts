/** Compares what the model says with what is seen of real clusters. */

import type { FollowerMetaState } from '../../runtime/checker/product/ours/follower-meta.js';
import type { FollowerNodeState } from '../../runtime/checker/product/ours/follower-node.js';
import { duplicationOf } from '../../runtime/checker/product/ours/index.js';
import type { SourceMetaState } from '../../runtime/checker/product/ours/source-meta.js';
import type { SourceNodeState } from '../../runtime/checker/product/ours/source-node.js';
import type { TroupeState } from '../../runtime/checker/product/troupe.js';
import { formatStateValue } from '../../runtime/observe/journal.js';
import type { ProductDriver } from './product-driver.js';

export interface Difference {
  readonly what: string;
  readonly model: unknown;
  readonly clusters: unknown;
}

interface Locals {
  readonly sourceMeta: SourceMetaState;
  readonly sourceNode0: SourceNodeState;
  readonly followerMeta: FollowerMetaState;
  readonly followerNode0: FollowerNodeState;
}

/** Empty when they agree. */
export async function differences(driver: ProductDriver, states: object): Promise<Difference[]> {
  const locals = states as Locals;
  const found: Difference[] = [];
  const same = (what: string, model: unknown, clusters: unknown) => {
    if (JSON.stringify(model) !== JSON.stringify(clusters)) found.push({ what, model, clusters });
  };
  const seen = await driver.stepped.observe();
  const ids = driver.ids.map((id, at) => [String(id), String(at + 1)] as const);
  const renamed = (owner: string | null | undefined) =>
    ids.reduce((text, [real, ours]) => text?.replace(`/${real}`, `/${ours}`), owner ?? undefined) ?? null;

  const { sourceMeta, sourceNode0, followerMeta, followerNode0 } = locals;
  const { record } = sourceMeta.disk;
  same('durable status', record?.status ?? null, seen.durable?.status ?? null);
  same('durable fail mode', record?.failMode ?? null, seen.durable?.failMode ?? null);
  same(
    'durable confirmed decree',
    record === null ? null : confirmedOf(sourceMeta, seen.durable),
    seen.durable?.confirmed ?? null,
  );
  const context = duplicationOf(sourceMeta.charts);
  const visible = context === undefined || context.status === 'DS_INIT' ? undefined : context;
  same('visible status', visible?.status ?? null, seen.visible?.status ?? null);
  same('visible fail mode', visible?.failMode ?? null, seen.visible?.failMode ?? null);
  const table = followerMeta.disk.table;
  same('follower table', table !== null, seen.followerTable !== null);
  same('owner of the follower table', table?.owner ?? null, renamed(seen.followerTable?.owner));
  same(
    'mark of the follower table',
    table?.followerStatus ?? null,
    seen.followerTable?.followerStatus ?? null,
  );
  const [source] = seen.source;
  if (source?.state === 'serving')
    same('decrees of the source', sourceNode0.disk.lastDecree, source.lastCommitted);
  const [follower] = seen.follower;
  const isOpen = follower?.state === 'serving';
  if (followerNode0.up && table !== null) {
    same('open follower partition', followerNode0.open, isOpen);
    if (isOpen) {
      const copy = followerNode0.disk;
      same('applied decree', copy?.appliedDecree ?? -1, follower.appliedDecree);
      const rows = (copy?.effective ?? []).map((decree) => `row/${decree}`).sort();
      same('rows of the follower', rows, Object.keys(follower.rows).sort());
    }
  }
  compareCharts(driver, locals, same);
  return found;
}

/** Decrees that wait while the disk is busy become durable together, which the model does one by one. */
function confirmedOf({ disk, writes }: SourceMetaState, seen: { confirmed: readonly number[] } | null) {
  return disk.confirmed.map((decree, partition) => {
    const waiting = writes.flatMap((write) =>
      write.kind === 'progress' && write.partition === partition ? [write.decree] : [],
    );
    const ahead = seen?.confirmed[partition] ?? decree;
    return waiting.includes(ahead) && ahead > decree ? ahead : decree;
  });
}

function compareCharts(
  { stepped: { clusters } }: ProductDriver,
  { sourceMeta, sourceNode0, followerNode0 }: Locals,
  same: (what: string, model: unknown, clusters: unknown) => void,
): void {
  const hosted = clusters.source.meta?.duplications.all().at(-1);
  if (hosted !== undefined) {
    const ours = stateOf(sourceMeta.charts, 'duplication');
    same(
      'state of duplication',
      lifecycleOf(ours),
      lifecycleOf(formatStateValue(hosted.host.snapshot.value)),
    );
    const child = hosted.host.snapshot.children.followerTable?.getSnapshot();
    const theirs = child?.status === 'active' ? formatStateValue(child.value) : null;
    same('state of followerTable', stateOf(sourceMeta.charts, 'followerTable'), theirs);
  }
  const duplications = clusters.source.replica(0)?.partitions()[0]?.report().duplications ?? [];
  same(
    'state of partitionDuplicator',
    stateOf(sourceNode0.charts, 'partitionDuplicator'),
    duplications.at(-1)?.state ?? null,
  );
  const transfer = clusters.follower.replica(0)?.partitions().at(-1)?.report().transfer?.state ?? null;
  const fetching = stateOf(followerNode0.charts, 'checkpointTransfer');
  same('state of checkpointTransfer', fetching, transfer);
}

/** Without the watchdog, which models may leave out. */
const lifecycleOf = (state: string | null): string | null =>
  state
    ?.split(' ')
    .filter((path) => !path.includes('watch'))
    .sort()
    .join(' ') ?? null;

function stateOf(charts: TroupeState | null, actor: string): string | null {
  const position = charts?.[actor];
  if (position === undefined || position.snapshot.status !== 'active') return null;
  return formatStateValue(position.snapshot.value);
}
