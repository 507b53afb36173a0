/** Has the servers of both clusters try the ways of a duplication, each under its own name. */
import { BridleError, type CallLimits, type Cluster } from '../../client/index.js';
import { MAX_PROBES, type ProbeOperation } from '../../cluster/probe.js';
import { blockingRule } from './blocked.js';
import { askToProbe, inParallel } from './look.js';
import { aliveNodes, holders, isOurs, type ServerLook, type Situation, type Trial } from './situation.js';

interface Way {
  readonly direction: Trial['direction'];
  readonly peer: string;
  readonly operation: ProbeOperation;
}

interface Job {
  readonly cluster: Cluster;
  readonly from: ServerLook;
  readonly ways: readonly Way[];
}

export interface TrialLimits extends CallLimits {
  /** Of one try. */
  readonly probeTimeoutMs: number;
}

type Tried = Pick<Situation, 'trials' | 'failedTrials'>;

/** The second round is for a machine that was busy, so for what no rule explains. */
const SECOND_ROUND_SHARE = 0.6;

/** Tries every way; what was silent for no known reason is tried once more. */
export async function tryWays(
  clusters: { readonly source: Cluster; readonly follower: Cluster | null },
  situation: Situation,
  followerMetas: readonly string[],
  limits: TrialLimits,
): Promise<Tried> {
  const first = await run(jobsOf(clusters, situation, followerMetas), situation, limits);
  const unexplained = first.trials.filter(
    (trial) => trial.outcome === 'silent' && blockingRule(situation, trial) === null,
  );
  if (unexplained.length === 0) return first;
  const again = jobsOf(clusters, situation, followerMetas).flatMap((job) => {
    const ways = job.ways.filter(({ peer, operation }) =>
      unexplained.some((t) => t.from === job.from.address && t.peer === peer && t.operation === operation),
    );
    return ways.length === 0 ? [] : [{ ...job, ways }];
  });
  const probeTimeoutMs = limits.probeTimeoutMs * SECOND_ROUND_SHARE;
  const second = await run(again, situation, { ...limits, probeTimeoutMs });
  const better = new Map(second.trials.map((trial) => [keyOf(trial), trial]));
  return { ...first, trials: first.trials.map((trial) => better.get(keyOf(trial)) ?? trial) };
}

const keyOf = ({ from, peer, operation }: Trial): string => `${from} ${peer} ${operation}`;

const CREATE: readonly ProbeOperation[] = [
  'RPC_CM_LIST_APPS',
  'RPC_CM_CREATE_APP',
  'RPC_CM_QUERY_PARTITION_CONFIG_BY_INDEX',
];
const READ: readonly ProbeOperation[] = [
  'RPC_QUERY_LAST_CHECKPOINT_INFO',
  'RPC_NFS_GET_FILE_SIZE',
  'RPC_NFS_COPY',
];
const LOCATE = 'RPC_CM_QUERY_PARTITION_CONFIG_BY_INDEX';

function jobsOf(
  { source, follower }: { readonly source: Cluster; readonly follower: Cluster | null },
  situation: Situation,
  followerMetas: readonly string[],
): Job[] {
  const theirs = situation.follower === null ? [] : aliveNodes(situation.follower);
  // Without the table, or without its places, any node may hold a partition of it.
  const holding = holders(situation);
  const ours = aliveNodes(situation.source).filter(
    ({ address }) => holding.size === 0 || holding.has(address),
  );
  const way = (direction: Trial['direction'], peer: string, operation: ProbeOperation): Way => ({
    direction,
    peer,
    operation,
  });
  const jobs: Job[] = [
    {
      cluster: source,
      from: situation.source.leader,
      ways: followerMetas.flatMap((peer) => CREATE.map((operation) => way('create', peer, operation))),
    },
    ...ours.map((from) => ({
      cluster: source,
      from,
      ways: [
        ...followerMetas.map((peer) => way('ship', peer, LOCATE)),
        ...theirs.map(({ address }) => way('ship', address, 'RPC_RRDB_RRDB_DUPLICATE')),
      ],
    })),
    ...(follower === null
      ? []
      : theirs.map((from) => ({
          cluster: follower,
          from,
          ways: [
            way('data', situation.source.leader.address, LOCATE),
            ...ours.flatMap(({ address }) => READ.map((operation) => way('data', address, operation))),
          ],
        }))),
  ];
  return jobs.filter(({ from, ways }) => isOurs(from) && ways.length > 0);
}

async function run(jobs: readonly Job[], situation: Situation, limits: TrialLimits): Promise<Tried> {
  const outcomes = await inParallel(jobs, (job) => runJob(job, situation, limits));
  return {
    trials: outcomes.flatMap(({ trials }) => trials),
    failedTrials: outcomes.flatMap(({ failedTrials }) => failedTrials),
  };
}

async function runJob(
  { cluster, from, ways }: Job,
  { wanted }: Situation,
  limits: TrialLimits,
): Promise<Tried> {
  const { probeTimeoutMs, ...call } = limits;
  const timeoutMs = Math.round(probeTimeoutMs);
  const totalMs = Math.round(probeTimeoutMs * 1.5);
  const tried = ways.slice(0, MAX_PROBES);
  const probes = tried.map(({ peer, operation }) => ({ peer, operation }));
  const failed = (reason: string): Tried => ({
    trials: [],
    failedTrials: [{ from: from.address, reason }],
  });
  try {
    const answer = await askToProbe(
      cluster,
      from.address,
      { timeoutMs, totalMs, table: wanted.table, probes },
      { ...call, timeoutMs: totalMs + ANSWER_SLACK_MS },
    );
    if (answer === undefined) return failed('it does not know how to try');
    const trials = answer.results.flatMap((result, at) => {
      const direction = tried[at]?.direction;
      return direction === undefined ? [] : [{ ...result, direction, from: from.address }];
    });
    const left = ways.length - tried.length;
    return {
      trials,
      failedTrials: left === 0 ? [] : [{ from: from.address, reason: `${left} more ways were not tried` }],
    };
  } catch (thrown) {
    const error = BridleError.from(thrown);
    if (error.code === 'ERR_THREAD_INTERRUPTED') throw error;
    return failed(error.hint ?? error.what);
  }
}

/** For the way to the server that tries, and back. */
const ANSWER_SLACK_MS = 500;
