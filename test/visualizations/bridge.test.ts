/**
 * `@xstate/inspect` itself, the real package with the XState 4 it needs, showing actors of XState 5: its own
 * WebSocket receiver is the viewer.
 */
import { createRequire } from 'node:module';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { type AnyStateNode, and, assign, createActor, fromPromise, not, setup } from 'xstate';
import { OUR_MODELS } from '../../runtime/checker/paths/ours/index.js';
import { convertMachine } from '../../visualizations/xstate-inspect-bridge/src/convert-machine.js';
import {
  type Bridge,
  type BridgeOptions,
  openBridge,
} from '../../visualizations/xstate-inspect-bridge/src/index.js';

interface V4Transition {
  readonly target: readonly { readonly id: string }[] | undefined;
}

interface ViewerEvent {
  readonly type: string;
  readonly sessionId: string;
  readonly id?: string;
  readonly machine?: {
    readonly states: Record<string, unknown>;
    readonly events: readonly string[];
    getStateNodeById(id: string): { readonly key: string; readonly transitions: readonly V4Transition[] };
  };
  readonly state?: { readonly value: unknown; readonly context: Record<string, unknown> };
  readonly event?: { readonly name: string };
}

interface Viewer {
  readonly events: ViewerEvent[];
  send(sessionId: string, event: { readonly type: string }): void;
}

/** As viewers send it. */
const viewerEvent = (origin: string, data: { readonly type: string }) => ({
  type: 'xstate.event',
  event: JSON.stringify({ name: data.type, data, $$type: 'scxml', type: 'external', origin }),
  service: origin,
});

const workspace = createRequire(
  new URL('../../visualizations/xstate-inspect-bridge/package.json', import.meta.url),
);
const { createWebSocketReceiver } = workspace('@xstate/inspect') as {
  createWebSocketReceiver(options: { server: string }): {
    subscribe(observer: { next(event: ViewerEvent): void; error(error: unknown): void }): void;
    send(event: object): void;
  };
};

const { createMachine } = workspace('xstate') as {
  createMachine(config: object): NonNullable<ViewerEvent['machine']>;
};

const bridges: Bridge[] = [];

beforeAll(() => {
  // The receiver is made for browsers; Node has a global WebSocket from version 22 on.
  vi.stubGlobal('WebSocket', WebSocket);
});

afterEach(async () => {
  await Promise.all(bridges.splice(0).map((bridge) => bridge.close()));
});

async function open(options?: BridgeOptions): Promise<Bridge> {
  const bridge = await openBridge(options);
  bridges.push(bridge);
  return bridge;
}

function view(bridge: Bridge): Viewer {
  const receiver = createWebSocketReceiver({ server: bridge.server });
  const events: ViewerEvent[] = [];
  receiver.subscribe({ next: (event) => events.push(event), error: () => {} });
  return {
    events,
    send: (sessionId, event) => receiver.send(viewerEvent(sessionId, event)),
  };
}

const door = setup({
  types: {
    context: {} as { pushes: number; code: string },
    events: {} as { type: 'PUSH' } | { type: 'LOCK' },
  },
  actors: { oil: fromPromise(async () => 'oiled') },
  guards: { strong: () => true, locked: () => false },
  delays: { patience: 60_000 },
}).createMachine({
  id: 'door',
  context: { pushes: 0, code: '1234' },
  initial: 'closed',
  states: {
    closed: {
      on: {
        PUSH: {
          guard: and(['strong', not('locked')]),
          target: 'open',
          actions: assign({ pushes: ({ context }) => context.pushes + 1 }),
        },
        LOCK: 'gone',
      },
    },
    open: {
      initial: 'still',
      invoke: { id: 'oiling', src: 'oil', onDone: { actions: () => {} } },
      after: { patience: 'closed' },
      on: { PUSH: 'closed' },
      states: { still: {} },
    },
    gone: { type: 'final' },
  },
});

const ofType = (viewer: Viewer, type: string) => viewer.events.filter((event) => event.type === type);
const values = (viewer: Viewer) => ofType(viewer, 'service.state').map(({ state }) => state?.value);

describe('a viewer of @xstate/inspect', () => {
  it('gets the machine, each event and each state of an actor of XState 5, and its end', async () => {
    const bridge = await open();
    const actor = createActor(door, { inspect: bridge.inspect }).start();
    const viewer = view(bridge);
    await vi.waitFor(() => expect(ofType(viewer, 'service.register')).toHaveLength(1));
    const [{ machine, state } = {} as ViewerEvent] = ofType(viewer, 'service.register');
    expect(Object.keys(machine?.states ?? {})).toEqual(['closed', 'open', 'gone']);
    expect(machine?.getStateNodeById('door.open.still').key).toBe('still');
    expect(machine?.events).toEqual(expect.arrayContaining(['PUSH', 'LOCK', 'done.invoke.oiling']));
    expect(state?.value).toBe('closed');

    actor.send({ type: 'PUSH' });
    actor.send({ type: 'PUSH' });
    actor.send({ type: 'LOCK' });
    await vi.waitFor(() =>
      expect(ofType(viewer, 'service.stop').map((e) => e.sessionId)).toContain(actor.sessionId),
    );
    const own = (event: ViewerEvent) => event.sessionId === actor.sessionId;
    expect(
      ofType(viewer, 'service.event')
        .filter(own)
        .map(({ event }) => event?.name),
    ).toEqual(['PUSH', 'PUSH', 'LOCK']);
    expect(
      viewer.events
        .filter(own)
        .flatMap(({ type, state }) => (type === 'service.state' ? [state?.value] : [])),
    ).toEqual([{ open: 'still' }, 'closed', 'gone']);
    expect(ofType(viewer, 'service.state').filter(own).at(-1)?.state?.context).toMatchObject({ pushes: 1 });
  });

  it('sees actors that are no machines', async () => {
    const bridge = await open();
    const viewer = view(bridge);
    const oiling = createActor(door, { inspect: bridge.inspect }).start();
    await vi.waitFor(() => expect(ofType(viewer, 'service.register').length).toBeGreaterThan(0));
    oiling.send({ type: 'PUSH' });
    await vi.waitFor(() =>
      expect(ofType(viewer, 'service.register').map(({ id }) => id)).toContain('oiling'),
    );
    await vi.waitFor(() => expect(values(viewer)).toContain('done'));

    oiling.stop();
  });

  it('sends an event that reaches the actor', async () => {
    const bridge = await open({ control: true });
    const actor = createActor(door, { inspect: bridge.inspect }).start();
    const viewer = view(bridge);
    await vi.waitFor(() => expect(ofType(viewer, 'service.register')).toHaveLength(1));
    viewer.send(actor.sessionId, { type: 'PUSH' });
    await vi.waitFor(() => expect(values(viewer)).toContainEqual({ open: 'still' }));
    expect(actor.getSnapshot().value).toEqual({ open: 'still' });
    const pushes = ofType(viewer, 'service.event').filter(({ event }) => event?.name === 'PUSH');
    expect(pushes, 'told once').toHaveLength(1);
    actor.stop();
  });

  it('sees of a context what it may see', async () => {
    const bridge = await open({ sanitize: (context) => ({ ...(context as object), code: '…' }) });
    const actor = createActor(door, { inspect: bridge.inspect }).start();
    const viewer = view(bridge);
    await vi.waitFor(() => expect(ofType(viewer, 'service.register')).toHaveLength(1));
    actor.send({ type: 'PUSH' });
    await vi.waitFor(() => expect(values(viewer)).toContainEqual({ open: 'still' }));
    expect(JSON.stringify(viewer.events.map(({ state }) => state?.context))).not.toContain('1234');
    actor.stop();
  });
});

describe('a machine of XState 5 as one of XState 4', () => {
  for (const [name, { machine }] of Object.entries(OUR_MODELS)) {
    it(`${name} has all its states, events and transitions`, () => {
      const nodes = (node: AnyStateNode): AnyStateNode[] => [
        node,
        ...Object.values(node.states).flatMap(nodes),
      ];
      const converted = createMachine(convertMachine(machine.root as never));
      for (const node of nodes(machine.root)) {
        const { key, transitions } = converted.getStateNodeById(node.id);
        expect(key).toBe(node.key);
        const count = [...node.transitions.values()].flat().length + (node.always?.length ?? 0);
        expect(transitions.length, node.id).toBe(count);
        const targets = transitions.flatMap(({ target }) => target?.map(({ id }) => id) ?? []);
        const expected = [...node.transitions.values(), node.always ?? []]
          .flat()
          .flatMap(({ target }) => target?.map(({ id }) => id) ?? []);
        expect(targets.sort(), node.id).toEqual(expected.sort());
      }
    });
  }
});

describe('the bridge', () => {
  const connect = (bridge: Bridge, headers: Record<string, string>) =>
    new Promise<WebSocket>((resolve, reject) => {
      const socket = new WebSocket(`ws://${bridge.server}`, { headers });
      socket.once('open', () => resolve(socket));
      socket.once('error', reject);
    });

  it('listens on loopback and refuses pages of other sites', async () => {
    const bridge = await open({ origins: ['https://viewer.example'] });
    expect(bridge.server).toMatch(/^127\.0\.0\.1:\d+$/);
    await expect(connect(bridge, { origin: 'https://evil.example' })).rejects.toThrow('401');
    await expect(connect(bridge, { host: 'evil.example' })).rejects.toThrow('401');
    for (const origin of ['https://viewer.example', 'http://localhost:3000']) {
      (await connect(bridge, { origin })).terminate();
    }
  });

  it('passes no event on unless it was opened with control', async () => {
    const bridge = await open();
    const actor = createActor(door, { inspect: bridge.inspect }).start();
    const socket = await connect(bridge, {});
    const heard: string[] = [];
    socket.on('message', (data) => heard.push(String(data)));
    const closed = new Promise((done) => socket.once('close', done));
    for (const message of [
      { type: 'xstate.inspecting' },
      viewerEvent(actor.sessionId, { type: 'PUSH' }),
      {},
    ]) {
      socket.send(JSON.stringify(message));
    }
    expect(await closed, 'all three were read').toBe(1008);
    expect(actor.getSnapshot().value).toBe('closed');
    expect(heard.join(), 'nobody is told of what did not happen').not.toContain('PUSH"');
    actor.stop();
  });

  it('outlives a viewer that talks nonsense', async () => {
    const bridge = await open();
    const actor = createActor(door, { inspect: bridge.inspect }).start();
    for (const nonsense of [
      'no json',
      '{}',
      '{"type":"xstate.event","event":"{"}',
      '{"type":"disconnect"}',
    ]) {
      const socket = await connect(bridge, {});
      const closed = new Promise((done) => socket.once('close', done));
      socket.send(nonsense);
      expect(await closed, nonsense).toBe(1008);
    }
    const viewer = view(bridge);
    await vi.waitFor(() => expect(ofType(viewer, 'service.register')).toHaveLength(1));
    actor.stop();
  });

  it('is one at a time, can be opened again, and is silent afterwards', async () => {
    const warn = vi.spyOn(console, 'warn');
    const bridge = await open();
    await expect(openBridge()).rejects.toThrow('close it');
    const actor = createActor(door, { inspect: bridge.inspect }).start();
    await bridge.close();
    await bridge.close();
    actor.send({ type: 'PUSH' });
    const again = await open();
    const other = createActor(door, { inspect: again.inspect }).start();
    const viewer = view(again);
    await vi.waitFor(() =>
      expect(ofType(viewer, 'service.register').map(({ sessionId }) => sessionId)).toEqual([other.sessionId]),
    );
    expect(warn).not.toHaveBeenCalled();
    for (const each of [actor, other]) each.stop();
  });
});
