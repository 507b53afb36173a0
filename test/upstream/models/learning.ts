/** Whether a secondary that learns keeps the part of the log that is not confirmed yet. */
import type { Assumptions, Model } from '../../../runtime/checker/product/model.js';
import { type LearnerEvent, learner } from '../charts/learner.js';
import type { Fixes } from '../fixes.js';
import { ChartHost, hosted, type Resting } from '../host.js';
import { move, plain, possible, product } from '../parts.js';

interface SecondaryLocal {
  readonly learner: Resting<object>;
  /** Decrees in its log. */
  readonly log: readonly number[];
  readonly confirmed: number;
}

const COMMITTED = 2;
/** The primary's log: it goes on while the secondary is away. */
const PRIMARY_LOG = [1, 2, 3] as const;

export function learning(options: { readonly fixes: Fixes; readonly assumptions: Assumptions }): Model {
  const { fixes, assumptions } = options;
  const host = new ChartHost<object, LearnerEvent, object, undefined>(learner(fixes));

  function done(local: SecondaryLocal): SecondaryLocal {
    const after = host.take(local.learner, { type: 'DONE' }).chart;
    if (after.at === 'replacing') return { ...local, learner: after, log: [] };
    const start = fixes.has('rdsn#838') ? local.confirmed + 1 : COMMITTED + 1;
    return { ...local, learner: after, log: PRIMARY_LOG.filter((decree) => decree >= start) };
  }

  const secondary = plain<SecondaryLocal>({
    name: 'secondary',
    initial: { learner: host.start(undefined).chart, log: [1, 2], confirmed: 0 },
    hosts: ({ learner }) => hosted({ learner }),
    describe: ({ learner, log, confirmed }) =>
      `${learner.at}, log ${log.join() || 'empty'}, confirmed ${confirmed}`,
    moves: (local) =>
      possible<SecondaryLocal>(
        local.learner.at === 'serving'
          ? move('environment', 'it lags and has to learn', {
              ...local,
              learner: host.take(local.learner, { type: 'LEARN' }).chart,
            })
          : [
              move('effect', 'the next step of learning', done(local)),
              move(
                'fault',
                'crash and restart',
                { ...local, learner: host.take(local.learner, { type: 'CRASHED' }).chart },
                { budget: 'crash secondary' },
              ),
            ],
        local.confirmed < COMMITTED &&
          move('environment', 'the confirmed decree grows', { ...local, confirmed: local.confirmed + 1 }),
      ),
    receive: (local) => [{ local }],
  });
  const over = {
    secondary: ({ learner, log, confirmed }: SecondaryLocal) => ({
      serving: learner.at === 'serving',
      missing: PRIMARY_LOG.slice(0, COMMITTED).some((decree) => decree > confirmed && !log.includes(decree)),
      confirmed,
    }),
  };
  type View = ReturnType<typeof over.secondary>;
  const at = (seen: Readonly<Record<string, unknown>>) => seen.secondary as View;
  return product({
    name: 'learning',
    assumptions,
    processes: [secondary],
    properties: [
      {
        name: 'NoPrematureGc',
        sentence:
          'A replica that may become primary has every mutation after the confirmed decree in its log.',
        kind: 'state',
        over,
        holds: (seen) => !at(seen).serving || !at(seen).missing,
        situation: (seen) => at(seen).serving && at(seen).confirmed < COMMITTED,
      },
    ],
  });
}
