/** Recording two clusters while a table is duplicated: everything real but the processes. */
import { describe, expect, test } from 'vitest';
import { type Cluster, openCluster } from '../../runtime/client/index.js';
import { duplicate } from '../../runtime/live/index.js';
import { type RecordRunOptions, type RunRecording, recordRun } from '../../runtime/live/recording/index.js';
import type {
  ActorLine,
  ExplainLine,
  PartitionsLine,
  ProcessLine,
  ReceiveLine,
  RecordingLine,
  SendLine,
  StepLine,
} from '../../runtime/observe/recording/lines.js';
import { parseLine } from '../../runtime/observe/recording/parse-line.js';
import { open, type ServerOptions, TestCluster, until } from '../cluster/in-process.js';

const SECRET_KEY = 'KEY-3141592653';
const SECRET_VALUE = 'VALUE-2718281828';
const TABLE = 'riders';
const PARTITIONS = 2;

interface Side {
  readonly servers: TestCluster;
  readonly client: Cluster;
}

async function side(options: ServerOptions): Promise<Side> {
  const servers = await TestCluster.start(options);
  const client = await openCluster({ meta: servers.metaName });
  open.push(() => client.close());
  return { servers, client };
}

async function sides(): Promise<{ readonly source: Side; readonly follower: Side }> {
  const follower = await side({ name: 'west', id: 2 });
  const source = await side({ name: 'east', id: 1, remotes: { west: [follower.servers.metaName] } });
  return { source, follower };
}

type Pair = Awaited<ReturnType<typeof sides>>;

async function write({ source }: Pair, from: number, to: number): Promise<void> {
  const table = await source.client.table(TABLE);
  for (let i = from; i < to; i++) await table.put(`${SECRET_KEY} ${i}`, SECRET_KEY, `${SECRET_VALUE} ${i}`);
}

async function record(
  { source, follower }: Pair,
  more: Partial<RecordRunOptions> = {},
): Promise<{
  readonly recording: RunRecording;
  readonly lines: RecordingLine[];
  readonly texts: string[];
}> {
  const clusters = [source.client, follower.client];
  const recording = recordRun({ clusters, title: 'test', pollMs: 20, ...more });
  open.push(() => recording.stop());
  const lines: RecordingLine[] = [];
  recording.lines$.subscribe((line) => void lines.push(line));
  const texts: string[] = [];
  recording.texts$.subscribe((text) => void texts.push(text));
  await recording.ready;
  return { recording, lines, texts };
}

const of = <T extends RecordingLine['t']>(lines: readonly RecordingLine[], t: T) =>
  lines.filter((line): line is Extract<RecordingLine, { t: T }> => line.t === t);

/** From the addition until log shipping has brought later rows over. */
async function story(pair: Pair): Promise<void> {
  await pair.source.client.createTable(TABLE, { partitionCount: PARTITIONS });
  await write(pair, 0, 30);
}

async function duplicated({ source, follower }: Pair) {
  const duplication = await duplicate({
    source: source.client,
    table: TABLE,
    target: follower.client,
    pollMs: 20,
  });
  open.push(() => duplication[Symbol.asyncDispose]());
  await duplication.waitFor('DS_LOG', { timeoutMs: 20_000 });
  return duplication;
}

describe('a run from the addition to log shipping', () => {
  test('given both clusters, then charts, messages and progress are told, in causal order, and no row is', async () => {
    const pair = await sides();
    await story(pair);
    const { recording, lines, texts } = await record(pair);
    const duplication = await duplicated(pair);
    await write(pair, 30, 60);
    await duplication.waitFor(({ lagDecrees }) => lagDecrees === 0, { timeoutMs: 20_000 });
    await recording.stop();

    expect(recording.header).toMatchObject({ t: 'recording', version: 1, source: 'live', values: 'removed' });
    const up = of(lines, 'process').filter(({ what }) => what === 'up');
    expect(up.map(({ process }) => process).sort()).toEqual([
      'east meta',
      'east replica 0',
      'east replica 1',
      'operator',
      'west meta',
      'west replica 0',
      'west replica 1',
    ]);
    // Names of replica servers go by their ports.
    const ports = up.filter(({ process }) => process.startsWith('west replica')).map(portOf);
    expect(ports[0] !== undefined && ports[1] !== undefined && ports[0].port < ports[1].port).toBe(
      ports[0]?.process === 'west replica 0',
    );

    const chart = `duplication/${duplication.id}`;
    expect(statusesOf(lines, chart)).toEqual(['DS_INIT', 'DS_PREPARE', 'DS_APP', 'DS_LOG']);
    const charts = new Set(of(lines, 'actor').map((line) => line.chart));
    for (const each of [
      'duplication',
      'followerTable',
      'table',
      'partitionDuplicator',
      'checkpointTransfer',
      null,
    ])
      expect(charts).toContain(each);
    const partitions = of(lines, 'actor').filter((line) => line.chart === 'checkpointTransfer');
    expect(partitions.map(({ partition }) => partition).sort()).toEqual([0, 1]);

    messagesAreWhole(lines);
    const kinds = new Set(of(lines, 'send').map(({ kind }) => kind));
    for (const kind of [
      'RPC_CM_ADD_DUPLICATION',
      'RPC_CM_CREATE_APP',
      'RPC_NFS_COPY',
      'RPC_RRDB_RRDB_DUPLICATE',
    ])
      expect(kinds).toContain(kind);
    for (const kind of kinds) expect(kind).not.toMatch(/_(PUT|GET|SCAN|MULTI_PUT)$/);
    const ats = lines.flatMap((line) => ('at' in line ? [line.at] : []));
    expect(ats).toEqual([...ats].sort((a, b) => a - b));

    expect(texts.map((each) => JSON.parse(each))).toEqual(lines);
    for (const each of texts) expect(parseLine(each, { file: null, line: 1 }).t).not.toBe('unknown');

    const explained = of(lines, 'explain').map((line: ExplainLine) => line.explanation as { status: string });
    expect(explained.at(-1)?.status).toBe('DS_LOG');
    const last = of(lines, 'partitions').at(-1) as PartitionsLine;
    expect(last).toMatchObject({ table: TABLE, duplication: duplication.id, count: PARTITIONS });

    const text = JSON.stringify(lines);
    expect(text).not.toContain(SECRET_KEY);
    expect(text).not.toContain(SECRET_VALUE);
    expect(text).not.toContain(Buffer.from(SECRET_VALUE).toString('base64').slice(0, 12));
  });

  test('given values were asked for, then the rows that are shipped are told, and only then', async () => {
    const pair = await sides();
    await story(pair);
    await duplicated(pair);
    const { recording: kept, lines: withRows } = await record(pair, { values: 'kept' });
    const { recording: removed, lines: withoutRows } = await record(pair);
    await write(pair, 60, 64);
    await until('a batch', () => of(withRows, 'send').some(({ content }) => content !== undefined));
    await kept.stop();
    await removed.stop();
    expect(kept.header.values).toBe('kept');
    expect(JSON.stringify(withRows)).toContain(SECRET_VALUE);
    expect(JSON.stringify(withoutRows)).not.toContain(SECRET_VALUE);
    expect(JSON.stringify(withoutRows)).not.toContain(SECRET_KEY);
  });
});

describe('what does not get through', () => {
  test('given a policy that drops replies and requests, then both are told as dropped where it happened', async () => {
    const pair = await sides();
    await story(pair);
    const { source, follower } = pair;
    const west = follower.servers;
    await source.servers.meta.setPolicy([
      { effect: 'drop', peer: west.metaName, operation: 'RPC_CM_CREATE_APP_ACK' },
      { effect: 'deny', peer: '*', operation: 'RPC_CM_QUERY_PARTITION_CONFIG_BY_INDEX' },
    ]);
    const { recording, lines } = await record(pair);
    const duplication = await duplicate({ source: source.client, table: TABLE, target: follower.client });
    open.push(() => duplication[Symbol.asyncDispose]());
    const fated = (fate: ReceiveLine['fate'], kind: string) => {
      const kinds = new Map(of(lines, 'send').map((line) => [line.id, line]));
      return of(lines, 'receive').find((line) => line.fate === fate && kinds.get(line.id)?.kind === kind);
    };
    await until('the dropped reply', () => fated('dropped', 'RPC_CM_CREATE_APP'));
    await until('the denied request', () => fated('denied', 'RPC_CM_QUERY_PARTITION_CONFIG_BY_INDEX'));
    await recording.stop();
    expect(fated('dropped', 'RPC_CM_CREATE_APP')?.process).toBe('east meta');
    expect(fated('denied', 'RPC_CM_QUERY_PARTITION_CONFIG_BY_INDEX')?.process).toBe('east meta');
    const refusal = of(lines, 'send').find((line) => line.error === 'ERR_ACL_DENY');
    expect(refusal).toMatchObject({ what: 'reply', process: 'east meta' });
    messagesAreWhole(lines);
  });

  test('given a server that dies and comes back, then that is told, with the gap, and what its actors are then', async () => {
    const pair = await sides();
    await story(pair);
    const duplication = await duplicated(pair);
    const { recording, lines } = await record(pair);
    const { address } = { address: `127.0.0.1:${pair.source.servers.metaAddress.port}` };
    expect(recording.processAt(address)).toBe('east meta');
    recording.fault('the meta server is stopped', recording.processAt(address));
    await pair.source.servers.stopMeta();
    const told = (what: ProcessLine['what']) =>
      of(lines, 'process').find((line) => line.process === 'east meta' && line.what === what);
    await until('its death', () => told('died'));
    await pair.source.servers.startMeta();
    await until('its return', () => told('restarted'));
    const back = () => lines.indexOf(told('restarted') as RecordingLine);
    const chart = `duplication/${duplication.id}`;
    await until('its actors', () =>
      lines
        .slice(back())
        .some((line) => line.t === 'actor' && line.actor === chart && line.process === 'east meta'),
    );
    await recording.stop();
    expect(of(lines, 'fault')).toMatchObject([{ what: 'the meta server is stopped', process: 'east meta' }]);
    expect(of(lines, 'gap')).toMatchObject([{ process: 'east meta', lines: null }]);
    expect(lines.findIndex((line) => line.t === 'gap')).toBeLessThan(back());
    messagesAreWhole(lines);
  });
});

describe('whoever is watched', () => {
  test('given a recording that joins late, then the actors that live are told as already there', async () => {
    const pair = await sides();
    await story(pair);
    const duplication = await duplicated(pair);
    const { lines: first } = await record(pair);
    const { recording, lines } = await record(pair);
    await until('actors', () => of(first, 'actor').length > 0 && of(lines, 'actor').length > 0);
    await recording.stop();
    const found = of(lines, 'actor').find(
      (line: ActorLine) => line.actor === `duplication/${duplication.id}`,
    );
    expect(found).toMatchObject({ already: true, chart: 'duplication', process: 'east meta' });
    expect(JSON.stringify(found?.state)).toContain('DS_LOG');
  });

  test('given nobody asks, then no server records', async () => {
    const { source, follower } = await sides();
    expect(source.servers.meta.recorder.on).toBe(false);
    expect(follower.servers.meta.recorder.on).toBe(false);
  });

  test('given two recordings and one stops, then servers record on; given the other stops, then they stop at once', async () => {
    const pair = await sides();
    const servers = [pair.source.servers.meta, pair.follower.servers.meta];
    const { recording: first } = await record(pair);
    const { recording: second } = await record(pair);
    expect(servers.every(({ recorder }) => recorder.on)).toBe(true);
    await first.stop();
    expect(servers.every(({ recorder }) => recorder.on)).toBe(true);
    await second.stop();
    expect(servers.map(({ recorder }) => recorder.on)).toEqual(servers.map(() => false));
  });

  test('given a cluster that cannot be reached, then that is said, and stopping is quick', async () => {
    const recording = recordRun({ clusters: ['127.0.0.1:1'] });
    await expect(recording.ready).rejects.toMatchObject({ code: 'BRIDLE_NOT_RUNNING' });
    await recording.stop();
  });
});

/** Every arrival comes after its sending, every answer names a request that was told. */
function messagesAreWhole(lines: readonly RecordingLine[]): void {
  const sent = new Map<string, SendLine>();
  for (const line of lines) {
    if (line.t === 'send') {
      expect(sent.has(line.id), `${line.id} is sent once`).toBe(false);
      if (line.what === 'reply' && line.answers !== undefined && sent.has(line.answers)) {
        expect(sent.get(line.answers)?.kind).toBe(line.kind);
      }
      sent.set(line.id, line);
    } else if (line.t === 'receive') {
      const before = sent.get(line.id);
      expect(before, `${line.id} was sent before`).toBeDefined();
      expect(line.process).toBe(before?.to);
    }
  }
}

/** The statuses the duplication's lifecycle went through, as its steps tell them. */
function statusesOf(lines: readonly RecordingLine[], actor: string): string[] {
  const states = lines.flatMap((line) =>
    (line.t === 'actor' || line.t === 'step') && line.actor === actor
      ? [(line as ActorLine | StepLine).state]
      : [],
  );
  const statuses = states.flatMap((state) => /DS_[A-Z]+/.exec(JSON.stringify(state ?? ''))?.[0] ?? []);
  return statuses.filter((status, at) => status !== statuses[at - 1]);
}

function portOf({ process, address = '' }: ProcessLine) {
  return { process, port: Number(address.split(':')[1]) };
}
