/** The replica servers of a cluster: who reported when, and what. */
import type { NodeReport, PartitionReport } from '../node-sync.js';

export interface NodeView {
  /** `host:port` */
  readonly node: string;
  readonly alive: boolean;
  readonly lastReportMs: number;
  readonly report: NodeReport;
}

interface Known {
  readonly report: NodeReport;
  readonly partitions: ReadonlyMap<string, PartitionReport>;
  lastReportMs: number;
}

export class NodeRegistry {
  readonly #nodes = new Map<string, Known>();
  readonly #deadMs: number;
  readonly #now: () => number;

  constructor(deadMs: number, now: () => number = Date.now) {
    this.#deadMs = deadMs;
    this.#now = now;
  }

  note(report: NodeReport): void {
    const known = this.#nodes.get(report.node);
    if (known?.report === report) {
      known.lastReportMs = this.#now();
      return;
    }
    const partitions = new Map(report.partitions.map((p) => [keyOf(p.appId, p.partitionIndex), p]));
    this.#nodes.set(report.node, { report, partitions, lastReportMs: this.#now() });
  }

  all(): NodeView[] {
    const nowMs = this.#now();
    return [...this.#nodes.entries()]
      .map(([node, { report, lastReportMs }]) => ({
        node,
        alive: nowMs - lastReportMs < this.#deadMs,
        lastReportMs,
        report,
      }))
      .sort((a, b) => a.node.localeCompare(b.node));
  }

  alive(): NodeView[] {
    return this.all().filter((node) => node.alive);
  }

  isAlive(node: string): boolean {
    const known = this.#nodes.get(node);
    return known !== undefined && this.#now() - known.lastReportMs < this.#deadMs;
  }

  /** What a node said last about one partition. */
  partition(node: string, appId: number, partitionIndex: number): PartitionReport | undefined {
    return this.#nodes.get(node)?.partitions.get(keyOf(appId, partitionIndex));
  }

  /** When a node reported last; null if it has not since this server started. */
  lastReportMs(node: string): number | null {
    return this.#nodes.get(node)?.lastReportMs ?? null;
  }
}

const keyOf = (appId: number, partitionIndex: number): string => `${appId}.${partitionIndex}`;
