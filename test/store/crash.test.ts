import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryEngine, PartitionStore } from '../../runtime/store/index.js';
import { applyCounter } from './crash-state.js';
import { applyText, contentOf, modelAfter, temporaryDirectory } from './support.js';

describe('kill -9 of a writing process', () => {
  it('loses nothing acknowledged and applies nothing twice, round after round', async () => {
    const directory = join(temporaryDirectory(), 'p');
    let acknowledged = 0;
    for (let round = 0; round < 4; round++) {
      acknowledged = Math.max(acknowledged, await writeAndKill(directory, 200 + round * 170));
      const store = await PartitionStore.open({ directory, apply: applyCounter });
      expect(store.lastCommittedDecree).toBeGreaterThanOrEqual(acknowledged);
      expect(Number((await store.get(Buffer.from('counter')))?.toString())).toBe(store.lastCommittedDecree);
      for (let decree = 1; decree <= store.lastCommittedDecree; decree += 37) {
        expect((await store.get(Buffer.from(`d${decree}`)))?.toString()).toBe('1');
      }
      acknowledged = store.lastCommittedDecree;
      await store.close();
    }
    expect(acknowledged).toBeGreaterThan(100);
  });
});

/** Highest decree the child printed before it was killed. */
async function writeAndKill(directory: string, afterMs: number): Promise<number> {
  const writer = fileURLToPath(new URL('./crash-writer.ts', import.meta.url));
  const child: ChildProcess = spawn(process.execPath, ['--import', 'tsx', writer, directory], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  child.stderr!.on('data', (data: Buffer) => {
    errors += data.toString();
  });
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    child.once('exit', () => reject(new Error(`the writer ended by itself: ${errors}`)));
    child.stdout!.on('data', (data: Buffer) => {
      if (output === '') setTimeout(resolve, afterMs);
      output += data.toString();
    });
  });
  child.removeAllListeners('exit');
  child.kill('SIGKILL');
  await closed;
  const lines = output.slice(0, output.lastIndexOf('\n')).split('\n');
  return Math.max(0, ...lines.map(Number).filter(Number.isSafeInteger));
}

const command = fc.oneof(
  fc.tuple(fc.nat(8), fc.nat(99)).map(([key, value]) => `put k${key} ${value}`),
  fc.nat(8).map((key) => `del k${key}`),
  fc.tuple(fc.nat(8), fc.nat(9)).map(([key, value]) => `add k${key} ${value}`),
);
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.array(command, { minLength: 1, maxLength: 12 }).map((commands) => ({ write: commands })),
  },
  { weight: 1, arbitrary: fc.constant({ checkpoint: true as const }) },
  { weight: 1, arbitrary: fc.nat(200).map((upTo) => ({ collect: upTo })) },
  { weight: 2, arbitrary: fc.nat(400).map((tear) => ({ crash: tear })) },
);

describe('a partition under crashes', () => {
  it('equals the model of a prefix that contains everything acknowledged', async () => {
    const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31);
    console.log(`seed ${seed}; repeat with SEED=${seed}`);
    const property = fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 14 }), async (steps) => {
      const root = temporaryDirectory();
      let directory = join(root, 'p0');
      // In memory, the engine forgets everything in a crash, as after a power failure.
      const open = () =>
        PartitionStore.open({
          directory,
          apply: applyText,
          openEngine: MemoryEngine.open,
          logOptions: { segmentSizeBytes: 700 },
        });
      let store = await open();
      let history: string[] = [];
      let allowed = 0;
      for (const [i, action] of steps.entries()) {
        if ('write' in action) {
          await Promise.all(
            action.write.map((text) => store.write({ code: 'T', message: Buffer.from(text) })),
          );
          history.push(...action.write);
        } else if ('checkpoint' in action) {
          expect((await store.checkpoint()).decree).toBe(history.length);
        } else if ('collect' in action) {
          await store.collectLog(action.collect);
          // What an earlier, larger request removed stays removed.
          allowed = Math.max(allowed, Math.min(action.collect, store.checkpoints.latest()?.decree ?? 0));
          expect(store.minDecreeInLog).toBeLessThanOrEqual(allowed + 1);
        } else {
          // Three more writes are under way; the crash leaves any part of them.
          const under = ['put k1 x', 'add k2 1', 'del k3'];
          const acknowledged = history.length;
          const logName = newestSegment(directory);
          const before = readFileSync(join(directory, 'log', logName)).length;
          await Promise.all(under.map((text) => store.write({ code: 'T', message: Buffer.from(text) })));
          const copy = join(root, `p${i + 1}`);
          cpSync(directory, copy, { recursive: true });
          await store.close();
          rmSync(directory, { recursive: true });
          directory = copy;
          if (newestSegment(directory) === logName) {
            const path = join(directory, 'log', logName);
            const whole = readFileSync(path);
            writeFileSync(path, whole.subarray(0, before + (action.crash % (whole.length - before + 1))));
          }
          store = await open();
          expect(store.lastCommittedDecree).toBeGreaterThanOrEqual(acknowledged);
          history = [...history, ...under].slice(0, store.lastCommittedDecree);
        }
        expect(await contentOf(store)).toEqual(modelAfter(history));
        expect(store.lastDurableDecree).toBe(history.length);
      }
      const tail = await store.readLog({ afterDecree: store.minDecreeInLog - 1 });
      expect(tail.mutations.map(({ message }) => message.toString())).toEqual(
        history.slice(store.minDecreeInLog - 1),
      );
      await store.close();
    });
    await fc.assert(property, { seed, numRuns: Number(process.env.RUNS ?? 15), endOnFailure: true });
  }, 120_000);
});

function newestSegment(directory: string): string {
  const decrees = readdirSync(join(directory, 'log')).map((name) => Number(name.slice('log.'.length)));
  return `log.${Math.max(...decrees)}`;
}
