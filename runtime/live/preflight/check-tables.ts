/** Can this table be copied into that one? */
import { ENV_OWNER } from '../../../machines/index.js';
import { MAX_PARTITIONS } from '../../pegasus/table-rules.js';
import { error, type Finding, followerAway, note, ok, uncheckable, warning } from './finding.js';
import { aliveNodes, isOurs, type Situation, sourceTable } from './situation.js';

export function checkTables(situation: Situation): Finding[] {
  return [
    ownTable(situation),
    ...partitions(situation),
    replicaCount(situation),
    ...duplicationThere(situation),
    followerTable(situation),
  ];
}

function ownTable(situation: Situation): Finding {
  const { source, wanted } = situation;
  const table = sourceTable(situation);
  const next = `bridle table list --meta ${source.meta}`;
  if (table === undefined) {
    const known = source.tables.map(({ name }) => name).slice(0, 20);
    return error(
      'source-table',
      'change-first',
      `${source.cluster} has no table ${wanted.table}`,
      { known },
      next,
    );
  }
  const { status, partitionCount } = table;
  const evidence = { status, partitionCount };
  if (status !== 'AVAILABLE') {
    return error('source-table', 'would-fail', `table ${wanted.table} is ${status}`, evidence, next);
  }
  if (follower(situation) && partitionCount > MAX_PARTITIONS) {
    return error(
      'source-table',
      'change-first',
      `${partitionCount} partitions are more than an embedded follower takes (${MAX_PARTITIONS})`,
      evidence,
      next,
    );
  }
  return ok('source-table', `table ${wanted.table} is available, ${partitionCount} partitions`, evidence);
}

const follower = ({ follower: side }: Situation): boolean => side !== null && isOurs(side.leader);

function partitions(situation: Situation): Finding[] {
  const { places, placesError, source, wanted } = situation;
  // Of a table that is not there, that is said already.
  if (places === null && sourceTable(situation) === undefined) return [];
  if (places === null) {
    const byHand = `bridle status ${wanted.table} --meta ${source.meta}`;
    return [
      uncheckable('source-partitions', `where the partitions are: ${placesError ?? 'not told'}`, byHand),
    ];
  }
  const without = places.filter(({ primary }) => primary === null).map(({ index }) => index);
  const evidence = { partitions: places.length, withoutPrimary: without.map(String) };
  return without.length === 0
    ? [ok('source-partitions', `every partition of ${wanted.table} has a primary`, evidence)]
    : [
        error(
          'source-partitions',
          'would-fail',
          `${without.length} of ${places.length} partitions of ${wanted.table} have no primary: ${without.slice(0, 10).join(', ')}`,
          evidence,
          `bridle status --meta ${source.meta}`,
        ),
      ];
}

function replicaCount(situation: Situation): Finding {
  const { follower: side, wanted } = situation;
  if (side === null) {
    return followerAway('replica-count', 'how many replicas the follower can hold');
  }
  // An embedded source asks for one unless told otherwise; Pegasus for as many as its own table has.
  const usual = isOurs(situation.source.leader) ? 1 : (sourceTable(situation)?.replicaCount ?? 1);
  const replicas = wanted.replicaCount || usual;
  const alive = aliveNodes(side).length;
  const evidence = { replicas, alive };
  // Nodes that are away are a finding of their own; nobody has to ask for fewer replicas because of them.
  if (alive === 0) {
    const what = 'how many replicas the follower can hold: none of its nodes is alive';
    return uncheckable('replica-count', what, `bridle status --meta ${side.meta}`, evidence);
  }
  return replicas > alive
    ? error(
        'replica-count',
        'change-first',
        `${replicas} replicas of each partition need ${replicas} live nodes; ${side.cluster} has ${alive}`,
        evidence,
        `bridle duplicate ${wanted.table} --to ${wanted.followerCluster} --remote-replicas ${Math.max(1, alive)}`,
      )
    : ok(
        'replica-count',
        `${replicas} ${replicas === 1 ? 'replica' : 'replicas'} of each partition on ${alive} live nodes`,
        evidence,
      );
}

function duplicationThere({ duplications, wanted, source }: Situation): Finding[] {
  const { table, remoteTable, followerCluster } = wanted;
  const there = duplications.filter(({ remoteCluster }) => remoteCluster === followerCluster);
  const own = there.find((one) => one.table === table);
  const rival = there.find(
    (one) => one.table !== table && one.remoteTable === remoteTable && one.status !== 'DS_REMOVED',
  );
  if (rival !== undefined) {
    return [
      error(
        'duplication-there',
        'change-first',
        `${remoteTable} at ${followerCluster} already follows ${rival.table}`,
        { dupid: rival.dupid, table: rival.table },
        `bridle duplicate ${table} --to ${followerCluster} --remote-table OTHER_NAME`,
      ),
    ];
  }
  if (own === undefined) {
    return [ok('duplication-there', `${table} is not duplicated to ${followerCluster} yet`)];
  }
  const evidence = { dupid: own.dupid, status: own.status, remoteTable: own.remoteTable };
  if (own.status === 'DS_REMOVED') {
    const what = `an earlier duplication (${own.dupid}) is still being removed`;
    return [
      error(
        'duplication-there',
        'would-fail',
        what,
        evidence,
        `bridle explain ${table} --meta ${source.meta}`,
      ),
    ];
  }
  return own.remoteTable === remoteTable
    ? [
        note(
          'duplication-there',
          `${table} is duplicated to ${followerCluster} already (${own.dupid}, ${own.status}); duplicating it again finds that`,
          evidence,
          `bridle explain ${table}`,
        ),
      ]
    : [
        error(
          'duplication-there',
          'change-first',
          `${table} is duplicated to ${followerCluster} as ${own.remoteTable} already, and there can be one only`,
          evidence,
          `bridle preflight ${table} --to ${followerCluster} --remote-table ${own.remoteTable}`,
        ),
      ];
}

function followerTable({ follower: side, source, duplications, wanted }: Situation): Finding {
  const { table, remoteTable, existingTable, followerCluster } = wanted;
  if (side === null) {
    return followerAway('follower-table', `whether ${followerCluster} has a table ${remoteTable}`);
  }
  const found = side.tables.find(({ name }) => name === remoteTable);
  if (found === undefined) return ok('follower-table', `${side.cluster} has no table ${remoteTable}`);
  const owner = found.envs[ENV_OWNER] ?? '';
  const evidence = { table: remoteTable, owner, status: found.status, existingTable };
  const mine = duplications.some(
    (one) =>
      one.table === table &&
      owner === `${source.cluster}/${table}/${one.dupid}` &&
      one.status !== 'DS_REMOVED',
  );
  if (mine)
    return ok(
      'follower-table',
      `table ${remoteTable} at ${side.cluster} belongs to this duplication`,
      evidence,
    );
  const whose = owner === '' ? 'no duplication' : owner;
  if (existingTable === 'replace') {
    return warning(
      'follower-table',
      `table ${remoteTable} at ${side.cluster} belongs to ${whose} and would be DROPPED with its rows (--if-exists replace)`,
      evidence,
      `bridle table list --meta ${side.meta}`,
    );
  }
  return error(
    'follower-table',
    'change-first',
    `table ${remoteTable} at ${side.cluster} belongs to ${whose}; a new duplication would be refused (ERR_APP_EXIST)`,
    evidence,
    `bridle duplicate ${table} --to ${followerCluster} --remote-table OTHER_NAME`,
  );
}
