/** What every server of a cluster tells of itself. */
import { METRICS, type ProcessMetrics, type Scrape } from '../observe/metrics/index.js';
import type { RpcServerStats } from '../pegasus/index.js';
import { VERSION } from '../version.js';

export function measureServer(
  scrape: Scrape,
  role: 'meta' | 'replica',
  stats: RpcServerStats,
  processMetrics: ProcessMetrics | null,
): void {
  scrape.set(METRICS.build, { version: VERSION, role }, 1);
  scrape.set(METRICS.rpcConnections, {}, stats.connections);
  scrape.set(METRICS.rpcDropped, {}, stats.dropped);
  scrape.set(METRICS.rpcMalformed, {}, stats.malformed);
  scrape.set(METRICS.rpcRefused, {}, stats.refused);
  processMetrics?.writeTo(scrape);
}
