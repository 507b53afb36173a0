/** Looking at somebody's actor must neither break nor slow down the program it belongs to, whatever it holds. */
import { afterEach, describe, expect, it } from 'vitest';
import { assign, createActor, createMachine } from 'xstate';
import { bounded, ENTRIES_LIMIT } from '../../runtime/observe/recording/bounded.js';
import type { RecordingLine } from '../../runtime/observe/recording/lines.js';
import { OwnActors } from '../../visualizations/inspector/own-actors.js';

const throwing = (what: string) => () => {
  throw new Error(what);
};

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

function circular(): object {
  const self: Record<string, unknown> = {};
  self.self = self;
  return self;
}

/** Each leads to each: eight levels of it are 30 to the eighth. */
function everyoneKnowsEveryone(): object {
  const all = Array.from({ length: 30 }, (_, i): Record<string, unknown> => ({ i }));
  for (const one of all) one.knows = all;
  return all;
}

const NASTY: Readonly<Record<string, () => unknown>> = {
  'an invalid date': () => new Date(Number.NaN),
  'a getter that throws': () => Object.defineProperty({}, 'bad', { get: throwing('bad'), enumerable: true }),
  'a proxy that throws': () => new Proxy({}, { has: throwing('has'), ownKeys: throwing('keys') }),
  'a revoked proxy': revoked,
  'a key without a name': () => new Map([[Object.create(null), 1]]),
  'an error with a symbol for a name': () => Object.assign(new Error('x'), { name: Symbol('name') }),
  'an error whose message throws': () =>
    Object.defineProperty(new Error('x'), 'message', { get: throwing('m') }),
  'what only looks like an actor': () => ({ getSnapshot: 1, id: { toString: throwing('id') } }),
  'a function': () => () => 1,
  'a symbol': () => Symbol('x'),
  'a number of many digits': () => 2n ** 100_000n,
  'a circle': circular,
  'a net': everyoneKnowsEveryone,
  'a list of lists': () => Array.from({ length: 300 }, () => Array.from({ length: 300 }, (_, i) => i)),
  'many entries': () => Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`k${i}`, i])),
  'a large typed array': () => new Float64Array(1_000_000),
  'a long text': () => 'x'.repeat(1_000_000),
  'keys of the prototype': () => JSON.parse('{"__proto__":{"polluted":1}}'),
};

const runs: OwnActors[] = [];
afterEach(() => {
  for (const run of runs.splice(0)) run.close();
});

function keeper() {
  return createActor(
    createMachine({
      id: 'keeper',
      context: { kept: null as unknown, count: 0 },
      on: {
        KEEP: { actions: assign({ kept: ({ event }) => event.value }) },
        COUNT: { actions: assign({ count: ({ context }) => context.count + 1 }) },
      },
    }),
  );
}

function look(actor: ReturnType<typeof keeper>): RecordingLine[] {
  const run = new OwnActors([actor]);
  runs.push(run);
  const lines: RecordingLine[] = [];
  run.lines$.subscribe((line) => lines.push(line));
  return lines;
}

const types = (lines: readonly RecordingLine[]) =>
  lines.flatMap((line) => (line.t === 'step' ? [line.event.type] : []));

describe('a value of somebody else', () => {
  it.each(Object.entries(NASTY))('%s is copied within bounds', (_, make) => {
    const text = JSON.stringify(bounded({ value: make() }));
    expect(text.length).toBeLessThan(ENTRIES_LIMIT * 40);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it('what can be read beside what cannot is there', () => {
    const value = Object.defineProperty({ before: 1, after: new Map([['a', new Set([2])]]) }, 'bad', {
      get: throwing('no luck'),
      enumerable: true,
    });
    expect(bounded(value)).toEqual({ before: 1, after: { a: [2] }, bad: '<unreadable: no luck>' });
  });
});

describe('an actor of somebody else', () => {
  it.each(Object.entries(NASTY))('given %s, then what it does is shown and it goes on', (_, make) => {
    const actor = keeper();
    const lines = look(actor);
    actor.start();
    actor.send({ type: 'KEEP', value: make() });
    actor.send({ type: 'COUNT' });
    expect(actor.getSnapshot().context.count).toBe(1);
    expect(types(lines)).toEqual(['KEEP', 'COUNT']);
    expect(JSON.stringify(lines).length).toBeLessThan(1_000_000);
  });

  it('given one value that cannot be compared after another, then each of its steps is shown', () => {
    const actor = keeper();
    const lines = look(actor);
    actor.start();
    const bad = () => Object.defineProperty({}, 'bad', { get: throwing('bad'), enumerable: true });
    actor.send({ type: 'KEEP', value: bad() });
    actor.send({ type: 'KEEP', value: bad() });
    actor.send({ type: 'COUNT' });
    expect(types(lines)).toEqual(['KEEP', 'KEEP', 'COUNT']);
    expect(lines).toContainEqual(
      expect.objectContaining({ changes: { kept: { bad: '<unreadable: bad>' } } }),
    );
  });
});
