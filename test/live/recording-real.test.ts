/** Recording a cluster that is no embedded one: it has no recorder, and gives no account of itself. */
import { expect, onTestFinished, test } from 'vitest';
import { recordRun } from '../../runtime/live/recording/index.js';
import type { Explanation } from '../../runtime/observe/explain.js';
import type { RecordingLine } from '../../runtime/observe/recording/lines.js';
import { until } from '../cluster/in-process.js';
import { ScriptedMeta } from './scripted-meta.js';

test('given a real cluster, then its statuses and decrees are told, once as long as nothing changes', async () => {
  const meta = await new ScriptedMeta().start();
  meta.script.kind = 'real';
  const cluster = await meta.open();
  const recording = recordRun({ clusters: [cluster], pollMs: 20 });
  onTestFinished(async () => {
    await recording.stop();
    await cluster.close();
    await meta.stop();
  });
  const lines: RecordingLine[] = [];
  recording.lines$.subscribe((line) => void lines.push(line));
  await recording.ready;
  const explained = () =>
    lines.flatMap((line) => (line.t === 'explain' ? [line.explanation as unknown as Explanation] : []));
  const partitions = () => lines.flatMap((line) => (line.t === 'partitions' ? [line] : []));

  await until('an account', () => explained().length > 0 && partitions().length > 0);
  expect(explained()[0]).toMatchObject({
    ...{ table: 'users', duplicationId: 7, status: 'DS_PREPARE', remoteCluster: 'west' },
    waiting: [{ waitingFor: 'a checkpoint of every partition and the follower table' }],
  });
  expect(partitions()).toMatchObject([
    {
      ...{ table: 'users', duplication: 7, count: 2 },
      changed: [
        { partition: 0, confirmed: 5, lastCommitted: 6 },
        { partition: 1, confirmed: 4, lastCommitted: 6 },
      ],
    },
  ]);
  expect(lines).toContainEqual(expect.objectContaining({ t: 'gap', process: 'east meta', lines: null }));

  const before = meta.count('list');
  await until('another look', () => meta.count('list') > before);
  meta.script.status = 'DS_LOG';
  await until('the change', () => explained().some(({ status }) => status === 'DS_LOG'));
  await recording.stop();
  expect(explained().map(({ status }) => status)).toEqual(['DS_PREPARE', 'DS_LOG']);
  expect(partitions()).toHaveLength(1);
  // It has been found out that there is no account to ask for.
  expect(meta.count('bridle.explain')).toBe(1);
});
