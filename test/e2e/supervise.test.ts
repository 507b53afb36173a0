/** `bridle supervise` as a process of its own, killed in the middle of a healing, against two real clusters. */
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { duplicate } from '../../runtime/index.js';
import { bridle } from '../cli/bridle.js';
import { startPair } from './support.js';

const MAIN = fileURLToPath(new URL('../../dist/runtime/cli/main.js', import.meta.url));
const LIMIT_MS = 240_000;

/** Runs the command until it says this, and ends it with a signal. */
function endedAt(words: string, signal: NodeJS.Signals, args: readonly string[]): Promise<number | null> {
  const child = spawn(process.execPath, [MAIN, 'supervise', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  return new Promise((resolve, reject) => {
    child.stdout.on('data', (text: Buffer) => {
      said += text.toString();
      if (said.includes(words)) child.kill(signal);
    });
    child.on('error', reject);
    child.on('close', resolve);
  });
}

describe('given a copy that an earlier duplication has left', () => {
  test(
    'when bridle supervise is killed in the middle of taking it away, then the same command ends it, compared and watched',
    async () => {
      await using pair = await startPair();
      const [source, target] = [pair.source.client, pair.follower.client];
      await source.createTable('users', { partitionCount: 2 });
      const rows = await source.table('users');
      for (let i = 0; i < 50; i++) await rows.put(`u${i}`, 's', 'before');
      await using before = await duplicate({ source, table: 'users', target });
      await before.waitFor('DS_LOG', { timeoutMs: 60_000 });
      await before.remove({ follower: 'keep', wait: true });
      await rows.put('u0', 's', 'after');
      const [left] = await target.listTables();
      const journal = join(pair.directory, 'users.json');
      const where = ['--meta', pair.source.servers.meta, '--follower', pair.follower.servers.meta];
      const args = ['users', '--to', 'west', ...where, '--journal', journal];

      const refused = await bridle(['supervise', ...args, '--once', '--json']);
      expect(refused.exitCode).toBe(1);
      expect(JSON.parse(refused.stdout.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({
        outcome: 'handedOver',
        reason: { error: 'BRIDLE_NEEDS_PERMISSION', operation: 'drop-leftover' },
        next: `bridle supervise users --to west --follower ${pair.follower.servers.meta} --journal ${journal} --once --heal drop-leftover`,
      });

      const allowed = [...args, '--heal', 'drop-leftover'];
      expect(await endedAt('dropping', 'SIGKILL', allowed)).toBe(null);
      expect(JSON.parse(await readFile(journal, 'utf8')).memory).toMatchObject({
        heals: 1,
        heal: { kind: 'drop-leftover', appId: left?.appId },
      });

      const done = await bridle(['supervise', ...allowed, '--once', '--verify']);
      expect(done.stdout).toMatch(/reached +duplication \d+ is in DS_LOG, both sides equal/);
      expect(done.exitCode).toBe(0);
      const [copy, ...others] = await target.listTables();
      expect(others).toEqual([]);
      expect(copy?.appId).not.toBe(left?.appId);

      // Without --once it stays, until it is interrupted.
      expect(await endedAt('reached', 'SIGINT', allowed)).toBe(130);
    },
    LIMIT_MS,
  );
});
