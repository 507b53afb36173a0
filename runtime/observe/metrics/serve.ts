/** A small HTTP server for metrics, where no server of a cluster answers for them. */
import { createServer } from 'node:http';
import { metricsResponse } from './http.js';
import type { Scrape } from './scrape.js';

export interface MetricsServer {
  /** `http://host:port/metrics` */
  readonly url: string;
  close(): Promise<void>;
}

/** Longer than any honest header. */
const MAX_HEADER_BYTES = 8 * 1024;
const REQUEST_TIMEOUT_MS = 10_000;

/** Rejects with Node's own error, whose `code` is EADDRINUSE when somebody listens there. */
export function serveMetrics(
  { host, port }: { readonly host: string; readonly port: number },
  scrape: () => Scrape,
): Promise<MetricsServer> {
  const server = createServer(
    { maxHeaderSize: MAX_HEADER_BYTES, requestTimeout: REQUEST_TIMEOUT_MS },
    ({ method, url = '/', headers }, response) => {
      const path = url.split('?')[0];
      const known = path === '/metrics' || path === '/';
      const status = method !== 'GET' && method !== 'HEAD' ? 405 : known ? 200 : 404;
      if (status !== 200 || path === '/') {
        response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' });
        response.end(status === 200 ? '/metrics\n' : status === 405 ? 'only GET is served\n' : 'not found\n');
        return;
      }
      const { contentType = 'text/plain', body } = metricsResponse(scrape(), headers.accept ?? '');
      response.writeHead(200, { 'content-type': contentType, 'cache-control': 'no-store' });
      response.end(body);
    },
  );
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      const bound = server.address();
      const actual = bound !== null && typeof bound === 'object' ? bound.port : port;
      resolve({
        url: `http://${host.includes(':') ? `[${host}]` : host}:${actual}/metrics`,
        close: () =>
          new Promise((closed) => {
            server.close(() => closed());
            server.closeAllConnections();
          }),
      });
    });
  });
}
