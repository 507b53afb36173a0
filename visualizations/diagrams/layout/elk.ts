/** ELK; the same graph always gets the same places. */
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import type { ELK, ElkNode } from 'elkjs/lib/elk-api.js';

const ENGINE = 'elkjs/lib/elk.bundled.js';
let elk: Promise<ELK> | null = null;

/** Fills in the places, in this thread: nothing else runs meanwhile, and nothing can stop it. */
export async function runElk(graph: ElkNode): Promise<ElkNode> {
  elk ??= load();
  return (await elk).layout(graph);
}

/** It is large, so it is loaded by who lays something out, and not by who only might. */
async function load(): Promise<ELK> {
  const module = await import('elkjs/lib/elk.bundled.js');
  const Elk = module.default as unknown as new () => ELK;
  return new Elk();
}

const IN_THREAD = `
const { parentPort, workerData } = require('node:worker_threads');
const Elk = require(workerData.engine);
new Elk().layout(workerData.graph).then(
  (root) => parentPort.postMessage({ root }),
  (error) => parentPort.postMessage({ failure: String(error) }),
);`;

/**
 * Fills in the places, in a thread of its own.
 *
 * @throws the signal's reason, as soon as it is aborted; the thread ends with it
 */
export async function runElkApart(graph: ElkNode, signal: AbortSignal): Promise<ElkNode> {
  signal.throwIfAborted();
  const engine = createRequire(import.meta.url).resolve(ENGINE);
  const worker = new Worker(IN_THREAD, { eval: true, execArgv: [], workerData: { engine, graph } });
  let stop = (): void => undefined;
  const answer = new Promise<ElkNode>((resolve, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('the thread of the layout engine ended without an answer')));
    worker.once('message', ({ root, failure }: { root?: ElkNode; failure?: string }) =>
      root === undefined ? reject(new Error(failure)) : resolve(root),
    );
  });
  return answer.finally(() => {
    signal.removeEventListener('abort', stop);
    return worker.terminate();
  });
}
