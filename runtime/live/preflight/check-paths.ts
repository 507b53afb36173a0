/** What the trials say: which ways are open, and what shuts the others. */
import { ruleInWords } from '../../cluster/policy.js';
import { parseAddress } from '../../pegasus/address.js';
import { type BlockingRule, blockingRule } from './blocked.js';
import { type CheckCode, error, type Finding, followerAway, ok, uncheckable, warning } from './finding.js';
import { aliveNodes, holders, isOurs, type Situation, type Trial } from './situation.js';

const DIRECTIONS: readonly { readonly direction: Trial['direction']; readonly code: CheckCode }[] = [
  { direction: 'create', code: 'create-path' },
  { direction: 'data', code: 'data-path' },
  { direction: 'ship', code: 'ship-path' },
];

export function checkPaths(situation: Situation): Finding[] {
  return DIRECTIONS.flatMap(({ direction, code }) => {
    const trials = situation.trials.filter((trial) => trial.direction === direction);
    const pairs = [...grouped(trials, ({ from, peer }) => `${from} ${peer}`).values()];
    const blocked = pairs.flatMap((pair) => blockedPair(situation, code, pair));
    const open =
      pairs.length - new Set(blocked.map(({ evidence }) => `${evidence.from} ${evidence.to}`)).size;
    const good =
      open > 0 && blocked.length === 0
        ? [ok(code, GOOD[direction](open), { pairs: open, slowestMs: slowest(trials) })]
        : [];
    return [...blocked, ...good, ...untriedWays(situation, direction, code, trials)];
  });
}

const GOOD: Readonly<Record<Trial['direction'], (pairs: number) => string>> = {
  create: () => 'the source’s meta server is answered by the follower’s, also when it asks for a table',
  data: (n) =>
    `every live follower node can read from every live source node (${n} ways tried with real requests)`,
  ship: (n) =>
    `every live source node can ship to every live follower node (${n} ways tried with real requests)`,
};

/** All that is wrong between two servers; one finding for each reason. */
function blockedPair(situation: Situation, code: CheckCode, pair: readonly Trial[]): Finding[] {
  const bad = pair
    .filter(({ outcome }) => outcome !== 'open' && outcome !== 'untried')
    .map((trial) => ({ trial, why: blockingRule(situation, trial) }));
  const byReason = grouped(bad, ({ trial, why }) =>
    why === null ? trial.outcome : `${why.cluster} ${why.number} ${why.what}`,
  );
  return [...byReason.values()].map((group) =>
    blockedFinding(
      situation,
      code,
      group.map(({ trial }) => trial),
      group[0]?.why ?? null,
    ),
  );
}

function blockedFinding(
  situation: Situation,
  code: CheckCode,
  trials: readonly Trial[],
  why: BlockingRule | null,
): Finding {
  const [{ from, peer, outcome, error: errorCode, detail }] = trials as [Trial, ...Trial[]];
  const operations = trials.map(({ operation }) => operation);
  const { port } = parseAddress(peer);
  const [fromRole, toRole] = rolesOf(situation, trials[0] as Trial);
  const shut = why === null ? null : ruleInWords(why.rule, why.number, why.cluster);
  const evidence = {
    from,
    to: peer,
    ...(code === 'data-path' ? { followerNode: from, [toRole.key]: peer } : {}),
    ...(code === 'ship-path' ? { sourceNode: from, [toRole.key]: peer } : {}),
    port,
    operations,
    outcome,
    error: errorCode,
    detail,
    policy: shut ?? 'none of the two clusters’ own',
    elapsedMs: slowest(trials),
  };
  const subject = `${fromRole} ${from} ${VERBS[code] ?? 'cannot use'} ${toRole.words} ${peer} (port ${port})`;
  const reason = why === null ? REASONS[outcome]?.(errorCode) : `${shut} shuts out the ${why.what}`;
  const what = `${subject}: ${operations.join(', ')}: ${reason ?? errorCode}`;
  const next = why === null ? byHand(from, peer, outcome) : `bridle policy show --meta ${why.meta}`;
  // Copies of ours learn the sizes with the list of files, and do not ask again.
  if (operations.every((operation) => operation === 'RPC_NFS_GET_FILE_SIZE')) {
    return warning(code, what, evidence, next);
  }
  const verdict = why === null && outcome === 'unreachable' ? 'would-fail' : 'change-first';
  return error(code, verdict, what, evidence, next);
}

const VERBS: Partial<Readonly<Record<CheckCode, string>>> = {
  'create-path': 'cannot create a table at',
  'data-path': 'cannot read from',
  'ship-path': 'cannot ship to',
};

const REASONS: Partial<Readonly<Record<Trial['outcome'], (error: string) => string>>> = {
  silent: () => 'no answer, and no rule of either cluster says why; a firewall, or a server that hangs',
  unreachable: () => 'no connection; nobody listens there, or the way is shut',
  denied: () => 'turned away, and no rule that is known here says why',
  wrong: (code) => `an answer that no right server gives (${code})`,
};

function byHand(from: string, peer: string, outcome: Trial['outcome']): string {
  const { host } = parseAddress(from);
  const { host: toHost, port } = parseAddress(peer);
  if (outcome === 'wrong') return `look which process listens at ${peer}`;
  return `on ${host}, type: nc -vz ${toHost} ${port}`;
}

function rolesOf(
  { source, follower }: Situation,
  { direction, peer }: Trial,
): [string, { readonly words: string; readonly key: string }] {
  const toMeta =
    peer === source.leader.address || (follower?.nodes.every(({ address }) => address !== peer) ?? true);
  if (direction === 'data') {
    return peer === source.leader.address
      ? ['follower node', { words: 'source meta server', key: 'sourceMeta' }]
      : ['follower node', { words: 'source node', key: 'sourceNode' }];
  }
  const to = toMeta
    ? { words: 'follower meta server', key: 'followerMeta' }
    : { words: 'follower node', key: 'followerNode' };
  return [direction === 'create' ? 'source meta server' : 'source node', to];
}

/** Servers that did not try, and ways for which the time was over: nobody may take these for open. */
function untriedWays(
  situation: Situation,
  direction: Trial['direction'],
  code: CheckCode,
  trials: readonly Trial[],
): Finding[] {
  if (situation.follower === null && trials.length === 0) {
    return [followerAway(code, `the way to ${TARGETS[direction]}`)];
  }
  const tryers = tryersOf(situation, direction);
  const silent = tryers.filter(({ address }) => !trials.some(({ from }) => from === address));
  const late = trials.filter(({ outcome }) => outcome === 'untried');
  const findings: Finding[] = [];
  if (silent.length > 0 || tryers.length === 0) {
    const names = silent.map(({ address }) => address);
    const reasons = situation.failedTrials
      .filter(({ from }) => names.includes(from))
      .map(({ from, reason }) => `${from}: ${reason}`);
    const more = names.length > 5 ? ` and ${names.length - 5} more` : '';
    const who =
      names.length === 0
        ? 'there is no server that could try'
        : `${names.slice(0, 5).join(', ')}${more} cannot be asked to try`;
    findings.push(
      uncheckable(code, `${who} the way to ${TARGETS[direction]}`, HAND[direction](situation), {
        servers: names,
        reasons,
      }),
    );
  }
  if (late.length > 0) {
    const ways = late.map(({ from, peer, operation }) => `${from} to ${peer} ${operation}`);
    findings.push(
      uncheckable(
        code,
        `${late.length} ways, for which the time was over`,
        'try again with a longer --timeout',
        {
          ways: ways.slice(0, 20),
        },
      ),
    );
  }
  return findings;
}

const TARGETS: Readonly<Record<Trial['direction'], string>> = {
  create: 'the follower’s meta servers',
  data: 'the source',
  ship: 'the follower',
};

function tryersOf(situation: Situation, direction: Trial['direction']): { readonly address: string }[] {
  const { source, follower } = situation;
  if (direction === 'create') return [source.leader];
  if (direction === 'data') return follower === null ? [] : aliveNodes(follower);
  const holding = holders(situation);
  return aliveNodes(source).filter(({ address }) => holding.size === 0 || holding.has(address));
}

const some = (addresses: readonly string[]): string =>
  addresses
    .slice(0, 3)
    .map((address) => {
      const { host, port } = parseAddress(address);
      return `nc -vz ${host} ${port}`;
    })
    .join('; ');

const HAND: Readonly<Record<Trial['direction'], (situation: Situation) => string>> = {
  create: ({ follower, wanted }) =>
    `on the source’s meta server, type: ${some((follower?.meta ?? wanted.remoteMeta?.join(',') ?? '').split(',').filter(Boolean)) || 'nc -vz FOLLOWER_META 34601'}`,
  data: ({ source }) =>
    `on every follower node and meta server, type: ${some([source.leader.address, ...aliveNodes(source).map(({ address }) => address)])}`,
  ship: ({ follower }) =>
    `on every source node, type: ${
      follower === null
        ? 'nc -vz FOLLOWER_NODE 34801'
        : some([follower.leader.address, ...aliveNodes(follower).map(({ address }) => address)])
    }`,
};

const slowest = (trials: readonly Trial[]): number =>
  Math.max(0, ...trials.map(({ elapsedMs }) => elapsedMs));

function grouped<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  return groups;
}

/** Whether a server that this machine cannot ask was reached by another one. */
export const reachedByOthers = ({ trials }: Situation, address: string): boolean =>
  trials.some(({ peer, outcome }) => peer === address && outcome === 'open');

/** Whether both sides have servers that can be asked. */
export const bothOurs = ({ source, follower }: Situation): boolean =>
  isOurs(source.leader) && follower !== null && isOurs(follower.leader);
