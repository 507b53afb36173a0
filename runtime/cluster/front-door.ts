/** What stands between a server's handlers and whoever connects: limits, certificates, the policy, and a log. */
import type { Clock } from '../../actors/clock.js';
import type { ServerLog } from '../observe/log.js';
import { Repeated } from '../observe/repeated.js';
import {
  DEFAULT_RPC_LIMITS,
  formatAddress,
  type RequestContext,
  type RpcServerOptions,
} from '../pegasus/index.js';
import { Admission } from './admission.js';
import type { ServerConfig } from './config.js';
import { connectionsFor } from './descriptors.js';
import type { PolicyGate } from './policy.js';

export interface FrontDoorOptions {
  readonly config: Pick<ServerConfig, 'cluster' | 'rpc'>;
  readonly gate: PolicyGate;
  readonly log: ServerLog;
  readonly clock: Pick<Clock, 'now'>;
  /** Of the requests that the policy lets in, those that get no answer all the same. */
  readonly leavesUnanswered?: (context: RequestContext) => boolean;
}

export function frontDoor({
  config,
  gate,
  log,
  clock,
  leavesUnanswered = () => false,
}: FrontDoorOptions): Pick<RpcServerOptions, 'policy' | 'limits' | 'onMalformed' | 'onRefused'> {
  const repeated = new Repeated({
    tell: (what, facts, times) => log.warn(what, { ...facts, times }),
    now: () => clock.now(),
  });
  const admission = new Admission(gate, config.cluster.name, ({ peer, code, identity }, why) =>
    repeated.note('a request was denied', {
      peer: formatAddress(peer),
      operation: code,
      who: identity?.told,
      why,
    }),
  );
  return {
    policy: (context) => {
      const verdict = admission.decide(context);
      return verdict === 'allow' && leavesUnanswered(context) ? 'drop' : verdict;
    },
    limits: {
      ...config.rpc,
      maxConnections: connectionsFor(config.rpc?.maxConnections ?? DEFAULT_RPC_LIMITS.maxConnections),
    },
    onMalformed: (peer, reason) =>
      repeated.note('a connection was closed for what it sent', { peer: formatAddress(peer), reason }),
    onRefused: (peer, reason) =>
      repeated.note('a connection was refused', { peer: formatAddress(peer), reason }),
  };
}
