import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RecordingLine, TimedLine } from '../../../runtime/observe/recording/lines.js';
import { OUR_CHARTS } from '../../../visualizations/diagrams/ours.js';
import { Participants } from '../../../visualizations/inspector/model/cast.js';
import { partOf } from '../../../visualizations/inspector/model/exports/index.js';
import { NO_FILTER } from '../../../visualizations/inspector/model/filter.js';
import { fateOf } from '../../../visualizations/inspector/model/messages.js';
import { RecordingIndex } from '../../../visualizations/inspector/model/recording-index.js';
import type { ActorState, MessageInfo, WorldState } from '../../../visualizations/inspector/model/types.js';
import { World } from '../../../visualizations/inspector/model/world.js';
import { syntheticRecording } from '../../support/recordings.js';

const MOMENTS = 4_000;
const recorded = syntheticRecording({ moments: MOMENTS, seed: 11, partitions: 6 });
const timed = recorded.lines.filter((line): line is TimedLine => line.t !== 'chart');

function indexOf(lines: readonly RecordingLine[], header = recorded.header): RecordingIndex {
  const index = new RecordingIndex(header);
  index.append(lines);
  return index;
}

const whole = indexOf(recorded.lines);
const moment = fc.integer({ min: 0, max: MOMENTS - 1 });

/** The state at a moment by going there from the beginning. */
function replayed(until: number): WorldState {
  const cast = new Participants();
  for (const [chart, diagram] of whole.charts) cast.active.learn(chart, diagram);
  const world = new World();
  for (const [at, line] of timed.slice(0, until + 1).entries()) {
    cast.meet(line, at);
    world.apply(line, cast);
  }
  return world.state;
}

describe('the state at any moment', () => {
  test('given a random moment, then keyframes and replay give what going there from the start gives', () => {
    fc.assert(
      fc.property(moment, (at) => {
        expect(whole.at(at)).toEqual(replayed(at));
      }),
      { numRuns: 60 },
    );
  });

  test('given pieces of any size, then appending them is the same as appending all at once', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(sizes, moment, (cuts, at) => {
        const index = new RecordingIndex(recorded.header);
        for (let from = 0, cut = 0; from < recorded.lines.length; cut += 1) {
          const size = cuts[cut % cuts.length] as number;
          index.append(recorded.lines.slice(from, from + size));
          // Asking in between must not spoil what comes.
          index.at(index.length - 1);
          index.matching({ ...NO_FILTER, hideRoutine: true });
          from += size;
        }
        expect(index.at(at)).toEqual(whole.at(at));
        expect(index.messages).toEqual(whole.messages);
        const filter = { ...NO_FILTER, hideRoutine: true };
        expect(index.matching(filter)).toEqual(whole.matching(filter));
      }),
      { numRuns: 20 },
    );
  });

  test('given a part that was exported, then reading it gives the same states', () => {
    fc.assert(
      fc.property(moment, moment, (one, other) => {
        const [from, to] = [Math.min(one, other), Math.max(one, other)];
        const { header, lines } = partOf(whole, { from, to });
        const part = indexOf(lines, header);
        const offset = part.length - (to + 1);
        for (const at of [from, Math.floor((from + to) / 2), to]) {
          expect(essence(part.at(at + offset))).toEqual(essence(whole.at(at)));
        }
      }),
      { numRuns: 30 },
    );
  });

  test('given charts that are told after their actors, then the states are the same', () => {
    const charts = recorded.lines.filter((line) => line.t === 'chart');
    const late = indexOf([...timed, ...charts]);
    expect(late.at(2_000)).toEqual(whole.at(2_000));
  });

  test('given a moment that there is not, then it says which there are', () => {
    expect(() => whole.at(MOMENTS)).toThrow(`there is no moment ${MOMENTS}: the recording has ${MOMENTS}`);
    expect(() => whole.moment(-1)).toThrow(RangeError);
    expect(whole.at(-1).actors.size).toBe(0);
  });

  test('given states that were handed out, then what is appended later does not change them', () => {
    const index = indexOf(recorded.lines.slice(0, 500));
    const state = index.at(index.length - 1);
    const copy = structuredClone(state);
    index.append(recorded.lines.slice(500));
    expect(state).toEqual(copy);
  });
});

/** Without what only the steps before the part could tell, and moments, which are numbered anew. */
function essence({ actors, processes, explanations, partitions }: WorldState): unknown {
  const withoutLast = ({ lastStep: _, lastEdges: __, lastEvent: ___, ...state }: ActorState) => state;
  return {
    actors: new Map([...actors].map(([key, state]) => [key, withoutLast(state)] as const).sort(byKey)),
    processes: new Map([...processes].sort(byKey)),
    explanations,
    partitions,
  };
}

function byKey([a]: readonly unknown[], [b]: readonly unknown[]): number {
  return String(a) < String(b) ? -1 : 1;
}

describe('active states', () => {
  test('given any moment, then they are ids of the chart, each below the one it is in', () => {
    const ids = new Map(
      [...whole.charts].map(([chart, { states }]) => [
        chart,
        new Map(states.map((state) => [state.id, state])),
      ]),
    );
    expect([...ids.keys()].sort()).toEqual(Object.keys(OUR_CHARTS).sort());
    for (let at = 0; at < MOMENTS; at += 200) {
      for (const [key, { active, state }] of whole.at(at).actors) {
        const chart = whole.actor(key)?.chart as string;
        if (state !== null) expect(active.length).toBeGreaterThan(0);
        for (const id of active) {
          const parent = ids.get(chart)?.get(id)?.parent as string;
          expect(ids.get(chart)?.has(id), id).toBe(true);
          expect(parent === chart || active.includes(parent), `${id} in ${parent}`).toBe(true);
        }
      }
    }
  });
});

describe('messages', () => {
  const send = (id: string, more = {}): RecordingLine => ({
    t: 'send',
    at: 1,
    id,
    process: 'east meta',
    to: 'west meta',
    kind: 'RPC_CM_CREATE_APP',
    what: 'request',
    ...more,
  });
  const receive = (id: string, more = {}): RecordingLine => ({
    t: 'receive',
    at: 5,
    id,
    process: 'west meta',
    ...more,
  });
  const infoOf = (lines: RecordingLine[], id = 'm'): MessageInfo =>
    indexOf(lines).messages.get(id) as MessageInfo;

  test('given a message that arrives, then it is under way until then', () => {
    const message = infoOf([send('m'), receive('m')]);
    expect([fateOf(message, 0), fateOf(message, 1)]).toEqual(['under way', 'arrived']);
  });

  test('given nothing more of it, then it stays under way', () => {
    expect(fateOf(infoOf([send('m')]))).toBe('under way');
  });

  test('given that it is lost, then with the reason', () => {
    expect(infoOf([send('m'), { t: 'lost', at: 2, id: 'm', why: 'cut' }])).toMatchObject({
      lost: 1,
      why: 'cut',
    });
    expect(fateOf(infoOf([send('m', { fate: 'lost' })]))).toBe('lost');
  });

  test('given a copy, then it arrives twice', () => {
    expect(infoOf([send('m'), receive('m'), receive('m', { copy: true })]).received).toEqual([1, 2]);
  });

  test('given a policy that turns it away, then it is refused', () => {
    expect(fateOf(infoOf([send('m'), receive('m', { fate: 'denied' })]))).toBe('denied');
  });

  test('given an arrival that is told before the sending, then they are matched all the same', () => {
    expect(infoOf([receive('m'), send('m')])).toMatchObject({ sent: 1, received: [0] });
  });

  test('given a reply, then it is found from the request', () => {
    const index = indexOf([send('m'), send('r', { what: 'reply', answers: 'm' })]);
    expect(index.replyTo('m')?.id).toBe('r');
  });
});

describe('differences', () => {
  test('given a step, then they lead from the state before to the state after', () => {
    const step = timed.findIndex((line) => line.t === 'step' && line.state !== undefined);
    const line = timed[step] as Extract<TimedLine, { t: 'step' }>;
    const key = `${line.process}/${line.actor}`;
    const found = whole.differences(step);
    expect(found[0]).toEqual({
      path: 'state',
      before: whole.at(step - 1).actors.get(key)?.state,
      after: line.state,
    });
    for (const { path } of found.slice(1)) {
      expect(Object.keys(line.changes ?? {})).toContain(path.split('.')[1]);
    }
  });

  test('given a death, then the process differs and its actors are gone', () => {
    const death = timed.findIndex((line) => line.t === 'process' && line.what === 'died');
    const { process } = timed[death] as Extract<TimedLine, { t: 'process' }>;
    expect(whole.differences(death)).toEqual([{ path: 'process', before: expect.anything(), after: 'died' }]);
    for (const [key, { alive }] of whole.at(death).actors) {
      if (key.startsWith(`${process}/`)) expect(alive).toBe(false);
    }
  });
});

describe('filters', () => {
  test.each([
    [{ hideRoutine: true }],
    [{ text: 'err_acl_deny' }],
    [{ kinds: ['RPC_NFS_COPY'] }],
    [{ partitions: [2] }],
    [{ processes: ['west meta'] }],
    [{ actors: ['east meta/duplication/3'] }],
    [{ text: 'no such word' }],
  ])('given %j, then next goes through exactly the moments that pass', (change) => {
    const filter = { ...NO_FILTER, ...change };
    const passing = timed.map((_, at) => at).filter((at) => whole.passes(at, filter));
    expect(whole.matching(filter)).toEqual(passing);
    const forth: number[] = [];
    for (let at = whole.next(-1, filter, 1); at !== null; at = whole.next(at, filter, 1)) forth.push(at);
    expect(forth).toEqual(passing);
    const back: number[] = [];
    for (let at = whole.next(MOMENTS, filter, -1); at !== null; at = whole.next(at, filter, -1))
      back.push(at);
    expect(back).toEqual(passing.toReversed());
  });

  test('given nothing to filter by, then everything passes', () => {
    expect(whole.next(5, NO_FILTER, 1)).toBe(6);
    expect(whole.next(0, NO_FILTER, -1)).toBeNull();
    expect(whole.next(MOMENTS - 1, NO_FILTER, 1)).toBeNull();
  });

  test('given that routine is hidden, then trouble stays', () => {
    const hidden = { ...NO_FILTER, hideRoutine: true };
    for (const [at, line] of timed.entries()) {
      if (line.t === 'lost' || (line.t === 'send' && line.error !== undefined)) {
        expect(whole.passes(at, hidden)).toBe(true);
      }
    }
  });
});
