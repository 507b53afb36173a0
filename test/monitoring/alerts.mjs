#!/usr/bin/env node
/**
 * Tests the alert rules with Prometheus' own tool, and real scrapes with two parsers that are not ours.
 * Where the tools are missing, Debian's packages are fetched and unpacked beside the system: nothing is
 * installed, no service is started, and root is not needed. `BRIDLE_PROMTOOL` names another promtool.
 *
 *   npm run test:alerts
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { findParser, findPromtool, UNPACKED } from './find-tools.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PACKAGES = ['prometheus', 'python3-prometheus-client', 'python3-decorator'];
const DEADLINE_MS = 8 * 60_000;

function run(command, args, options = {}) {
  const all = { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'], timeout: DEADLINE_MS, ...options };
  return spawnSync(command, args, all).status === 0;
}

function unpack() {
  console.error(`unpacking Debian’s ${PACKAGES.join(', ')} in ${UNPACKED}`);
  mkdirSync(UNPACKED, { recursive: true });
  const here = { cwd: UNPACKED };
  // The list of packages may be older than the packages.
  if (!run('apt-get', ['download', ...PACKAGES], here)) {
    run('apt-get', ['update', '-qq']);
    run('apt-get', ['download', ...PACKAGES], here);
  }
  for (const file of readdirSync(UNPACKED)) {
    if (file.endsWith('.deb')) run('dpkg', ['-x', join(UNPACKED, file), UNPACKED]);
  }
}

if (findPromtool() === undefined || findParser() === undefined) unpack();
const promtool = findPromtool();
if (promtool === undefined || findParser() === undefined) {
  console.error(
    `This needs promtool and Python’s prometheus_client. On Debian: apt-get install ${PACKAGES.join(' ')}`,
  );
  process.exit(1);
}
const good =
  run(promtool, ['check', 'rules', 'docs/monitoring/bridle-alerts.yml']) &&
  run(promtool, ['check', 'config', 'docs/monitoring/prometheus.yml']) &&
  run(promtool, ['test', 'rules', 'test/monitoring/bridle-alerts.test.yml']) &&
  run('npx', ['vitest', 'run', 'test/monitoring']);
process.exit(good ? 0 : 1);
