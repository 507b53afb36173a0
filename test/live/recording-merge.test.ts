/** The order in which lines of several processes are told. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CausalMerge } from '../../runtime/live/recording/causal-merge.js';
import type { FetchedLine } from '../../runtime/live/recording/run-line.js';
import type { TimedLine } from '../../runtime/observe/recording/lines.js';

const HOLD_BACK_US = 1_000;

const send = (id: string, at: number, process: string): TimedLine => ({
  t: 'send',
  id,
  at,
  process,
  to: 'somebody',
  kind: 'K',
  what: 'message',
});
const receive = (id: string, at: number, process: string, from = 'watched'): TimedLine =>
  ({ t: 'receive', id, at, process, from }) as TimedLine;
const note = (text: string, at: number): TimedLine => ({ t: 'note', level: 'info', text, at });

function merge() {
  const told: string[] = [];
  const made = new CausalMerge({
    holdBackUs: HOLD_BACK_US,
    isWatched: (address) => address === 'watched',
    emit: (line) =>
      void told.push(line.t === 'note' ? line.text : `${line.t} ${(line as { readonly id: string }).id}`),
  });
  return { merge: made, told };
}

describe('lines of several processes', () => {
  test('given one that has not answered so far, then what is later waits for it, but not for ever', () => {
    const { merge: made, told } = merge();
    made.push('a', [note('a1', 10), note('a2', 30)], 40);
    made.push('b', [note('b1', 20)], 25);
    made.drain(50);
    expect(told).toEqual(['a1', 'b1']);
    made.drain(30 + HOLD_BACK_US);
    expect(told).toEqual(['a1', 'b1', 'a2']);
  });

  test('given clocks that differ, then a message still leaves before it arrives', () => {
    const { merge: made, told } = merge();
    made.push('late', [send('m', 100, 'late'), note('after', 110)], 200);
    made.push('early', [receive('m', 90, 'early'), note('then', 95)], 200);
    made.drain(200);
    expect(told).toEqual(['send m', 'receive m', 'then', 'after']);
  });

  test('given a sending that is to come, then the arrival waits; given it never comes, then not for ever', () => {
    const { merge: made, told } = merge();
    made.push('b', [receive('m', 90, 'b'), note('then', 95)], 100);
    made.push('a', [], 100);
    made.drain(100);
    expect(told).toEqual([]);
    made.drain(96 + HOLD_BACK_US);
    expect(told).toEqual(['receive m', 'then']);
  });

  test('given a sender that nobody watches, then nothing waits', () => {
    const { merge: made, told } = merge();
    made.push('b', [receive('m', 90, 'b', 'a stranger')], 100);
    made.drain(100);
    expect(told).toEqual(['receive m']);
  });

  test('given a dead process, then it holds nobody back', () => {
    const { merge: made, told } = merge();
    made.push('dead', [note('last', 5)], 6);
    made.push('a', [note('a', 50)], 60);
    made.silent('dead');
    made.drain(60);
    expect(told).toEqual(['last', 'a']);
  });

  test('given any exchange, cut anywhere, with clocks that differ, then every order is kept and nothing is lost', () => {
    const happenings = fc.array(fc.record({ from: fc.nat(3), to: fc.nat(3) }), { maxLength: 60 });
    const skews = fc.array(fc.integer({ min: -40, max: 40 }), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(happenings, skews, fc.infiniteStream(fc.nat(3)), (messages, skew, cuts) => {
        const logs: TimedLine[][] = [[], [], [], []];
        for (const [i, { from, to }] of messages.entries()) {
          logs[from]?.push(send(`m${i}`, i * 10 + 100 + (skew[from] ?? 0), String(from)));
          logs[to]?.push(receive(`m${i}`, i * 10 + 101 + (skew[to] ?? 0), String(to)));
        }
        const order: FetchedLine[] = [];
        const made = new CausalMerge({
          holdBackUs: HOLD_BACK_US,
          isWatched: () => true,
          emit: (line) => void order.push(line),
        });
        const left = logs.map((log) => [...log]);
        while (left.some((log) => log.length > 0)) {
          for (const [process, log] of left.entries()) {
            const lines = log.splice(0, cuts.next().value ?? 1);
            made.push(String(process), lines, log[0]?.at ?? Number.POSITIVE_INFINITY);
          }
          made.drain(100);
        }
        made.drain(Number.POSITIVE_INFINITY);
        for (const [process, log] of logs.entries()) {
          expect(order.filter((line) => 'process' in line && line.process === String(process))).toEqual(log);
        }
        const sentAt = new Map(order.map((line, at) => [line.t === 'send' ? line.id : '', at]));
        for (const [at, line] of order.entries()) {
          if (line.t === 'receive') expect(sentAt.get(line.id)).toBeLessThan(at);
        }
      }),
      { numRuns: 200 },
    );
  });
});
