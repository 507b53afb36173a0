/** How metrics are written and bounded. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { DuplicationInfo } from '../../runtime/client/index.js';
import { composeExplanation } from '../../runtime/live/compose-explanation.js';
import {
  CallCounts,
  Counters,
  LagClock,
  METRICS,
  measureDuplication,
  preferredFormat,
  Scrape,
  sampleName,
} from '../../runtime/observe/metrics/index.js';
import { MAX_SERIES_PER_METRIC } from '../../runtime/observe/metrics/scrape.js';
import { parseOpenMetrics } from './openmetrics.js';

const of = { table: 'users', duplication: 7, remote_cluster: 'west' };
const parsed = (scrape: Scrape) => parseOpenMetrics(scrape.render('openmetrics'));

describe('a scrape', () => {
  it.each([
    ['plain', 'users'],
    ['quotes and backslashes', 'a"b\\c\\"'],
    ['a line break', 'a\nb'],
    ['braces and commas', '{a="b",c}'],
    ['other letters', 'ünïcödé 表'],
    ['nothing', ''],
  ])('given a label with %s, then a reader gets it back', (_, table) => {
    const scrape = new Scrape({ cluster: 'east' });
    scrape.set(METRICS.duplicationPartitions, { ...of, table }, 4);
    expect(parsed(scrape)[0]?.samples[0]).toEqual({
      name: 'bridle_duplication_partitions',
      labels: { cluster: 'east', table, duplication: '7', remote_cluster: 'west' },
      value: 4,
    });
  });

  it.each([
    [0, '0'],
    [1.5, '1.5'],
    [1e21, '1e+21'],
    [Number.POSITIVE_INFINITY, '+Inf'],
    [Number.NaN, 'NaN'],
  ])('given the value %s, then it is written as %s', (value, text) => {
    const scrape = new Scrape();
    scrape.set(METRICS.tables, {}, value);
    expect(scrape.render('text')).toContain(`bridle_tables ${text}\n`);
    expect(parsed(scrape)[0]?.samples[0]?.value).toBe(value);
  });

  it('given a counter and an info, then each format names the family as it should', () => {
    const scrape = new Scrape();
    scrape.set(METRICS.rpcDropped, {}, 3);
    scrape.set(METRICS.build, { version: '1', role: 'meta' }, 1);
    const open = scrape.render('openmetrics');
    expect(open).toContain('# TYPE bridle_rpc_dropped counter\nbridle_rpc_dropped_total 3\n');
    expect(open).toContain('# TYPE bridle_build info\nbridle_build_info{version="1",role="meta"} 1\n');
    const text = scrape.render('text');
    expect(text).toContain('# TYPE bridle_rpc_dropped_total counter\nbridle_rpc_dropped_total 3\n');
    expect(text).toContain('# TYPE bridle_build_info gauge\n');
    expect(text).not.toContain('# EOF');
  });

  it('given more series than fit, then the rest is counted and left out', () => {
    const scrape = new Scrape();
    for (let node = 0; node < MAX_SERIES_PER_METRIC + 5; node++) scrape.set(METRICS.nodeUp, { node }, 1);
    expect(scrape.dropped).toBe(5);
    expect(parsed(scrape)[0]?.samples).toHaveLength(MAX_SERIES_PER_METRIC);
  });

  it('given what nobody knows, then there is no series rather than a 0', () => {
    const scrape = new Scrape();
    const info: Pick<DuplicationInfo, 'table' | 'appId' | 'dupid' | 'status' | 'failMode'> = {
      ...{ table: 'users', appId: 1, dupid: 7, status: 'DS_PREPARE', failMode: 'FAIL_SLOW' },
    } as const;
    const explanation = composeExplanation(
      {
        ...info,
        ...{ remoteCluster: 'west', remoteTable: 'users', remoteReplicaCount: 1, createdAtMs: 0 },
        partitions: [{ index: 0, confirmedDecree: -1, lastCommittedDecree: -1 }],
      },
      0,
    );
    measureDuplication(scrape, explanation, { nowMs: 1_000 });
    const names = parsed(scrape).map(({ name }) => name);
    expect(names).not.toContain(sampleName(METRICS.duplicationPrepared));
    expect(names).not.toContain(sampleName(METRICS.duplicationStatusAge));
    expect(names).toContain(sampleName(METRICS.duplicationStatus));
  });

  it.each([
    ['', 'text'],
    ['*/*', 'text'],
    ['text/plain', 'text'],
    ['application/openmetrics-text; version=1.0.0', 'openmetrics'],
    [
      'application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.2,*/*;q=0.1',
      'openmetrics',
    ],
    ['text/plain;q=0.9,application/openmetrics-text;q=0.1', 'text'],
    ['application/openmetrics-text;q=0', 'text'],
    [';;;,q=,q=x;q', 'text'],
  ])('given Accept %j, then %s is sent', (accept, format) => {
    expect(preferredFormat(accept)).toBe(format);
  });
});

describe('the catalogue', () => {
  const all = Object.values(METRICS);

  it('given all metrics, then names are unique, follow the conventions, and say what they mean', () => {
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
    for (const { name, type, help, labels } of all) {
      expect(name).toMatch(/^bridle_[a-z]+(_[a-z]+)*$/);
      expect(name, 'suffixes come with the type').not.toMatch(/_(total|info|count|sum|bucket)$/);
      expect(help).toMatch(/^\S.*\.$/);
      // Reserved by the format, or by Prometheus for who was scraped.
      for (const label of labels) expect(label).not.toMatch(/^(le|quantile|job|instance|cluster|__.*)$/);
      if (type === 'info') expect(labels.length).toBeGreaterThan(0);
    }
  });
});

describe('the guide', () => {
  it('given docs/monitoring.md, then its table of metrics is the catalogue', () => {
    const file = join(import.meta.dirname, '..', '..', 'docs', 'monitoring.md');
    const rows = Object.values(METRICS).map((metric) => {
      const labels =
        metric.labels.length === 0 ? '–' : metric.labels.map((label) => `\`${label}\``).join(' ');
      return `| \`${sampleName(metric)}\` | ${metric.type} | ${labels} | ${metric.help} |`;
    });
    const table = ['| Metric | Type | Labels | Meaning |', '|---|---|---|---|', ...rows].join('\n');
    const [begin, end] = [
      '<!-- metrics: UPDATE_DOCS=1 npx vitest run test/monitoring/metrics.test.ts -->',
      '<!-- end -->',
    ];
    const text = readFileSync(file, 'utf8');
    const [before = '', rest = ''] = text.split(begin);
    const wanted = `${before}${begin}\n${table}\n${end}${rest.slice(rest.indexOf(end) + end.length)}`;
    if (process.env.UPDATE_DOCS === '1') writeFileSync(file, wanted);
    expect(readFileSync(file, 'utf8')).toBe(wanted);
  });
});

describe('counters', () => {
  it('given more names than the limit, then the rest counts as other and nothing is lost', () => {
    const counters = new Counters(3);
    for (let n = 0; n < 100; n++) counters.count({ table: `table ${n}`, actor: 'a', error: 'ERR_TIMEOUT' });
    const scrape = new Scrape();
    counters.writeTo(scrape, METRICS.retries);
    const samples = parsed(scrape)[0]?.samples ?? [];
    expect(samples).toHaveLength(4);
    expect(samples.find(({ labels }) => labels.table === 'other')?.value).toBe(97);
  });

  it('given codes and errors that a stranger made up, then they share one series', () => {
    const calls = new CallCounts();
    for (let n = 0; n < 50; n++) calls.note(`RPC_${n}`, `ERR_${n}`);
    calls.note('RPC_NFS_COPY', 'ERR_OK', { error: 'ERR_OBJECT_NOT_FOUND' });
    calls.note('RPC_RRDB_RRDB_GET', 'ERR_OK', { error: 1 });
    const scrape = new Scrape();
    calls.writeTo(scrape, METRICS.rpcServed);
    const samples = parsed(scrape)[0]?.samples.map(({ labels, value }) => [labels.code, labels.error, value]);
    expect(samples).toEqual([
      ['unknown', 'other', 50],
      ['RPC_NFS_COPY', 'ERR_OBJECT_NOT_FOUND', 1],
      ['RPC_RRDB_RRDB_GET', 'ERR_OK', 1],
    ]);
  });
});

describe('lag in seconds', () => {
  const looks = (...list: readonly (readonly [atMs: number, confirmed: number, committed: number])[]) => {
    const lag = new LagClock();
    return list.map(([atMs, confirmed, lastCommitted]) => lag.note(0, { confirmed, lastCommitted }, atMs));
  };

  it('given a follower that has everything, then it is 0 however many writes there were', () => {
    expect(looks([0, 5, 5], [1_000, 50, 50], [2_000, 500, 500])).toEqual([0, 0, 0]);
  });

  it('given a follower that confirms nothing, then it grows with the time since the first look', () => {
    expect(looks([0, 5, 9], [1_000, 5, 12], [5_000, 5, 99])).toEqual([0, 1_000, 5_000]);
  });

  it('given a follower that comes forward, then it is the age of what is left', () => {
    expect(looks([0, 5, 9], [1_000, 5, 12], [2_000, 9, 14], [3_000, 12, 14])).toEqual([
      0, 1_000, 1_000, 1_000,
    ]);
  });

  it('given a follower that never confirmed, then nothing is claimed', () => {
    expect(looks([0, -1, 9], [1_000, -1, 9])).toEqual([0, 0]);
  });

  it('given a month of looks, then memory is bounded and the oldest write is not forgotten', () => {
    const lag = new LagClock();
    let oldest = 0;
    for (let n = 0; n < 100_000; n++) oldest = lag.note(0, { confirmed: 1, lastCommitted: 2 + n }, n * 1_000);
    expect(oldest).toBe(99_999_000);
    expect(lag.oldestMs(100_000_000)).toBe(100_000_000);
  });

  it('given looks at random, then it is never more than the true age', () => {
    for (let seed = 1; seed <= 50; seed++) {
      let state = seed;
      const random = (below: number) => {
        state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
        return Math.floor((state / 2_147_483_648) * below);
      };
      const lag = new LagClock();
      const writtenMs: number[] = [];
      let confirmed = 0;
      for (let atMs = 0; atMs < 60_000; atMs += 1 + random(400)) {
        for (let n = random(4); n > 0; n--) writtenMs.push(atMs);
        confirmed = Math.min(writtenMs.length, confirmed + random(5));
        const said = lag.note(0, { confirmed, lastCommitted: writtenMs.length }, atMs);
        const truth = confirmed >= writtenMs.length ? 0 : atMs - (writtenMs[confirmed] ?? 0);
        expect(said, `seed ${seed} at ${atMs}`).toBeLessThanOrEqual(truth);
      }
    }
  });
});
