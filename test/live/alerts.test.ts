/** Alerts of duplications at a real socket: as an observable, and of a whole cluster. */
import { afterEach, describe, expect, it } from 'vitest';
import { openDuplication, watchAlerts } from '../../runtime/live/index.js';
import type { Alert } from '../../runtime/observe/alerts/index.js';
import { until } from '../cluster/in-process.js';
import { ScriptedMeta } from './scripted-meta.js';

const closing: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function scripted() {
  const meta = await new ScriptedMeta().start();
  closing.push(() => meta.stop());
  const cluster = await meta.open();
  closing.push(() => cluster.close());
  return { meta, cluster };
}

const kindsOf = (alerts: readonly Alert[]) => alerts.map(({ kind }) => kind);

describe('alerts', () => {
  it('given a handle, when it blocks, recovers, moves on and is removed, then alerts$ tells each once', async () => {
    const { meta, cluster } = await scripted();
    const duplication = await openDuplication({ source: cluster, table: 'users', pollMs: 20 });
    closing.push(() => duplication[Symbol.asyncDispose]());
    const alerts: Alert[] = [];
    let completed = false;
    duplication.alerts$.subscribe({
      next: (alert) => alerts.push(alert),
      complete: () => (completed = true),
    });
    await until('looks', () => meta.count('query') > 3);
    expect(alerts).toEqual([]);
    meta.script.blocked = true;
    await until('blocked', () => alerts.length === 1);
    expect(alerts[0]).toMatchObject({
      kind: 'blocked',
      severity: 'critical',
      table: 'users',
      duplicationId: 7,
    });
    expect(alerts[0]).toMatchObject({
      next: alerts[0]?.explanation?.next,
      summary: alerts[0]?.explanation?.line,
    });
    meta.script.blocked = false;
    await until('recovered', () => alerts.length === 2);
    meta.script.status = 'DS_APP';
    await until('a new status', () => alerts.length === 3);
    meta.script.dupid = undefined;
    await until('the end', () => completed);
    expect(kindsOf(alerts)).toEqual(['blocked', 'recovered', 'status', 'removed']);
    expect(alerts[2]).toMatchObject({ from: 'DS_PREPARE', to: 'DS_APP' });
  });

  it('given a cluster, when it goes away and comes back changed, then that is told of each duplication', async () => {
    const { meta, cluster } = await scripted();
    const alerts: Alert[] = [];
    const stop = new AbortController();
    const watching = watchAlerts({
      cluster,
      pollMs: 20,
      onAlert: (alert) => alerts.push(alert),
      signal: stop.signal,
    });
    closing.push(() => stop.abort());
    await until('looks', () => meta.count('list') > 2);
    await meta.stop();
    await until('unreachable', () => alerts.length === 1);
    meta.script.status = 'DS_LOG';
    await meta.start();
    await until('it answers again', () => alerts.length === 3);
    meta.script.dupid = undefined;
    await until('removed', () => alerts.length === 4);
    stop.abort();
    await watching;
    expect(kindsOf(alerts)).toEqual(['unreachable', 'recovered', 'status', 'removed']);
    expect(new Set(alerts.map(({ id }) => id)).size).toBe(4);
  });
});
