/** A scrape as an HTTP answer, in the format the asker prefers. */
import type { HttpResponse } from '../../pegasus/index.js';
import { METRICS } from './catalogue.js';
import type { MetricsFormat, Scrape } from './scrape.js';

const OPENMETRICS = 'application/openmetrics-text';

const CONTENT_TYPE: Readonly<Record<MetricsFormat, string>> = {
  openmetrics: `${OPENMETRICS}; version=1.0.0; charset=utf-8`,
  text: 'text/plain; version=0.0.4; charset=utf-8',
};

/**
 * OpenMetrics for those who ask for it as Prometheus does; the older text for everybody else, also for curl.
 *
 * @example preferredFormat('application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.2') // 'openmetrics'
 */
export function preferredFormat(accept: string): MetricsFormat {
  const weights = new Map<string, number>();
  for (const part of accept.toLowerCase().split(',')) {
    const [type = '', ...parameters] = part.split(';').map((text) => text.trim());
    const q = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? '1';
    weights.set(type, Math.max(weights.get(type) ?? 0, Number(q) || 0));
  }
  const open = weights.get(OPENMETRICS) ?? 0;
  return open > 0 && open >= (weights.get('text/plain') ?? 0) ? 'openmetrics' : 'text';
}

export function metricsResponse(scrape: Scrape, accept: string): HttpResponse {
  const format = preferredFormat(accept);
  scrape.set(METRICS.metricsDroppedSeries, {}, scrape.dropped);
  return { status: 200, contentType: CONTENT_TYPE[format], body: scrape.render(format) };
}
