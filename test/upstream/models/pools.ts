/** Two replicas that open with a copy, in pools with few threads. */
import type { Assumptions, Model } from '../../../runtime/checker/product/model.js';
import { type OpenerEvent, opener } from '../charts/opener.js';
import type { Fixes } from '../fixes.js';
import { ChartHost, hosted, type Resting } from '../host.js';
import { move, plain, product } from '../parts.js';

interface NodeLocal {
  readonly openers: readonly Resting<object>[];
}

export function pools(options: { readonly fixes: Fixes; readonly assumptions: Assumptions }): Model {
  const { fixes, assumptions } = options;
  const { threads = 1, replicas = 2 } = assumptions.sizes;
  const host = new ChartHost<object, OpenerEvent, object, undefined>(opener);
  const node = plain<NodeLocal>({
    name: 'followerNode',
    initial: { openers: Array.from({ length: replicas }, () => host.start(undefined).chart) },
    hosts: ({ openers }) =>
      hosted(Object.fromEntries(openers.map((each, index) => [`opener/${index}`, each]))),
    describe: ({ openers }) => openers.map(({ at }) => at).join(', '),
    moves: ({ openers }) => {
      const waiting = openers.filter(({ at }) => at === 'waiting').length;
      // Who waits for a copy keeps its thread; whether the copy needs one of the same is the matter here.
      const threadForCopy = fixes.has('rdsn#1076') || waiting < threads;
      return openers.flatMap((each, index) => {
        const become = (type: OpenerEvent['type']): NodeLocal => ({
          openers: openers.with(index, host.take(each, { type }).chart),
        });
        if (each.at === 'queued' && waiting < threads) {
          return [move<NodeLocal>('effect', `replica ${index} gets a thread`, become('THREAD'))];
        }
        if (each.at === 'waiting' && threadForCopy) {
          return [move<NodeLocal>('effect', `the copy for replica ${index} runs`, become('COPIED'))];
        }
        return [];
      });
    },
    receive: (local) => [{ local }],
  });
  const over = {
    followerNode: ({ openers }: NodeLocal) => openers.filter(({ at }) => at === 'opened').length,
  };
  return product({
    name: 'pools',
    assumptions,
    processes: [node],
    properties: [
      {
        name: 'OpeningLeadsToOpened',
        sentence: 'Replicas that are being opened are opened.',
        kind: 'leadsTo',
        over,
        from: () => true,
        to: (seen) => seen.followerNode === replicas,
      },
    ],
  });
}
