/** What the leading chart of a made-up run says about itself. */
import type { StateMeta } from '../../../machines/effects.js';
import { type Explanation, explain } from '../../../runtime/observe/explain.js';
import { OUR_CHARTS } from '../../../visualizations/diagrams/ours.js';
import type { Walk } from './walk.js';

interface NodeView {
  readonly meta?: unknown;
  readonly states: Readonly<Record<string, NodeView>>;
}

const SETTLED: StateMeta = {
  waitingFor: 'nothing',
  from: 'nobody',
  leavesWhen: 'never',
  operatorCan: [],
};

export function explanationOf(
  lead: Walk,
  table: string,
  duplicationId: number,
  lastCommitted: readonly number[],
): Explanation {
  const { status, failMode } = lead.context as Pick<Explanation, 'status' | 'failMode'>;
  const partitionCount = lastCommitted.length;
  return explain({
    table,
    duplicationId,
    status: status ?? 'DS_LOG',
    failMode: failMode ?? 'FAIL_SLOW',
    remoteCluster: 'west',
    remoteTable: table,
    blocked: false,
    stuck: null,
    actors: [{ actor: 'duplication', state: status ?? '', meta: metaOf(lead), sinceMs: 0, trouble: null }],
    progress: {
      partitionCount,
      prepared: partitionCount,
      ready: partitionCount,
      lagDecrees: 3,
      confirmed: lastCommitted.map((decree) => Math.max(0, decree - 3)),
      lastCommitted: [...lastCommitted],
      copiedBytes: 100_000,
      totalBytes: 100_000,
      skippedMutations: 0,
    },
  });
}

/** Of the deepest active state that says anything. */
function metaOf({ chart, state }: Walk): StateMeta {
  let found: StateMeta = SETTLED;
  const visit = (node: NodeView | undefined, value: unknown): void => {
    if (node === undefined) return;
    if (node.meta !== undefined) found = node.meta as StateMeta;
    if (typeof value === 'string') visit(node.states[value], {});
    else for (const [key, below] of Object.entries(value as object)) visit(node.states[key], below);
  };
  visit(OUR_CHARTS[chart]?.root as unknown as NodeView, state);
  return found;
}
