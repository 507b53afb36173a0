/** Runs a worker, and notices when it hangs or dies. */
import { Worker } from 'node:worker_threads';
import {
  type Failure,
  type Job,
  Slot,
  sharedBytes,
  type WorkerMessage,
  type WorkerStats,
} from './protocol.js';

/** An input that takes longer hangs; generous, for the machine may be busy. */
const HANG_MS = 20_000;
const LOOK_MS = 250;
/** Of JavaScript's heap: what one input may take, and all of them together must not fill. */
const HEAP_MB = 384;

export interface Finding {
  readonly target: string;
  readonly failure: Failure;
  readonly input: Buffer;
}

export interface Outcome {
  readonly findings: readonly Finding[];
  readonly stats: WorkerStats;
}

const NOTHING: WorkerStats = { inputs: 0, kept: 0, places: 0, grownBytes: 0 };

/** One worker from its start to its end; at most one finding for each kind of failure. */
export function supervise(bundle: string, job: Omit<Job, 'shared'>, hangMs = HANG_MS): Promise<Outcome> {
  const shared = new SharedArrayBuffer(sharedBytes);
  const slot = new Slot(shared);
  const findings = new Map<string, Finding>();
  const find = (failure: Failure, input: Uint8Array) => {
    const key = `${failure.how} ${failure.what}`;
    const known = findings.get(key);
    if (known !== undefined && known.input.length <= input.length) return;
    findings.set(key, { target: job.target, failure, input: Buffer.from(input) });
  };
  return new Promise((resolve) => {
    const worker = new Worker(bundle, {
      workerData: { ...job, shared } satisfies Job,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
    });
    let stats = NOTHING;
    let turn = slot.turn;
    let sinceMs = performance.now();
    const watch = setInterval(() => {
      const nowMs = performance.now();
      if (slot.turn !== turn) {
        turn = slot.turn;
        sinceMs = nowMs;
      } else if (turn > 0 && nowMs - sinceMs > hangMs) {
        find({ how: 'hangs', what: `no end within ${hangMs} ms`, stack: '' }, slot.take());
        void worker.terminate();
      }
    }, LOOK_MS);
    worker.on('message', (message: WorkerMessage) => {
      if (message.type === 'done') {
        stats = message.stats;
        // What it waits for now is nobody's concern: a listener of the inspector, perhaps.
        void worker.terminate();
      } else find(message.failure, message.input);
    });
    worker.on('error', (error: Error & { code?: string }) => {
      const memory = error.code === 'ERR_WORKER_OUT_OF_MEMORY';
      const failure: Failure = {
        how: memory ? 'memory' : 'throws',
        what: memory ? `more than ${HEAP_MB} MB of heap` : `${error.name}: ${error.message}`,
        stack: error.stack ?? '',
      };
      find(failure, slot.take());
    });
    worker.on('exit', () => {
      clearInterval(watch);
      resolve({ findings: [...findings.values()], stats });
    });
  });
}
