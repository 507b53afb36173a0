/** Who listens in on RPCs hears of every call at both ends, under one name. */
import { describe, expect, test } from 'vitest';
import { freePort } from '../../runtime/cluster/ports.js';
import type { ClientTap, RpcTap, ServerTap } from '../../runtime/pegasus/index.js';
import { client, echo, fast, QUERY, serve } from './loopback.js';

function tap(): { readonly tap: RpcTap; readonly heard: string[] } {
  const heard: string[] = [];
  const calling = (): ClientTap => ({
    sent: (id) => void heard.push(`sent ${id}`),
    notSent: (why) => void heard.push(`not sent: ${/ECONNREFUSED/.exec(why)?.[0]}`),
    replied: (error, response) => void heard.push(`reply ${error} ${JSON.stringify(response)}`),
    replyDropped: () => void heard.push('reply dropped'),
  });
  const serving = (): ServerTap => ({
    arrived: (id, request) => void heard.push(`arrived ${id} ${JSON.stringify(request)}`),
    refused: (id, fate) => void heard.push(`${fate} ${id}`),
    replied: (error) => void heard.push(`replied ${error}`),
  });
  return { heard, tap: { calling, serving, lateReply: (_, id) => void heard.push(`late ${id}`) } };
}

const idsOf = (heard: readonly string[]) => heard.map((each) => /\S+>\S+#\d+/.exec(each)?.[0]);

describe.each(['thft', 'rdsn'] as const)('calls over %s', (protocol) => {
  test('given several calls, then both ends give each the same name, and no two share one', async () => {
    const server = tap();
    const { address } = await serve({ handlers: echo, tap: server.tap });
    const caller = tap();
    const made = client({ protocol, tap: caller.tap });
    await Promise.all(['a', 'b', 'c'].map((appName) => made.call(address, QUERY, { appName }, fast)));
    const sent = idsOf(caller.heard.filter((each) => each.startsWith('sent')));
    const arrived = idsOf(server.heard.filter((each) => each.startsWith('arrived')));
    expect(new Set(sent).size).toBe(3);
    expect(arrived).toEqual(sent);
    expect(caller.heard.at(-1)).toContain('reply ERR_OK');
  });

  test('given a policy that denies or drops, then the server says which, and a denied one is answered', async () => {
    for (const verdict of ['deny', 'drop'] as const) {
      const server = tap();
      const { address } = await serve({ handlers: echo, tap: server.tap, policy: () => verdict });
      const made = client({ protocol });
      await made.call(address, QUERY, { appName: 'a' }, { timeoutMs: 200 }).catch(() => undefined);
      const [first, ...others] = server.heard;
      expect(first).toMatch(verdict === 'deny' ? /^denied \S+#1$/ : /^dropped \S+#1$/);
      expect(others).toEqual(verdict === 'deny' ? ['replied ERR_ACL_DENY'] : []);
    }
  });

  test('given a reply that is not admitted, or comes too late, then that is told', async () => {
    const { address } = await serve({ handlers: echo });
    const refusing = tap();
    const deaf = client({ protocol, tap: refusing.tap, admitReply: () => false });
    await deaf.call(address, QUERY, { appName: 'a' }, { timeoutMs: 300 }).catch(() => undefined);
    expect(refusing.heard.at(-1)).toBe('reply dropped');
    const late = tap();
    const hasty = client({ protocol, tap: late.tap });
    await hasty.call(address, QUERY, { appName: '150' }, { timeoutMs: 50 }).catch(() => undefined);
    await expect.poll(() => late.heard.at(-1)).toMatch(/^late /);
    expect(idsOf(late.heard)[0]).toBe(idsOf(late.heard).at(-1));
  });
});

test('given nobody listens, then the request is told as never sent', async () => {
  const { tap: listening, heard } = tap();
  const made = client({ tap: listening });
  const nowhere = { host: '127.0.0.1', port: await freePort() };
  await made.call(nowhere, QUERY, { appName: 'a' }, fast).catch(() => undefined);
  expect(heard).toEqual(['not sent: ECONNREFUSED']);
});
