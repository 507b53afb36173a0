/** A replica that keeps its log, or collects it, by what it was told about duplications. */
import type { Process } from '../../../runtime/checker/product/model.js';
import { type LogCollectorEffects, type LogCollectorTick, logCollector } from '../charts/logCollector.js';
import type { Fixes } from '../fixes.js';
import { ChartHost } from '../host.js';
import { message, move, plain, possible } from '../parts.js';

export interface RetentionNodeLocal {
  /** Told by the configuration sync; after a restart as the file on disk has it. */
  readonly duplicating: boolean;
  /** `.app-info` on disk, written after each duplication sync. */
  readonly onDisk: boolean;
  /** Confirmed decrees by duplication as the last sync had them; empty: no duplicators. */
  readonly confirmed: readonly number[];
  /** Collected up to this decree. */
  readonly collected: number;
}

export const DURABLE = 2;

export function retentionNode(
  name: string,
  primary: boolean,
  fixes: Fixes,
  confirmed: readonly number[],
): Process {
  const host = new ChartHost<object, LogCollectorTick, LogCollectorEffects, undefined>(logCollector(fixes));
  const deciding = host.start(undefined).chart;

  function collected({ duplicating, confirmed, collected }: RetentionNodeLocal): number {
    const { effects } = host.take(deciding, { type: 'TICK', duplicating, confirmed, durable: DURABLE });
    return effects.reduce((to, { params }) => Math.max(to, params.to), collected);
  }

  return plain<RetentionNodeLocal>({
    name,
    initial: { duplicating: true, onDisk: true, confirmed, collected: 0 },
    describe: ({ duplicating, confirmed, collected }) =>
      `${primary ? 'primary' : 'secondary'}, ${duplicating ? '' : 'not '}duplicating, confirmed ${confirmed.join() || 'unknown'}, collected to ${collected}`,
    moves: (local) => {
      const to = collected(local);
      return possible<RetentionNodeLocal>(
        ...['sync', 'configSync'].map((kind) =>
          move<RetentionNodeLocal>('timer', `timer ${kind}`, local, {
            sends: [message(name, 'sourceMeta', kind, null, `${name} ${kind}`)],
            unlessInFlight: `${name} ${kind}`,
          }),
        ),
        to > local.collected && move('timer', 'timer collect the log', { ...local, collected: to }),
        move(
          'fault',
          'crash and restart',
          { ...local, duplicating: local.onDisk, confirmed: [] },
          { budget: `crash ${name}`, retires: [`${name} sync`, `${name} configSync`] },
        ),
      );
    },
    receive: (local, { kind, body, late }) => {
      if (late === true) return [{ local }];
      if (kind === 'config') return [{ local: { ...local, duplicating: body as boolean } }];
      const entries = body as readonly number[] | null;
      const told = fixes.has('secondaries told') && !primary;
      const onDisk = told ? local.onDisk : entries !== null;
      return [{ local: { ...local, onDisk, confirmed: primary ? (entries ?? []) : local.confirmed } }];
    },
  });
}
