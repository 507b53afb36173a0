/** Which marks a simulated run reaches: what its servers log, and the codes that cross the wire or are told. */
import { planOf } from '../../runtime/simulation/chaos/index.js';
import { runPlan } from '../../runtime/simulation/chaos/run.js';
import type { VirtualClusters } from '../../runtime/simulation/index.js';

const CODE = /\b(?:ERR|BRIDLE)_[A-Z_]+/g;

/** Messages and codes of one seed, as texts. */
export async function reachedBy(seed: number): Promise<ReadonlySet<string>> {
  const reached = new Set<string>();
  const note = (text: string) => {
    for (const [code] of text.matchAll(CODE)) reached.add(code);
  };
  let clusters: VirtualClusters | null = null;
  await runPlan(planOf({ seed }), {
    onStarted: (started) => {
      clusters = started;
      started.world.watcher = {
        booted: () => {},
        died: () => {},
        rested: () => {},
        logged: ({ message, facts }) => {
          reached.add(message);
          note(JSON.stringify(facts));
        },
        sent: ({ bytes }) => {
          note(bytes.toString('latin1'));
          return undefined;
        },
      };
    },
  });
  const { source } = clusters as unknown as VirtualClusters;
  for (const hosted of source.meta?.duplications.all() ?? [])
    note(JSON.stringify(source.meta?.explain(hosted)));
  return reached;
}
