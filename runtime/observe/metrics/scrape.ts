/**
 * One scrape: series collected from what is true now, and written down as text.
 *
 * Everything measured here is somebody else's state (a chart's context, a node's report), so there are no
 * instruments that live beside it and could be forgotten: a scrape is built, written and thrown away.
 */
import type { Metric } from './metric.js';

export type Labels = Readonly<Record<string, string | number>>;

/** `openmetrics` is OpenMetrics 1.0; `text` is the older format, which every tool reads. */
export type MetricsFormat = 'openmetrics' | 'text';

interface Series {
  readonly labels: string;
  value: number;
}

/** Series of one metric; what comes on top is counted and left out, for a scrape has to stay small. */
export const MAX_SERIES_PER_METRIC = 10_000;
/** Names can come from another cluster. */
const MAX_LABEL_LENGTH = 200;

/**
 * @example
 * const scrape = new Scrape({ cluster: 'east' });
 * scrape.set(METRICS.duplicationLagDecrees, { table: 'users', duplication: 7, remote_cluster: 'west' }, 12);
 * scrape.render('openmetrics');
 */
export class Scrape {
  readonly #common: Labels;
  readonly #series = new Map<Metric, Map<string, Series>>();
  #dropped = 0;

  /** @param common labels of every series */
  constructor(common: Labels = {}) {
    this.#common = common;
  }

  /** Series that did not fit. */
  get dropped(): number {
    return this.#dropped;
  }

  /** The value of a series; undefined leaves it out, for what nobody knows is not 0. */
  set(metric: Metric, labels: Labels, value: number | undefined): void {
    if (value !== undefined) this.#at(metric, labels, (series) => (series.value = value));
  }

  /** Adds to a series, which begins with 0. */
  add(metric: Metric, labels: Labels, value: number): void {
    this.#at(metric, labels, (series) => (series.value += value));
  }

  /** Keeps the larger one. */
  max(metric: Metric, labels: Labels, value: number): void {
    this.#at(metric, labels, (series) => (series.value = Math.max(series.value, value)));
  }

  render(format: MetricsFormat): string {
    const families = [...this.#series].map(([metric, series]) => renderFamily(metric, series, format));
    return `${families.join('')}${format === 'openmetrics' ? '# EOF\n' : ''}`;
  }

  #at(metric: Metric, labels: Labels, change: (series: Series) => void): void {
    let ofMetric = this.#series.get(metric);
    if (ofMetric === undefined) {
      ofMetric = new Map();
      this.#series.set(metric, ofMetric);
    }
    const key = formatLabels(metric, { ...this.#common, ...labels });
    let series = ofMetric.get(key);
    if (series === undefined) {
      if (ofMetric.size >= MAX_SERIES_PER_METRIC) {
        this.#dropped++;
        return;
      }
      series = { labels: key, value: 0 };
      ofMetric.set(key, series);
    }
    change(series);
  }
}

/** What a sample adds to the name of its family. */
const SUFFIX = { gauge: '', counter: '_total', info: '_info' } as const;

function renderFamily(
  { name, type, help }: Metric,
  series: ReadonlyMap<string, Series>,
  format: MetricsFormat,
): string {
  const sample = `${name}${SUFFIX[type]}`;
  const open = format === 'openmetrics';
  // The older format names a family as its samples are named, and knows no info.
  const family = open ? name : sample;
  const unit = /_(seconds|bytes)$/.exec(name)?.[1];
  const head = [
    `# HELP ${family} ${escapeHelp(help, open)}`,
    `# TYPE ${family} ${!open && type === 'info' ? 'gauge' : type}`,
    ...(open && unit !== undefined ? [`# UNIT ${family} ${unit}`] : []),
  ];
  const samples = [...series.values()].map(({ labels, value }) => `${sample}${labels} ${formatValue(value)}`);
  return `${[...head, ...samples].join('\n')}\n`;
}

/** In the order of the metric's own labels, so that the same series is always written the same way. */
function formatLabels(metric: Metric, labels: Labels): string {
  const written = [...Object.keys(labels)].sort(
    (a, b) => metric.labels.indexOf(a) - metric.labels.indexOf(b) || (a < b ? -1 : 1),
  );
  const pairs = written.map((label) => `${label}="${escapeLabel(String(labels[label]))}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escapeLabel(value: string): string {
  const short = value.length > MAX_LABEL_LENGTH ? `${value.slice(0, MAX_LABEL_LENGTH - 1)}…` : value;
  return short.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
}

function escapeHelp(text: string, open: boolean): string {
  const escaped = text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
  return open ? escaped.replaceAll('"', '\\"') : escaped;
}

function formatValue(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}
