/** `bridle inspect` without a file: finds what runs on this machine, or takes the cluster it is given. */
import { killerOfAnnounced } from '../../visualizations/inspector/live/killer.js';
import { openLiveRun } from '../../visualizations/inspector/live/live-run.js';
import { BridleError } from '../client/index.js';
import { type AnnouncedCluster, findRuns, type RunAnnouncement } from '../live/recording/index.js';
import type { CommandContext } from './context.js';
import type { InspectFlags } from './inspect.js';
import { serveUntilInterrupted } from './inspect-serve.js';

/** Clusters to show, and the processes that have announced them as their own. */
interface Chosen {
  readonly title: string | undefined;
  readonly metas: readonly (readonly string[])[];
  readonly starters: readonly number[];
}

export async function inspectLive(context: CommandContext, flags: InspectFlags): Promise<void> {
  const { title, metas, starters } = await choose(context, flags.cluster);
  const clusters = await Promise.all(metas.map((meta) => context.open(meta)));
  const killer = starters.length === 0 ? null : killerOfAnnounced(starters);
  const run = await openLiveRun({ clusters, title, killer });
  try {
    const facts = { clusters: clusters.map(({ name }) => name) };
    await serveUntilInterrupted(context, { run, facts }, flags);
  } finally {
    await run.close();
  }
}

async function choose(context: CommandContext, names: readonly string[]): Promise<Chosen> {
  const meta = context.givenMeta;
  if (meta !== undefined) return { title: undefined, metas: [meta.split(',')], starters: [] };
  const runs = await findRuns();
  if (names.length > 0) return named(runs, names);
  const [run, another] = runs;
  if (run === undefined) throw nothingRuns('no demo and no cluster of bridle up runs here');
  if (another === undefined) return chosen(run.title, run.clusters, [run]);
  const all = [...new Set(runs.flatMap(clusterNames))];
  throw BridleError.of('BRIDLE_USAGE', {
    operation: 'inspect',
    hint: `several run here: ${runs.map(described).join('; ')}`,
    causes: ['Say which to show; clusters with a duplication between them are best shown together.'],
    next: `bridle inspect ${all.map((name) => `-c ${name}`).join(' ')}`,
  });
}

/** Of clusters of one name the youngest. */
function named(runs: readonly RunAnnouncement[], names: readonly string[]): Chosen {
  const found = names.map((name) => {
    for (const run of runs) {
      const cluster = run.clusters.find((each) => each.name === name);
      if (cluster !== undefined) return { run, cluster };
    }
    const there = runs.length === 0 ? 'nothing runs' : runs.map(described).join('; ');
    throw nothingRuns(`no cluster ${name} runs here: ${there}`);
  });
  return chosen(
    undefined,
    found.map(({ cluster }) => cluster),
    found.map(({ run }) => run),
  );
}

function chosen(
  title: string | undefined,
  clusters: readonly AnnouncedCluster[],
  runs: readonly RunAnnouncement[],
): Chosen {
  return { title, metas: clusters.map(({ metas }) => metas), starters: runs.map(({ pid }) => pid) };
}

const clusterNames = ({ clusters }: RunAnnouncement): string[] => clusters.map(({ name }) => name);

/** @example 'demo: east, west (process 4711)' */
function described(run: RunAnnouncement): string {
  return `${run.title}: ${clusterNames(run).join(', ')} (process ${run.pid})`;
}

function nothingRuns(hint: string): BridleError {
  return BridleError.of('BRIDLE_NOT_RUNNING', {
    operation: 'inspect',
    hint,
    causes: ['Nothing was started, or it has ended.', 'It runs as another user, or on another machine.'],
    next: 'bridle demo, or bridle inspect --meta HOST:PORT for a cluster elsewhere',
  });
}
