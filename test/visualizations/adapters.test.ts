/** The adapter for Stately's inspector, against the package's own server and receiver. */
import { connect } from 'node:net';
import { createWebSocketReceiver } from '@statelyai/inspect';
import { createInspectorServer } from '@statelyai/inspect/server';
import { Subject } from 'rxjs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { assign, createActor, sendTo, setup } from 'xstate';
import { freePort } from '../../runtime/cluster/ports.js';
import type { RecordingLine } from '../../runtime/observe/recording/lines.js';
import { loopbackPort, openStately, type Stately } from '../../visualizations/adapters/statelyai.js';

interface Received {
  readonly type: string;
  readonly sessionId: string;
  readonly name?: string;
  readonly rootId?: string;
  readonly parentId?: string;
  readonly sourceId?: string;
  readonly definition?: string;
  readonly event?: { readonly type: string };
  readonly snapshot?: { readonly status: string; readonly value?: unknown; readonly context?: unknown };
}

const open: { close(): Promise<void> | void }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

async function adapter(port: number, limitEvents?: number): Promise<Stately> {
  const stately = await openStately({
    url: `ws://127.0.0.1:${port}`,
    ...(limitEvents === undefined ? {} : { limitEvents }),
  });
  open.push(stately);
  return stately;
}

async function serve(port: number): Promise<void> {
  const server = createInspectorServer({ port: loopbackPort(port), autoOpen: false });
  open.push({ close: () => server.stop() });
  // It does not say when it listens.
  await vi.waitFor(async () => expect(await canReach(port, '127.0.0.1')).toBe(true));
}

function canReach(port: number, host: string): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(port, host);
    socket.once('connect', () => {
      socket.destroy();
      done(true);
    });
    socket.once('error', () => done(false));
  });
}

function receive(port: number): Received[] {
  const received: Received[] = [];
  createWebSocketReceiver({ server: `ws://127.0.0.1:${port}` }).subscribe((event) => {
    received.push(event as unknown as Received);
  });
  return received;
}

const child = setup({ types: { events: {} as { type: 'PING' } } }).createMachine({
  id: 'child',
  initial: 'quiet',
  states: { quiet: { on: { PING: 'pinged' } }, pinged: { type: 'final' } },
});
const parent = setup({
  types: { context: {} as { pushes: number; large: string }, events: {} as { type: 'PUSH' } },
  actors: { child },
}).createMachine({
  id: 'parent',
  context: { pushes: 0, large: 'x'.repeat(5_000) },
  initial: 'a',
  invoke: { id: 'kid', src: 'child' },
  states: {
    a: { on: { PUSH: { target: 'b', actions: assign({ pushes: ({ context }) => context.pushes + 1 }) } } },
    b: { on: { PUSH: { target: 'a', actions: sendTo('kid', { type: 'PING' }) } } },
  },
});

const lamp = setup({ types: { events: {} as { type: 'SWITCH' } } }).createMachine({
  id: 'lamp',
  initial: 'off',
  states: { off: { on: { SWITCH: 'on' } }, on: { on: { SWITCH: 'off' } } },
});

describe('Stately’s inspector', () => {
  it('gets actors with their definitions, and each event and state as it was at that time', async () => {
    const port = await freePort();
    await serve(port);
    const received = receive(port);
    const stately = await adapter(port);
    const actor = createActor(parent, { id: 'one', inspect: stately.inspect }).start();
    for (let n = 0; n < 3; n++) actor.send({ type: 'PUSH' });
    const last = (sessionId: string) => received.filter((e) => e.sessionId === sessionId).at(-1);
    await vi.waitFor(() =>
      expect(last(actor.sessionId)).toMatchObject({ snapshot: { value: 'b', context: { pushes: 2 } } }),
    );

    const shown = received.filter(({ type }) => type === '@xstate.actor');
    expect(shown.map(({ name, parentId }) => [name, parentId])).toEqual([
      ['one', undefined],
      ['kid', actor.sessionId],
    ]);
    expect(Object.keys(JSON.parse(shown[0]?.definition ?? '{}').states)).toEqual(['a', 'b']);
    expect(new Set(received.map(({ rootId }) => rootId)), 'one root').toEqual(new Set([actor.sessionId]));
    const own = received.filter(({ sessionId }) => sessionId === actor.sessionId);
    expect(own.flatMap(({ type, event }) => (type === '@xstate.event' ? [event?.type] : []))).toEqual([
      'xstate.init',
      'PUSH',
      'PUSH',
      'xstate.done.actor.kid',
      'PUSH',
    ]);
    expect(
      own.flatMap(({ type, snapshot }) => (type === '@xstate.snapshot' ? [snapshot?.value] : [])),
    ).toEqual(['a', 'b', 'a', 'a', 'b']);
    const ping = received.find(({ event }) => event?.type === 'PING');
    expect(ping?.sourceId, 'who sent it').toBe(actor.sessionId);
    expect(received.find(({ snapshot }) => snapshot?.status === 'done')?.snapshot?.value).toBe('pinged');
    expect(JSON.stringify(received).includes('x'.repeat(500)), 'is not bounded').toBe(false);
    actor.stop();
  });

  it('shows a run of several processes, live or recorded', async () => {
    const port = await freePort();
    await serve(port);
    const received = receive(port);
    const stately = await adapter(port);
    const lines$ = new Subject<RecordingLine>();
    stately.show(lines$);
    const of = (process: string) => ({ process, actor: 'duplication/1/followerTable' });
    for (const process of ['east meta', 'north meta']) {
      lines$.next({
        t: 'actor',
        at: 0,
        ...of(process),
        parent: null,
        chart: 'followerTable',
        state: { asking: 'looking' },
        context: { attempt: 0, asked: 'LookTable' },
      });
    }
    lines$.next({
      t: 'step',
      at: 1,
      ...of('east meta'),
      event: { type: 'FOLLOWER_REPLY', error: 'ERR_APP_NOT_EXIST' },
      edges: [],
      state: { asking: 'requesting' },
      changes: { asked: 'CreateTable' },
      removed: ['attempt'],
    });
    lines$.next({ t: 'end', at: 2, ...of('north meta'), status: 'stopped' });
    await vi.waitFor(() => expect(received.at(-1)?.snapshot?.status).toBe('stopped'));
    expect(received.at(-1)?.sessionId).toBe('north meta/duplication/1/followerTable');
    expect(JSON.parse(received[0]?.definition ?? '{}').id).toBe('followerTable');
    expect(received.findLast(({ sessionId }) => sessionId.startsWith('east'))).toMatchObject({
      event: { type: 'FOLLOWER_REPLY' },
      snapshot: { value: { asking: 'requesting' }, context: { asked: 'CreateTable' } },
    });
  });

  it('comes back when the viewer does, and keeps a bounded number of events until then', async () => {
    const port = await freePort();
    const stately = await adapter(port, 10);
    const actor = createActor(lamp, { inspect: stately.inspect }).start();
    for (let n = 0; n < 20; n++) actor.send({ type: 'SWITCH' });
    expect(stately.dropped).toBeGreaterThan(10);
    await serve(port);
    const received = receive(port);
    await vi.waitFor(() => expect(received.length).toBeGreaterThanOrEqual(10), { timeout: 10_000 });
    expect(received.at(-1)).toMatchObject({ type: '@xstate.snapshot', snapshot: { value: 'off' } });
    actor.stop();
  });
});

describe('what the package does badly', () => {
  it('its server can be kept to loopback', async () => {
    const port = await freePort();
    await serve(port);
    expect(await canReach(port, '127.0.0.1')).toBe(true);
    expect(await canReach(port, '127.0.0.2'), 'another address of this machine').toBe(false);
    const page = await (await fetch(`http://127.0.0.1:${port}/`)).text();
    expect(page).toContain(`ws://localhost:${port}'`);
  });

  it('a viewer elsewhere is refused: states would travel in the clear', async () => {
    for (const url of ['ws://viewer.example:8080', 'ws://10.0.0.1:8080', 'http://127.0.0.1:8080', 'no url']) {
      await expect(openStately({ url }), url).rejects.toMatchObject({ code: 'BRIDLE_USAGE' });
    }
  });

  it('that it is not installed is said, with what to type', async () => {
    vi.doMock('@statelyai/inspect', () => {
      throw new Error('Cannot find package');
    });
    await expect(openStately()).rejects.toMatchObject({
      code: 'BRIDLE_USAGE',
      next: 'npm install --save-dev @statelyai/inspect',
    });
    vi.doUnmock('@statelyai/inspect');
  });
});
