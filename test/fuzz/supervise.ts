/** Runs workers, and notices when one hangs or dies. */
import { Worker } from 'node:worker_threads';
import {
  type Failure,
  type Job,
  Slot,
  sharedBytes,
  type Task,
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

/** What came of one task; at most one finding for each kind of failure. */
export interface Outcome {
  readonly target: string;
  readonly findings: readonly Finding[];
  readonly stats: WorkerStats;
}

const NOTHING: WorkerStats = { inputs: 0, kept: 0, places: 0, grownBytes: 0 };

export interface SuperviseOptions {
  /** Default: when all inputs were tried. In milliseconds since 1970. */
  readonly endsAtMs?: number;
  /** Default 20 s. */
  readonly hangMs?: number;
  readonly onOutcome?: (outcome: Outcome) => void;
}

/** All tasks, in workers that are replaced when they die. */
export async function supervise(
  bundle: string,
  tasks: readonly Task[],
  options: SuperviseOptions = {},
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  while (outcomes.length < tasks.length) {
    for (const outcome of await oneWorker(bundle, tasks.slice(outcomes.length), options))
      outcomes.push(outcome);
  }
  return outcomes;
}

/** The outcomes of the tasks up to the last, or to the one in which the worker died. */
function oneWorker(
  bundle: string,
  tasks: readonly Task[],
  { hangMs = HANG_MS, endsAtMs = Number.POSITIVE_INFINITY, onOutcome = () => {} }: SuperviseOptions,
): Promise<Outcome[]> {
  const shared = new SharedArrayBuffer(sharedBytes);
  const slot = new Slot(shared);
  const outcomes: Outcome[] = [];
  let target = tasks[0]?.target ?? '';
  let findings = new Map<string, Finding>();
  const find = (failure: Failure, input: Uint8Array) => {
    const key = `${failure.how} ${failure.what}`;
    const known = findings.get(key);
    if (known !== undefined && known.input.length <= input.length) return;
    findings.set(key, { target, failure, input: Buffer.from(input) });
  };
  const end = (stats: WorkerStats) => {
    const outcome = { target, findings: [...findings.values()], stats };
    outcomes.push(outcome);
    findings = new Map();
    onOutcome(outcome);
  };
  return new Promise((resolve) => {
    const worker = new Worker(bundle, {
      workerData: { tasks, endsAtMs, shared } satisfies Job,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
    });
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
      if (message.type === 'began') target = message.target;
      else if (message.type === 'failed') find(message.failure, message.input);
      else if (message.type === 'ended') end(message.stats);
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
      if (outcomes.length < tasks.length) end(NOTHING);
      resolve(outcomes);
    });
  });
}
