/** The meta server over HTTP GET: status for people and scripts, in upstream's shapes where it has one. */
import { DUPLICATION_STATUSES, FAIL_MODES } from '../../../machines/index.js';
import { metricsResponse } from '../../observe/metrics/index.js';
import type { HttpHandler, HttpResponse } from '../../pegasus/index.js';
import type { MetaServer } from './meta-server.js';
import { clusterInfo, duplicationEntry } from './wire-views.js';

const json = (value: unknown, status = 200): HttpResponse => ({
  status,
  contentType: 'application/json',
  body: `${JSON.stringify(value)}\n`,
});
const text = (status: number, body: string): HttpResponse => ({ status, body: `${body}\n` });

export function metaHttp(server: MetaServer): HttpHandler {
  const routes: Record<string, (name: string | null, accept: string) => HttpResponse> = {
    '/': () => text(200, Object.keys(routes).join('\n')),
    '/meta/cluster': () => {
      const { cluster_name: _, ...rest } = clusterInfo(server);
      return json(rest);
    },
    '/meta/apps': () => {
      const tables = server.tables.list();
      const rows = tables.map((table) => [
        String(table.appId),
        {
          app_id: String(table.appId),
          status: server.tables.statusOf(table.name) ?? '',
          app_name: table.name,
          app_type: 'pegasus',
          partition_count: String(table.partitionCount),
          replica_count: '1',
          is_stateful: 'true',
          create_time: new Date(table.createSecond * 1000).toISOString(),
          envs_count: String(Object.keys(table.envs).length),
        },
      ]);
      return json({
        general_info: Object.fromEntries(rows),
        summary: { total_app_count: String(tables.length) },
      });
    },
    '/meta/app': (name) =>
      withTable(server, name, (table) => {
        const ready = table.partitions.filter((_, p) => server.primaryOf(table, p) !== null).length;
        return json({
          general: {
            app_name: table.name,
            app_id: String(table.appId),
            partition_count: String(table.partitionCount),
            max_replica_count: '1',
          },
          healthy: {
            fully_healthy_partition_count: String(ready),
            unhealthy_partition_count: String(table.partitionCount - ready),
          },
        });
      }),
    '/meta/app_envs': (name) => withTable(server, name, (table) => json(table.envs)),
    '/meta/nodes': () => {
      const nodes = server.nodes.all();
      const alive = nodes.filter((node) => node.alive).length;
      return json({
        details: Object.fromEntries(
          nodes.map(({ node, alive: is }) => [node, { address: node, status: is ? 'ALIVE' : 'UNALIVE' }]),
        ),
        summary: {
          total_node_count: String(nodes.length),
          alive_node_count: String(alive),
          unalive_node_count: String(nodes.length - alive),
        },
      });
    },
    '/meta/app/duplication': (name) =>
      withTable(server, name, (table) => {
        const entries = server.duplications.ofTable(table.appId).map(duplicationEntry);
        if (entries.length === 0) return json(null);
        const shown = entries.map((entry, i) => [
          String(i + 1),
          {
            create_ts: new Date(entry.createTs).toISOString(),
            dupid: entry.dupid,
            fail_mode: FAIL_MODES[entry.failMode ?? 0],
            partition_states: Object.fromEntries(
              [...(entry.partitionStates ?? [])].map(([p, s]) => [
                p,
                { confirmed_decree: s.confirmedDecree, last_committed_decree: s.lastCommittedDecree },
              ]),
            ),
            remote: entry.remote,
            remote_app_name: entry.remoteAppName,
            remote_replica_count: entry.remoteReplicaCount,
            status: DUPLICATION_STATUSES[entry.status],
          },
        ]);
        return json({ ...Object.fromEntries(shown), appid: table.appId });
      }),
    '/meta/app/duplication/explain': (name) =>
      withTable(server, name, (table) =>
        json(server.duplications.ofTable(table.appId).map((hosted) => server.explain(hosted))),
      ),
    '/stats': () => json(server.stats()),
    '/metrics': (_, accept) => metricsResponse(server.scrape(), accept),
  };
  return ({ path, query, accept }) => {
    const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
    return route === undefined ? text(404, 'service not found') : route(query.get('name'), accept);
  };
}

function withTable(
  server: MetaServer,
  name: string | null,
  show: (table: NonNullable<ReturnType<MetaServer['tables']['available']>>) => HttpResponse,
): HttpResponse {
  if (name === null || name === '') return text(400, 'parameter "name" is missing');
  const table = server.tables.available(name);
  return table === undefined ? text(404, 'ERR_APP_NOT_EXIST') : show(table);
}
