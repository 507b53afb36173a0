#!/usr/bin/env node
/**
 * Sees to it that there is a Chromium for the browser tests: one that is here, or Debian's package.
 * `BRIDLE_CHROMIUM` names another one. Prints where it is.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import process from 'node:process';
import { findChromium } from './find-chromium.mjs';

const INSTALL_DEADLINE_MS = 8 * 60_000;

function run(command, args) {
  const { status, error } = spawnSync(command, args, {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    timeout: INSTALL_DEADLINE_MS,
  });
  return error === undefined && status === 0;
}

/** As root, or through sudo where that asks for no password. */
function aptGet(...args) {
  return process.getuid?.() === 0 ? run('apt-get', args) : run('sudo', ['-n', 'apt-get', ...args]);
}

if (findChromium() === undefined && existsSync('/usr/bin/apt-get')) {
  const install = ['install', '-y', '--no-install-recommends', 'chromium'];
  console.error('no Chromium here: installing Debian’s package');
  // The list of packages may be older than the packages.
  if (!aptGet(...install)) aptGet('update') && aptGet(...install);
}
const found = findChromium();
if (found === undefined) {
  console.error(
    'The browser tests need Chromium. Install it (Debian: apt-get install chromium), or name one:',
  );
  console.error('  BRIDLE_CHROMIUM=/path/to/chromium npm run test:browser');
  process.exit(1);
}
console.log(found);
