/** One run: clusters, clients, an operator, what goes wrong, and everybody who watches. */
import { VirtualClusters } from '../virtual-clusters.js';
import { ChaosClient } from './client.js';
import { listenForDefects } from './defects.js';
import { RunDigest } from './digest.js';
import { Draw } from './draw.js';
import { LATEST_MS } from './draw-trouble.js';
import { FaultDesk } from './faults/desk.js';
import { type Healed, heal } from './heal.js';
import { Ledger } from './ledger.js';
import { LogWatch } from './monitors/logs.js';
import { Openings } from './monitors/openings.js';
import { RowBooks } from './monitors/row-books.js';
import { Statuses } from './monitors/statuses.js';
import { Waits } from './monitors/waits.js';
import { OperatorAtWork } from './operator-at-work.js';
import type { ChaosPlan } from './plan.js';
import { Processes } from './processes.js';
import { Judge, type PropertyName, type Violation } from './properties.js';
import { Strikes, type StrikesByKind } from './strikes.js';

const HOUR_MS = 60 * 60_000;
const SETUP_STEP_MS = 1_000;
const SETUP_LIMIT_MS = 10 * 60_000;

export interface RunOptions {
  readonly digest?: RunDigest;
  /** Called when the clusters have started, before anything goes wrong. */
  readonly onStarted?: (clusters: VirtualClusters) => void;
  readonly signal?: AbortSignal;
}

export interface RunResult {
  readonly seed: number;
  readonly violation: Violation | null;
  /** False: somebody asked to end it before. */
  readonly finished: boolean;
  readonly virtualMs: number;
  /** Tasks of the schedule. */
  readonly events: number;
  readonly faults: StrikesByKind;
  readonly checked: Readonly<Record<PropertyName, number>>;
  readonly writes: { readonly acknowledged: number; readonly open: number };
  readonly healed: Healed | null;
  readonly digest: string;
}

export async function runPlan(plan: ChaosPlan, options: RunOptions = {}): Promise<RunResult> {
  const { topology, seed } = plan;
  const { digest = new RunDigest(), signal } = options;
  const clusters = await VirtualClusters.start({
    ...{ seed, replicas: topology.sourceReplicas, followerReplicas: topology.followerReplicas },
    ...{ latencyMs: topology.latencyMs, diskLatencyMs: topology.diskLatencyMs },
    ...{
      silentDeath: topology.silentDeath,
      times: topology.times,
      limits: topology.limits,
    },
  });
  const { world } = clusters;
  world.schedule.onTask = (task) => digest.note(task);
  const judge = new Judge(() => world.nowMs);
  const isOver = () => judge.violation !== null || signal?.aborted === true;
  const strikes = new Strikes();
  let desk: FaultDesk | null = null;
  const processes = new Processes(clusters, judge, (server) => desk?.isDiskTroubled(server) ?? false);
  const operator = new OperatorAtWork({ clusters, processes, judge, topology });
  const statuses = new Statuses(clusters, judge, operator);
  const logs = new LogWatch(clusters, judge, statuses);
  desk = new FaultDesk({
    clusters,
    processes,
    operator,
    strikes,
    seed,
    onDone: (operation) => logs.note(operation),
  });
  const isCalm = () => desk?.isCalm ?? true;
  const books = new RowBooks(judge, (appId) => statuses.ownerOf(appId));
  const { times, limits } = topology;
  const waits = new Waits({ clusters, judge, books, statuses, processes, times, limits, isCalm });
  const openings = new Openings({
    ...{ clusters, judge, processes },
    moves: plan.events.some(({ trouble }) => trouble.kind === 'move'),
    diskTroubleMs: (server) => desk?.diskTroubleMs(server) ?? null,
  });
  world.wrapEngine = (engine, server, directory) => books.watch(engine, server, directory);
  world.onRest = () => {
    statuses.look();
    waits.look();
    openings.look();
  };
  const defects = listenForDefects(world, judge);
  const ledger = new Ledger(2 * LATEST_MS);
  const clients = Array.from({ length: topology.clients }, (_, i) => {
    const name = `client-${i}`;
    const draw = new Draw(seed).fork(name);
    return new ChaosClient({
      world,
      meta: clusters.source.metaAddress,
      table: topology.table,
      name,
      draw,
      ledger,
      judge,
    });
  });
  options.onStarted?.(clusters);
  let healed: Healed | null = null;
  try {
    await setUp(clusters, plan, clients);
    const beganMs = world.nowMs;
    const plan1 = (label: string, atMs: number, run: () => void) =>
      world.schedule.add({ kind: 'timer', server: 'chaos', label, run }, Math.max(0, atMs));
    for (const burst of plan.bursts) {
      plan1(`burst of client ${burst.client}`, burst.atMs, () => clients[burst.client]?.run(burst));
    }
    for (const event of plan.events) {
      strikes.plan(event.id, event.trouble.kind);
      plan1(`trouble ${event.id}`, event.atMs, () => desk?.begin(event));
    }
    await world.schedule.runUntil(beganMs + plan.hours * HOUR_MS, isOver);
    const context = {
      clusters,
      topology,
      judge,
      desk,
      processes,
      operator,
      statuses,
      clients,
      ledger,
      isOver,
    };
    if (!isOver()) healed = await heal(context);
  } catch (error) {
    judge.violated('NoAbort', error instanceof Error ? (error.stack ?? error.message) : String(error));
  } finally {
    await defects.stop();
  }
  const sum = (count: (client: ChaosClient) => number) =>
    clients.reduce((total, client) => total + count(client), 0);
  return {
    seed,
    violation: judge.violation,
    finished: judge.violation !== null || healed !== null,
    virtualMs: world.nowMs,
    events: digest.tasks,
    faults: strikes.byKind(),
    checked: judge.checked,
    writes: { acknowledged: sum(({ acknowledged }) => acknowledged), open: sum(({ open }) => open) },
    healed,
    digest: digest.toString(),
  };
}

/** A table at the source whose partitions are served, with some rows in it. */
async function setUp(
  clusters: VirtualClusters,
  { topology }: ChaosPlan,
  clients: readonly ChaosClient[],
): Promise<void> {
  const { world, source } = clusters;
  await clusters.advance(topology.times.nodeSyncMs);
  const error = await world.drive(clusters.operator.createTable(topology.table, topology.partitions));
  if (error !== 'ERR_OK') throw new Error(`${topology.table} was not created: ${error}`);
  const table = () => source.meta?.tables.available(topology.table);
  const isServed = () => {
    const record = table();
    return record?.partitions.every((_, p) => source.meta?.primaryOf(record, p) !== null) === true;
  };
  for (let waitedMs = 0; !isServed(); waitedMs += SETUP_STEP_MS) {
    if (waitedMs > SETUP_LIMIT_MS) throw new Error('the partitions of the table do not open');
    await clusters.advance(SETUP_STEP_MS);
  }
  for (let i = 0; i < topology.initialRows; i++) {
    const client = clients[i % clients.length];
    if (client !== undefined) await world.drive(client.writeOne());
  }
}
