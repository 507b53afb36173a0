#!/usr/bin/env node
/**
 * The whole way with real data, through the command line: load a JSON Lines file, duplicate the table while
 * every row is rewritten with another value, and compare both sides row by row.
 *
 *   apt-cache dumpavail | node test/long/debian-index.mjs > packages.jsonl
 *   node test/long/real-data.mjs packages.jsonl [--hash-key Package] [--sort-key Version]
 *
 * Prints one JSON line; exit code 0 only if every row is equal. Needs a built checkout (`npm ci`).
 */
import { spawn } from 'node:child_process';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    'hash-key': { type: 'string', default: 'Package' },
    'sort-key': { type: 'string', default: 'Version' },
  },
});
const [file] = positionals;
if (file === undefined) {
  console.error('usage: real-data.mjs FILE.jsonl [--hash-key FIELD] [--sort-key FIELD]');
  process.exit(2);
}
const keys = ['--hash-key', values['hash-key'], '--sort-key', values['sort-key']];
const main = new URL('../../dist/runtime/cli/main.js', import.meta.url).pathname;
const directory = await mkdtemp(join(tmpdir(), 'bridle-real-'));
const east = join(directory, 'east');
const west = join(directory, 'west');

/** Runs one command; its last line of JSON. */
function bridle(...args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [main, ...args, '--json'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let out = '';
    child.stdout.on('data', (chunk) => {
      out += chunk;
    });
    child.on('close', (code) => {
      const last = out.trim().split('\n').at(-1) ?? '';
      if (code === 0) resolve(JSON.parse(last));
      else reject(new Error(`bridle ${args.join(' ')} ended with ${code}: ${last}`));
    });
  });
}

/** The same rows with another value each. */
async function rewritten() {
  const path = join(directory, 'rewritten.jsonl');
  const out = createWriteStream(path);
  for await (const line of createInterface({ input: createReadStream(file) })) {
    if (line !== '') out.write(`${JSON.stringify({ ...JSON.parse(line), rewritten: true })}\n`);
  }
  await new Promise((resolve) => out.end(resolve));
  return path;
}

let equal = false;
try {
  const follower = await bridle('up', '--name', 'west', '--data', west, '--meta-port', '0');
  const source = await bridle(
    'up',
    '--name',
    'east',
    '--data',
    east,
    '--meta-port',
    '0',
    '--remote',
    `west=${follower.meta}`,
  );
  const at = ['--meta', source.meta];
  await bridle('table', 'create', 'real', '--partitions', '16', ...at);
  const loaded = await bridle('load', 'real', file, ...keys, ...at);
  const second = await rewritten();
  const reloading = bridle('load', 'real', second, ...keys, ...at);
  const duplicated = await bridle('duplicate', 'real', '--to', 'west', '--wait', '--timeout', '300', ...at);
  const reloaded = await reloading;
  const verified = await bridle('verify', 'real', '--follower', follower.meta, ...at);
  equal = verified.equal;
  console.log(
    JSON.stringify({
      loaded,
      reloaded,
      status: duplicated.status,
      verified: { ...verified, examples: undefined },
    }),
  );
} finally {
  await bridle('down', '--data', east).catch(() => undefined);
  await bridle('down', '--data', west).catch(() => undefined);
  await rm(directory, { recursive: true, force: true });
}
process.exit(equal ? 0 : 1);
