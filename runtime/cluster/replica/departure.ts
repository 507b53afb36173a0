/** Closes a partition so that another node can fetch it. */
import type { Gpid } from '../../pegasus/index.js';
import type { FileSystem, PartitionStore } from '../../store/index.js';
import { type Handover, handoverOf } from '../nfs/handover.js';
import type { RrdbResult } from '../rrdb/index.js';

export interface Departure {
  readonly gpid: Gpid;
  readonly directory: string;
  readonly fileSystem: FileSystem;
  /** Opens the partition, for nobody to read or write. */
  readonly open: () => Promise<PartitionStore<RrdbResult>>;
}

/**
 * Finishes the writes under way and closes; then nothing is acknowledged here any more, and everything that was is
 * in the log on disk. A partition that is not open, because the process has died meanwhile or its store has stopped
 * itself, is opened first: only so is it known where its log ends.
 */
export async function closeForMove(
  store: PartitionStore<RrdbResult> | null,
  { gpid, directory, fileSystem, open }: Departure,
): Promise<Handover> {
  const failed = store?.failure !== undefined;
  await store?.close().catch((error: unknown) => {
    if (!failed) throw error;
  });
  let closed = failed ? null : store;
  if (closed === null) {
    closed = await open();
    await closed.checkpoint().catch(() => undefined);
    await closed.close();
  }
  const decree = closed.lastDurableDecree;
  return handoverOf({ gpid, directory, decree }, closed.checkpoints.latest(), fileSystem);
}
