/**
 * Whatever happens in whatever order: the durable status follows the table and is never DS_INIT, memory
 * agrees with storage whenever nothing is being written, decrees only grow, a pause stays a pause.
 *
 * Storage here keeps what it was told in order, may answer late, twice, never, or with a failure, and a
 * crash starts the chart again from what is durable. A failure prints its seed and path; run it again with
 * `FC_SEED=… FC_PATH=… npx vitest run test/machines/duplication.properties.test.ts`.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { duplication } from '../../machines/duplication.js';
import type { DuplicationEvent } from '../../machines/duplicationRules.js';
import { type DuplicationStatus, type FailMode, isLegalSuccessor } from '../../machines/vocabulary.js';
import { type Drive, drive } from '../support/chart.js';
import { duplicationInput, trouble } from '../support/inputs.js';

type Run = Drive<typeof duplication>;

type Step =
  | { readonly do: 'send'; readonly event: DuplicationEvent }
  | { readonly do: 'store' | 'loseWrite' | 'storeSilently' | 'storeProgress' | 'followerDone' | 'crash' }
  | { readonly do: 'fire'; readonly delay: string };

const event = (value: DuplicationEvent): Step => ({ do: 'send', event: value });
const partition = fc.integer({ min: -1, max: 2 });
const decree = fc.integer({ min: -1, max: 12 });
const STATUSES = ['DS_PREPARE', 'DS_APP', 'DS_LOG', 'DS_PAUSE', 'DS_REMOVED'] as const;

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .record({
        partition,
        decree,
        followerHolds: fc.boolean(),
        prepared: fc.boolean(),
        ahead: fc.nat(3),
        troubled: fc.boolean(),
      })
      .map((r) =>
        event({
          type: 'CONFIRM',
          partition: r.partition,
          decree: r.decree,
          followerHolds: r.followerHolds,
          prepared: r.prepared,
          lastCommitted: r.decree + r.ahead,
          trouble: r.troubled ? trouble('ERR_TIMEOUT') : null,
        }),
      ),
  },
  {
    weight: 3,
    arbitrary: fc
      .record({
        status: fc.option(fc.constantFrom(...STATUSES), { nil: undefined }),
        failMode: fc.option(fc.constantFrom<FailMode>('FAIL_SLOW', 'FAIL_SKIP', 'FAIL_FAST'), {
          nil: undefined,
        }),
      })
      .map(({ status, failMode }) =>
        event({
          type: 'MODIFY',
          requester: 'op',
          ...(status === undefined ? {} : { status }),
          ...(failMode === undefined ? {} : { failMode }),
        }),
      ),
  },
  { weight: 6, arbitrary: fc.constant<Step>({ do: 'store' }) },
  { weight: 4, arbitrary: fc.constant<Step>({ do: 'storeProgress' }) },
  { weight: 3, arbitrary: fc.constant<Step>({ do: 'followerDone' }) },
  { weight: 1, arbitrary: fc.constantFrom<Step>({ do: 'loseWrite' }, { do: 'storeSilently' }) },
  { weight: 1, arbitrary: fc.constant<Step>({ do: 'crash' }) },
  { weight: 1, arbitrary: fc.constant<Step>({ do: 'fire', delay: 'storageRetry' }) },
  {
    weight: 2,
    arbitrary: fc.oneof(
      fc.nat(7).map((writeNo) => event({ type: 'STATUS_PERSIST_FAILED', writeNo, error: 'ERR_TIMEOUT' })),
      fc
        .constantFrom<DuplicationEvent>(
          { type: 'RETRY_NOW' },
          { type: 'FOLLOWER_PROGRESS' },
          { type: 'FOLLOWER_TROUBLE', trouble: trouble('ERR_ACL_DENY'), blocked: true },
          { type: 'STUCK', reason: 'no-progress', error: null },
          { type: 'RECOVERED' },
        )
        .map(event),
      fc
        .record({ partition, error: fc.constant('ERR_FS_INTERNAL') })
        .map((r) => event({ type: 'PROGRESS_PERSIST_FAILED', ...r })),
    ),
  },
);

/** Storage: what is durable, and the writes it has been told and not done yet. */
class World {
  run: Run;
  durable: { status: DuplicationStatus; failMode: FailMode } | null = null;
  confirmed: readonly number[] = [-1, -1];
  writes: { writeNo: number; status: DuplicationStatus; failMode: FailMode }[] = [];
  progress: { partition: number; decree: number }[] = [];
  /** Statuses an operator has asked for since the last change; PauseSticky looks at them. */
  operatorAsked = new Set<DuplicationStatus>();
  modeAsked: FailMode | null = null;

  constructor() {
    this.run = this.#boot();
  }

  #boot(): Run {
    const run = drive(
      duplication,
      duplicationInput({ durable: this.durable, confirmed: this.confirmed, requester: null }),
    );
    this.run = run;
    this.#collect();
    return run;
  }

  #collect(): void {
    for (const write of this.run.effects('persistStatus')) {
      const before = this.writes.at(-1)?.status ?? this.durable?.status ?? 'DS_INIT';
      expect(write.status).not.toBe('DS_INIT');
      expect(isLegalSuccessor(before, write.status), `${before} → ${write.status}`).toBe(true);
      if (before === 'DS_PAUSE' && write.status !== 'DS_PAUSE') {
        expect(this.operatorAsked.has(write.status), `left DS_PAUSE for ${write.status} unasked`).toBe(true);
      }
      const mode = this.writes.at(-1)?.failMode ?? this.durable?.failMode ?? 'FAIL_SLOW';
      if (write.failMode !== mode) expect(write.failMode).toBe(this.modeAsked);
      expect(write.failMode).not.toBe('FAIL_FAST');
      // Never two writes under way: they could land in either order.
      expect(this.writes).toEqual([]);
      this.writes.push(write);
    }
    for (const { partition: p, decree: d } of this.run.effects('persistProgress')) {
      this.progress.push({ partition: p, decree: d });
    }
  }

  take(each: Step): void {
    if (this.run.status === 'done') return;
    switch (each.do) {
      case 'send': {
        // Storage does not report failure for a write that it did.
        if (each.event.type === 'STATUS_PERSIST_FAILED') {
          if (this.writes[0]?.writeNo === each.event.writeNo) this.writes.shift();
        }
        if (each.event.type === 'PROGRESS_PERSIST_FAILED') {
          const failing = each.event.partition;
          this.progress = this.progress.filter((write) => write.partition !== failing);
        }
        if (each.event.type === 'MODIFY') {
          if (each.event.status) this.operatorAsked.add(each.event.status);
        }
        this.run.send(each.event);
        // A request that is refused, or comes while another is written, changes nothing.
        if (each.event.type === 'MODIFY' && each.event.failMode) {
          if (this.run.effects('persistStatus').length > 0) this.modeAsked = each.event.failMode;
        }
        break;
      }
      case 'store':
      case 'storeSilently': {
        const write = this.writes.shift();
        if (write === undefined) return;
        this.durable = { status: write.status, failMode: write.failMode };
        if (each.do === 'storeSilently') {
          this.#crash();
          return;
        }
        this.run.send({ type: 'STATUS_PERSISTED', writeNo: write.writeNo });
        this.#collect();
        this.check();
        // The answer comes once more (upstream U1).
        const visible = this.run.context.status;
        this.run.send({ type: 'STATUS_PERSISTED', writeNo: write.writeNo });
        expect(this.run.effectNames).toEqual([]);
        expect(this.run.context.status).toBe(visible);
        return;
      }
      case 'loseWrite':
      case 'crash':
        this.#crash();
        return;
      case 'storeProgress': {
        const write = this.progress.shift();
        if (write === undefined) return;
        this.confirmed = this.confirmed.map((d, p) =>
          p === write.partition ? Math.max(d, write.decree) : d,
        );
        this.run.send({ type: 'PROGRESS_PERSISTED', ...write });
        break;
      }
      case 'followerDone':
        if (!this.run.children.includes('followerTable')) return;
        this.run.childDone('followerTable');
        break;
      case 'fire':
        if (this.run.pending(each.delay) === undefined) return;
        this.run.fire(each.delay);
        break;
    }
    this.#collect();
    this.check();
  }

  #crash(): void {
    const confirmed = this.run.context.confirmed;
    this.writes = [];
    this.progress = [];
    this.#boot();
    this.run.context.confirmed.forEach((d, p) => {
      expect(d, 'confirmed decree fell in a crash').toBeGreaterThanOrEqual(confirmed[p] ?? -1);
    });
    this.check();
  }

  #before: readonly number[] = [-1, -1];

  /** What must hold in every state that is reached. */
  check(): void {
    const { context } = this.run;
    if (context.next === null) {
      expect(context.status).toBe(this.durable?.status ?? 'DS_INIT');
      expect(context.failMode).toBe(this.durable?.failMode ?? 'FAIL_SLOW');
    }
    context.confirmed.forEach((d, p) => {
      expect(d, 'confirmed decree fell').toBeGreaterThanOrEqual(this.#before[p] ?? -1);
      expect(d, 'shown before it is durable').toBe(this.confirmed[p]);
    });
    this.#before = context.confirmed;
    if (context.blocked) expect(context.trouble, 'blocked without a reason').not.toBe(null);
    if (this.run.status !== 'done') expect(this.run.hasTag(context.status), this.run.at).toBe(true);
  }
}

const seed = process.env.FC_SEED === undefined ? Date.now() % 2 ** 31 : Number(process.env.FC_SEED);
const options = {
  seed,
  numRuns: Number(process.env.FC_RUNS ?? 100),
  ...(process.env.FC_PATH === undefined ? {} : { path: process.env.FC_PATH }),
};

describe('a duplication under any sequence of events', () => {
  it(`given seed ${seed}, then every invariant holds (S-DURABLE-1, S-LEGAL-1, S-PAUSE-1, S-MONO-1)`, () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 10, maxLength: 80, size: 'max' }), (steps) => {
        const world = new World();
        world.check();
        for (const each of steps) world.take(each);
      }),
      options,
    );
  }, 120_000);

  it(`given seed ${seed}, when trouble stops, then it settles in DS_LOG, DS_PAUSE or is released (L-SETTLE-1)`, () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40, size: 'max' }), (steps) => {
        const world = new World();
        for (const each of steps) world.take(each);
        for (let round = 0; round < 30; round++) {
          if (world.run.status === 'done') break;
          for (const p of [0, 1]) {
            world.take(
              event({
                type: 'CONFIRM',
                partition: p,
                decree: 20,
                followerHolds: true,
                prepared: true,
                lastCommitted: 20,
                trouble: null,
              }),
            );
          }
          for (let at = 0; at < 4; at++) world.take({ do: 'storeProgress' });
          if (world.writes.length === 0) world.take({ do: 'fire', delay: 'storageRetry' });
          world.take({ do: 'store' });
          world.take({ do: 'followerDone' });
          if (world.run.effects('deleteRecord').length > 0 || world.run.context.status === 'DS_REMOVED') {
            if (world.run.status !== 'done') world.run.send({ type: 'RECORD_DELETED' });
          }
        }
        const { status } = world.run.context;
        expect(['DS_LOG', 'DS_PAUSE', 'DS_REMOVED']).toContain(status);
        if (status === 'DS_REMOVED') expect(world.run.status).toBe('done');
      }),
      options,
    );
  }, 120_000);
});
