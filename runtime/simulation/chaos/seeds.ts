/** Runs one seed after the other, here or in threads. */
import { Worker } from 'node:worker_threads';
import { type Simulated, type SimulateOptions, simulate } from './simulate.js';

export interface SeedsOptions extends Omit<SimulateOptions, 'seed' | 'only'> {
  readonly firstSeed: number;
  readonly seeds: number;
  /** Threads; 1 is this one. Default 1. */
  readonly jobs?: number;
  /** Called as each run ends. True: begin no more. */
  readonly onRun: (run: Simulated) => boolean;
}

/** Resolves when every run that was begun has ended. @throws what went wrong with a thread */
export async function simulateSeeds(options: SeedsOptions): Promise<void> {
  const { firstSeed, seeds, jobs = 1, onRun, signal, ...each } = options;
  let next = firstSeed;
  let enough = false;
  const take = (): number | null =>
    enough || signal?.aborted === true || next >= firstSeed + seeds ? null : next++;
  const note = (run: Simulated) => {
    enough = onRun(run) || enough;
  };
  if (jobs <= 1) {
    const limits = signal === undefined ? {} : { signal };
    for (let seed = take(); seed !== null; seed = take()) note(await simulate({ ...each, ...limits, seed }));
    return;
  }
  await Promise.all(
    Array.from({ length: Math.min(jobs, seeds) }, () => workThrough(take, note, each, signal)),
  );
}

/** What a thread is asked; it answers with a `Simulated`. */
export type SeedTask = SimulateOptions & { readonly signal?: never };

async function workThrough(
  take: () => number | null,
  note: (run: Simulated) => void,
  each: Omit<SeedTask, 'seed'>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const worker = new Worker(new URL('./seed-worker.js', import.meta.url));
  const end = () => void worker.terminate();
  signal?.addEventListener('abort', end, { once: true });
  try {
    await new Promise<void>((resolve, reject) => {
      const ask = () => {
        const seed = take();
        if (seed === null) resolve();
        else worker.postMessage({ ...each, seed } satisfies SeedTask);
      };
      worker.on('message', (run: Simulated) => {
        note(run);
        ask();
      });
      worker.on('error', reject);
      worker.on('exit', () => resolve());
      ask();
    });
  } finally {
    signal?.removeEventListener('abort', end);
    await worker.terminate();
  }
}
