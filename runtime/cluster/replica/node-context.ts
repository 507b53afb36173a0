/** What everything on one replica server shares. */
import type { RateLimiter } from '../../../actors/rateLimiter.js';
import type { RepeatLog } from '../../observe/repeat-log.js';
import type { RpcClient } from '../../pegasus/index.js';
import type { ServerConfig } from '../config.js';
import type { Environment } from '../environment.js';
import type { CheckpointService } from '../nfs/source-service.js';
import type { NodeCounts } from './node-counts.js';

export interface NodeContext {
  readonly config: ServerConfig;
  /** `host:port` where this server listens. */
  readonly address: string;
  readonly client: RpcClient;
  readonly limiter: RateLimiter;
  readonly log: RepeatLog;
  readonly environment: Environment;
  readonly checkpoints: () => CheckpointService;
  readonly counts: NodeCounts;
}
