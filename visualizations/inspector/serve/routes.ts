/** What the inspector's server answers over HTTP. Nothing here changes anything. */
import type { HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import type { InspectedRun } from '../inspected-run.js';
import type { Access } from './access.js';
import { SECURITY_HEADERS } from './headers.js';
import type { PageFiles } from './page-files.js';

export interface RouteOptions {
  readonly access: Access;
  readonly run: InspectedRun;
  readonly page: PageFiles;
  /** The recording to compare with, as JSON Lines. */
  readonly compare: string | null;
}

export const COMPARE_PATH = '/compare.jsonl';

export function routes({ access, run, page, compare }: RouteOptions): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<{ Bindings: HttpBindings }>();

  app.use(async (c, next) => {
    await next();
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) c.header(name, value);
  });

  app.use(async (c, next) => {
    const { host, cookie } = c.env.incoming.headers;
    const url = new URL(c.req.url);
    const setCookie = access.cookieFor({ host, cookie, token: url.searchParams.get('token') });
    if (setCookie !== null) {
      url.searchParams.delete('token');
      c.header('set-cookie', setCookie);
      // The token does not stay in the address bar, nor in links copied from it.
      // A path of several slashes would lead to another host.
      return c.redirect(`${url.pathname.replace(/^\/+/, '/')}${url.search}`, 303);
    }
    const refusal = access.refusal({ host, cookie });
    if (refusal !== null) return c.text(`${refusal.why}\n`, refusal.status);
    if (c.req.method !== 'GET' && c.req.method !== 'HEAD') {
      return c.text('only GET\n', 405, { allow: 'GET, HEAD' });
    }
    return next();
  });

  app.get('/', (c) => c.html(page.html));
  app.get('/page.js', (c) => c.body(page.js, 200, { 'content-type': 'text/javascript; charset=utf-8' }));
  app.get('/page.css', (c) => c.body(page.css, 200, { 'content-type': 'text/css; charset=utf-8' }));
  app.get('/charts.json', async (c) => c.json(await run.charts()));
  app.get('/live', (c) => c.text('this is a WebSocket\n', 426, { upgrade: 'websocket' }));
  if (compare !== null) {
    const type = { 'content-type': 'application/jsonl; charset=utf-8' };
    app.get(COMPARE_PATH, (c) => c.body(compare, 200, type));
  }
  app.notFound((c) => c.text('not found\n', 404));
  // Not `error.message`: it can name files of this machine.
  app.onError((_, c) => c.text('the inspector has failed at this request\n', 500));
  return app;
}
