/** Makes inputs and tries them, in a thread that may hang or die. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parentPort, workerData } from 'node:worker_threads';
import { seededRandom } from '../../runtime/simulation/random.js';
import type { Reached } from './bundle.js';
import { mutate, oneOf } from './mutate.js';
import { type Failure, failureOf, type Job, Slot, type Task, type WorkerMessage } from './protocol.js';
import type { FuzzTarget } from './target.js';
import { targetNamed } from './targets/index.js';

/** Put in by whoever bundles this. */
declare const REACHED: Reached;

/** Inputs between two looks at promises that were rejected. */
const BATCH = 256;
/** Beginnings beyond which none is added: most lead nowhere. */
const CORPUS_LIMIT = 20_000;
/** The longest an input may take, in milliseconds; repeated, since the machine may be busy with others. */
const SLOW_MS = 500;
const SLOW_REPEATS = 3;

const { tasks, endsAtMs, shared } = workerData as Job;
const slot = new Slot(shared);
const tell = (message: WorkerMessage) => parentPort?.postMessage(message);

let stray: unknown;
process.on('unhandledRejection', (reason) => {
  stray = reason ?? new Error('a promise was rejected with nothing');
});

/** Stray rejections are told when the microtasks have ended. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
function heldBytes(): number {
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

async function failureWith(target: FuzzTarget, input: Buffer): Promise<Failure | null> {
  slot.put(input);
  try {
    const result = target.run(input);
    if (result !== undefined) await result;
    return null;
  } catch (error) {
    return failureOf('throws', error);
  }
}

async function isSlow(target: FuzzTarget, input: Buffer): Promise<boolean> {
  for (let i = 0; i < SLOW_REPEATS; i++) {
    const beganMs = performance.now();
    await failureWith(target, input);
    if (performance.now() - beganMs < SLOW_MS) return false;
  }
  return true;
}

async function tellStrays(target: FuzzTarget, batch: readonly Buffer[]): Promise<void> {
  await turn();
  if (stray === undefined) return;
  for (const input of batch) {
    stray = undefined;
    await failureWith(target, input);
    await turn();
    if (stray !== undefined) tell({ type: 'failed', failure: failureOf('rejects', stray), input });
  }
  stray = undefined;
}

/** Tries them, and returns those that reached something new. */
async function tryOut(target: FuzzTarget, batch: readonly Buffer[]): Promise<Buffer[]> {
  const fresh: Buffer[] = [];
  for (const input of batch) {
    const beganMs = performance.now();
    const before = REACHED.places;
    const failure = await failureWith(target, input);
    if (failure !== null) tell({ type: 'failed', failure, input });
    else if (performance.now() - beganMs > SLOW_MS && (await isSlow(target, input))) {
      const slow = { how: 'hangs', what: `more than ${SLOW_MS} ms`, stack: '' } as const;
      tell({ type: 'failed', failure: slow, input });
    } else if (REACHED.places > before) fresh.push(input);
  }
  await tellStrays(target, batch);
  return fresh;
}

async function work(
  { target: name, seed, inputs, corpus: known, guided }: Task,
  tasksLeft: number,
): Promise<void> {
  tell({ type: 'began', target: name });
  const target = targetNamed(name);
  const random = seededRandom(seed);
  const corpus = [...target.seeds(), ...known.map((bytes) => Buffer.from(bytes))];
  const given = corpus.length;
  const endMs = Date.now() + (endsAtMs - Date.now()) / tasksLeft;
  REACHED.forget();
  await tryOut(target, corpus.slice());
  let tried = given;
  let baseBytes: number | undefined;
  while (tried < inputs && Date.now() < endMs) {
    const length = Math.min(BATCH, inputs - tried);
    const batch = Array.from({ length }, () => mutate(target, oneOf(random, corpus), corpus, random));
    const fresh = await tryOut(target, batch);
    if (guided && corpus.length < CORPUS_LIMIT) corpus.push(...fresh);
    tried += length;
    // By then everything is compiled and every cache is filled.
    if (baseBytes === undefined && (tried > inputs / 10 || tried > 20_000)) baseBytes = heldBytes();
  }
  const keptBytes = corpus.slice(given).reduce((sum, { length }) => sum + length, 0);
  const grownBytes = baseBytes === undefined ? 0 : heldBytes() - baseBytes - keptBytes;
  const kept = corpus.length - given;
  tell({ type: 'ended', stats: { inputs: tried, kept, places: REACHED.places, grownBytes } });
}

for (const [i, task] of tasks.entries()) await work(task, tasks.length - i);
tell({ type: 'done' });
