// An actor of your own in a page: what it does, what it waits for, and why it does not move. Ctrl-C ends.
import { once } from 'node:events';
import { inspect } from 'bridle/inspect';
import { createActor, setup } from 'xstate';

const lamp = setup({ delays: { patience: 500 } }).createMachine({
  id: 'lamp',
  initial: 'off',
  states: {
    off: { after: { patience: 'on' }, on: { BREAK: 'broken' } },
    on: { after: { patience: 'off' }, on: { BREAK: 'broken' } },
    broken: { type: 'final' },
  },
});

const actor = createActor(lamp, { id: 'the lamp' });
const inspector = await inspect(actor); // a duplication, or clusters, just the same
console.log(inspector.url);
actor.start();
await once(process, 'SIGINT');
actor.send({ type: 'BREAK' });
await inspector.close();
