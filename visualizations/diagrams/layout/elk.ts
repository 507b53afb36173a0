/** ELK, in this process and without a worker; the same graph always gets the same places. */
import type { ELK, ElkNode } from 'elkjs/lib/elk-api.js';

let elk: Promise<ELK> | null = null;

/** Fills in the places. */
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
