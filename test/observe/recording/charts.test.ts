/** What a recorder writes down about charts that run. */
import { afterEach, describe, expect, test } from 'vitest';
import { assign, fromPromise, not, sendParent, setup } from 'xstate';
import { ChartHost, type ChartHostOptions } from '../../../actors/chartHost.js';
import { declareEffects } from '../../../machines/effects.js';
import type { ActorLine, EndLine, StepLine } from '../../../runtime/observe/recording/lines.js';
import { Recorder } from '../../../runtime/observe/recording/recorder.js';

interface Effects {
  ask: { readonly no: number };
}

const child = setup({
  types: { events: {} as { readonly type: 'ANSWER'; readonly no: number } },
  actions: declareEffects<Effects>()('ask'),
}).createMachine({
  id: 'child',
  initial: 'asking',
  states: {
    asking: {
      entry: { type: 'ask', params: { no: 7 } },
      on: { ANSWER: { target: 'done', actions: sendParent({ type: 'CHILD_SAYS' }) } },
    },
    done: { type: 'final' },
  },
});

type Event =
  | { readonly type: 'GO' | 'BEGET' | 'BREAK' | 'LEAVE' | 'CHILD_SAYS' | 'NOTHING' }
  | { readonly type: 'ANSWER'; readonly no: number };

const parent = setup({
  types: {
    context: {} as { count: number; list: readonly number[]; secret?: string },
    events: {} as Event,
    children: {} as { child: 'child'; copy: 'copy' },
  },
  actors: { child, copy: fromPromise<number, { readonly file: string }>(async () => 1) },
  actions: {
    ...declareEffects<Effects>()('ask'),
    count: assign({ count: ({ context }) => context.count + 1 }),
    copyList: assign({ list: ({ context }) => [...context.list] }),
    fail: () => {
      throw new Error('broken');
    },
  },
  guards: {
    atLeast: ({ context }, params: { readonly no: number }) => context.count >= params.no,
  },
}).createMachine({
  id: 'parent',
  context: { count: 0, list: [1, 2] },
  type: 'parallel',
  states: {
    left: {
      initial: 'one',
      states: {
        one: {
          on: {
            GO: [
              { guard: { type: 'atLeast', params: { no: 1 } }, target: 'two' },
              { guard: not({ type: 'atLeast', params: { no: 1 } }), actions: ['count', 'copyList'] },
            ],
            BEGET: 'two',
            LEAVE: '#parent.right.away',
          },
        },
        two: { entry: 'count', invoke: { src: 'child', id: 'child', onDone: 'three' } },
        three: { after: { 5: 'one' } },
      },
    },
    right: {
      initial: 'still',
      states: {
        still: {
          entry: { type: 'ask', params: { no: 1 } },
          on: { LEAVE: 'away', BREAK: { actions: 'fail' } },
        },
        away: { invoke: { src: 'copy', id: 'copy', input: { file: 'x' } } },
      },
    },
  },
});

const hosts: ChartHost<typeof parent>[] = [];
afterEach(() => {
  for (const host of hosts.splice(0)) host.stop();
});

function host(recorder: Recorder, more: Partial<ChartHostOptions<typeof parent>> = {}) {
  const handlers = { ask: ({ no }: Effects['ask']) => (no === 7 ? { type: 'ANSWER', no } : undefined) };
  const made = new ChartHost({
    name: 'parent/1',
    machine: parent,
    input: undefined,
    handlers,
    children: { child: { handlers } },
    watcher: recorder.charts,
    partition: 3,
    ...more,
  });
  hosts.push(made);
  return made;
}

function recorded(recorder: Recorder) {
  return recorder.read(0, 1_000).lines.map((line) => {
    const { at: _, process: __, ...rest } = line as StepLine | ActorLine | EndLine;
    return rest;
  });
}

const shortly = (recorder: Recorder): string[] =>
  recorded(recorder).map((line) => {
    if (line.t === 'actor') return `actor ${line.actor} ${JSON.stringify(line.state)}`;
    if (line.t === 'end') return `end ${line.actor} ${line.status}`;
    return `step ${line.actor} ${line.event.type} from ${line.from}: ${line.edges.join(', ')}`;
  });

describe('a chart from its beginning', () => {
  test('given an actor that starts, then its line has state and context, and its first effects are a step', () => {
    const recorder = new Recorder({ process: 'east meta' });
    recorder.start();
    host(recorder).start();
    expect(recorded(recorder)).toEqual([
      {
        t: 'actor',
        actor: 'parent/1',
        parent: null,
        chart: 'parent',
        partition: 3,
        state: { left: 'one', right: 'still' },
        context: { count: 0, list: [1, 2] },
      },
      {
        t: 'step',
        actor: 'parent/1',
        event: { type: 'xstate.init' },
        from: 'outside',
        edges: [],
        effects: [{ name: 'ask', params: { no: 1 } }],
      },
    ]);
  });

  test('given an event that a guard refuses for one transition, then both askings are told, and what is new', () => {
    const recorder = new Recorder({ process: 'east meta' });
    const made = host(recorder).start();
    recorder.start();
    made.send({ type: 'GO' });
    expect(recorded(recorder)).toEqual([
      {
        t: 'step',
        actor: 'parent/1',
        event: { type: 'GO' },
        from: 'outside',
        edges: ['parent.left.one GO[1]'],
        changes: { count: 1 },
        guards: [
          { guard: 'atLeast', params: { no: 1 }, said: false },
          { guard: 'atLeast', params: { no: 1 }, said: false },
        ],
      },
    ]);
  });

  test('given an event that changes nothing, then there is a step without edges', () => {
    const recorder = new Recorder({ process: 'east meta' });
    const made = host(recorder).start();
    recorder.start();
    made.send({ type: 'NOTHING' });
    expect(recorded(recorder)).toEqual([
      { t: 'step', actor: 'parent/1', event: { type: 'NOTHING' }, from: 'outside', edges: [] },
    ]);
  });
});

describe('order', () => {
  test('given a child that is begotten, answered and done at once, then causes come before what they cause', () => {
    const recorder = new Recorder({ process: 'east meta' });
    const made = host(recorder).start();
    recorder.start();
    made.send({ type: 'BEGET' });
    expect(shortly(recorder)).toEqual([
      'step parent/1 BEGET from outside: parent.left.one BEGET',
      'actor parent/1/child "asking"',
      'step parent/1/child xstate.init from parent/1: ',
      'step parent/1/child ANSWER from ask: child.asking ANSWER',
      'end parent/1/child done',
      'step parent/1 CHILD_SAYS from parent/1/child: ',
      'step parent/1 xstate.done.actor.child from parent/1/child: parent.left.two xstate.done.actor.child',
    ]);
  });

  test('given regions that would both leave, then only the transition that is taken is told', () => {
    const recorder = new Recorder({ process: 'east meta' });
    const made = host(recorder).start();
    recorder.start();
    made.send({ type: 'LEAVE' });
    const [step] = recorded(recorder) as StepLine[];
    expect(step?.edges).toEqual(['parent.left.one LEAVE']);
    expect(made.snapshot.value).toEqual({ left: 'one', right: 'away' });
  });
});
