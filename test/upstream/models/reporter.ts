/**
 * A source node as the creation of the follower table sees it: its checkpoint is durable, and each sync
 * says so while the last answer it got was DS_PREPARE.
 *
 * One conversation at a time: the period of the sync is longer than the deadline of what it sets off.
 */
import type { Process } from '../../../runtime/checker/product/model.js';
import type { Fixes } from '../fixes.js';
import { message, move, plain } from '../parts.js';

interface ReporterLocal {
  /** The duplication as the last answer had it. */
  readonly entry: { readonly id: number; readonly status: string } | null;
}

export function reporter(name: string, fixes: Fixes): Process {
  const reporting = fixes.has('prepared in DS_APP') ? ['DS_PREPARE', 'DS_APP'] : ['DS_PREPARE'];
  return plain<ReporterLocal>({
    name,
    initial: { entry: null },
    describe: ({ entry }) => (entry === null ? 'knows of no duplication' : `was told ${entry.status}`),
    moves: (local) => {
      const { entry } = local;
      const prepared = entry !== null && reporting.includes(entry.status) ? entry.id : null;
      return [
        move('timer', 'timer sync', local, {
          sends: [message(name, 'sourceMeta', 'sync', { prepared }, name)],
          unlessInFlight: name,
        }),
      ];
    },
    receive: (_, { body }) => [{ local: { entry: body as ReporterLocal['entry'] } }],
  });
}
