/** The meta server's side of the node sync: takes a node's report, and says what the node shall do. */
import type { ServerLog } from '../../observe/log.js';
import { RpcError } from '../../pegasus/index.js';
import { type NodeOrders, type NodeReport, nodeReportSchema } from '../node-sync.js';
import type { PolicyGate } from '../policy.js';
import type { DuplicationRegistry } from './duplication-registry.js';
import type { NodeRegistry } from './node-registry.js';
import { handshakeOf, masterOf, type TableRegistry } from './table-registry.js';

/** What of a meta server it needs. */
export interface SyncedState {
  readonly gate: PolicyGate;
  readonly nodes: NodeRegistry;
  readonly tables: TableRegistry;
  readonly duplications: DuplicationRegistry;
}

export class NodeSyncs {
  readonly #state: SyncedState;
  readonly #log: ServerLog;
  /** Tables of which partitions are being recorded as open. */
  readonly #notingExisting = new Set<number>();

  constructor(state: SyncedState, log: ServerLog) {
    this.#state = state;
    this.#log = log;
  }

  /** A report and its orders, both as JSON text. @throws RpcError ERR_INVALID_DATA */
  answer(json: string): string {
    const parsed = nodeReportSchema.safeParse(parseJson(json));
    if (!parsed.success)
      throw new RpcError('ERR_INVALID_DATA', 'RPC_BRIDLE_NODE_SYNC', '', parsed.error.message);
    const report = parsed.data;
    const { nodes, duplications } = this.#state;
    nodes.note(report);
    duplications.noteReport(report, (table, p) => table.partitions[p]?.node === report.node);
    this.#noteExisting(report);
    return JSON.stringify(this.#ordersFor(report));
  }

  /**
   * Remembers which partitions have been open. The node's orders do not wait for the disk: a slow one would
   * make the node look silent.
   */
  #noteExisting({ partitions }: NodeReport): void {
    const serving = partitions.filter(({ state }) => state === 'serving');
    for (const appId of new Set(serving.map((partition) => partition.appId))) {
      // One write at a time: what is reported meanwhile is reported again.
      if (this.#notingExisting.has(appId)) continue;
      this.#notingExisting.add(appId);
      const here = serving.filter((p) => p.appId === appId).map((p) => p.partitionIndex);
      this.#state.tables
        .noteExisted(appId, here)
        .catch((error: unknown) =>
          this.#log.warn('cannot record that partitions are open', { appId, error: String(error) }),
        )
        .finally(() => this.#notingExisting.delete(appId));
    }
  }

  #ordersFor({ node, partitions, leftovers }: NodeReport): NodeOrders {
    const { gate, tables, duplications } = this.#state;
    const available = tables.list().filter(({ name }) => tables.statusOf(name) === 'AS_AVAILABLE');
    const orders = available.flatMap((table) => {
      const { appId, name: appName, partitionCount } = table;
      const { owner } = handshakeOf(new Map(Object.entries(table.envs)));
      const master = masterOf(table);
      const ordersOf = duplications.ordersFor(appId);
      return table.partitions.flatMap(({ node: place, existed }, partitionIndex) =>
        place !== node
          ? []
          : [
              {
                ...{ appId, appName, partitionIndex, partitionCount, owner, master, existed },
                duplications: ordersOf(partitionIndex),
              },
            ],
      );
    });
    const dropped = new Set(tables.droppedTables().map(({ appId }) => appId));
    return {
      policy: gate.policy,
      partitions: orders,
      drop: [...partitions, ...leftovers]
        .filter(({ appId }) => dropped.has(appId))
        .map(({ appId, partitionIndex }) => ({ appId, partitionIndex })),
    };
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
