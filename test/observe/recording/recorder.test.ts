/** The ring of a recorder: what it keeps, what it gives up, and when it stops by itself. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Clock } from '../../../actors/clock.js';
import {
  bounded,
  boundedEvent,
  boundedJson,
  LIST_LIMIT_ENTRIES,
  TEXT_LIMIT_CHARACTERS,
} from '../../../runtime/observe/recording/bounded.js';
import { type Lease, WATCHERS_LIMIT } from '../../../runtime/observe/recording/leases.js';
import type { NoteLine, TimedLine } from '../../../runtime/observe/recording/lines.js';
import { Recorder } from '../../../runtime/observe/recording/recorder.js';

const note = (text: string) => ({ t: 'note', level: 'info', text }) as const;
const texts = (lines: readonly TimedLine[]) => lines.map((line) => (line as NoteLine).text);

/** Time moves when it is told to. */
function handClock() {
  let nowMs = 0;
  let timers: { readonly dueMs: number; readonly wake: () => void }[] = [];
  const clock: Clock = {
    now: () => nowMs,
    epochMs: () => nowMs,
    setTimeout: (wake, delayMs) => {
      const timer = { dueMs: nowMs + delayMs, wake };
      timers.push(timer);
      return timer;
    },
    clearTimeout: (timer) => {
      timers = timers.filter((each) => each !== timer);
    },
    defer: (wake) => wake(),
  };
  const pass = (ms: number) => {
    nowMs += ms;
    const due = timers.filter(({ dueMs }) => dueMs <= nowMs);
    timers = timers.filter(({ dueMs }) => dueMs > nowMs);
    for (const { wake } of due) wake();
  };
  return { clock, pass };
}

describe('a ring', () => {
  test('given it is off, then nothing is kept', () => {
    const recorder = new Recorder({ process: 'p' });
    recorder.add(note('a'));
    recorder.reserve()(note('b'));
    expect(recorder.read(0, 10)).toEqual({ lines: [], next: 0, missed: 0 });
  });

  test('given facts of which a text is made, then it is made once, when somebody fetches it', () => {
    const recorder = new Recorder({ process: 'p', nowUs: () => 7 });
    recorder.start();
    let made = 0;
    recorder.add(() => `{"t":"note","level":"info","text":"${++made}"`);
    expect(made).toBe(0);
    expect(recorder.readTexts(0, 10, 'removed').texts).toEqual([
      '{"t":"note","level":"info","text":"1","at":7,"process":"p"}',
    ]);
    expect(texts(recorder.read(0, 10).lines)).toEqual(['1']);
    expect(made).toBe(1);
  });

  test('given nobody fetches, then the facts of no more than 2,048 lines are kept', () => {
    const recorder = new Recorder({ process: 'p' });
    recorder.start();
    let held = 0;
    for (let line = 0; line < 5_000; line++) {
      held += 1;
      recorder.add(() => {
        held -= 1;
        return '{"t":"note","level":"info","text":"x"';
      });
    }
    expect(held).toBeLessThanOrEqual(2_048);
    expect(recorder.read(0, 10_000).lines).toHaveLength(5_000);
  });

  test('given more lines than it holds, then the oldest are gone, and how many is said', () => {
    const recorder = new Recorder({ process: 'p', limitLines: 3, nowUs: () => 7 });
    recorder.start();
    for (const text of ['a', 'b', 'c', 'd', 'e']) recorder.add(note(text));
    const { lines, next, missed } = recorder.read(1, 10);
    expect(lines[0]).toEqual({ t: 'note', at: 7, process: 'p', level: 'info', text: 'c' });
    expect(texts(lines)).toEqual(['c', 'd', 'e']);
    expect([next, missed]).toEqual([5, 1]);
  });

  test('given a limit, then the rest comes with the next reading', () => {
    const recorder = new Recorder({ process: 'p' });
    recorder.start();
    for (const text of ['a', 'b', 'c']) recorder.add(note(text));
    const first = recorder.read(0, 2);
    expect(texts(first.lines)).toEqual(['a', 'b']);
    expect(texts(recorder.read(first.next, 2).lines)).toEqual(['c']);
  });

  test('given a place taken before other lines, then its lines come first, with its time', () => {
    let nowUs = 10;
    const recorder = new Recorder({ process: 'p', nowUs: () => nowUs });
    recorder.start();
    const heard: string[] = [];
    recorder.listen((line) => void heard.push((line as NoteLine).text));
    recorder.add(note('before'));
    const fill = recorder.reserve();
    nowUs = 20;
    recorder.add(note('caused'));
    expect(texts(recorder.read(0, 10).lines)).toEqual(['before']);
    fill(note('cause'), note('end'));
    const { lines } = recorder.read(0, 10);
    expect(texts(lines)).toEqual(['before', 'cause', 'end', 'caused']);
    expect(lines.map(({ at }) => at)).toEqual([10, 10, 10, 20]);
    expect(heard).toEqual(['before', 'cause', 'end', 'caused']);
  });

  test('given it stopped and started again, then nothing of before is left and numbers go on', () => {
    const recorder = new Recorder({ process: 'p' });
    recorder.start();
    recorder.add(note('a'));
    recorder.stop();
    recorder.start();
    recorder.add(note('b'));
    expect(recorder.read(0, 10)).toMatchObject({ next: 2, missed: 1 });
    expect(texts(recorder.read(0, 10).lines)).toEqual(['b']);
  });
});

describe('a lease', () => {
  test('given nobody asks again, then it stops; given somebody does, it goes on', () => {
    const { clock, pass } = handClock();
    const recorder = new Recorder({ process: 'p', clock });
    recorder.start();
    recorder.lease({ watcher: 'w', forMs: 1_000, from: 0, values: 'removed' });
    pass(900);
    recorder.lease({ watcher: 'w', forMs: 1_000, from: 0, values: 'removed' });
    pass(900);
    expect(recorder.on).toBe(true);
    pass(200);
    expect(recorder.on).toBe(false);
  });

  test('given values were asked for, then the next lease begins without them', () => {
    const { clock, pass } = handClock();
    const recorder = new Recorder({ process: 'p', clock });
    recorder.start();
    recorder.lease({ watcher: 'w', forMs: 1_000, from: 0, values: 'kept' });
    expect(recorder.keepsValues).toBe(true);
    pass(2_000);
    recorder.start();
    recorder.lease({ watcher: 'w', forMs: 1_000, from: 0, values: 'removed' });
    expect(recorder.keepsValues).toBe(false);
  });
});

describe('watchers', () => {
  const lease = (watcher: string, more: Partial<Lease> = {}): Lease => ({
    ...{ watcher, forMs: 1_000, from: 0, values: 'removed' },
    ...more,
  });

  test('given one of two is done, then it goes on for the other, without rows if only the first wanted them', () => {
    const recorder = new Recorder({ process: 'p', clock: handClock().clock });
    recorder.start();
    recorder.lease(lease('a', { values: 'kept' }));
    recorder.lease(lease('b'));
    recorder.endLease('a');
    expect(recorder.on).toBe(true);
    expect(recorder.keepsValues).toBe(false);
    recorder.endLease('b');
    expect(recorder.on).toBe(false);
  });

  test('given lines that all of them have got, then those are let go; given one has not, then they stay', () => {
    const recorder = new Recorder({ process: 'p', clock: handClock().clock });
    recorder.start();
    for (const text of ['a', 'b', 'c']) recorder.add(note(text));
    recorder.lease(lease('slow', { from: 1 }));
    recorder.lease(lease('quick', { from: 2 }));
    expect(recorder.read(0, 10).missed).toBe(1);
    expect(texts(recorder.read(1, 10).lines)).toEqual(['b', 'c']);
    recorder.lease(lease('slow', { from: 3 }));
    expect(recorder.read(1, 10)).toMatchObject({ missed: 1, next: 3 });
    expect(texts(recorder.read(2, 10).lines)).toEqual(['c']);
  });

  test('given more of them than are told apart, then the rest share a lease that ends by time, and miss nothing', () => {
    const { clock, pass } = handClock();
    const recorder = new Recorder({ process: 'p', clock });
    recorder.start();
    recorder.add(note('a'));
    for (let i = 0; i < WATCHERS_LIMIT + 2; i++) recorder.lease(lease(`w${i}`));
    for (let i = 0; i < WATCHERS_LIMIT; i++) recorder.lease(lease(`w${i}`, { from: 1 }));
    expect(texts(recorder.read(0, 10).lines)).toEqual(['a']);
    for (let i = 0; i < WATCHERS_LIMIT + 2; i++) recorder.endLease(`w${i}`);
    expect(recorder.on).toBe(true);
    pass(1_100);
    expect(recorder.on).toBe(false);
  });
});

describe('bounds', () => {
  test('given texts, lists, depths and what JSON does not know, then all of it is bounded JSON', () => {
    const deep: { inner?: unknown } = {};
    deep.inner = deep;
    const value = bounded({
      text: 'x'.repeat(1_000),
      list: Array.from({ length: LIST_LIMIT_ENTRIES + 5 }, () => 0),
      deep,
      bytes: Buffer.from('secret'),
      wide: 2n ** 70n,
      none: undefined,
      infinite: Number.POSITIVE_INFINITY,
      map: new Map([['a', new Set([1])]]),
    }) as Record<string, unknown>;
    expect((value.text as string).length).toBe(TEXT_LIMIT_CHARACTERS);
    expect((value.list as unknown[]).at(-1)).toBe('… 5 more');
    expect(value).toMatchObject({
      bytes: '<6 bytes>',
      wide: String(2n ** 70n),
      infinite: 'Infinity',
      map: { a: [1] },
    });
    expect(JSON.stringify(value).length).toBeLessThan(10_000);
    expect('none' in value).toBe(false);
  });

  test('given anything at all, then there is JSON; given what JSON knows and bounds allow, then it is that', () => {
    fc.assert(
      fc.property(
        fc.anything({ withMap: true, withSet: true, withDate: true, withBigInt: true }),
        (value) => {
          expect(() => JSON.parse(boundedJson(value))).not.toThrow();
        },
      ),
      { numRuns: 300 },
    );
    const json = fc.jsonValue({ maxDepth: 4 });
    fc.assert(
      fc.property(json, (value) => {
        expect(bounded(value)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
      { numRuns: 300 },
    );
  });

  test('given names that an object cannot tell apart, then the first stays; given one that throws, then it says so', () => {
    const value = {
      map: new Map<unknown, unknown>([
        [1, 'number'],
        ['1', 'text'],
      ]),
      get broken(): never {
        throw new Error('no');
      },
      'a "quoted" näme': 1,
    };
    expect(bounded(value)).toEqual({
      map: { 1: 'number' },
      broken: '<unreadable: no>',
      'a "quoted" näme': 1,
    });
    expect(bounded(JSON.parse('{"__proto__":{"a":1}}'))).toEqual(JSON.parse('{"__proto__":{"a":1}}'));
  });

  test('given an event whose type is too long, missing or behind too much else, then it has a type', () => {
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`k${i}`, i]));
    const event = { no: 1, type: 'E' };
    expect(boundedEvent(event)).toEqual(event);
    expect(boundedEvent({ ...many, type: 'E' })).toMatchObject({ type: 'E', k0: 0 });
    expect(boundedEvent({ type: '' })).toEqual({ type: '(no type)' });
    expect(boundedEvent({ type: 'x'.repeat(1_000) }).type).toHaveLength(TEXT_LIMIT_CHARACTERS);
  });

  test('given several values that share a budget, then they are bounded together', () => {
    const budget = { entries: 3 };
    const copies = [bounded([1, 2], budget), bounded([3, 4], budget)];
    expect(copies).toEqual([
      [1, 2],
      [3, '… 1 more'],
    ]);
  });

  test('given a table of 1,024 partitions with several facts each, then all of them are told', () => {
    const table = Array.from({ length: LIST_LIMIT_ENTRIES }, (_, partition) => ({
      ...{ partition, source: 'logging', follower: 'copying', confirmed: 12, lastCommitted: 13 },
      ...{ copiedBytes: 1, totalBytes: 2 },
    }));
    expect(bounded(table)).toEqual(table);
  });
});
