/** The inspector's server, asked over real sockets as friends and strangers would. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { RecordingLine } from '../../runtime/observe/recording/lines.js';
import type { ControlCommand } from '../../visualizations/inspector/inspected-run.js';
import {
  type InspectorServer,
  type ServeInspectorOptions,
  serveInspector,
} from '../../visualizations/inspector/server.js';
import { ask, HEADER, note, openPage, writtenRun } from './server-support.js';

const TOKEN = 'correct-horse-battery';
const servers: InspectorServer[] = [];

async function serve(options: Partial<ServeInspectorOptions> = {}): Promise<InspectorServer> {
  const server = await serveInspector({ run: writtenRun(), ...options });
  servers.push(server);
  return server;
}

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

const portOf = (url: string) => new URL(url).port;
const cookieOf = (header: string | string[] | undefined) => String(header).split(';')[0] ?? '';

describe('the page', () => {
  it('is served with a policy that allows its own script only, and no other host', async () => {
    const { url } = await serve();
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
    const page = await ask(url);
    expect(page.status).toBe(200);
    expect(page.headers).toMatchObject({
      'content-type': expect.stringContaining('text/html'),
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cross-origin-resource-policy': 'same-origin',
      'cross-origin-opener-policy': 'same-origin',
      'cache-control': 'no-store',
    });
    const policy = String(page.headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    expect(page.body, 'no script, style or handler in the document').not.toMatch(
      /<script(?![^>]* src=)|<style|\son\w+=|\sstyle=/,
    );
    for (const [path, type] of [
      ['page.js', 'text/javascript'],
      ['page.css', 'text/css'],
      ['charts.json', 'application/json'],
    ]) {
      const answer = await ask(`${url}${path}`);
      expect([answer.status, answer.headers['content-type']]).toEqual([
        200,
        expect.stringContaining(type ?? ''),
      ]);
      expect(answer.headers['content-security-policy'], path).toBe(policy);
    }
  });

  it('answers nothing but GET and HEAD, and only what there is', async () => {
    const { url } = await serve();
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
      expect((await ask(url, { method })).status, method).toBe(405);
    }
    expect((await ask(url, { method: 'HEAD' })).status).toBe(200);
    expect((await ask(`${url}../../package.json`)).status).toBe(404);
    expect((await ask(`${url}compare.jsonl`)).status).toBe(404);
    expect((await ask(`${url}live`)).status).toBe(426);
  });

  it('shows no error of this machine when the charts cannot be had', async () => {
    const run = { ...writtenRun(), charts: () => Promise.reject(new Error('/secret/place')) };
    const answer = await ask(`${(await serve({ run })).url}charts.json`);
    expect(answer.status).toBe(500);
    expect(answer.body).not.toContain('secret');
    expect(answer.headers['content-security-policy']).toBeDefined();
  });

  it('gives the recording to compare with', async () => {
    const { url } = await serve({ compare: '{"t":"recording"}\n' });
    expect((await ask(`${url}compare.jsonl`)).body).toBe('{"t":"recording"}\n');
    const page = await openPage(url);
    await vi.waitFor(() => expect(page.messages[0]).toMatchObject({ compare: '/compare.jsonl' }));
  });
});

describe('strangers', () => {
  it('a name that was made to point here is refused (DNS rebinding)', async () => {
    const { url } = await serve();
    const port = portOf(url);
    for (const host of ['evil.example', `evil.example:${port}`, '127.0.0.1:1']) {
      expect((await ask(url, { headers: { host } })).status, host).toBe(403);
    }
    expect((await ask(url, { headers: { host: `localhost:${port}` } })).status).toBe(200);
  });

  it('a page of another site, or of another port, cannot open the WebSocket', async () => {
    const { url } = await serve();
    const port = portOf(url);
    for (const origin of ['https://evil.example', 'http://127.0.0.1:1', 'null', 'file://', undefined]) {
      await expect(openPage(url, { origin }), String(origin)).rejects.toThrow('HTTP 403');
    }
    const host = `evil.example:${port}`;
    await expect(openPage(url, { headers: { host } })).rejects.toThrow('HTTP 403');
    await expect(openPage(url, { path: 'elsewhere' })).rejects.toThrow('HTTP 404');
    const page = await openPage(url, { origin: `http://localhost:${port}` });
    page.socket.close();
  });

  it('names of a proxy are known when they are given', async () => {
    const { url } = await serve({ names: ['inspect.example'] });
    expect((await ask(url, { headers: { host: 'inspect.example' } })).status).toBe(200);
    const page = await openPage(url, {
      origin: 'https://inspect.example',
      headers: { host: 'inspect.example' },
    });
    page.socket.close();
  });

  it('beyond loopback it listens only with a token that cannot be guessed', async () => {
    await expect(serve({ host: '0.0.0.0' })).rejects.toMatchObject({
      code: 'BRIDLE_USAGE',
      hint: expect.stringContaining('only with a token'),
    });
    await expect(serve({ host: '0.0.0.0', token: 'short' })).rejects.toMatchObject({ code: 'BRIDLE_USAGE' });
    const { url } = await serve({ host: '0.0.0.0', token: TOKEN });
    expect(url).toBe(`http://localhost:${portOf(url)}/`);
    expect((await ask(url)).status).toBe(401);
    expect((await ask(`${url}?token=${TOKEN}`)).status).toBe(303);
  });

  it('without the token there is nothing; with it, a cookie that no script reads and no site sends', async () => {
    const { url } = await serve({ token: TOKEN });
    for (const path of ['', 'page.js', 'charts.json', 'live', 'nothing', '?token=wrong', '?token=']) {
      expect((await ask(`${url}${path}`)).status, path).toBe(401);
    }
    await expect(openPage(url)).rejects.toThrow('HTTP 401');
    await expect(openPage(url, { path: `live?token=${TOKEN}` })).rejects.toThrow('HTTP 401');

    const welcome = await ask(`${url}?token=${TOKEN}&view=run`);
    expect(welcome.status).toBe(303);
    expect(welcome.headers.location, 'the token is gone from the address').toBe('/?view=run');
    const setCookie = String(welcome.headers['set-cookie']);
    expect(setCookie).toMatch(/; HttpOnly/);
    expect(setCookie).toMatch(/; SameSite=Strict/);
    expect(setCookie, 'the cookie is not the token').not.toContain(TOKEN);

    const cookie = cookieOf(welcome.headers['set-cookie']);
    expect((await ask(url, { headers: { cookie } })).status).toBe(200);
    expect((await ask(url, { headers: { cookie: `a=b; ${cookie}x` } })).status).toBe(401);
    const page = await openPage(url, { headers: { cookie } });
    page.socket.close();

    const later = await serve({ token: TOKEN });
    expect((await ask(later.url, { headers: { cookie } })).status, 'not of another server').toBe(401);
  });
});

describe('a link with a token', () => {
  it('leads to no other host, however its path is spelled', async () => {
    const { url } = await serve({ token: TOKEN });
    const { status, headers } = await ask(`${url}/elsewhere.example/?token=${TOKEN}`);
    expect([status, headers.location]).toEqual([303, '/elsewhere.example/']);
  });
});

describe('a request that dribbles in', () => {
  it('is ended, so that it holds no connection', async () => {
    const { url } = await serve({ limits: { requestMs: 200 } });
    const socket = connect(Number(portOf(url)), '127.0.0.1');
    socket.on('error', () => {});
    const closed = once(socket, 'close');
    socket.resume();
    socket.write('GET / HTTP/1.1\r\nX-Slow: ');
    await closed;
    expect((await ask(url)).status).toBe(200);
  });
});

describe('watching', () => {
  it('a page gets everything from the beginning, then what comes', async () => {
    const run = writtenRun();
    run.write(note(1), note(2));
    const { url } = await serve({ run });
    const early = await openPage(url);
    await vi.waitFor(() => expect(early.lines).toHaveLength(2));
    expect(early.messages[0]).toEqual({
      type: 'hello',
      header: HEADER,
      live: true,
      control: false,
      faults: [],
      compare: null,
    });
    run.write(note(3));
    const late = await openPage(url);
    for (const page of [early, late]) {
      await vi.waitFor(() => expect(page.lines.map((line) => 'at' in line && line.at)).toEqual([1, 2, 3]));
    }
  });

  it('a recording of many lines arrives whole and in order, in batches', async () => {
    const run = writtenRun(null, false);
    run.write(...Array.from({ length: 5_000 }, (_, at) => note(at, 'x'.repeat(200))));
    run.end();
    const { url } = await serve({ run, limits: { backlogLines: 10, batchBytes: 10_000 } });
    const page = await openPage(url);
    await vi.waitFor(() => expect(page.lines).toHaveLength(5_000), { timeout: 10_000 });
    expect(page.lines.every((line, at) => 'at' in line && line.at === at)).toBe(true);
    expect(page.messages.length).toBeGreaterThan(50);
  });

  it('of a long live run a page that comes late gets the state instead of the beginning', async () => {
    const run = writtenRun();
    const where = { process: 'east meta', actor: 'a' };
    run.write(
      { t: 'process', at: 0, process: 'east meta', what: 'up', role: 'meta' },
      { t: 'actor', at: 1, ...where, parent: null, chart: 'x', state: 'one', context: { n: 0, gone: true } },
    );
    const steps = Array.from(
      { length: 60 },
      (_, n): RecordingLine => ({
        t: 'step',
        at: n + 2,
        ...where,
        event: { type: 'GO' },
        edges: [],
        state: `s${n}`,
        changes: { n },
        ...(n === 0 ? { removed: ['gone'] } : {}),
      }),
    );
    run.write(...steps);
    const { url } = await serve({ run, limits: { backlogLines: 20 } });
    const page = await openPage(url);
    await vi.waitFor(() => expect(page.lines.at(-1)).toEqual(steps.at(-1)));
    const [up, actor, gap, ...rest] = page.lines;
    expect(up).toMatchObject({ t: 'process', what: 'up' });
    const first = (rest[0] as unknown as { changes: { n: number } }).changes.n;
    expect(first, 'the beginning was let go').toBeGreaterThan(30);
    expect(actor).toMatchObject({ already: true, state: `s${first - 1}`, context: { n: first - 1 } });
    expect(actor).not.toHaveProperty('context.gone');
    expect(gap, 'nothing is let go in silence').toMatchObject({
      t: 'gap',
      process: 'east meta',
      lines: first + 2,
    });
  });

  it('a page that does not keep up is told to reload, and costs no memory', async () => {
    const run = writtenRun();
    const { url } = await serve({ run, limits: { backlogLines: 50, batchBytes: 1_000 } });
    const page = await openPage(url);
    page.socket.pause();
    // More than the buffers of both sockets hold.
    for (let n = 0; n < 400; n++) run.write(note(n, 'x'.repeat(100_000)));
    await new Promise((done) => setImmediate(done));
    page.socket.resume();
    expect(await page.closed).toMatchObject({ code: 1013, reason: expect.stringContaining('reload') });
    const again = await openPage(url);
    await vi.waitFor(() => expect(again.lines.at(-1)).toMatchObject({ at: 399 }));
  });

  it('there is a limit to how many watch', async () => {
    const { url } = await serve({ limits: { clients: 2 } });
    const pages = [await openPage(url), await openPage(url)];
    await expect(openPage(url)).rejects.toThrow('HTTP 503');
    pages[0]?.socket.close();
    await pages[0]?.closed;
    await vi.waitFor(async () => (await openPage(url)).socket.close());
  });

  it('a page that answers no ping is let go', async () => {
    const { url } = await serve({ limits: { heartbeatMs: 30 } });
    const deaf = await openPage(url);
    deaf.socket.pause();
    const listening = await openPage(url);
    let pings = 0;
    listening.socket.on('ping', () => pings++);
    await vi.waitFor(() => expect(pings).toBeGreaterThan(3));
    expect(listening.socket.readyState).toBe(listening.socket.OPEN);
    deaf.socket.resume();
    expect(await deaf.closed).toMatchObject({ code: 1006 });
  });

  it('says good-bye when it ends, and frees its port', async () => {
    const server = await serve();
    const page = await openPage(server.url);
    await server.close();
    await server.close();
    expect(await page.closed).toMatchObject({ code: 1001 });
    const again = await serve({ port: Number(portOf(server.url)) });
    expect(again.url).toBe(server.url);
    await expect(serve({ port: Number(portOf(server.url)) })).rejects.toMatchObject({
      code: 'ERR_ADDRESS_ALREADY_USED',
    });
  });
});

describe('steering', () => {
  const command = (name: string, args: Record<string, string> = {}) => ({
    type: 'command',
    id: 7,
    command: name,
    args,
  });
  const steered = () => {
    const done: string[] = [];
    const control = {
      faults: ['block'],
      run: async (name: ControlCommand, args: Readonly<Record<string, string>>) => {
        if (name === 'retry') throw new Error('nothing to try again');
        done.push(`${name} ${JSON.stringify(args)}`);
        return `${name} is done`;
      },
    };
    return { done, run: writtenRun(control) };
  };

  it('is refused unless the server was started with control', async () => {
    const { done, run } = steered();
    const page = await openPage((await serve({ run })).url);
    page.send(command('pause'));
    await vi.waitFor(() =>
      expect(page.messages.at(-1)).toEqual({
        type: 'answer',
        id: 7,
        ok: false,
        text: expect.stringContaining('--control'),
      }),
    );
    expect(page.messages[0]).toMatchObject({ control: false, faults: [] });
    expect(done).toEqual([]);
  });

  it('is refused for a recording even with control', async () => {
    const page = await openPage((await serve({ run: writtenRun(null, false), control: true })).url);
    page.send(command('pause'));
    await vi.waitFor(() => expect(page.messages.at(-1)).toMatchObject({ type: 'answer', ok: false }));
  });

  it('with control a command is carried out and answered, a failure in words', async () => {
    const { done, run } = steered();
    const page = await openPage((await serve({ run, control: true })).url);
    page.send(command('pause', { table: 'users' }));
    await vi.waitFor(() =>
      expect(page.messages.at(-1)).toEqual({ type: 'answer', id: 7, ok: true, text: 'pause is done' }),
    );
    expect(page.messages[0]).toMatchObject({ control: true, faults: ['block'] });
    expect(done).toEqual(['pause {"table":"users"}']);
    page.send(command('retry'));
    await vi.waitFor(() =>
      expect(page.messages.at(-1)).toMatchObject({
        ok: false,
        text: expect.stringContaining('nothing to try'),
      }),
    );
  });

  it('commands have a deadline, and only a few wait', async () => {
    const run = writtenRun({ faults: [], run: () => new Promise(() => {}) });
    const { url } = await serve({ run, control: true, limits: { commandMs: 200, commandsUnderWay: 1 } });
    const page = await openPage(url);
    page.send(command('pause'));
    page.send(command('start'));
    await vi.waitFor(() => expect(page.messages).toHaveLength(3));
    expect(page.messages[1]).toMatchObject({ ok: false, text: expect.stringContaining('still being') });
    expect(page.messages[2]).toMatchObject({ ok: false, text: expect.stringContaining('ERR_TIMEOUT') });
  });

  it('whoever sends what is no command is let go', async () => {
    const { run, done } = steered();
    const { url } = await serve({ run, control: true });
    for (const nonsense of [
      'no json',
      '{}',
      JSON.stringify(command('format the disk')),
      JSON.stringify({ ...command('pause'), args: { table: 'x'.repeat(1_000) } }),
      JSON.stringify({ ...command('pause'), args: { table: { $ne: null } } }),
    ]) {
      const page = await openPage(url);
      page.send(nonsense);
      expect((await page.closed).code, nonsense.slice(0, 60)).toBe(1008);
    }
    const page = await openPage(url);
    page.send('x'.repeat(100_000));
    expect((await page.closed).code).toBe(1009);
    expect(done).toEqual([]);
  });
});
