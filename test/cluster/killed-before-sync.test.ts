/**
 * A process that is killed between a name and its sync leaves a name that its successor sees. What that one
 * acknowledges has to survive a power failure all the same (SPEC S-KEEP-1).
 */
import { describe, expect, it } from 'vitest';
import { VirtualClusters } from '../../runtime/simulation/index.js';

const SERVER = 'east/replica-0';
/** Small, so that the log is cut and checkpoints are made within a few rows. */
const LIMITS = { logBytes: 1024 };
const ROWS = 12;
const VALUE = 'x'.repeat(200);

/** How many disk operations there were, if it was not killed before. */
async function killedBefore(operation: number): Promise<number> {
  const clusters = await VirtualClusters.start({ seed: 1, replicas: 1, limits: LIMITS });
  const { world } = clusters;
  let count = 0;
  let killed = false;
  world.diskRules.push(({ server }) => {
    if (server !== SERVER || killed) return undefined;
    count++;
    if (count < operation) return undefined;
    killed = true;
    clusters.crash(SERVER, { processOnly: true });
    const run = () => void clusters.restart(SERVER);
    world.schedule.add({ kind: 'timer', server: 'test', label: 'restart', run }, 200);
    return undefined;
  });
  await clusters.createTable('users', 1);
  const acknowledged: string[] = [];
  for (let i = 0; i < ROWS; i++) {
    const successor = killed;
    await clusters.put('users', `row ${i}`, 'name', VALUE);
    acknowledged.push(`row ${i}/name`);
    // No more than the first that its successor acknowledges: others make more names durable on the way.
    if (successor) break;
  }
  const counted = count;
  clusters.crash(SERVER);
  await clusters.advance(500);
  await clusters.restart(SERVER);
  const { source } = await clusters.until('served again', (seen) => seen.source[0]?.state === 'serving');
  const rows = Object.keys(source[0]?.rows ?? {});
  expect(rows, `killed before operation ${operation}`).toEqual(expect.arrayContaining(acknowledged));
  return counted;
}

describe('a process that is killed, and then a power failure', () => {
  it('given any disk operation before which it is killed, then all that was acknowledged is there', async () => {
    const all = await killedBefore(Number.POSITIVE_INFINITY);
    expect(all).toBeGreaterThan(50);
    for (let operation = 1; operation <= all; operation++) await killedBefore(operation);
  }, 60_000);
});
