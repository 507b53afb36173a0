import { describe, expect, test } from 'vitest';
import { connectionsFor, descriptorLimit } from '../../runtime/cluster/descriptors.js';
import { OTHERS, Repeated } from '../../runtime/observe/repeated.js';
import { ConnectionRoom, type Guest } from '../../runtime/pegasus/connection-room.js';
import {
  BinaryReader,
  BinaryWriter,
  DEFAULT_RPC_LIMITS,
  decodeWrapped,
  RPC,
} from '../../runtime/pegasus/index.js';

const NOW_MS = 100_000;

type Facts = Partial<Omit<Guest, 'turnOut'>>;

/** A room with these guests, and who is put out when one more of `host` comes. */
function room(facts: Readonly<Record<string, Facts>>, limits: Partial<typeof DEFAULT_RPC_LIMITS>) {
  const out: string[] = [];
  const it = new ConnectionRoom({ ...DEFAULT_RPC_LIMITS, ...limits });
  for (const [name, more] of Object.entries(facts)) {
    const guest = { host: 'a', isProven: true, isIdle: true, lastActivityMs: 0, heldBytes: 0, ...more };
    it.add({ ...guest, turnOut: (limit) => void out.push(`${name} ${limit}`) });
  }
  return { it, out };
}

describe('a server that has no room', () => {
  test.each<
    readonly [title: string, facts: Readonly<Record<string, Facts>>, out: string[], limit: string | undefined]
  >([
    [
      'one is silent longest',
      { old: { lastActivityMs: 1 }, young: { lastActivityMs: 9 } },
      ['old maxConnections'],
      undefined,
    ],
    [
      'one never sent a frame',
      { old: { lastActivityMs: 1 }, stranger: { isProven: false, lastActivityMs: NOW_MS } },
      ['stranger maxConnections'],
      undefined,
    ],
    [
      'one is at work',
      { busy: { isIdle: false }, other: { lastActivityMs: 50 } },
      ['other maxConnections'],
      undefined,
    ],
    ['all are at work', { one: { isIdle: false }, two: { isIdle: false } }, [], 'maxConnections'],
    [
      'all were served just now',
      { one: { lastActivityMs: NOW_MS }, two: { lastActivityMs: NOW_MS } },
      [],
      'maxConnections',
    ],
  ])('given that %s, when a newcomer comes, then the right one goes', (_, facts, out, limit) => {
    const { it, out: gone } = room(facts, { maxConnections: 2 });
    expect(it.makeRoom('b', NOW_MS)).toBe(limit);
    expect(gone).toEqual(out);
  });

  test('given a host that has its share, when it comes once more, then one of its own goes', () => {
    const { it, out } = room(
      { other: { host: 'b' }, own: { lastActivityMs: 5 } },
      { maxConnectionsPerPeer: 1 },
    );
    expect(it.makeRoom('a', NOW_MS)).toBeUndefined();
    expect(out).toEqual(['own maxConnectionsPerPeer']);
  });

  test('given too many bytes held, when one holds more, then who holds most goes', () => {
    const { it, out } = room({ small: { heldBytes: 10 }, hog: { heldBytes: 90 } }, { maxHeldBytes: 50 });
    it.changeHeld(100);
    // Stand-ins let go of nothing, so all of them have to go, the largest first.
    expect(out).toEqual(['hog maxHeldBytes', 'small maxHeldBytes']);
    expect(it.size).toBe(0);
  });
});

test('given few descriptors, when connections are counted, then half are left to files', () => {
  expect(connectionsFor(1_024, 256)).toBe(128);
  expect(connectionsFor(100, 65_536)).toBe(100);
  expect(connectionsFor(100, 4)).toBe(8);
  if (process.platform === 'linux') expect(descriptorLimit()).toBeGreaterThan(0);
});

test('given a flood of the same, when it is noted, then it is told at once and then once a minute with its number', () => {
  let nowMs = 0;
  const told: string[] = [];
  const repeated = new Repeated({
    tell: (key, _, times) => told.push(`${key} ${times}`),
    now: () => nowMs,
    maxKeys: 2,
  });
  for (let i = 0; i < 1_000; i++) {
    repeated.note('a', {});
    nowMs += 100;
  }
  repeated.note('b', {});
  for (let i = 0; i < 50; i++) repeated.note(`c${i}`, {});
  expect(told).toEqual(['a 1', 'a 600', 'b 1', `${OTHERS} 1`]);
});

test('given a list of more entries than one message may have, when decoded, then it is refused before it is made', () => {
  const entries = 1_000_001;
  const w = new BinaryWriter(entries + 64);
  w.bytes(Buffer.from([12, 0, 0, 15, 0, 1, 12]));
  w.i32(entries);
  w.zeros(entries);
  w.bytes(Buffer.from([0, 0]));
  const type = RPC.RPC_RRDB_RRDB_DUPLICATE.request;
  expect(() => decodeWrapped(new BinaryReader(w.finish()), type)).toThrow(/more than 1000000 elements/);
});
