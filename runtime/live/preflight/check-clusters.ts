/** Are these two clusters that can be the two ends of a duplication? */
import { VERSION } from '../../version.js';
import { bothOurs, reachedByOthers } from './check-paths.js';
import { error, type Finding, followerAway, note, ok, uncheckable, warning } from './finding.js';
import { aliveNodes, isForeign, type ServerLook, type SideLook, type Situation } from './situation.js';

/** A meta server that takes longer than this to say its name is in trouble. */
const SLOW_META_MS = 500;

export function checkClusters(situation: Situation): Finding[] {
  return [
    sourceMeta(situation),
    followerMeta(situation),
    ...names(situation),
    ids(situation),
    functionLevel(situation),
    versions(situation),
    ...nodes(situation, 'source-nodes'),
    ...nodes(situation, 'follower-nodes'),
    remoteKnown(situation),
  ];
}

const answers = (
  code: 'source-meta' | 'follower-meta',
  { cluster, meta, answeredInMs }: SideLook,
): Finding => {
  const ms = Math.round(answeredInMs);
  const evidence = { cluster, meta, answeredInMs: ms };
  return answeredInMs > SLOW_META_MS
    ? warning(
        code,
        `the meta server of ${cluster} takes ${ms} ms to answer`,
        evidence,
        `bridle status --meta ${meta}`,
      )
    : ok(code, `${cluster} answers at ${meta} in ${ms} ms`, evidence);
};

const sourceMeta = ({ source }: Situation): Finding => answers('source-meta', source);

function followerMeta(situation: Situation): Finding {
  const { follower, followerError, wanted, trials, source } = situation;
  if (wanted.followerCluster === source.cluster) return followerAway('follower-meta', 'another cluster');
  if (follower !== null) return answers('follower-meta', follower);
  const known = situation.source.leader.facts?.remotes?.[wanted.followerCluster];
  const metas = (wanted.remoteMeta ?? known ?? []).join(',');
  const evidence = { cluster: wanted.followerCluster, meta: metas, ...(followerError ?? {}) };
  const reached = trials.some(({ direction, outcome }) => direction === 'create' && outcome === 'open');
  if (reached) {
    return warning(
      'follower-meta',
      `the source reaches ${wanted.followerCluster}, this machine does not: its tables, nodes and disks were not looked at`,
      evidence,
      'run this on a machine that reaches both clusters',
    );
  }
  if (metas === '') {
    return error(
      'follower-meta',
      'change-first',
      `where ${wanted.followerCluster} is, is not known here`,
      evidence,
      `bridle preflight ${wanted.table} --to ${wanted.followerCluster} --remote-meta HOST:PORT`,
    );
  }
  return error(
    'follower-meta',
    'not-reached',
    `${wanted.followerCluster} does not answer at ${metas}: ${followerError?.hint ?? 'no answer'}`,
    evidence,
    `bridle status --meta ${metas}`,
  );
}

const LEGAL_NAME = /^[A-Za-z0-9_.-]{1,64}$/;

function names({ source, follower, wanted }: Situation): Finding[] {
  const { followerCluster } = wanted;
  const evidence = { source: source.cluster, follower: follower?.cluster ?? '', to: followerCluster };
  const refuse = (what: string, next: string) => [
    error('cluster-names', 'change-first', what, evidence, next),
  ];
  if (!LEGAL_NAME.test(followerCluster)) {
    return refuse(`${JSON.stringify(followerCluster)} is not a cluster name`, 'bridle preflight --help');
  }
  const same =
    source.cluster === followerCluster ||
    (follower !== null && follower.leader.address === source.leader.address);
  if (same) return refuse('a cluster cannot be its own follower', 'bridle up --help');
  if (follower !== null && follower.cluster !== followerCluster && !follower.cluster.includes(':')) {
    return [
      warning(
        'cluster-names',
        `the cluster at ${follower.meta} calls itself ${follower.cluster}, not ${followerCluster}`,
        evidence,
        `bridle status --meta ${follower.meta}`,
      ),
    ];
  }
  return [ok('cluster-names', `${source.cluster} and ${followerCluster} are two clusters`, evidence)];
}

function ids(situation: Situation): Finding {
  const { source, follower } = situation;
  if (follower === null) return followerAway('cluster-ids', 'the ids of the clusters');
  const ours = source.leader.facts?.cluster.id;
  const theirs = follower.leader.facts?.cluster.id;
  if (ours === undefined || theirs === undefined) {
    return uncheckable(
      'cluster-ids',
      'the ids of the clusters',
      'in config.ini of both clusters, compare [duplication-group]: both ids have to be there, and to differ',
    );
  }
  const evidence = { source: ours, follower: theirs };
  const legal = (id: number) => id >= 1 && id <= 127;
  if (ours === theirs || !legal(ours) || !legal(theirs)) {
    const what =
      ours === theirs
        ? `both clusters have the id ${ours}: the follower would refuse every write as its own`
        : `a cluster id is not between 1 and 127: ${ours}, ${theirs}`;
    return error(
      'cluster-ids',
      'change-first',
      what,
      evidence,
      'bridle up --help (start one of them with another --id)',
    );
  }
  return ok('cluster-ids', `cluster ids ${ours} and ${theirs}`, evidence);
}

/** Below this level a meta server creates no tables and answers no such request. */
const CLOSED_LEVELS = new Set(['stopped', 'blind', 'freezed', 'invalid']);

function functionLevel({ follower }: Situation): Finding {
  if (follower === null) {
    return followerAway('function-level', 'whether the follower’s meta server takes changes');
  }
  const level = follower.functionLevel;
  if (level === null) {
    return uncheckable(
      'function-level',
      'whether the follower’s meta server takes changes',
      'in the shell of Pegasus at the follower: get_meta_level',
    );
  }
  const name = level.replace(/^fl_/, '').toLowerCase();
  return CLOSED_LEVELS.has(name)
    ? error(
        'function-level',
        'change-first',
        `the meta server of ${follower.cluster} is at level ${name} and creates no tables`,
        { level: name },
        'in the shell of Pegasus at the follower: set_meta_level steady',
      )
    : ok('function-level', `${follower.cluster} takes changes (level ${name})`, { level: name });
}

function versions(situation: Situation): Finding {
  const { source, follower } = situation;
  if (follower === null) return followerAway('versions', 'which versions the servers have');
  if (bothOurs(situation)) {
    const all = [source, follower]
      .flatMap((side) => [side.leader, ...side.nodes])
      .flatMap(({ facts }) => (facts === null ? [] : [facts.version]));
    const distinct = [...new Set(all)];
    return distinct.length === 1
      ? ok('versions', `all servers are Bridle ${distinct[0]}`, { versions: distinct, here: VERSION })
      : note('versions', `servers of different versions: ${distinct.join(', ')}`, {
          versions: distinct,
          here: VERSION,
        });
  }
  const kinds = { source: kindOf(source.leader), follower: kindOf(follower.leader) };
  if (isForeign(source.leader) !== isForeign(follower.leader)) {
    return error(
      'versions',
      'change-first',
      'one cluster is embedded, the other one is not: checkpoints of the two are made of different files, and a full copy cannot be opened',
      kinds,
      'duplicate between two clusters of the same make',
    );
  }
  return uncheckable(
    'versions',
    'which versions the servers have; Apache Pegasus before 2.4 makes no full copy',
    'in the shell of Pegasus at both clusters: server_info',
    kinds,
  );
}

const kindOf = (server: ServerLook): string =>
  server.facts !== null
    ? `Bridle ${server.facts.version}`
    : isForeign(server)
      ? 'does not know Bridle’s commands'
      : 'did not answer';

function nodes(situation: Situation, code: 'source-nodes' | 'follower-nodes'): Finding[] {
  const side = code === 'source-nodes' ? situation.source : situation.follower;
  if (side === null) return [followerAway(code, 'the nodes of the follower')];
  const alive = aliveNodes(side);
  const dead = side.nodes.filter((node) => !node.alive).map(({ address }) => address);
  const next = `bridle status --meta ${side.meta}`;
  const counts = { alive: alive.map(({ address }) => address), dead };
  if (alive.length === 0) {
    return [error(code, 'would-fail', `no replica server of ${side.cluster} is alive`, counts, next)];
  }
  const mute = alive.filter(({ silence }) => silence !== null && silence !== 'unknown');
  const found = mute.map(({ address, silence }): Finding => {
    const why = silence === null || silence === 'unknown' ? '' : silence.hint;
    const evidence = { node: address, why };
    return reachedByOthers(situation, address)
      ? uncheckable(
          code,
          `${address} of ${side.cluster} is reached by other servers, not by this machine`,
          `run this on a machine that reaches ${address}`,
          evidence,
        )
      : error(
          code,
          'would-fail',
          `${address} of ${side.cluster} counts as alive and does not answer`,
          evidence,
          next,
        );
  });
  if (dead.length > 0) {
    found.push(
      warning(code, `${dead.join(', ')} of ${side.cluster} is dead, ${alive.length} alive`, counts, next),
    );
  }
  return found.length > 0
    ? found
    : [ok(code, `all ${alive.length} replica servers of ${side.cluster} are alive`, counts)];
}

function remoteKnown({ source, follower, wanted }: Situation): Finding {
  const { followerCluster, remoteMeta, table } = wanted;
  if (followerCluster === source.cluster) return followerAway('remote-known', 'another cluster');
  const remotes = source.leader.facts?.remotes;
  if (remotes === undefined) {
    return uncheckable(
      'remote-known',
      `whether ${source.cluster} knows ${followerCluster}`,
      `in config.ini of every source server, [pegasus.clusters] has to name ${followerCluster} = ${follower?.meta ?? 'its meta servers'}`,
    );
  }
  const known = Object.keys(remotes);
  const metas = remotes[followerCluster];
  const evidence = { known, as: metas ?? [] };
  if (metas === undefined) {
    return remoteMeta === null
      ? error(
          'remote-known',
          'change-first',
          `${source.cluster} does not know ${followerCluster}; it knows ${known.join(', ') || 'no other cluster'}`,
          evidence,
          `bridle preflight ${table} --to ${followerCluster} --remote-meta HOST:PORT`,
        )
      : note(
          'remote-known',
          `${source.cluster} does not know ${followerCluster} yet; it has to be told when the table is duplicated`,
          evidence,
          `bridle duplicate ${table} --to ${followerCluster} --remote-meta ${remoteMeta.join(',')}`,
        );
  }
  if (remoteMeta !== null && metas.join(',') !== remoteMeta.join(',')) {
    return note(
      'remote-known',
      `${source.cluster} knows ${followerCluster} at ${metas.join(',')}; looked at was ${remoteMeta.join(',')}`,
      evidence,
      `bridle duplicate ${table} --to ${followerCluster} --remote-meta ${remoteMeta.join(',')}`,
    );
  }
  return ok('remote-known', `${source.cluster} knows ${followerCluster} at ${metas.join(',')}`, evidence);
}
