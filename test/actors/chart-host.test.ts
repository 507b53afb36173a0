/** A host performs what a chart asks for, tells it what came of it, and stops when told. */

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type AnyMachineSnapshot, assign, sendParent, setup } from 'xstate';
import { ChartHost, type ChartHostOptions, type EffectHandler } from '../../actors/chartHost.js';
import { systemClock } from '../../actors/clock.js';
import { lossyLink, repeatingLink } from '../../actors/link.js';
import { declareEffects } from '../../machines/effects.js';
import { retryCeilingMs } from '../../machines/retry.js';

interface Effects {
  ask: { readonly no: number };
  tell: { readonly what: string };
}

const RETRY = { floorMs: 100, ceilingMs: 1_000, limitAttempts: 9 };

/** Asks, and waits a backoff after each refusal; a child asks on its own. */
const child = setup({
  types: { events: {} as { readonly type: 'ANSWER'; readonly no: number } },
  actions: declareEffects<Effects>()('ask', 'tell'),
}).createMachine({
  id: 'child',
  initial: 'asking',
  states: {
    asking: {
      entry: { type: 'ask', params: { no: 100 } },
      on: {
        ANSWER: {
          target: 'done',
          actions: sendParent(({ event }) => ({ type: 'CHILD_SAYS', no: event.no })),
        },
      },
    },
    done: { type: 'final' },
  },
});

type Event =
  | { readonly type: 'ANSWER'; readonly no: number }
  | { readonly type: 'CHILD_SAYS'; readonly no: number }
  | { readonly type: 'REFUSED' | 'BEGET' | 'END' };

const asker = setup({
  types: {
    context: {} as { heard: readonly number[]; attempt: number; times: { retry: typeof RETRY } },
    events: {} as Event,
    input: {} as { readonly attempt?: number },
    children: {} as { child: 'child' },
  },
  actors: { child },
  actions: {
    ...declareEffects<Effects>()('ask', 'tell'),
    hear: assign(({ context, event }) => ('no' in event ? { heard: [...context.heard, event.no] } : {})),
  },
  delays: { retryBackoff: ({ context }) => retryCeilingMs(context.times.retry, context.attempt) },
}).createMachine({
  id: 'asker',
  context: ({ input }) => ({ heard: [], attempt: input.attempt ?? 0, times: { retry: RETRY } }),
  initial: 'asking',
  on: { ANSWER: { actions: 'hear' }, CHILD_SAYS: { actions: 'hear' }, END: '.ended' },
  states: {
    asking: {
      entry: [
        { type: 'ask', params: ({ context }) => ({ no: context.attempt }) },
        { type: 'tell', params: { what: 'asked' } },
      ],
      on: {
        REFUSED: { target: 'waiting', actions: assign({ attempt: ({ context }) => context.attempt + 1 }) },
        BEGET: 'begetting',
      },
    },
    waiting: { after: { retryBackoff: 'asking' } },
    begetting: { invoke: { src: 'child', id: 'child', onDone: 'begot' } },
    begot: {},
    ended: { type: 'final' },
  },
});

function deferred<Value>() {
  let resolve = (_: Value) => {};
  let reject = (_: unknown) => {};
  const promise = new Promise<Value>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

const hosts: ChartHost<typeof asker>[] = [];
afterEach(() => {
  for (const host of hosts.splice(0)) host.stop();
  vi.useRealTimers();
});

function host(
  ask: EffectHandler<Effects['ask']>,
  more: Partial<ChartHostOptions<typeof asker>> & { readonly tell?: EffectHandler<Effects['tell']> } = {},
) {
  const defects: string[] = [];
  const { tell = () => undefined, ...options } = more;
  const made = new ChartHost({
    name: 'asker/1',
    machine: asker,
    input: {},
    handlers: { ask, tell },
    children: { child: { handlers: { ask, tell } } },
    onDefect: (error, effect) => void defects.push(`${effect}: ${String(error)}`),
    ...options,
  });
  hosts.push(made);
  return { host: made, defects };
}

const heard = (made: ChartHost<typeof asker>) => made.snapshot.context.heard;
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('effects', () => {
  test('given handlers that answer at once or later, then the answers reach the chart as events', async () => {
    const later = deferred<{ type: string; no: number }>();
    const { host: made, defects } = host(() => later.promise, { tell: () => ({ type: 'ANSWER', no: 1 }) });
    made.start();
    expect(heard(made)).toEqual([1]);
    later.resolve({ type: 'ANSWER', no: 2 });
    await settled();
    expect(heard(made)).toEqual([1, 2]);
    expect(defects).toEqual([]);
  });

  test('given recorders on both mailboxes, then they see who asks what and what comes back', () => {
    const { host: made } = host(() => ({ type: 'ANSWER', no: 1 }), {
      clock: { ...systemClock, epochMs: () => 77 },
    });
    // They listen after the host does, so an answer given at once is seen before its question.
    const seen: string[] = [];
    for (const mailbox of [made.outbox, made.inbox]) {
      mailbox.messages$.subscribe(
        ({ id, from, to, kind, sentAt }) => void seen.push(`${id} ${from}→${to} ${kind} ${sentAt}`),
      );
    }
    made.start();
    made.send({ type: 'END' });
    expect(seen).toEqual([
      'asker/1#2 ask→asker/1 ANSWER 77',
      'asker/1#1 asker/1→ask ask 77',
      'asker/1#3 asker/1→tell tell 77',
      'asker/1#4 outside→asker/1 END 77',
    ]);
  });

  test('given a lossy link, then the effect is not performed; given a repeating one, then twice', () => {
    const count = { lost: 0, twice: 0 };
    host(() => void count.lost++, { link: lossyLink(({ kind }) => kind === 'ask') }).host.start();
    host(() => void count.twice++, { link: repeatingLink(() => 2) }).host.start();
    expect(count).toEqual({ lost: 0, twice: 2 });
  });

  test('given a handler that throws or rejects, then that is a defect and the chart lives on', async () => {
    const { host: made, defects } = host(() => Promise.reject(new Error('no')), {
      tell: () => {
        throw new Error('never');
      },
    });
    made.start();
    await settled();
    expect(defects.sort()).toEqual(['ask: Error: no', 'tell: Error: never']);
    made.send({ type: 'ANSWER', no: 5 });
    expect(heard(made)).toEqual([5]);
  });
});

describe('actors that have ended', () => {
  test('given a late answer to the chart or to its child, then nothing happens', async () => {
    const asked: { actor: string; answer: ReturnType<typeof deferred<{ type: string; no: number }>> }[] = [];
    const { host: made, defects } = host((_, { actor }) => {
      const answer = deferred<{ type: string; no: number }>();
      asked.push({ actor, answer });
      return answer.promise;
    });
    made.start();
    made.send({ type: 'BEGET' });
    made.send({ type: 'END' });
    for (const { answer } of asked) answer.resolve({ type: 'ANSWER', no: 1 });
    await settled();
    expect(asked.map(({ actor }) => actor)).toEqual(['asker/1', 'child']);
    expect(made.snapshot).toMatchObject({ status: 'done', context: { heard: [] } });
    expect(defects).toEqual([]);
  });

  test('given a child’s effect, then its answer reaches the child and not the parent', async () => {
    const { host: made } = host(async ({ no }) => ({ type: 'ANSWER', no }));
    made.start();
    made.send({ type: 'BEGET' });
    await settled();
    expect(made.snapshot.value).toBe('begot');
    expect(heard(made)).toEqual([0, 100]);
  });
});

describe('stopping', () => {
  test('given a stop, then effects are aborted, late answers and posts change nothing, and again is harmless', async () => {
    const late = deferred<{ type: string; no: number }>();
    const signals: AbortSignal[] = [];
    const { host: made, defects } = host((_, { signal }) => {
      signals.push(signal);
      return late.promise;
    });
    made.start();
    made.stop();
    made.stop();
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
    late.resolve({ type: 'ANSWER', no: 1 });
    made.send({ type: 'ANSWER', no: 2 });
    await settled();
    expect(heard(made)).toEqual([]);
    expect(defects).toEqual([]);
  });

  test('given a handler that fails because of the stop, then that is no defect', async () => {
    const { host: made, defects } = host(
      (_, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason));
        }),
    );
    made.start();
    made.stop();
    await settled();
    expect(defects).toEqual([]);
  });
});

describe('time', () => {
  beforeEach(() => void vi.useFakeTimers());

  test('given any luck and any attempt, then a backoff lies between the floor and its ceiling', () => {
    for (const attempt of [0, 1, 3, 8]) {
      for (const unit of [0, 0.25, 0.999_999]) {
        const { host: made } = host(() => undefined, { random: () => unit, input: { attempt } });
        made.start();
        made.send({ type: 'REFUSED' });
        const ceilingMs = retryCeilingMs(RETRY, attempt + 1);
        const expectedMs = Math.round(RETRY.floorMs + (ceilingMs - RETRY.floorMs) * unit);
        expect(expectedMs).toBeGreaterThanOrEqual(RETRY.floorMs);
        expect(expectedMs).toBeLessThanOrEqual(ceilingMs);
        vi.advanceTimersByTime(expectedMs - 1);
        expect(made.snapshot.value).toBe('waiting');
        vi.advanceTimersByTime(1);
        expect(made.snapshot.value).toBe('asking');
      }
    }
  });

  test('given steps of the chart and its child, then an observer sees each under its name', () => {
    const seen = new Set<string>();
    const { host: made } = host(({ no }) => (no === 100 ? { type: 'ANSWER', no } : undefined), {
      onSnapshot: (actor: string, snapshot: AnyMachineSnapshot) =>
        void seen.add(`${actor} ${String(snapshot.value)}`),
    });
    made.start();
    made.send({ type: 'BEGET' });
    expect([...seen]).toEqual(expect.arrayContaining(['asker/1 asking', 'child done', 'asker/1 begot']));
  });
});
