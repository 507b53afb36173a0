/** Alerts posted to a real HTTP server that takes them, fails, is slow, or is not there. */
import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type Alert, signatureOf, Webhook, type WebhookEnd } from '../../runtime/observe/alerts/index.js';

interface Got {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}
type Answer = number | 'hang' | 'cut' | { readonly status: number; readonly headers: Record<string, string> };

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** Answers the n-th request as told; the last answer stands for all that follow. */
async function receiver(...answers: readonly Answer[]): Promise<{ url: string; got: Got[]; server: Server }> {
  const got: Got[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      const answer = answers[Math.min(got.length, answers.length - 1)] ?? 200;
      got.push({ headers: request.headers, body });
      if (answer === 'hang') return;
      if (answer === 'cut') request.socket.destroy();
      else if (typeof answer === 'number') response.writeHead(answer).end();
      else response.writeHead(answer.status, answer.headers).end();
    });
  });
  servers.push(server);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?token=hidden`, got, server };
}

const alert = (id: string): Alert => ({
  id,
  kind: 'blocked',
  severity: 'critical',
  atMs: 1,
  cluster: 'east',
  table: 'users',
  duplicationId: 7,
  correlation: 'east/users/7',
  summary: 'DS_APP BLOCKED',
  next: 'bridle policy show',
  explanation: null,
});

const QUICK = { retry: { floorMs: 1, ceilingMs: 5, limitAttempts: 4 }, timeoutMs: 5_000 };

async function deliver(
  url: string,
  alerts: readonly Alert[],
  more: Partial<ConstructorParameters<typeof Webhook>[0]> = {},
): Promise<WebhookEnd[]> {
  const ends: WebhookEnd[] = [];
  const webhook = new Webhook({ url, ...QUICK, onEnd: (end) => ends.push(end), ...more });
  for (const each of alerts) webhook.post(each);
  await webhook.close(20_000);
  expect(webhook.waiting).toBe(0);
  return ends;
}

describe('a webhook', () => {
  it('given a receiver, when alerts are posted, then each arrives once, in order, signed, with its key', async () => {
    const { url, got } = await receiver(200);
    const secret = 'correct horse';
    const ends = await deliver(url, [alert('a'), alert('b')], { secret });
    expect(ends.map(({ alert: { id }, delivered, attempts }) => [id, delivered, attempts])).toEqual([
      ['a', true, 1],
      ['b', true, 1],
    ]);
    expect(got.map(({ headers }) => headers['idempotency-key'])).toEqual(['a', 'b']);
    for (const { headers, body } of got) {
      expect(JSON.parse(body)).toMatchObject({ version: 1, kind: 'blocked', next: 'bridle policy show' });
      expect(headers['content-type']).toBe('application/json');
      const [, seconds, mac] =
        /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['x-bridle-signature'])) ?? [];
      expect(mac).toBe(createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex'));
      expect(JSON.stringify(headers) + body).not.toContain(secret);
    }
  });

  it.each<readonly [string, readonly Answer[], number]>([
    ['500 and then takes it', [500, 200], 2],
    ['503 twice', [503, 503, 204], 3],
    ['that it is too busy', [{ status: 429, headers: { 'retry-after': '0' } }, 200], 2],
    ['nothing: it cuts the connection', ['cut', 200], 2],
  ])(
    'given one that answers %s, then the same alert is posted again with the same key',
    async (_, answers, tries) => {
      const { url, got } = await receiver(...answers);
      const ends = await deliver(url, [alert('a')]);
      expect(ends).toEqual([{ alert: alert('a'), delivered: true, attempts: tries }]);
      expect(new Set(got.map(({ headers }) => headers['idempotency-key']))).toEqual(new Set(['a']));
      expect(new Set(got.map(({ body }) => body)).size).toBe(1);
    },
  );

  it('given one that is slow, then a request ends at its deadline and the alert is posted again', async () => {
    const { url, got } = await receiver('hang', 200);
    const ends = await deliver(url, [alert('a')], { timeoutMs: 100 });
    expect(ends).toMatchObject([{ delivered: true, attempts: 2 }]);
    expect(got).toHaveLength(2);
  });

  it.each<readonly [string, Answer, string]>([
    ['400', 400, 'HTTP 400'],
    ['404', 404, 'HTTP 404'],
    ['a redirect elsewhere', { status: 302, headers: { location: 'http://127.0.0.1:1/' } }, 'HTTP 302'],
  ])(
    'given one that answers %s, then it is given up at once, and the next one is tried',
    async (_, answer, reason) => {
      const { url, got } = await receiver(answer, 200);
      const ends = await deliver(url, [alert('a'), alert('b')]);
      expect(ends).toMatchObject([
        { delivered: false, attempts: 1, reason },
        { delivered: true, attempts: 1 },
      ]);
      expect(got).toHaveLength(2);
    },
  );

  it('given one that always fails, then the tries end, and the reason is told', async () => {
    const { url, got } = await receiver(500);
    const [end] = await deliver(url, [alert('a')]);
    expect(end).toMatchObject({ delivered: false, attempts: 4, reason: '4 tries: HTTP 500' });
    expect(got).toHaveLength(4);
  });

  it('given nobody listens, then that is told, without the part of the address that may be secret', async () => {
    const { url, server } = await receiver(200);
    await new Promise((closed) => server.close(closed));
    const [end] = await deliver(url, [alert('a')]);
    expect(end).toMatchObject({ delivered: false, reason: '4 tries: ECONNREFUSED' });
    expect(JSON.stringify(end)).not.toContain('hidden');
    expect(new Webhook({ url }).place).not.toContain('hidden');
  });

  it('given a deadline, then an old alert is given up though tries are left', async () => {
    const { url } = await receiver(500);
    const retry = { floorMs: 50, ceilingMs: 50, limitAttempts: 1_000 };
    const [end] = await deliver(url, [alert('a')], { retry, deadlineMs: 120 });
    expect(end).toMatchObject({ delivered: false, reason: 'the deadline of 120 ms: HTTP 500' });
  });

  it('given more alerts than may wait, then the newest are refused and those that wait are kept', async () => {
    const { url, got } = await receiver(200);
    const ends = await deliver(url, ['a', 'b', 'c', 'd'].map(alert), { queueLimit: 2 });
    expect(ends.filter(({ delivered }) => !delivered).map(({ alert: { id } }) => id)).toEqual(['c', 'd']);
    expect(got.map(({ headers }) => headers['idempotency-key'])).toEqual(['a', 'b']);
  });

  it('given it is closed while a receiver hangs, then every alert ends, undelivered and said so', async () => {
    const { url } = await receiver('hang');
    const ends: WebhookEnd[] = [];
    const webhook = new Webhook({ url, ...QUICK, onEnd: (end) => ends.push(end) });
    webhook.post(alert('a'));
    webhook.post(alert('b'));
    await webhook.close(50);
    webhook.post(alert('c'));
    expect(ends.map(({ alert: { id }, delivered }) => [id, delivered])).toEqual([
      ['a', false],
      ['b', false],
      ['c', false],
    ]);
  });

  it.each([
    ['not a url', 'secret-in-here'],
    ['file:///etc/secret-in-here', 'secret-in-here'],
    ['https://user:secret-in-here@example.org/', 'secret-in-here'],
  ])('given the address %s, then it is refused without repeating it', (url, secret) => {
    expect(() => new Webhook({ url })).toThrow(TypeError);
    expect(() => new Webhook({ url })).not.toThrow(secret);
  });

  it('given a signature, then it depends on the time, the body and the secret', () => {
    const all = [
      signatureOf('{}', 'a', 1_000),
      signatureOf('{}', 'a', 2_000),
      signatureOf('{ }', 'a', 1_000),
      signatureOf('{}', 'b', 1_000),
    ];
    expect(new Set(all).size).toBe(4);
    expect(signatureOf('{}', 'a', 1_999)).toBe(all[0]);
  });
});
