/** Simulated runs as recordings: the same lines as of live ones, and nothing of the run is changed by them. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { RecordingLine } from '../../runtime/observe/recording/lines.js';
import { parseLine } from '../../runtime/observe/recording/read.js';
import { writeLine } from '../../runtime/observe/recording/write.js';
import { SteppedClusters, VirtualClusters } from '../../runtime/simulation/index.js';
import { RecordingIndex } from '../../visualizations/inspector/model/recording-index.js';
import {
  asText,
  livenessLasso,
  type SampleRecording,
  seedFaultRun,
  upstreamCounterexample,
} from '../support/sample-recordings.js';

const LATENCY_US = 1_000;

function indexOf({ header, lines }: SampleRecording): RecordingIndex {
  const index = new RecordingIndex(header);
  index.append(lines);
  return index;
}

let told: Promise<SampleRecording> | null = null;
/** Told once for all tests. */
function story(): Promise<SampleRecording> {
  told ??= seedFaultRun();
  return told;
}

/** A duplication to DS_LOG over a bad network, and a digest of every task of the schedule. */
async function run(seed: number, recorded: boolean) {
  const hash = createHash('sha256');
  const clusters = await VirtualClusters.start({ seed });
  const recording = recorded ? clusters.record({ title: 'watched' }) : null;
  const lines: RecordingLine[] = [];
  recording?.lines$.subscribe((line) => lines.push(line));
  clusters.world.schedule.onTask = ({ dueMs, kind, label, message }) => {
    hash.update(`${dueMs} ${kind} ${label}\n`);
    if (message !== undefined) hash.update(message.bytes);
  };
  await clusters.createTable('users', 2);
  await clusters.put('users', 'ada', 'born', 'secret-1815');
  clusters.loseNext({ code: 'RPC_CM_CREATE_APP', to: 'east/meta', what: 'reply' });
  await clusters.addDuplication('users');
  await clusters.until('DS_APP', ({ visible }) => visible?.status === 'DS_APP');
  clusters.crash('east/meta');
  await clusters.advance(500);
  await clusters.restart('east/meta');
  await clusters.until('DS_LOG', ({ visible }) => visible?.status === 'DS_LOG');
  await clusters.put('users', 'grace', 'born', 'secret-1906');
  await clusters.advance(1_000);
  const hosted = clusters.source.meta!.duplications.all()[0]!;
  const end = { status: hosted.context.status, confirmed: hosted.context.confirmed };
  recording?.stop();
  return { digest: hash.digest('hex'), lines, header: recording?.header, end };
}

describe('a simulated run as a recording', () => {
  it('given the same seed, then the same bytes', async () => {
    expect(asText(await seedFaultRun())).toBe(asText(await story()));
  });

  it('given another seed, then other bytes', async () => {
    const { header, lines } = await seedFaultRun({ seed: 7 });
    expect(header.seed).toBe(7);
    expect(lines.map(writeLine)).not.toEqual((await story()).lines.map(writeLine));
  });

  it('given somebody who records, then the run is as without, frame by frame', async () => {
    const [watched, alone] = [await run(5, true), await run(5, false)];
    expect(watched.digest).toBe(alone.digest);
  });

  it('given a run to DS_LOG, then the last states are those of the servers, and no row is told', async () => {
    const { lines, header, end } = await run(5, true);
    const index = indexOf({ header: header!, lines });
    const last = index.at(index.length - 1);
    const duplication = [...last.actors].find(([key]) => /^east meta\/duplication\/\d+$/.test(key))![1];
    expect(JSON.stringify(duplication.state)).toContain(end.status);
    expect(duplication.context.confirmed).toEqual(end.confirmed);
    expect(lines.map((line) => JSON.stringify(line)).join('\n')).not.toContain('secret-');
  });

  it('given a server that dies, then its charts end with it and begin again', async () => {
    const { lines, header } = await run(5, true);
    const index = indexOf({ header: header!, lines });
    const lives = index.lines.filter((line) => line.t === 'process' && line.process === 'east meta');
    expect(lives).toMatchObject([{ what: 'up' }, { what: 'died', why: 'crash' }, { what: 'restarted' }]);
    const died = index.lines.indexOf(lives[1]!);
    const living = [...index.at(died).actors].filter(([, { alive }]) => alive).map(([key]) => key);
    expect(living.filter((key) => key.startsWith('east meta/'))).toEqual([]);
    expect(living.some((key) => key.startsWith('east replica 0/'))).toBe(true);
    const begun = index.lines
      .slice(died)
      .filter((line) => line.t === 'actor' && line.process === 'east meta');
    expect(begun).toContainEqual(expect.objectContaining({ chart: 'duplication' }));
  });

  it('given every message, then it arrived, was lost, or is under way at the end', async () => {
    const sample = await story();
    const index = indexOf(sample);
    const endUs = index.moment(index.length - 1).at;
    const open = [...index.messages.values()].filter(
      ({ received, lost }) => received.length === 0 && lost === null,
    );
    expect(open.every(({ sentAt }) => endUs - sentAt <= LATENCY_US)).toBe(true);
    const ids = sample.lines.flatMap((line) => (line.t === 'send' ? [line.id] : []));
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('given the story of #2146, then what was lost, late and repeated is drawn as such', async () => {
    const index = indexOf(await story());
    const messages = [...index.messages.values()];
    const creation = messages.filter(({ kind }) => kind === 'RPC_CM_CREATE_APP');
    const [lost] = creation.filter((message) => message.lost !== null);
    expect(lost).toMatchObject({ what: 'reply', from: 'west meta', to: 'east meta', received: [] });
    expect(
      messages.filter(({ from, lost }) => from.startsWith('west replica') && lost !== null).length,
    ).toBeGreaterThan(8);
    const shipped = messages.filter(({ kind }) => kind === 'RPC_RRDB_RRDB_DUPLICATE');
    expect(shipped.filter(({ delayed }) => delayed)).toHaveLength(1);
    expect(shipped.filter(({ received }) => received.length === 2)).toHaveLength(1);
    expect(shipped[0]).toMatchObject({
      gpid: expect.stringMatching(/^1\.\d$/),
      body: { mutations: expect.any(Number) },
    });
    const faults = index.lines.flatMap((line) => (line.t === 'fault' ? [line.what] : []));
    expect(faults[0]).toBe('the next reply of RPC_CM_CREATE_APP from west meta to east meta is lost');
    const explained = index.lines.flatMap((line) => (line.t === 'explain' ? [JSON.stringify(line)] : []));
    expect(explained.some((text) => text.includes('cannot reach'))).toBe(true);
    const [partitions] = index.at(index.length - 1).partitions.values();
    expect(partitions).toHaveLength(4);
    expect(partitions!.every(({ follower }) => follower === 'serving')).toBe(true);
  });

  it('given any sample, then every line of it can be read, in the order of time', async () => {
    for (const { lines } of [await story(), await upstreamCounterexample(), await livenessLasso()]) {
      const read = lines.map((line, at) => parseLine(writeLine(line), { file: null, line: at + 2 }));
      expect(read.every(({ t }) => t !== 'unknown')).toBe(true);
      const times = lines.flatMap((line) => ('at' in line ? [line.at] : []));
      expect(times).toEqual(times.toSorted((a, b) => a - b));
    }
  });

  it('given a world that is recorded already, then a second recording is refused', async () => {
    const clusters = await VirtualClusters.start();
    const first = clusters.record({ title: 'one' });
    expect(() => clusters.record({ title: 'two' })).toThrow('recorded already');
    first.stop();
    clusters.record({ title: 'two' }).stop();
  });

  it('given clusters that are stepped, then a message that is taken off its way is lost', async () => {
    const stepped = await SteppedClusters.start();
    const { clusters } = stepped;
    await clusters.createTable('users', 1);
    const recording = clusters.record({ title: 'stepped' });
    const lines: RecordingLine[] = [];
    recording.lines$.subscribe((line) => lines.push(line));
    await clusters.addDuplication('users');
    await stepped.hold();
    const sync = { code: 'RPC_BRIDLE_NODE_SYNC', from: 'west/replica-0' };
    while (stepped.messages(sync).length === 0) await stepped.fire('west/replica-0', 'node sync');
    stepped.lose(sync);
    recording.stop();
    expect(lines.at(-1)).toMatchObject({ t: 'lost', why: 'dropped on its way' });
  });

  it('given a recording that begins in the middle, then who lives already is told', async () => {
    const clusters = await VirtualClusters.start();
    await clusters.createTable('users', 1);
    const recording = clusters.record({ title: 'late' });
    recording.stop();
    const lines: RecordingLine[] = [];
    recording.lines$.subscribe((line) => lines.push(line));
    expect(lines).toContainEqual(
      expect.objectContaining({
        t: 'actor',
        at: 0,
        chart: 'table',
        already: true,
        state: { AS_AVAILABLE: 'idle' },
      }),
    );
  });
});
