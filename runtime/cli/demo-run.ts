/** One demonstration from start to end: two clusters, a table, a fault, a copy, a proof. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  BridleError,
  BulkWriter,
  type Cluster,
  openCluster,
  type Table,
  type VerifyReport,
} from '../client/index.js';
import { type EmbeddedCluster, startCluster } from '../cluster/embedded.js';
import { type Duplication, duplicate } from '../live/index.js';
import { announceRun } from '../live/recording/index.js';
import type { Explanation } from '../observe/explain.js';
import type { ChartLine } from '../observe/recording/lines.js';
import { DEMO_FAULT, type DemoFaultName, type DemoStage } from './demo-faults.js';
import { DemoRecording, type RecordedRun } from './demo-recording.js';
import { DemoWriter, demoRow, lostWrites } from './demo-rows.js';
import { DemoWatch } from './demo-watch.js';

export interface DemoOptions {
  readonly rows: number;
  readonly partitionCount: number;
  readonly replicas: number;
  readonly writesPerSecond: number;
  readonly fault: DemoFaultName;
  /** Kept afterwards when given; otherwise a temporary directory that is removed. */
  readonly directory: string | undefined;
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
  /** A step of the story. */
  readonly say: (line: string) => void;
  readonly onLoaded: (done: number, total: number) => void;
  /** Where the run is recorded, and what its charts look like. */
  readonly record?: { readonly file: string; readonly charts: readonly ChartLine[] };
}

/** The last line of `--json`. */
export interface DemoReport {
  readonly status: string;
  readonly fault: DemoFaultName;
  readonly rows: { source: number; follower: number; missing: number; extra: number; differing: number };
  readonly writesDuringCopy: number;
  /** Writes acknowledged by the source that one of the sides does not show. */
  readonly acknowledgedLost: number;
  /** How long trouble stood in the way, from first seen to last seen. */
  readonly blockedMs: number;
  readonly restarts: number;
  readonly elapsedMs: number;
  readonly exitReason: string;
  /** The trouble that was seen, in the order of its appearance. */
  readonly troubles: readonly string[];
  readonly next: string;
  readonly ok: boolean;
  readonly recording?: RecordedRun;
}

const TABLE = 'riders';
/** Writing goes on for this long after log shipping has begun. */
const AFTERWARDS_MS = 1_000;

export async function runDemo(options: DemoOptions): Promise<DemoReport> {
  const startedMs = Date.now();
  if (options.record !== undefined) await DemoRecording.check(options.record.file);
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), 'bridle-demo-')));
  const cleanUp: (() => Promise<unknown>)[] = [];
  if (options.directory === undefined) cleanUp.push(() => rm(directory, { recursive: true, force: true }));
  try {
    return await play(options, directory, startedMs, cleanUp);
  } finally {
    for (const undo of cleanUp.reverse()) await undo();
  }
}

async function play(
  given: DemoOptions,
  directory: string,
  startedMs: number,
  cleanUp: (() => Promise<unknown>)[],
): Promise<DemoReport> {
  const keep = <T extends AsyncDisposable>(resource: T): T => {
    cleanUp.push(async () => resource[Symbol.asyncDispose]());
    return resource;
  };
  const { replicas, signal } = given;
  const starting = [
    startCluster({ name: 'west', id: 2, directory: join(directory, 'west'), replicas, signal }).then(keep),
    startCluster({ name: 'east', id: 1, directory: join(directory, 'east'), replicas, signal }).then(keep),
  ] as const;
  // When one fails, the other has to be up before it can be taken down.
  await Promise.allSettled(starting);
  const [followerServers, sourceServers] = await Promise.all(starting);
  const announced = await announceRun(
    'demo',
    [sourceServers, followerServers].map(({ name, meta }) => ({ name, metas: [meta] })),
  );
  cleanUp.push(() => announced.end());
  let recording: DemoRecording | null = null;
  const say = (line: string) => {
    given.say(line);
    recording?.note(line);
  };
  const options = { ...given, say };
  const source = keep(await openCluster({ meta: sourceServers.meta, signal }));
  const follower = keep(await openCluster({ meta: followerServers.meta, signal }));
  options.say(
    `two clusters are up: east (source) at ${sourceServers.meta}, west (follower) at ${followerServers.meta}`,
  );
  for (const servers of [sourceServers, followerServers]) {
    servers.events$.subscribe(({ what, why, role, index }) =>
      options.say(`${servers.name} ${role} ${index} ${what} (${why})`),
    );
  }
  await source.createTable(TABLE, { partitionCount: options.partitionCount });
  const table = await source.table(TABLE);
  await load(table, options);
  const writer = new DemoWriter(table, options.rows, options.writesPerSecond);
  writer.start();
  cleanUp.push(() => writer.stop());
  options.say(`writing goes on from here, about ${options.writesPerSecond} writes a second`);
  const scene = { options, startedMs, table, writer, source, follower, sourceServers, followerServers };
  if (given.record === undefined) return await copy({ ...scene, recording });
  const clusters = [source, follower];
  const begun = await DemoRecording.begin({ ...given.record, title: `demo, fault ${given.fault}`, clusters });
  recording = begun;
  // Should it fail, what was recorded by then is what somebody wants to see.
  cleanUp.push(() => begun.end());
  const report = await copy({ ...scene, recording });
  return { ...report, recording: await begun.end() };
}

interface Scene {
  readonly options: DemoOptions;
  readonly startedMs: number;
  readonly table: Table;
  readonly writer: DemoWriter;
  readonly source: Cluster;
  readonly follower: Cluster;
  readonly sourceServers: EmbeddedCluster;
  readonly followerServers: EmbeddedCluster;
  readonly recording: DemoRecording | null;
}

async function copy(scene: Scene): Promise<DemoReport> {
  const { options, writer, source, follower, recording } = scene;
  const fault = DEMO_FAULT[options.fault];
  await using watch = new DemoWatch(source, TABLE, options);
  const stage: DemoStage = {
    source: { servers: scene.sourceServers, client: source },
    follower: { servers: scene.followerServers, client: follower },
    table: TABLE,
    partitionCount: options.partitionCount,
    say: options.say,
    strike: (what, address) => {
      options.say(what);
      recording?.fault(what, address);
    },
    until: (fits) => watch.until(fits),
  };
  options.say(`fault: ${fault.what}`);
  if (fault.prepare !== undefined) recording?.fault(fault.what);
  await fault.prepare?.(stage);
  const before = writer.acknowledged;
  await using duplication = await duplicate({ source, table: TABLE, target: follower });
  options.say(`duplication ${duplication.id} is accepted`);
  watch.start();
  const during = fault.during?.(stage) ?? Promise.resolve();
  const final = await Promise.all([
    watch.until(({ status, blocked }) => status === 'DS_LOG' || (blocked && fault.ends === 'blocked')),
    during,
  ]).then(
    ([explanation]) => explanation,
    (error: unknown) => failure(error, watch.latest),
  );
  const writesDuringCopy = writer.acknowledged - before;
  if (final instanceof BridleError || final.status !== 'DS_LOG') {
    await writer.stop();
    return await unfinished(scene, watch, final, writesDuringCopy);
  }
  return await finished(scene, watch, duplication, writesDuringCopy);
}

/** Log shipping has begun: write a little longer, drain, compare row by row. */
async function finished(
  scene: Scene,
  watch: DemoWatch,
  duplication: Duplication,
  writesDuringCopy: number,
): Promise<DemoReport> {
  const { options, writer, table, follower } = scene;
  await new Promise((resolve) => setTimeout(resolve, AFTERWARDS_MS));
  await writer.stop();
  options.say(
    `writing has stopped: ${writer.acknowledged} writes acknowledged, ${writesDuringCopy} of them during the copy`,
  );
  await duplication.waitFor(
    ({ status, lagDecrees, partitions }) => status === 'DS_LOG' && lagDecrees === 0 && partitions.length > 0,
    {
      timeoutMs: options.deadlineMs,
      signal: options.signal,
    },
  );
  const copyOfTable = await follower.table(TABLE);
  const report = await duplication.verify({ target: follower, signal: options.signal });
  const lost = (await lostWrites(table, writer.ledger)) + (await lostWrites(copyOfTable, writer.ledger));
  const ok = report.equal && lost === 0;
  return {
    ...common(scene, watch, writesDuringCopy),
    status: 'DS_LOG',
    rows: rowsOf(report),
    acknowledgedLost: lost,
    exitReason: ok ? 'every row on both sides is equal' : 'rows differ',
    next: ok ? '' : `bridle verify ${TABLE}`,
    ok,
  };
}

async function unfinished(
  scene: Scene,
  watch: DemoWatch,
  final: Explanation | BridleError,
  writesDuringCopy: number,
): Promise<DemoReport> {
  const base = common(scene, watch, writesDuringCopy);
  const none = { source: 0, follower: 0, missing: 0, extra: 0, differing: 0 };
  if (final instanceof BridleError) {
    return {
      ...base,
      status: watch.latest?.status ?? 'unknown',
      rows: none,
      acknowledgedLost: 0,
      exitReason: final.message,
      next: final.next,
      ok: false,
    };
  }
  const rows = { ...none, source: await countRows(scene.table) };
  return {
    ...base,
    status: `${final.status} BLOCKED`,
    rows,
    acknowledgedLost: await lostWrites(scene.table, scene.writer.ledger),
    exitReason: final.line,
    next: final.next,
    ok: false,
  };
}

function common(scene: Scene, watch: DemoWatch, writesDuringCopy: number) {
  const servers = [...scene.sourceServers.servers(), ...scene.followerServers.servers()];
  return {
    fault: scene.options.fault,
    writesDuringCopy,
    blockedMs: watch.blockedMs,
    restarts: servers.reduce((sum, { restarts }) => sum + restarts, 0),
    elapsedMs: Date.now() - scene.startedMs,
    troubles: watch.troubles,
  };
}

async function load(table: Table, { rows, onLoaded, signal, say }: DemoOptions): Promise<void> {
  const beganMs = Date.now();
  const writer = new BulkWriter(table, { signal });
  for (let index = 0; index < rows; index++) {
    await writer.write(demoRow(index));
    if (index % 500 === 0) onLoaded(index, rows);
  }
  await writer.flush();
  onLoaded(rows, rows);
  say(
    `table ${TABLE}: ${rows.toLocaleString('en')} rows loaded in ${((Date.now() - beganMs) / 1000).toFixed(1)} s`,
  );
}

async function countRows(table: Table): Promise<number> {
  let count = 0;
  for await (const _ of table.scan({ noValue: true })) count += 1;
  return count;
}

function failure(error: unknown, latest: Explanation | null): BridleError {
  if (error instanceof BridleError) return error;
  const hint = error instanceof Error ? error.message : String(error);
  return BridleError.of('ERR_TIMEOUT', { hint: latest === null ? hint : `${hint}; ${latest.line}` });
}

const rowsOf = ({ source, follower, missing, extra, differing }: VerifyReport) => ({
  source,
  follower,
  missing,
  extra,
  differing,
});
