/** `inspect`: clusters as their users start them, and actors of one's own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { assign, createActor, fromPromise, setup } from 'xstate';
import { ChartHost } from '../../actors/chartHost.js';
import { watchdog } from '../../machines/index.js';
import { type Cluster, openCluster } from '../../runtime/client/index.js';
import { type EmbeddedCluster, startCluster } from '../../runtime/cluster/embedded.js';
import { duplicate, fetchPolicy } from '../../runtime/live/index.js';
import type { RecordingLine } from '../../runtime/observe/recording/lines.js';
import {
  type Inspectable,
  type InspectOptions,
  type Inspector,
  inspect,
} from '../../visualizations/inspector/index.js';
import { killerOfAnnounced } from '../../visualizations/inspector/live/killer.js';
import { RecordingIndex } from '../../visualizations/inspector/model/recording-index.js';
import { ScriptedMeta } from '../live/scripted-meta.js';
import { ask, openPage, type Page } from './server-support.js';

const open: Inspector[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((inspector) => inspector.close()));
});

async function look(
  what: Inspectable | readonly Inspectable[],
  options?: InspectOptions,
): Promise<Page & { readonly url: string }> {
  const inspector = await inspect(what, options);
  open.push(inspector);
  return Object.assign(await openPage(inspector.url), { url: inspector.url });
}

/** As the page sees it. */
function index(page: Page): RecordingIndex {
  const hello = page.messages[0] as unknown as { header: RecordingIndex['header'] };
  const read = new RecordingIndex(hello.header);
  read.append(page.lines);
  return read;
}

const states = (page: Page) => {
  const read = index(page);
  const { actors } = read.at(read.length - 1);
  return Object.fromEntries([...actors].map(([key, { state, status }]) => [key, [state, status]]));
};
const steps = (page: Page) =>
  page.lines.flatMap((line) => (line.t === 'step' ? [[line.actor, line.event.type, line.state]] : []));

const kettle = setup({
  types: { context: {} as { fills: number }, events: {} as { type: 'FILL' } | { type: 'BOIL' } },
  actors: { heat: fromPromise(async () => 'hot') },
  guards: { filled: ({ context }) => context.fills > 0 },
}).createMachine({
  id: 'kettle',
  context: { fills: 0 },
  initial: 'cold',
  states: {
    cold: {
      on: {
        FILL: { actions: assign({ fills: ({ context }) => context.fills + 1 }) },
        BOIL: { guard: 'filled', target: 'heating' },
      },
    },
    heating: { invoke: { id: 'heater', src: 'heat', onDone: 'hot' } },
    hot: { type: 'final' },
  },
});

describe('actors of one’s own', () => {
  it('are shown from their first event on, with their charts and those they start', async () => {
    const actor = createActor(kettle, { id: 'mine' });
    const page = await look(actor, { title: 'tea' });
    actor.start();
    for (const type of ['BOIL', 'FILL', 'BOIL'] as const) actor.send({ type });
    await vi.waitFor(() => expect(states(page)['this process/mine']).toEqual(['hot', 'done']));
    expect(steps(page).filter(([who]) => who === 'mine')).toEqual([
      ['mine', 'BOIL', undefined],
      ['mine', 'FILL', undefined],
      ['mine', 'BOIL', 'heating'],
      ['mine', 'xstate.done.actor.heater', 'hot'],
    ]);
    expect(page.messages[0]).toMatchObject({ header: { title: 'tea', source: 'live' } });
    const read = index(page);
    expect(read.actors.map(({ key, parent }) => [key, parent])).toEqual([
      ['this process/mine', null],
      ['this process/mine/heater', 'this process/mine'],
    ]);
    expect(read.charts.get('kettle')?.states.map(({ id }) => id)).toContain('kettle.heating');
    const charts = JSON.parse((await ask(`${page.url}charts.json`)).body) as { diagram: { id: string } }[];
    expect(charts.map(({ diagram }) => diagram.id)).toEqual(['kettle']);
  });

  it('that run already are shown as they are', async () => {
    const actor = createActor(kettle).start();
    actor.send({ type: 'FILL' });
    const page = await look(actor);
    await vi.waitFor(() => expect(states(page)).toEqual({ 'this process/kettle': ['cold', 'active'] }));
    const read = index(page);
    expect(read.at(read.length - 1).actors.get('this process/kettle')?.context).toEqual({ fills: 1 });
    actor.stop();
    await vi.waitFor(() =>
      expect(states(page)).toMatchObject({ 'this process/kettle': ['cold', 'stopped'] }),
    );
  });

  it('several of them, of one machine too, and hosts of charts', async () => {
    const host = new ChartHost({
      name: 'dog',
      machine: watchdog,
      input: { limits: { noProgressMs: 1_000, sameErrorMs: 1_000 } } as never,
      handlers: {},
    }).start();
    const kettles = [createActor(kettle), createActor(kettle)];
    const page = await look([host, ...kettles]);
    for (const each of kettles) each.start();
    kettles[1]?.send({ type: 'FILL' });
    await vi.waitFor(() => expect(steps(page)).toHaveLength(1));
    expect(steps(page)[0]?.[0]).toBe('kettle 2');
    expect(Object.keys(states(page))).toEqual(
      expect.arrayContaining(['this process/dog', 'this process/kettle', 'this process/kettle 2']),
    );
    host.stop();
    for (const each of kettles) each.stop();
  });

  it('one that throws is seen to have failed', async () => {
    const bad = setup({ types: { events: {} as { type: 'GO' } } }).createMachine({
      id: 'bad',
      initial: 'a',
      states: {
        a: {
          on: {
            GO: {
              target: 'b',
              actions: () => {
                throw new Error('boom');
              },
            },
          },
        },
        b: {},
      },
    });
    const actor = createActor(bad);
    actor.subscribe({ error: () => {} });
    const page = await look(actor);
    actor.start();
    actor.send({ type: 'GO' });
    await vi.waitFor(() => expect(states(page)['this process/bad']?.[1]).toBe('error'), { timeout: 5_000 });
  });

  it('what cannot be looked at is said', async () => {
    for (const nothing of [[], {} as never, 7 as never, [createActor(kettle), {} as never]]) {
      await expect(inspect(nothing as never)).rejects.toMatchObject({ code: 'BRIDLE_USAGE' });
    }
  });
});

describe('clusters', { timeout: 90_000 }, () => {
  const names = ['east', 'west'] as const;
  let directory = '';
  const servers: EmbeddedCluster[] = [];
  const clients: Cluster[] = [];

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'bridle-inspect-'));
    const start = (name: string) => startCluster({ name, directory: join(directory, name), replicas: 1 });
    servers.push(...(await Promise.all(names.map(start))));
    clients.push(...(await Promise.all(servers.map(({ meta }) => openCluster({ meta })))));
  }, 90_000);
  afterAll(async () => {
    await Promise.all([...clients, ...servers].map((each) => each.close()));
    await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  });

  const answer = async (page: Page, command: string, args: Record<string, string>) => {
    const before = page.messages.length;
    page.send({ type: 'command', id: 1, command, args });
    const found = () => page.messages.slice(before).find(({ type }) => type === 'answer');
    await vi.waitFor(() => expect(found()).toBeDefined(), { timeout: 20_000 });
    return found();
  };
  const has = (page: Page, fits: (line: RecordingLine) => boolean) =>
    vi.waitFor(() => expect(page.lines.some(fits)).toBe(true), { timeout: 20_000, interval: 100 });

  it('a duplication is watched through both clusters, and steered only with permission', async () => {
    const [source, target] = clients as [Cluster, Cluster];
    await source.createTable('users', { partitionCount: 2 });
    await using duplication = await duplicate({ source, table: 'users', target });
    const page = await look(duplication);
    await duplication.waitFor('DS_LOG', { timeoutMs: 60_000 });
    const key = `east meta/duplication/${duplication.id}`;
    await vi.waitFor(() => expect(Object.keys(states(page))).toContain(key), { timeout: 20_000 });
    await has(page, (line) => line.t === 'explain');
    await has(page, (line) => line.t === 'actor' && line.process === 'west meta');

    const id = `users/${duplication.id}`;
    expect(await answer(page, 'pause', { duplication: id })).toMatchObject({ ok: false });
    const steered = await look(duplication, { control: true });
    expect(await answer(steered, 'pause', { duplication: id })).toMatchObject({
      ok: true,
      text: 'users → west/users is paused',
    });
    expect((await duplication.explain()).status).toBe('DS_PAUSE');
    expect(await answer(steered, 'start', { duplication: id })).toMatchObject({ ok: true });
    expect(await answer(steered, 'retry', { duplication: id })).toMatchObject({ ok: true });
    expect(await answer(steered, 'pause', { duplication: 'users/99' })).toMatchObject({ ok: false });
    expect(
      await answer(steered, 'fault', { fault: 'kill east meta' }),
      'these are handles only',
    ).toMatchObject({
      ok: false,
    });
  });

  it('faults are put into embedded clusters and taken out again; rules of an operator stay', async () => {
    const [source] = clients as [Cluster, Cluster];
    const { setPolicy } = await import('../../runtime/live/index.js');
    const own = { effect: 'deny', peer: '10.*', operation: '*' };
    await setPolicy(source, [own]);
    const page = await look(servers, { control: true });
    const { faults } = page.messages[0] as unknown as { faults: readonly string[] };
    expect(faults).toEqual([
      'lose replies to creations',
      'block the data path',
      'deny the data path',
      'kill east meta',
      'kill east replica 0',
      'kill west meta',
      'kill west replica 0',
    ]);
    expect(await answer(page, 'heal', {})).toMatchObject({
      ok: true,
      text: expect.stringContaining('no fault'),
    });
    expect(await answer(page, 'fault', { fault: 'lose replies to creations' })).toMatchObject({ ok: true });
    expect(await answer(page, 'fault', { fault: 'block the data path' })).toMatchObject({ ok: true });
    const node = servers[1]?.servers().find(({ role }) => role === 'replica');
    expect((await fetchPolicy(source))?.policy.rules).toEqual([
      { effect: 'drop', peer: '*', operation: 'RPC_CM_CREATE_APP_ACK' },
      { effect: 'drop', peer: node?.address, operation: '*' },
      own,
    ]);
    await has(page, (line) => line.t === 'fault' && line.what.startsWith('block the data path'));
    expect(await answer(page, 'heal', {})).toMatchObject({ ok: true });
    expect((await fetchPolicy(source))?.policy.rules).toEqual([own]);
    await setPolicy(source, []);

    expect(await answer(page, 'fault', { fault: 'rm -rf' })).toMatchObject({ ok: false });
    const before = servers[1]?.servers()[1]?.pid;
    expect(await answer(page, 'fault', { fault: 'kill west replica 0' })).toMatchObject({ ok: true });
    await has(
      page,
      (line) => line.t === 'process' && line.process === 'west replica 0' && line.what === 'died',
    );
    await has(
      page,
      (line) => line.t === 'process' && line.process === 'west replica 0' && line.what === 'restarted',
    );
    expect(servers[1]?.servers()[1]?.pid).not.toBe(before);
  });

  it('a server is killed by its pid only where it is a child of who announced it', async () => {
    const [east] = servers as [EmbeddedCluster];
    const { address, pid } = east.servers()[1] ?? { address: '', pid: null };
    const server = { process: 'east replica 0', address, pid };
    const refused = { code: 'BRIDLE_USAGE', hint: expect.stringContaining('is not killed') };
    await expect(killerOfAnnounced([1])(server)).rejects.toMatchObject(refused);
    const mine = killerOfAnnounced([process.pid]);
    await expect(mine({ ...server, pid: process.pid }), 'this process').rejects.toMatchObject(refused);
    await expect(mine({ ...server, pid: 2 ** 22 + 1 }), 'no process').rejects.toMatchObject(refused);
    await expect(mine({ ...server, pid: null })).rejects.toMatchObject(refused);
    await expect(mine({ ...server, address: '10.0.0.1:34801' })).rejects.toMatchObject(refused);
    expect(east.servers()[1]?.pid).toBe(pid);
    await mine(server);
    await vi.waitFor(() => expect(east.servers()[1]?.pid).not.toBe(pid), { timeout: 10_000 });
  });
});

describe('a cluster that is not embedded', () => {
  const meta = new ScriptedMeta();
  beforeAll(async () => {
    meta.script.kind = 'real';
    await meta.start();
  });
  afterAll(() => meta.stop());

  it('is never given a fault, whoever asks', async () => {
    await using cluster = await openCluster({ meta: meta.meta });
    const page = await look(cluster, { control: true });
    expect(page.messages[0]).toMatchObject({ control: true, faults: [] });
    for (const command of ['fault', 'heal']) {
      const before = page.messages.length;
      page.send({ type: 'command', id: command, command, args: { fault: 'block the data path' } });
      await vi.waitFor(() =>
        expect(page.messages.slice(before).find(({ id }) => id === command)).toMatchObject({
          ok: false,
          text: expect.stringContaining('is not an embedded cluster'),
        }),
      );
    }
  });
});
