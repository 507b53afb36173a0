import { describe, expect, it } from 'vitest';
import { type AnyStateMachine, createActor, fromCallback, setup } from 'xstate';
import { lend } from '../../actors/lentChart.js';

const child = setup({}).createMachine({ id: 'child', initial: 'on', states: { on: {} } });

const door = setup({
  types: { events: {} as { type: 'PUSH' } | { type: 'KICK' } },
  actions: { squeak: () => {}, swing: () => {} },
  guards: { isOiled: () => false },
  delays: { closing: 60_000 },
  actors: { hinge: child },
}).createMachine({
  id: 'door',
  initial: 'closed',
  context: {},
  states: {
    closed: {
      entry: 'squeak',
      on: { PUSH: [{ guard: 'isOiled', target: 'open' }, { actions: 'swing' }], KICK: 'broken' },
    },
    open: { invoke: { src: 'hinge', id: 'hinge' }, after: { closing: 'closed' } },
    broken: { type: 'final' },
  },
});

/** What a door says when it is pushed twice. */
function pushed(machine: AnyStateMachine): unknown {
  const actor = createActor(machine).start();
  actor.send({ type: 'PUSH' });
  const { value, status, children } = actor.getSnapshot();
  actor.send({ type: 'KICK' });
  const said = {
    value,
    status,
    children: Object.keys(children),
    can: actor.getSnapshot().can({ type: 'PUSH' }),
  };
  actor.stop();
  return { ...said, persisted: actor.getPersistedSnapshot() };
}

/** Implementations that note what they are asked. */
function noting(seen: string[], isOiled: boolean) {
  return {
    actions: { squeak: () => void seen.push('squeak'), swing: () => void seen.push('swing') },
    guards: { isOiled: () => isOiled },
    actors: { hinge: fromCallback(() => void seen.push('hinge')) },
    delays: { closing: 1 },
  };
}

describe('a lent chart', () => {
  it.each([true, false])('given guards that say %s, then it does what a provided one does', (isOiled) => {
    const [ours, theirs]: [string[], string[]] = [[], []];
    const lent = pushed(lend(door, noting(ours, isOiled)));
    const provided = pushed(door.provide(noting(theirs, isOiled) as never));
    expect(lent).toEqual(provided);
    expect(ours).toEqual(theirs);
    expect(ours).toEqual(isOiled ? ['squeak', 'hinge'] : ['squeak', 'swing']);
  });

  it('given two of one chart, then each asks its own implementations, and neither the chart’s', () => {
    const [one, other]: [string[], string[]] = [[], []];
    const [oiled, dry] = [lend(door, noting(one, true)), lend(door, noting(other, false))];
    pushed(oiled);
    pushed(dry);
    pushed(oiled);
    pushed(door);
    expect(one).toEqual(['squeak', 'hinge', 'squeak', 'hinge']);
    expect(other).toEqual(['squeak', 'swing']);
  });

  it('given what is left out, then it is the chart’s, also of a chart that is lent itself', () => {
    const seen: string[] = [];
    const lent = lend(lend(door, { guards: { isOiled: () => true } }), {
      actions: { squeak: () => void seen.push('squeak') },
    });
    const actor = createActor(lent).start();
    actor.send({ type: 'PUSH' });
    expect(actor.getSnapshot().value).toBe('open');
    expect(actor.getSnapshot().machine).toBe(lent);
    actor.stop();
    expect(seen).toEqual(['squeak']);
  });

  it('given a chart, then its state nodes are shared and not made anew', () => {
    expect(lend(door, {}).root).toBe(door.root);
  });
});
