/** Log shipping of one partition: clients write, the primary loads and ships, the follower applies. */
import type { Assumptions, Message, Model, Move } from '../../../runtime/checker/product/model.js';
import {
  type Mutation,
  type ShipperContext,
  type ShipperEffects,
  type ShipperEvent,
  type ShipperLimits,
  shipper,
} from '../charts/shipper.js';
import type { Fixes } from '../fixes.js';
import { type Acted, ChartHost, hosted, type Resting } from '../host.js';
import { message, move, plain, possible, product } from '../parts.js';
import { type FollowerLocal, shippingProperties } from './shippingProperties.js';

export interface SourceLocal {
  readonly log: readonly Mutation[];
  readonly damaged: readonly number[];
  /** The confirmed decree has come from the meta server. */
  readonly informed: boolean;
  readonly paused: boolean;
  readonly shipper: Resting<ShipperContext>;
  /** Batches sent and not acknowledged. */
  readonly underWay: readonly number[];
  /** Mutations skipped because the log has a hole there; shown as a gauge. */
  readonly lost: number;
  readonly aborted: string | null;
}

export interface ShippingOptions {
  readonly fixes: Fixes;
  readonly assumptions: Assumptions;
  /** What clients may write; `sizes.writes` of the assumptions says how often. */
  readonly kinds: readonly Omit<Mutation, 'decree'>[];
  readonly limits?: Partial<ShipperLimits>;
  /** The pipeline starts before the confirmed decree is known. */
  readonly uninformed?: boolean;
}

/** `max_allowed_write_size`: of the follower, and of the source, whose clients it holds too. */
const MAX_WRITE_BYTES = 1_048_576;
const DEFAULT_LIMITS: ShipperLimits = { batchBytes: 4_096, maxWriteBytes: MAX_WRITE_BYTES };
const tagOf = (no: number): string => `batch ${no}`;

export function shipping(options: ShippingOptions): Model {
  const { fixes, assumptions, kinds } = options;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const host = new ChartHost<ShipperContext, ShipperEvent, ShipperEffects, { readonly last: number }>(
    shipper(fixes, limits),
  );

  function settle(
    local: SourceLocal,
    { chart, effects }: Acted<ShipperContext, ShipperEffects>,
  ): { local: SourceLocal; sends: Message[] } {
    const heads = effects.flatMap((effect) => effect.params.batches);
    const fresh = heads.filter(({ no }) => !local.underWay.includes(no));
    const aborted = chart.at === 'aborted' ? 'a bulk load has no hash' : local.aborted;
    return {
      local: {
        ...local,
        shipper: chart,
        aborted,
        underWay: [...local.underWay, ...fresh.map(({ no }) => no)],
      },
      sends: fresh.map(({ no, mutations }) => send(no, mutations)),
    };
  }

  const send = (no: number, mutations: readonly Mutation[]): Message => {
    const entries = mutations.map(({ decree, key, bytes }) => ({ decree, key, bytes }));
    return message('source', 'follower', 'duplicate', { no, entries }, tagOf(no));
  };

  function load(local: SourceLocal): { local: SourceLocal; sends: Message[] } | null {
    const { log, damaged, shipper: chart } = local;
    const from = chart.context.last + 1;
    const to = fixes.has('#2048') ? log.length : log.length - 1;
    if (from > to) return null;
    if (!local.informed) {
      return fixes.has('rdsn#861')
        ? null
        : { local: { ...local, aborted: 'the buffer begins before the log' }, sends: [] };
    }
    const holes = damaged.filter((decree) => decree >= from && decree <= to);
    if (holes.length > 0 && fixes.has('holes stop')) return null;
    if (holes.length > 0 && !fixes.has('rdsn#862')) {
      return { local: { ...local, aborted: 'the log has a hole' }, sends: [] };
    }
    const mutations = log.filter(({ decree }) => decree >= from && decree <= to && !holes.includes(decree));
    return settle(
      { ...local, lost: local.lost + holes.length },
      host.take(chart, { type: 'LOADED', mutations, to }),
    );
  }

  function resends(local: SourceLocal): Move<SourceLocal>[] {
    return local.shipper.context.batches
      .filter(({ no }) => local.underWay.includes(no))
      .map(({ no, mutations }) =>
        move('timer', `timer resend batch ${no}`, local, {
          unlessInFlight: tagOf(no),
          sends: [send(no, mutations)],
        }),
      );
  }

  function operated(local: SourceLocal): Move<SourceLocal>[] {
    const stopped = host.take(local.shipper, { type: 'STOPPED' }).chart;
    const paused = { ...local, paused: true, shipper: stopped, underWay: [] };
    const retires = local.underWay.map(tagOf);
    const asked = Object.keys(assumptions.operator);
    return possible<SourceLocal>(
      asked.includes('pause') &&
        !local.paused &&
        move('operator', 'pause', paused, { budget: 'pause', retires }),
      local.paused && move('operator', 'start', { ...local, paused: false }, { budget: 'start' }),
    ) as Move<SourceLocal>[];
  }

  const source = plain<SourceLocal>({
    name: 'source',
    initial: {
      log: [],
      damaged: [],
      informed: options.uninformed !== true,
      paused: false,
      shipper: host.start({ last: 0 }).chart,
      underWay: [],
      lost: 0,
      aborted: null,
    },
    hosts: ({ shipper }) => hosted({ shipper }),
    describe: ({ log, shipper: { at, context }, lost, aborted, paused }) =>
      aborted !== null
        ? `aborted: ${aborted}`
        : [
            paused ? 'paused' : at,
            `log ${log.map(({ kind, key }) => (kind === 'put' ? key : kind)).join(' ') || 'empty'}`,
            `shipped to ${context.last}`,
            ...(lost > 0 ? [`${lost} lost`] : []),
          ].join(', '),
    moves: (local) => {
      if (local.aborted !== null) return [];
      const writes = kinds.map((kind) => {
        const log = [...local.log, { ...kind, decree: local.log.length + 1 }];
        const what = kind.kind === 'put' ? `${kind.bytes} bytes to ${kind.key}` : kind.kind;
        return move<SourceLocal>(
          'environment',
          `client writes ${what}`,
          { ...local, log },
          { budget: 'writes' },
        );
      });
      const loaded = local.paused || local.shipper.at !== 'idle' ? null : load(local);
      const next = local.shipper.context.last + 1;
      return possible<SourceLocal>(
        ...writes,
        (assumptions.sizes.damagedMutations ?? 0) > 0 &&
          local.damaged.length === 0 &&
          local.shipper.at === 'idle' &&
          local.log.length >= next &&
          move(
            'fault',
            `decree ${next} is damaged`,
            { ...local, damaged: [next] },
            { budget: 'damagedMutations' },
          ),
        !local.informed && move('timer', 'timer sync', { ...local, informed: true }),
        loaded !== null && move('effect', 'a load is shipped', local, loaded),
        resends(local),
        operated(local),
      );
    },
    receive: (local, { body, late }) => {
      const { no, error } = body as { no: number; error: string };
      if (late === true || local.aborted !== null || error !== 'ERR_OK' || !local.underWay.includes(no)) {
        return [{ local }];
      }
      const underWay = local.underWay.filter((each) => each !== no);
      return [settle({ ...local, underWay }, host.take(local.shipper, { type: 'ACKED', no }))];
    },
  });

  const follower = plain<FollowerLocal>({
    name: 'follower',
    initial: { applied: [], values: {} },
    describe: ({ values }) =>
      Object.entries(values)
        .map(([key, decree]) => `${key} is of ${decree}`)
        .join(', ') || 'empty',
    moves: () => [],
    receive: (local, { body, tag, late }) => {
      const { no, entries } = body as unknown as { no: number; entries: readonly Mutation[] };
      const reply = (error: string) => ({
        ...message('follower', 'source', 'acked', { no, error }, tag),
        ...(late === true ? { late } : {}),
      });
      const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
      if (bytes > MAX_WRITE_BYTES) return [{ local, sends: [reply('ERR_INVALID_DATA')] }];
      const applied = [...local.applied];
      const values = { ...local.values };
      for (const { decree, key } of entries) {
        if (fixes.has('ranges applied once') && applied.some((each) => each >= decree)) continue;
        if (!applied.includes(decree)) applied.push(decree);
        values[key] = decree;
      }
      applied.sort((a, b) => a - b);
      return [{ local: { applied, values }, sends: [reply('ERR_OK')] }];
    },
  });

  return product({
    name: 'shipping',
    assumptions,
    processes: [source, follower],
    properties: shippingProperties(kinds.map(({ key }) => key)),
  });
}
