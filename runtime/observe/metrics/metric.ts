/** What a metric is: its name, what it means, and the labels its series may have. */
export interface Metric {
  /** Without `_total` and `_info`, which its samples get. */
  readonly name: string;
  readonly type: 'gauge' | 'counter' | 'info';
  readonly help: string;
  /** Each with values from a set that does not grow with rows or time. */
  readonly labels: readonly string[];
}

/** The name that a query uses. @example sampleName(METRICS.buildInfo) // 'bridle_build_info' */
export function sampleName({ name, type }: Metric): string {
  return type === 'counter' ? `${name}_total` : type === 'info' ? `${name}_info` : name;
}
