/**
 * kill -9 at random, seed after seed: what test/e2e/kill-nine.test.ts does once.
 *
 *   node test/e2e/long/storm.mjs [runs] [first seed]
 *
 * Ends with 1 at the first seed that fails, and names it.
 */
import { spawnSync } from 'node:child_process';

const [runs = 20, first = Math.floor(Math.random() * 2 ** 31)] = process.argv.slice(2).map(Number);
for (let run = 0; run < runs; run++) {
  const seed = first + run;
  const beganMs = Date.now();
  const { status, stdout } = spawnSync('npx', ['vitest', 'run', 'test/e2e/kill-nine.test.ts'], {
    encoding: 'utf8',
    env: { ...process.env, BRIDLE_TEST_SEED: String(seed) },
  });
  const seconds = ((Date.now() - beganMs) / 1000).toFixed(0);
  console.log(
    `${String(run + 1).padStart(4)} of ${runs}  seed ${seed}  ${seconds} s  ${status === 0 ? 'ok' : 'FAILED'}`,
  );
  if (status !== 0) {
    console.log(stdout);
    process.exit(1);
  }
}
