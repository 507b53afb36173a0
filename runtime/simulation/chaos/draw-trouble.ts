/** Draws what exactly goes wrong, for one kind of trouble. */
import type { PolicyRule } from '../../cluster/policy.js';
import type { MessagePattern } from '../message-pattern.js';
import type { Draw } from './draw.js';
import { drawVerb } from './draw-operator.js';
import type { FaultKind } from './fault-kinds.js';
import type { ChaosTrouble, Ends, Topology } from './plan.js';
import type { Focus } from './steps.js';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
/** Frames arrive within this after they were sent, or not at all. */
export const LATEST_MS = 10 * MINUTE_MS;
const MOST_PASSES = 40;
const PLACES = ['any', 'any', 'change', 'change', 'log', 'checkpoint'] as const;

/** What may wait until others have passed: only what need not keep its place among them. */
const isKept = (kind: FaultKind): boolean => kind === 'duplicate' || kind === 'reorder';

/** @param leastMs that it lasts, if it does */
export function drawTrouble(draw: Draw, kind: FaultKind, focus: Focus, leastMs: number): ChaosTrouble {
  const forMs = draw.spread(leastMs, 15 * MINUTE_MS);
  const { servers } = focus;
  switch (kind) {
    case 'loss':
    case 'delay':
    case 'duplicate':
    case 'reorder':
      return {
        ...{ kind, forMs, pattern: drawPattern(draw, focus) },
        probability: draw.pick([0.1, 0.3, 0.6, 1]),
        mostMs: draw.spread(10, kind === 'duplicate' ? LATEST_MS : draw.pick([MINUTE_MS, LATEST_MS])),
        mostPasses: isKept(kind) && draw.chance(0.5) ? draw.spread(2, MOST_PASSES) : null,
      };
    case 'partition-one-way':
    case 'partition-two-way': {
      const [from, to] = draw.pick([
        ['east/*', 'west/*'],
        ['west/*', 'east/*'],
        ['west/replica-*', 'east/*'],
        ['east/meta', 'west/meta'],
        [draw.pick(servers), draw.pick(['east/*', 'west/*'])],
        [draw.pick(servers), draw.pick(servers)],
      ] as const);
      return { kind, forMs, from, to };
    }
    case 'policy':
      return { kind, forMs, cluster: draw.pick(['east', 'east', 'west']), rules: drawRules(draw) };
    case 'kill':
    case 'crash':
      return { kind, ...drawEnd(draw, servers) };
    case 'torn-write': {
      // A meta server's changes are whole or not there.
      const replicas = servers.filter((server) => !server.endsWith('/meta'));
      const end = drawEnd(draw, replicas.length > 0 ? replicas : ['east/replica-0', 'west/replica-0']);
      // At rest everything is synced, and there is nothing to be torn.
      const what = draw.pick(['change', 'log'] as const);
      return { kind, ...end, atOperation: { nth: draw.spread(1, 25), when: 'after', what } };
    }
    case 'cluster-crash':
      return {
        ...{ kind, cluster: draw.pick(['east', 'west']), torn: draw.chance(0.5) },
        downMs: draw.spread(SECOND_MS, 10 * MINUTE_MS),
      };
    case 'failed-write': {
      const server = draw.pick(servers);
      const operation = server.endsWith('/meta')
        ? 'commit'
        : draw.pick(['*', 'write', 'datasync', 'rename', 'syncDirectory', 'open', 'remove', 'read']);
      return { kind, forMs, server, operation, probability: draw.pick([0.2, 1]) };
    }
    case 'full-disk':
      return { kind, forMs, server: draw.pick(servers) };
    case 'slow-disk':
      return { kind, forMs, server: draw.pick(servers), mostMs: draw.spread(50, 20 * SECOND_MS) };
    case 'bit-rot':
      return { kind, forMs: 60 * MINUTE_MS, where: draw.pick(['served', 'fetched']), times: draw.int(1, 3) };
    case 'move':
      return {
        ...{ kind, cluster: draw.pick(['east', 'east', 'west']) },
        ...{ partition: draw.int(0, 2), further: draw.int(1, 2) },
      };
    case 'clock-jump':
      return {
        ...{ kind, server: draw.pick(servers) },
        byMs: draw.pick([-1, 1]) * draw.spread(SECOND_MS, 24 * 60 * MINUTE_MS),
      };
    case 'foreign-table':
      return { kind };
    case 'operator':
      return { kind, action: drawVerb(draw) };
  }
}

/** Names of all servers. */
export function serversOf({ sourceReplicas, followerReplicas }: Topology): string[] {
  const of = (cluster: string, replicas: number) => [
    `${cluster}/meta`,
    ...Array.from({ length: replicas }, (_, i) => `${cluster}/replica-${i}`),
  ];
  return [...of('east', sourceReplicas), ...of('west', followerReplicas)];
}

function drawEnd(draw: Draw, servers: readonly string[]): Ends {
  return {
    server: draw.pick(servers),
    downMs: draw.spread(100, 10 * MINUTE_MS),
    atOperation: draw.chance(0.6)
      ? { nth: draw.spread(1, 25), when: draw.pick(['before', 'after']), what: draw.pick(PLACES) }
      : null,
  };
}

function drawPattern(draw: Draw, { servers, codes, isNarrow }: Focus): MessagePattern {
  const what = draw.pick([undefined, 'request', 'reply'] as const);
  const scope = isNarrow ? 'code' : draw.pick(['all', 'code', 'code', 'from', 'between'] as const);
  return {
    ...(what === undefined ? {} : { what }),
    ...(scope === 'code' ? { code: draw.pick(codes) } : {}),
    ...(scope === 'from' ? { from: draw.pick(servers) } : {}),
    ...(scope === 'between' ? { from: draw.pick(['east/*', 'west/*']), to: draw.pick(servers) } : {}),
  };
}

/** Of what goes between the clusters; an operator can always open a policy again. */
function drawRules(draw: Draw): PolicyRule[] {
  const operations = [
    'RPC_NFS_*',
    'RPC_CM_CREATE_APP_ACK',
    'RPC_CM_QUERY_PARTITION_CONFIG_BY_INDEX',
    'RPC_CM_LIST_APPS_ACK',
    'RPC_RRDB_RRDB_DUPLICATE*',
    'RPC_QUERY_LAST_CHECKPOINT_INFO',
    '*',
  ];
  return Array.from({ length: draw.int(1, 2) }, () => ({
    effect: draw.pick(['deny', 'drop', 'drop'] as const),
    peer: draw.pick(['10.0.0.*', '10.0.0.1:*', '10.0.0.2:*', '10.0.0.2:34801']),
    operation: draw.pick(operations),
  }));
}
