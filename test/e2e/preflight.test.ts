/**
 * A blocked way is found before anything is created, with real processes: the source's rules, the follower's,
 * and nobody's. The report names the source node, the follower node, the port and the rule.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PolicyRule } from '../../runtime/cluster/policy.js';
import { type Finding, type PreflightReport, preflight } from '../../runtime/index.js';
import { json } from '../cli/bridle.js';
import { duplicateTo, enforce, fill, type Pair, refusalOf, type Side, startPair } from './support.js';

let pair: Pair;

beforeAll(async () => {
  pair = await startPair();
  await pair.source.client.createTable('users', { partitionCount: 4 });
  await fill(await pair.source.client.table('users'), 100);
});

afterAll(() => pair?.[Symbol.asyncDispose]());

const nodesOf = ({ servers }: Side): string[] =>
  servers.servers().flatMap(({ role, address }) => (role === 'replica' ? [address] : []));

const errorsOf = ({ findings }: PreflightReport): Finding[] =>
  findings.filter(({ severity }) => severity === 'error');

/** Neither cluster has anything that was not there before. */
async function nothingCreated(): Promise<void> {
  expect((await pair.follower.client.listTables()).map(({ name }) => name)).toEqual([]);
  expect(await pair.source.client.listDuplications()).toEqual([]);
}

const look = (): Promise<PreflightReport> =>
  preflight({ source: pair.source.client, table: 'users', target: pair.follower.client });

const drop = (operation: string, peer = '*'): PolicyRule => ({ effect: 'drop', peer, operation });

describe('given two clusters that see each other', () => {
  test('when nothing is shut, then nothing stands in the way, and nothing is created', async () => {
    const report = await look();
    expect(errorsOf(report)).toEqual([]);
    expect(report).toMatchObject({ ready: true, verdict: 'ready' });
    expect(report.findings.filter(({ code }) => /-path$/.test(code)).map(({ severity }) => severity)).toEqual(
      ['ok', 'ok', 'ok'],
    );
    await nothingCreated();
  });
});

describe('given a rule of the source that swallows what one follower node reads', () => {
  test('when the command looks, then it names both nodes, the port and the rule, and exits with 4', async () => {
    const [blockedNode] = nodesOf(pair.follower) as [string];
    await enforce(pair.source, [drop('RPC_NFS_*', blockedNode)]);
    const report = await json(
      ['preflight', 'users', '--to', 'west', '--remote-meta', pair.follower.servers.meta],
      { meta: pair.source.servers.meta },
    );
    expect(report.exitCode).toBe(4);
    const blocked = (report.findings as Finding[]).filter(({ severity }) => severity === 'error');
    expect(blocked.map(({ evidence }) => evidence.sourceNode).sort()).toEqual(nodesOf(pair.source).sort());
    for (const { code, evidence, what, next } of blocked) {
      const port = Number(String(evidence.sourceNode).split(':')[1]);
      const policy = `rule 1 of east (drop ${blockedNode} RPC_NFS_*)`;
      expect(code).toBe('data-path');
      expect(evidence).toMatchObject({ followerNode: blockedNode, port, policy });
      for (const word of [blockedNode, String(evidence.sourceNode), `port ${port}`, policy]) {
        expect(what).toContain(word);
      }
      expect(next).toBe(`bridle policy show --meta ${pair.source.servers.meta}`);
    }
    await nothingCreated();
  });
});

describe('given one direction that is shut', () => {
  test.each([
    [
      'the source answers no question for primaries',
      'source',
      'RPC_CM_QUERY_PARTITION_CONFIG_BY_INDEX',
      'data-path',
    ],
    ['the source hands out no checkpoint', 'source', 'RPC_QUERY_LAST_CHECKPOINT_INFO', 'data-path'],
    ['the follower hears no answers to its copies', 'follower', 'RPC_NFS_COPY_ACK', 'data-path'],
    ['the answer to the creation is lost', 'source', 'RPC_CM_CREATE_APP_ACK', 'create-path'],
    ['the follower takes no shipped writes', 'follower', 'RPC_RRDB_RRDB_DUPLICATE', 'ship-path'],
  ] as const)('when %s, then that is what is found', async (_, where, operation, code) => {
    const other = where === 'source' ? 'follower' : 'source';
    await enforce(pair[other], []);
    // By address, so that it is the other cluster that is shut out, and not this test.
    await enforce(
      pair[where],
      [...nodesOf(pair[other]), pair[other].servers.meta].map((peer) => drop(operation, peer)),
    );
    const report = await look();
    const errors = errorsOf(report);
    expect(new Set(errors.map((finding) => finding.code))).toEqual(new Set([code]));
    const cluster = where === 'source' ? 'east' : 'west';
    for (const { evidence } of errors)
      expect(evidence.policy).toMatch(new RegExp(`^rule \\d+ of ${cluster} `));
    expect(report.verdict).toBe('change-first');
    await nothingCreated();
    await enforce(pair[where], []);
  });

  test('when it is to be duplicated after a preflight, then it is refused and nothing is added', async () => {
    await enforce(pair.source, [drop('RPC_NFS_*')]);
    const error = await refusalOf(duplicateTo(pair, 'users', pair.follower, { preflight: true }));
    expect(error).toMatchObject({ code: 'BRIDLE_PREFLIGHT', kind: 'operator' });
    expect(error.hint).toContain('data-path');
    await nothingCreated();
    await enforce(pair.source, []);
    const added = await duplicateTo(pair, 'users', pair.follower, { preflight: true });
    expect(added.existed).toBe(false);
    await added.remove({ follower: 'drop', wait: true });
  });
});

describe('given a source server that is stopped', () => {
  test('when looked at, then it is named, and no way to it is called open', async () => {
    const [stopped] = nodesOf(pair.source) as [string];
    const pid = pair.source.servers.servers().find(({ address }) => address === stopped)?.pid ?? 0;
    process.kill(pid, 'SIGSTOP');
    try {
      const report = await look();
      expect(report.ready).toBe(false);
      expect(JSON.stringify(errorsOf(report))).toContain(stopped);
      // As long as it counts as alive there are ways to it; later it is known as dead.
      const open = report.findings.filter(({ code, severity }) => code === 'data-path' && severity === 'ok');
      const dead = report.findings.some(
        ({ code, what }) => code === 'source-nodes' && what.includes('is dead'),
      );
      expect(open.length === 0 || dead).toBe(true);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
  });
});
