import { describe, expect, test } from 'vitest';
import { Admission, type Caller } from '../../runtime/cluster/admission.js';
import { PolicyGate, type PolicyRule, policyFlaw } from '../../runtime/cluster/policy.js';
import { wildcard } from '../../runtime/cluster/wildcard.js';
import type { PeerIdentity } from '../../runtime/pegasus/index.js';

const HOST = '127.0.0.1';

function holder(...names: readonly string[]): PeerIdentity {
  return {
    names: names.map((name) => {
      const [cluster = '', role] = name.split('/');
      return { cluster, role: role as 'server' };
    }),
    covers: (host) => host === HOST,
    told: names.join(' '),
  };
}

const NOBODY = holder();
const from = (code: string, identity: PeerIdentity | undefined, host = HOST): Caller => ({
  peer: { host, port: 34_801 },
  code,
  identity,
});

interface Row {
  readonly caller: Caller;
  readonly verdict: 'allow' | 'deny' | 'drop';
  readonly why?: string;
}

const SYNC = 'RPC_BRIDLE_NODE_SYNC';
const COMMAND = 'RPC_CLI_CLI_CALL';
const COPY = 'RPC_NFS_COPY';

const ROWS: { readonly [title: string]: Row } = {
  'its own server reports': { caller: from(SYNC, holder('east/server')), verdict: 'allow' },
  'a server of another cluster reports': { caller: from(SYNC, holder('west/server')), verdict: 'deny' },
  'its operator reports': { caller: from(SYNC, holder('east/operator')), verdict: 'deny' },
  'its operator commands': { caller: from(COMMAND, holder('east/operator')), verdict: 'allow' },
  'its server commands': { caller: from(COMMAND, holder('east/server')), verdict: 'allow' },
  'an operator of another cluster commands': {
    caller: from(COMMAND, holder('west/operator')),
    verdict: 'deny',
  },
  'a plain client commands': { caller: from(COMMAND, holder('east/client')), verdict: 'deny' },
  'a nameless client commands': { caller: from(COMMAND, NOBODY), verdict: 'deny' },
  'a nameless client reads': { caller: from('RPC_RRDB_RRDB_GET', NOBODY), verdict: 'allow' },
  'a server announces a host that is not its own': {
    caller: from('RPC_RRDB_RRDB_GET', holder('west/server'), '10.0.0.7'),
    verdict: 'deny',
  },
  'somebody without TLS commands a cluster without TLS': {
    caller: from(COMMAND, undefined),
    verdict: 'allow',
  },
  'a rule names its cluster': { caller: from(COPY, holder('west/server')), verdict: 'drop' },
  'a rule names another role': { caller: from(COPY, holder('west/client')), verdict: 'allow' },
  'one of its names is in a rule': {
    caller: from(COPY, holder('north/client', 'west/server')),
    verdict: 'drop',
  },
  'a rule names a cluster and nobody proves anything': { caller: from(COPY, undefined), verdict: 'allow' },
};

const RULES: readonly PolicyRule[] = [{ effect: 'drop', peer: 'cluster:w*/server', operation: 'RPC_NFS_*' }];

describe('admission to east', () => {
  test.each(Object.entries(ROWS))('given that %s, when judged, then so', (_, { caller, verdict }) => {
    const gate = new PolicyGate();
    gate.set({ version: 1, rules: [...RULES] });
    const told: string[] = [];
    expect(new Admission(gate, 'east', (__, why) => told.push(why)).decide(caller)).toBe(verdict);
    expect(told.length).toBe(verdict === 'deny' ? 1 : 0);
  });

  test('given a rule for a cluster, when there is no TLS, then the flaw is named; with TLS there is none', () => {
    expect(policyFlaw(RULES, { tls: null })).toMatch(/needs TLS/);
    expect(policyFlaw(RULES, { tls: {} })).toBeUndefined();
    expect(policyFlaw([{ effect: 'deny', peer: '*', operation: '*' }], {})).toBeUndefined();
  });
});

describe('patterns', () => {
  const CASES: readonly (readonly [pattern: string, text: string, matches: boolean])[] = [
    ['*', '', true],
    ['*', 'anything', true],
    ['a', 'a', true],
    ['a', 'ab', false],
    ['a*', 'ab', true],
    ['*b', 'ab', true],
    ['a*a', 'a', false],
    ['a*a', 'aa', true],
    ['*a*b*', 'xaxbx', true],
    ['*b*a*', 'ab', false],
    ['RPC_NFS_*', 'RPC_NFS_COPY', true],
    ['127.0.0.1:*', '127x0x0x1:1', false],
    ['ab*bc', 'abc', false],
    ['**', 'x', true],
  ];
  test.each(CASES)('given %s, when %j comes, then %s', (pattern, text, matches) => {
    expect(wildcard(pattern)(text)).toBe(matches);
  });
});
