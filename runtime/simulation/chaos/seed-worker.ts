/** A thread that runs the seeds it is sent. */
import { parentPort } from 'node:worker_threads';
import type { SeedTask } from './seeds.js';
import { simulate } from './simulate.js';

parentPort?.on('message', (task: SeedTask) => {
  simulate(task).then(
    (run) => parentPort?.postMessage(run),
    (error: unknown) =>
      setImmediate(() => {
        throw error;
      }),
  );
});
