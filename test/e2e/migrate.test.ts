/** `bridle migrate` as a process of its own, killed in the middle, against two real clusters. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { type Cluster, duplicate } from '../../runtime/index.js';
import { bridle, json } from '../cli/bridle.js';
import { startPair, until } from './support.js';

const MAIN = fileURLToPath(new URL('../../dist/runtime/cli/main.js', import.meta.url));
const LIMIT_MS = 240_000;
const LONG = process.env.BRIDLE_MIGRATION === 'long';

/** Runs the command until it says that a phase has begun, and kills it there. */
function killedAt(phase: string, args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [MAIN, 'migrate', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  return new Promise((resolve, reject) => {
    const note = (text: Buffer) => {
      said += text.toString();
      if (said.includes(`→ ${phase}`)) child.kill('SIGKILL');
    };
    child.stdout.on('data', note);
    child.stderr.on('data', note);
    child.on('error', reject);
    child.on('close', () => resolve(said));
  });
}

const takesWrites = async (cluster: Cluster): Promise<boolean> => {
  const table = await cluster.table('users');
  return table.put('probe', 's', 'x', { timeoutMs: 1_000 }).then(
    () => true,
    () => false,
  );
};

describe('given bridle migrate, killed with kill -9 while clients write', () => {
  test(
    'when it is undone, tried again, killed after the decision and resumed, then no acknowledged write is lost',
    async () => {
      await using pair = await startPair();
      const [source, target] = [pair.source.client, pair.follower.client];
      const meta = pair.source.servers.meta;
      const follower = pair.follower.servers.meta;
      await source.createTable('users', { partitionCount: 2 });
      await using users = await duplicate({ source, table: 'users', target });
      await users.waitFor('DS_LOG', { timeoutMs: 60_000 });
      const acknowledged: string[] = [];
      let stopped = false;
      const writing = (async () => {
        const table = await source.table('users');
        for (let i = 0; !stopped; i++) {
          await table.put(`w${i}`, 's', String(i), { timeoutMs: 500 }).then(
            () => acknowledged.push(`w${i}`),
            () => undefined,
          );
        }
      })();
      const journal = join(pair.directory, 'users.json');
      const args = ['users', '--to', 'west', '--meta', meta, '--follower', follower, '--journal', journal];

      const plan = await json(['migrate', ...args, '--dry-run']);
      expect(plan).toMatchObject({ exitCode: 0, dryRun: true, canCutOver: true });

      for (const phase of LONG ? ['fencing', 'draining', 'verifying', 'deciding'] : ['draining']) {
        await killedAt(phase, args);
        expect(await json(['status', 'users', '--meta', meta])).toMatchObject({
          fences: [{ table: 'users', line: expect.stringContaining(`--undo ${journal}`) }],
        });
        expect((await bridle(['explain', 'users', '--meta', meta])).stdout).toContain(`--undo ${journal}`);
        expect(await json(['migrate', ...args])).toMatchObject({ error: { code: 'BRIDLE_FENCED' } });
        const undone = await json(['migrate', '--undo', journal]);
        expect(undone).toMatchObject({ exitCode: 0, outcome: 'undone' });
        const before = acknowledged.length;
        await until('writes to be acknowledged again', () => acknowledged.length > before + 3);
      }

      await killedAt('handingOver', args);
      expect(await json(['migrate', '--undo', journal])).toMatchObject({
        exitCode: 4,
        error: { code: 'BRIDLE_DECIDED', next: `bridle migrate --resume ${journal}` },
      });
      const done = await json(['migrate', '--resume', journal]);
      expect(done).toMatchObject({ exitCode: 0, outcome: 'done' });
      stopped = true;
      await writing;

      const copy = await target.table('users');
      const missing: string[] = [];
      for (const key of acknowledged) if ((await copy.get(key, 's')) === undefined) missing.push(key);
      expect(missing).toEqual([]);
      expect(acknowledged.length).toBeGreaterThan(10);
      expect(await takesWrites(source)).toBe(false);
      await until('the follower to take writes', () => takesWrites(target));
      const after = await bridle(['status', '--meta', meta]);
      expect(after.stdout).toContain('users has moved to west/users');
      expect(await json(['migrate', '--resume', journal])).toMatchObject({
        error: { code: 'ERR_NO_NEED_OPERATE' },
      });
    },
    LIMIT_MS,
  );
});
