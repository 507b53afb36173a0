/** A server process whose parent is gone ends, also when the parent went while it was starting. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DEFAULT_LIMITS, DEFAULT_TIMES, type ServerConfig } from '../../runtime/cluster/config.js';

let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bridle-orphan-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

it('a server that loses its parent before it listens does not stay behind', async () => {
  const config: ServerConfig = {
    cluster: { name: 'east', id: 1 },
    remotes: {},
    policy: null,
    times: DEFAULT_TIMES,
    limits: DEFAULT_LIMITS,
    role: 'meta',
    listen: { host: '127.0.0.1', port: 0 },
    directory,
    metas: ['127.0.0.1:1'],
  };
  const entry = fileURLToPath(new URL('../../runtime/cluster/main.ts', import.meta.url));
  const child = fork(entry, [JSON.stringify(config)], { stdio: 'ignore', execArgv: ['--import', 'tsx'] });
  const ended = once(child, 'exit', { signal: AbortSignal.timeout(20_000) });
  child.disconnect();
  try {
    expect((await ended)[0]).toBe(0);
  } finally {
    child.kill('SIGKILL');
  }
}, 30_000);
