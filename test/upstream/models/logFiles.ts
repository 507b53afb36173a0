/** The loader that lists and opens files of the private log, and the collector that deletes them meanwhile. */
import type { Assumptions, Model } from '../../../runtime/checker/product/model.js';
import { type LogLoaderContext, type LogLoaderEvent, logLoader } from '../charts/logLoader.js';
import type { Fixes } from '../fixes.js';
import { ChartHost, hosted, type Resting } from '../host.js';
import { move, plain, possible, product } from '../parts.js';

interface ReplicaLocal {
  /** By the highest decree in each. */
  readonly files: readonly number[];
  readonly confirmed: number;
  /** As the collector last decided, and remembers in the log. */
  readonly cleanable: number;
  /** Decided, enqueued in another pool, not deleted yet. */
  readonly doomed: readonly number[];
  /** Upstream's `_is_duplication_plog_checking`. */
  readonly checking: boolean;
  readonly loader: Resting<LogLoaderContext>;
}

const FILES = [1, 2, 3] as const;
const DECISION = 'timer collection decides';
const IDLE = ['resting', 'found', 'aborted'];

export function logFiles(options: { readonly fixes: Fixes; readonly assumptions: Assumptions }): Model {
  const { fixes, assumptions } = options;
  const host = new ChartHost<LogLoaderContext, LogLoaderEvent, object, undefined>(logLoader(fixes));
  const stepped = (local: ReplicaLocal, event: LogLoaderEvent): ReplicaLocal => {
    const loader = host.take(local.loader, event).chart;
    return { ...local, loader, checking: fixes.has('#1597') && !IDLE.includes(loader.at) };
  };
  const replica = plain<ReplicaLocal>({
    name: 'replica',
    initial: {
      files: FILES,
      confirmed: 0,
      cleanable: 0,
      doomed: [],
      checking: false,
      loader: host.start(undefined).chart,
    },
    hosts: ({ loader }) => hosted({ loader }),
    describe: ({ files, doomed, loader, confirmed }) =>
      `loader ${loader.at}, files ${files.join()}, chosen for deletion ${doomed.join() || 'none'}, confirmed ${confirmed}`,
    moves: (local) => {
      const { loader, files, doomed, confirmed, cleanable } = local;
      if (loader.at === 'aborted') return [];
      const [wanted] = loader.context.files;
      const resting = loader.at === 'resting';
      const kept = files.filter((max) => max !== doomed[0]);
      return possible<ReplicaLocal>(
        confirmed < 2 &&
          move(
            'environment',
            'the confirmed decree grows',
            { ...local, confirmed: confirmed + 1 },
            { budget: 'writes' },
          ),
        !local.checking &&
          doomed.length === 0 &&
          files.some((max) => max <= confirmed) &&
          move('timer', DECISION, {
            ...local,
            cleanable: confirmed,
            doomed: files.filter((max) => max <= confirmed),
          }),
        doomed.length > 0 &&
          move('effect', 'a file is deleted', { ...local, files: kept, doomed: doomed.slice(1) }),
        resting &&
          move(
            'timer',
            'timer the loader lists the files',
            stepped(local, { type: 'LIST', files, cleanable }),
          ),
        wanted !== undefined &&
          !IDLE.includes(loader.at) &&
          move(
            'effect',
            `the loader ${loader.at === 'checking' ? 'checks' : 'opens'} a file`,
            stepped(local, { type: 'STEP', exists: files.includes(wanted) }),
          ),
      );
    },
    receive: (local) => [{ local }],
  });
  const over = { replica: ({ loader }: ReplicaLocal) => ({ at: loader.at, failed: loader.context.failed }) };
  const at = (seen: Readonly<Record<string, unknown>>) => seen.replica as { at: string; failed: boolean };
  return product({
    name: 'logFiles',
    assumptions,
    processes: [replica],
    properties: [
      {
        name: 'OpensWhatIsThere',
        sentence: 'The loader opens no file that the collector has deleted.',
        kind: 'state',
        over,
        holds: (seen) => !at(seen).failed && at(seen).at !== 'aborted',
        situation: (seen) => at(seen).at === 'checking',
      },
      {
        name: 'DecidesApart',
        sentence: 'No file is chosen for deletion while the loader goes through the files.',
        kind: 'step',
        over,
        holds: (before, _, { cause }) =>
          cause !== DECISION || IDLE.includes((before as { readonly at: string }).at),
        situation: (_before, _after, { cause }) => cause === DECISION,
      },
      {
        name: 'NoAbort',
        sentence: 'A file that is deleted while it is being opened does not end the process.',
        kind: 'state',
        over,
        holds: (seen) => at(seen).at !== 'aborted',
        situation: (seen) => at(seen).at === 'constructing',
      },
    ],
  });
}
