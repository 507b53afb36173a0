/** Where Prometheus' promtool and Python's OpenMetrics parser are; undefined where they are not. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

/** Debian's packages are unpacked here where they are not installed. */
export const UNPACKED = join(tmpdir(), 'bridle-monitoring-tools');
const PYTHON = '/usr/bin/python3';

const works = (command, args, env = process.env) =>
  spawnSync(command, args, { stdio: 'ignore', env }).status === 0;

/** @returns {string | undefined} */
export function findPromtool() {
  const candidates = [process.env.BRIDLE_PROMTOOL, 'promtool', join(UNPACKED, 'usr/bin/promtool')];
  return candidates.find((candidate) => candidate !== undefined && works(candidate, ['--version']));
}

/** @returns {{ command: string, env: Record<string, string | undefined> } | undefined} */
export function findParser() {
  if (!existsSync(PYTHON)) return undefined;
  const env = { ...process.env, PYTHONPATH: join(UNPACKED, 'usr/lib/python3/dist-packages') };
  return works(PYTHON, ['-c', 'import prometheus_client.openmetrics.parser'], env)
    ? { command: PYTHON, env }
    : undefined;
}
