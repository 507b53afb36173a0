/** A meta server's answer to GET /metrics: its duplications, its replica servers, and itself. */
import { METRICS, measureDuplication, type ProcessMetrics, Scrape } from '../../observe/metrics/index.js';
import { measureServer } from '../server-metrics.js';
import type { MetaCounts } from './meta-counts.js';
import type { MetaServer } from './meta-server.js';

export function metaScrape(
  server: MetaServer,
  counts: MetaCounts,
  nowMs: number,
  processMetrics: ProcessMetrics | null,
): Scrape {
  const scrape = new Scrape({ cluster: server.config.cluster.name });
  measureServer(scrape, 'meta', server.stats(), processMetrics);
  counts.writeTo(scrape);
  scrape.set(METRICS.tables, {}, server.tables.list().length);
  for (const { node, alive, lastReportMs } of server.nodes.all()) {
    scrape.set(METRICS.nodeUp, { node }, alive ? 1 : 0);
    scrape.set(METRICS.nodeReportAge, { node }, Math.max(0, nowMs - lastReportMs) / 1_000);
  }
  for (const hosted of server.duplications.all()) {
    measureDuplication(scrape, server.explain(hosted), { nowMs });
  }
  return scrape;
}
