/** The meta server's side of the node sync: takes a node's report, and says what the node shall do. */
import { ENV_DENY_CLIENT_REQUEST } from '../../../machines/index.js';
import type { ServerLog } from '../../observe/log.js';
import { type Address, formatAddress, RpcError } from '../../pegasus/index.js';
import {
  type ArrivalOrder,
  type DropOrder,
  type NodeOrders,
  type NodeReport,
  nodeReportSchema,
} from '../node-sync.js';
import type { PolicyGate } from '../policy.js';
import { Unchanged } from '../unchanged.js';
import type { CopyRetries } from './copy-retries.js';
import type { DuplicationRegistry } from './duplication-registry.js';
import type { TableRecord } from './meta-store.js';
import type { MoveRegistry } from './move-registry.js';
import type { NodeRegistry } from './node-registry.js';
import { handshakeOf, masterOf } from './table-envs.js';
import type { TableRegistry } from './table-registry.js';

/** What of a meta server it needs. */
export interface SyncedState {
  readonly gate: PolicyGate;
  readonly nodes: NodeRegistry;
  readonly tables: TableRegistry;
  readonly duplications: DuplicationRegistry;
  readonly copyRetries: CopyRetries;
  readonly moves: MoveRegistry;
}

/** More nodes than a cluster has: beyond, what they said is forgotten and read anew. */
const NODES_LIMIT = 1_024;

export class NodeSyncs {
  readonly #state: SyncedState;
  readonly #log: ServerLog;
  /** Tables of which partitions are being recorded as open. */
  readonly #notingExisting = new Set<number>();
  /** Reports whose open partitions are all recorded as such. */
  readonly #noted = new WeakSet<NodeReport>();
  /** By the address of the node: most exchanges say what the one before said. */
  readonly #known = new Map<string, Exchange>();
  /** What of its orders the table decides; a record that changes is another one. */
  readonly #tableParts = new WeakMap<TableRecord, TableParts>();

  constructor(state: SyncedState, log: ServerLog) {
    this.#state = state;
    this.#log = log;
  }

  /** The report of the node at that address and its orders, both as JSON text. @throws RpcError ERR_INVALID_DATA */
  answer(json: string, from: Address): string {
    const exchange = this.#exchangeWith(formatAddress(from));
    const report = exchange.report.of([json], () => readReport(json));
    const { nodes, duplications, moves } = this.#state;
    nodes.note(report);
    moves.noteReport(report);
    duplications.noteReport(report, (table, p) => table.partitions[p]?.node === report.node);
    this.#noteExisting(report);
    const moving = { arrivals: moves.arrivalsAt(report.node), left: moves.leftAt(report) };
    return exchange.orders.of(this.#inputsOf(report, moving), () =>
      JSON.stringify(this.#ordersFor(report, moving)),
    );
  }

  #exchangeWith(node: string): Exchange {
    const known = this.#known.get(node);
    if (known !== undefined) return known;
    if (this.#known.size >= NODES_LIMIT) this.#known.clear();
    const exchange = { report: new Unchanged<NodeReport>(), orders: new Unchanged<string>() };
    this.#known.set(node, exchange);
    return exchange;
  }

  /** Everything that a node's orders are made of. */
  #inputsOf(report: NodeReport, { arrivals, left }: Moving): unknown[] {
    const { gate, tables, duplications, copyRetries } = this.#state;
    const inputs: unknown[] = [report, gate.policy];
    if (arrivals.length > 0 || left.length > 0) inputs.push(JSON.stringify([arrivals, left]));
    for (const table of tables.list()) {
      inputs.push(table, tables.statusOf(table.name), copyRetries.of(table.appId));
    }
    for (const table of tables.droppedTables()) inputs.push(table);
    duplications.addInputs(inputs);
    return inputs;
  }

  /**
   * Remembers which partitions have been open. The node's orders do not wait for the disk: a slow one would
   * make the node look silent.
   */
  #noteExisting(report: NodeReport): void {
    const { partitions } = report;
    if (this.#noted.has(report)) return;
    let all = true;
    const { tables } = this.#state;
    const serving = partitions.filter(
      ({ state, appId, partitionIndex }) =>
        // What a node still had when the partition moved away says nothing of the one that it moved to.
        state === 'serving' && tables.byId(appId)?.partitions[partitionIndex]?.node === report.node,
    );
    for (const appId of new Set(serving.map((partition) => partition.appId))) {
      const here = serving.filter((p) => p.appId === appId).map((p) => p.partitionIndex);
      if (tables.haveExisted(appId, here)) continue;
      all = false;
      // One write at a time: what is reported meanwhile is reported again.
      if (this.#notingExisting.has(appId)) continue;
      this.#notingExisting.add(appId);
      tables
        .noteExisted(appId, here)
        .catch((error: unknown) =>
          this.#log.warn('cannot record that partitions are open', { appId, error: String(error) }),
        )
        .finally(() => this.#notingExisting.delete(appId));
    }
    if (all) this.#noted.add(report);
  }

  #ordersFor(report: NodeReport, moving: Moving): NodeOrders {
    const { node, partitions, leftovers, arrivals = [] } = report;
    const { gate, tables, duplications, copyRetries } = this.#state;
    const available = tables.list().filter(({ name }) => tables.statusOf(name) === 'AS_AVAILABLE');
    const orders = available.flatMap((table) => {
      const { appId, name: appName, partitionCount } = table;
      const { owner, master } = this.#partsOf(table);
      const ordersOf = duplications.ordersFor(appId);
      return table.partitions.flatMap(({ node: place, existed, ballot, moving: move }, partitionIndex) =>
        place !== node
          ? []
          : [
              {
                appId,
                appName,
                partitionIndex,
                partitionCount,
                owner,
                master,
                existed,
                ...(ballot === undefined ? {} : { ballot }),
                ...(move === undefined ? {} : { leaving: { ballot: move.ballot, to: move.to } }),
                denial: table.envs[ENV_DENY_CLIENT_REQUEST] ?? null,
                envVersion: table.envVersion ?? 0,
                copyRetryNo: copyRetries.of(appId),
                duplications: ordersOf(partitionIndex),
              },
            ],
      );
    });
    const dropped = new Set(tables.droppedTables().map(({ appId }) => appId));
    return {
      policy: gate.policy,
      partitions: orders,
      drop: [
        ...[...partitions, ...leftovers, ...arrivals]
          .filter(({ appId }) => dropped.has(appId))
          .map(({ appId, partitionIndex }) => ({ appId, partitionIndex })),
        ...moving.left,
      ],
      arrivals: [...moving.arrivals],
    };
  }

  #partsOf(table: TableRecord): TableParts {
    const known = this.#tableParts.get(table);
    if (known !== undefined) return known;
    const { owner } = handshakeOf(new Map(Object.entries(table.envs)));
    const parts = { owner, master: masterOf(table) };
    this.#tableParts.set(table, parts);
    return parts;
  }
}

/** Of a node's orders what moves decide. */
interface Moving {
  readonly arrivals: readonly ArrivalOrder[];
  readonly left: readonly DropOrder[];
}

interface Exchange {
  readonly report: Unchanged<NodeReport>;
  readonly orders: Unchanged<string>;
}

interface TableParts {
  readonly owner: string | null;
  readonly master: NodeOrders['partitions'][number]['master'];
}

function readReport(json: string): NodeReport {
  const parsed = nodeReportSchema.safeParse(parseJson(json));
  if (parsed.success) return parsed.data;
  throw new RpcError('ERR_INVALID_DATA', 'RPC_BRIDLE_NODE_SYNC', '', parsed.error.message);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
