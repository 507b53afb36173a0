/**
 * Real scrapes of two real clusters, while a duplication is in trouble and after it: the format, by our own rules
 * and by parsers that others wrote; and that every metric named in the rules and on the dashboard is among them.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCluster } from '../../runtime/client/index.js';
import { MetricsExporter } from '../../runtime/live/metrics-exporter.js';
import {
  METRICS,
  ProcessMetrics,
  Scrape,
  sampleName,
  serveMetrics,
} from '../../runtime/observe/metrics/index.js';
import { open, TestCluster, until } from '../cluster/in-process.js';
import { findParser, findPromtool } from './find-tools.mjs';
import { type ParsedFamily, parseOpenMetrics } from './openmetrics.js';

const ROOT = join(import.meta.dirname, '..', '..');
const OPEN = 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5';
const SECRET_ROW = 'confidential-row-key';
const SECRET_VALUE = 'confidential-value';

/** Ids that the lines of each cluster's logs carry. */
const correlations = new Map<string, Set<string>>();

/** Written twice. */
const ROWS = 50;
/** Texts of everything that answers /metrics, by who and when. */
const texts = new Map<string, string>();
let contentType = '';

async function get(url: string, accept: string): Promise<string> {
  const response = await fetch(url, { headers: { accept, connection: 'close' } });
  expect(response.status).toBe(200);
  contentType = response.headers.get('content-type') ?? '';
  return response.text();
}

async function scrapeAll(when: string, clusters: readonly TestCluster[]): Promise<void> {
  for (const cluster of clusters) {
    for (const server of ['meta', 0, 1] as const) {
      const { listen, cluster: identity } = cluster.configOf(server);
      const url = `http://${listen.host}:${listen.port}/metrics`;
      texts.set(`${identity.name} ${server} ${when}`, await get(url, OPEN));
    }
  }
}

beforeAll(async () => {
  const west = await TestCluster.start({ name: 'west', id: 2 });
  const east = await TestCluster.start({ name: 'east', id: 1, remotes: { west: [west.metaName] } });
  const source = await openCluster({ meta: east.metaName });
  open.push(() => source.close());
  await source.createTable('users', { partitionCount: 2 });
  const users = await source.table('users');
  for (let n = 0; n < ROWS; n++) await users.put(`${SECRET_ROW} ${n}`, 'name', SECRET_VALUE);
  await east.meta.setPolicy([{ effect: 'drop', peer: '*', operation: 'RPC_NFS_COPY' }]);
  await source.addDuplication({ table: 'users', remoteCluster: 'west' });
  const explained = () => {
    const [hosted] = east.meta.duplications.all();
    return hosted === undefined ? undefined : east.meta.explain(hosted);
  };
  await until('the copy to fail', () =>
    explained()?.waiting.some(({ trouble }) => trouble?.operation === 'RPC_NFS_COPY'),
  );
  await scrapeAll('in trouble', [east, west]);
  await east.meta.setPolicy([]);
  await until('DS_LOG', () => explained()?.status === 'DS_LOG');
  for (let n = 0; n < ROWS; n++) await users.put(`${SECRET_ROW} ${n}`, 'name', SECRET_VALUE);
  await until('everything to be confirmed', () => {
    const { lagDecrees, lastCommitted } = explained()?.progress ?? { lagDecrees: -1, lastCommitted: [] };
    // Each write has a decree: reports from before the last write do not count.
    return lagDecrees === 0 && lastCommitted.reduce((sum, decree) => sum + decree, 0) >= 2 * ROWS;
  });
  await scrapeAll('in DS_LOG', [east, west]);

  const exporter = new MetricsExporter({ open: async () => source, name: 'east' });
  await exporter.look(new AbortController().signal);
  const served = await serveMetrics({ host: '127.0.0.1', port: 0 }, () => exporter.scrape());
  texts.set('exporter', await get(served.url, OPEN));
  await served.close();

  const process = new Scrape({ cluster: 'east' });
  const self = new ProcessMetrics();
  self.writeTo(process);
  self.stop();
  texts.set('process', process.render('openmetrics'));
  for (const cluster of [east, west]) {
    const ids = cluster.lines.map(({ facts }) => (facts as { readonly correlation?: string }).correlation);
    correlations.set(cluster.configOf('meta').cluster.name, new Set(ids.filter((id) => id !== undefined)));
  }
  for (const close of open.splice(0).reverse()) await close();
}, 90_000);

afterAll(() => texts.clear());

const families = (): ParsedFamily[] => [...texts.values()].flatMap((text) => parseOpenMetrics(text));
/** Names of all samples that were seen. */
const exported = () => new Set(families().flatMap(({ samples }) => samples.map(({ name }) => name)));
const only = (who: string, name: string) =>
  parseOpenMetrics(texts.get(who) ?? '').flatMap(({ samples }) => samples.filter((s) => s.name === name));

/** In these runs nothing is given up, so that nothing is counted. */
const NOT_IN_A_GOOD_RUN = new Set<string>([sampleName(METRICS.skippedMutations)]);

describe('what servers and the exporter tell', () => {
  it('given each scrape, then it is OpenMetrics by our own rules', () => {
    expect(texts.size).toBe(14);
    expect(contentType).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
    for (const [who, text] of texts) expect(() => parseOpenMetrics(text), who).not.toThrow();
  });

  it('given the catalogue, then every metric of it was seen, with no other labels than it names', () => {
    const names = exported();
    const missing = Object.values(METRICS)
      .map(sampleName)
      .filter((name) => !names.has(name) && !NOT_IN_A_GOOD_RUN.has(name));
    expect(missing).toEqual([]);
    const known = new Map(Object.values(METRICS).map((metric) => [metric.name as string, metric]));
    for (const { name, samples, help } of families()) {
      const metric = known.get(name);
      expect(metric?.help, name).toBe(help);
      for (const { labels } of samples) {
        const allowed: readonly string[] = ['cluster', ...(metric?.labels ?? [])];
        expect(allowed).toEqual(expect.arrayContaining(Object.keys(labels)));
      }
    }
  });

  it('given rows, then no key and no value of one is in any scrape', () => {
    for (const [who, text] of texts) {
      expect(text, who).not.toContain(SECRET_ROW);
      expect(text, who).not.toContain(SECRET_VALUE);
    }
  });

  it('given a blocked way, then the trouble, the tries and the next command are there, and gone when it is over', () => {
    const trouble = only('east meta in trouble', 'bridle_duplication_trouble');
    expect(trouble).toContainEqual({
      name: 'bridle_duplication_trouble',
      labels: expect.objectContaining({ table: 'users', actor: 'followerTable', operation: 'RPC_NFS_COPY' }),
      value: expect.any(Number),
    });
    expect(only('east meta in trouble', 'bridle_duplication_next_info')[0]?.labels.next).toBe(
      'bridle policy show',
    );
    expect(only('east meta in DS_LOG', 'bridle_duplication_trouble')).toEqual([]);
    expect(only('east meta in DS_LOG', 'bridle_duplication_next_info')[0]?.labels.next).toBe(
      'bridle verify users',
    );
    const retried = [...texts.keys()].flatMap((who) => only(who, 'bridle_retries_total'));
    expect(retried.map(({ labels }) => labels.actor)).toEqual(
      expect.arrayContaining(['followerTable', 'checkpointTransfer']),
    );
  });

  it('given the logs of both clusters, then lines about the duplication carry the id that the metrics name', () => {
    const id = only('east meta in trouble', 'bridle_duplication_info')[0]?.labels.correlation ?? '';
    expect(id).toMatch(/^east\/users\/\d+$/);
    expect(correlations.get('east')).toContain(id);
    const ofPartitions = [...(correlations.get('west') ?? [])];
    expect(ofPartitions.length).toBeGreaterThan(0);
    for (const found of ofPartitions) expect([`${id}#0`, `${id}#1`]).toContain(found);
  });

  it('given DS_LOG, then status, stages and decrees say so, and the exporter says the same', () => {
    for (const who of ['east meta in DS_LOG', 'exporter']) {
      const status = only(who, 'bridle_duplication_status');
      expect(status.filter(({ value }) => value === 1).map(({ labels }) => labels.status)).toEqual([
        'DS_LOG',
      ]);
      expect(status).toHaveLength(6);
      const ended = only(who, 'bridle_duplication_stage_end_timestamp_seconds');
      expect(ended.map(({ labels }) => labels.stage)).toEqual(['prepare', 'copy']);
      const began = only(who, 'bridle_duplication_stage_start_timestamp_seconds');
      expect(began.map(({ labels }) => labels.stage)).toEqual(['prepare', 'copy', 'ship']);
      expect(only(who, 'bridle_duplication_lag_decrees')[0]?.value).toBe(0);
      expect(only(who, 'bridle_duplication_lag_seconds')[0]?.value).toBe(0);
    }
  });
});

const named = (text: string): string[] => [...new Set(text.match(/\bbridle_[a-z0-9_]+/g) ?? [])].sort();

describe('rules and dashboard', () => {
  const alerts = readFileSync(join(ROOT, 'docs/monitoring/bridle-alerts.yml'), 'utf8');
  const dashboard = readFileSync(join(ROOT, 'docs/monitoring/bridle-dashboard.json'), 'utf8');

  it.each([
    ['the rules', alerts],
    ['the dashboard', dashboard],
  ])('given every metric that %s name, then a real scrape has it', (_, text) => {
    const names = exported();
    expect(named(text).length).toBeGreaterThan(10);
    expect(named(text).filter((name) => !names.has(name))).toEqual([]);
  });

  it('given the dashboard, then each query picks labels that its metric has', () => {
    interface Panel {
      readonly title: string;
      readonly description?: string;
      readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
    }
    const { panels } = JSON.parse(dashboard) as { readonly panels: readonly Panel[] };
    const byName = new Map(Object.values(METRICS).map((metric) => [sampleName(metric), metric]));
    for (const { title, targets = [], description } of panels) {
      if (targets.length > 0) expect(description, title).toMatch(/\.$/);
      for (const { expr, legendFormat } of targets) {
        for (const [, name = '', selector = ''] of expr.matchAll(/(bridle_[a-z0-9_]+)\{([^}]*)\}/g)) {
          const metric = byName.get(name);
          expect(metric, `${title}: ${name}`).toBeDefined();
          const labels = ['cluster', ...(metric?.labels ?? [])];
          const picked = [...selector.matchAll(/(\w+)[=!]~?"/g)].map(([, label]) => label);
          for (const label of picked) expect(labels, `${title}: ${name}`).toContain(label);
          // What a panel writes beside a line has to come from the metric, or from who was scraped.
          for (const [, label = ''] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) {
            expect([...labels, 'instance'], `${title}: ${legendFormat}`).toContain(label);
          }
        }
      }
    }
  });

  it('given every alert, then it has a severity, a summary, a runbook, a test and a row in the guide', () => {
    const tests = readFileSync(join(ROOT, 'test/monitoring/bridle-alerts.test.yml'), 'utf8');
    const guide = readFileSync(join(ROOT, 'docs/monitoring.md'), 'utf8');
    const rules = alerts.split(/^ {6}- alert: /m).slice(1);
    expect(rules.length).toBeGreaterThan(15);
    for (const rule of rules) {
      const name = /^\w+/.exec(rule)?.[0] ?? '';
      expect(rule, name).toMatch(/severity: (warning|critical)/);
      expect(rule, name).toMatch(/summary: \S/);
      expect(rule, name).toMatch(/runbook: (&next|\*next|bridle )/);
      expect(tests, `${name} is not tested`).toMatch(new RegExp(`alertname: ${name}\\b[^}]*?exp_alerts:\\n`));
      expect(guide, `${name} is not explained`).toContain(`\`${name}\``);
    }
  });
});

describe('what others say about it', () => {
  const promtool = findPromtool();
  it(promtool === undefined
    ? 'given no promtool on this machine, then it was NOT asked: npm run test:alerts fetches it'
    : 'given promtool, then it finds nothing to object to in the older format, nor in the rules', () => {
    if (promtool === undefined) return expect(families().length).toBeGreaterThan(0);
    const run = (args: readonly string[], input?: string) =>
      spawnSync(promtool, args, {
        cwd: ROOT,
        encoding: 'utf8',
        ...(input === undefined ? {} : { input }),
      });
    const scrape = new Scrape({ cluster: 'east' });
    for (const metric of Object.values(METRICS)) {
      scrape.set(metric, Object.fromEntries(metric.labels.map((label) => [label, 'x'])), 1);
    }
    const checked = run(['check', 'metrics'], scrape.render('text'));
    expect(`${checked.stdout}${checked.stderr}`).toBe('');
    expect(checked.status).toBe(0);
    expect(run(['check', 'rules', 'docs/monitoring/bridle-alerts.yml']).status).toBe(0);
  }, 60_000);

  const parser = findParser();
  it(parser === undefined
    ? 'given no Python parser of OpenMetrics here, then it was NOT asked: npm run test:alerts fetches it'
    : 'given Python’s strict parser of OpenMetrics, then it reads every scrape and finds every family', () => {
    // The texts are the same; only who else reads them is missing.
    if (parser === undefined) return expect(texts.size).toBe(14);
    const program = [
      'import sys, json',
      'from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse',
      'print(json.dumps([len(list(parse(text))) for text in json.load(sys.stdin)]))',
    ].join('\n');
    const all = [...texts.values()];
    const run = spawnSync(parser.command, ['-c', program], {
      encoding: 'utf8',
      input: JSON.stringify(all),
      env: parser.env,
    });
    expect(run.stderr).toBe('');
    expect(JSON.parse(run.stdout)).toEqual(all.map((text) => parseOpenMetrics(text).length));
  }, 60_000);
});
