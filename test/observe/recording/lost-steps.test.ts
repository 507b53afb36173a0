/** A step that cannot be observed costs itself only: a gap is told, the rest goes on, the chart knows nothing. */
import { describe, expect, test } from 'vitest';
import { assign, createActor, setup } from 'xstate';
import { ChartObserver } from '../../../actors/chartObserver.js';
import type { WatchedMail } from '../../../actors/chartWatcher.js';
import type { TimedLine } from '../../../runtime/observe/recording/lines.js';
import { Recorder } from '../../../runtime/observe/recording/recorder.js';

const counter = (halfWay: () => void) =>
  setup({
    types: { context: {} as { count: number }, events: {} as { type: 'COUNT'; [more: string]: unknown } },
    actions: { halfWay },
  }).createMachine({
    id: 'counter',
    context: { count: 0 },
    on: {
      COUNT: {
        actions: ['halfWay', assign({ count: ({ context }) => context.count + 1 }), { type: 'halfWay' }],
      },
    },
  });

interface Watched {
  readonly mail?: () => WatchedMail;
  readonly halfWay?: (recorder: Recorder) => void;
}

function watched({ mail, halfWay = () => {} }: Watched) {
  const recorder = new Recorder({ process: 'p' });
  const lines: TimedLine[] = [];
  recorder.start();
  recorder.listen((line) => void lines.push(line));
  const observer: ChartObserver = new ChartObserver({
    watcher: recorder.charts,
    name: 'counter/1',
    root: () => actor,
    ...(mail === undefined ? {} : { mail }),
  });
  const actor = createActor(
    counter(() => halfWay(recorder)),
    { inspect: (event) => observer.inspect(event) },
  );
  return { recorder, lines, actor: actor.start() };
}

const told = (lines: readonly TimedLine[]) =>
  lines.flatMap((line) => {
    if (line.t === 'gap') return [`gap: ${line.why}`];
    return line.t === 'step' ? [`${line.event.type} ${JSON.stringify(line.changes)}`] : [];
  });

describe('a step that cannot be observed', () => {
  test('leaves a gap; what it changed is told by the next one', () => {
    let calls = 0;
    const mail = () => {
      calls += 1;
      if (calls === 2) throw new Error('no mail today');
      return { inbox: 0, outbox: 0, underWay: 0 };
    };
    const { actor, lines } = watched({ mail });
    for (let i = 0; i < 3; i++) actor.send({ type: 'COUNT' });
    expect(actor.getSnapshot().context.count).toBe(3);
    expect(told(lines)).toEqual([
      'COUNT {"count":1}',
      'gap: a step of counter/1 could not be recorded: no mail today',
      'COUNT {"count":3}',
    ]);
  });

  test('because somebody asks for the living in the middle of it, gives up its place', () => {
    let asked = false;
    const halfWay = (recorder: Recorder) => {
      if (!asked) recorder.living();
      asked = true;
    };
    const { actor, lines } = watched({ halfWay });
    for (let i = 0; i < 2; i++) actor.send({ type: 'COUNT' });
    expect(told(lines)).toEqual([
      'gap: a step of counter/1 could not be recorded: the watching began in the middle of it',
      'COUNT {"count":1}',
      'COUNT {"count":2}',
    ]);
  });

  test('because the listener throws, does not reach the chart', () => {
    const { actor, recorder } = watched({});
    recorder.listen(() => {
      throw new Error('broken');
    });
    actor.send({ type: 'COUNT' });
    expect(actor.getSnapshot()).toMatchObject({ status: 'active', context: { count: 1 } });
  });
});

test('given an event with more entries than are told, then its type is among those that are', () => {
  const { actor, lines } = watched({});
  const many = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`k${i}`, i]));
  actor.send({ ...many, type: 'COUNT' });
  expect(told(lines)).toEqual(['COUNT {"count":1}']);
});

test('given a place that is never filled, then the listener waits for one ring, and is told what it missed', () => {
  const recorder = new Recorder({ process: 'p', limitLines: 4 });
  const heard: TimedLine[] = [];
  recorder.start();
  recorder.listen((line) => void heard.push(line));
  recorder.reserve();
  for (const text of ['a', 'b', 'c', 'd', 'e']) recorder.add({ t: 'note', level: 'info', text });
  expect(heard).toMatchObject([
    { t: 'gap', lines: 1 },
    { text: 'a' },
    { text: 'b' },
    { text: 'c' },
    { text: 'd' },
    { text: 'e' },
  ]);
});
