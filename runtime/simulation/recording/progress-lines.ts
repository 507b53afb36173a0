/** What the duplications of simulated clusters say about themselves, told when it differs. */
import type { PartitionReport } from '../../cluster/node-sync.js';
import type { Explanation } from '../../observe/explain.js';
import type { ExplainLine, Json, PartitionsLine } from '../../observe/recording/lines.js';
import { partitionState } from '../../observe/recording/partition-state.js';
import type { VirtualCluster } from '../virtual-cluster.js';

/** A line without its time. */
export type ProgressFacts = Omit<ExplainLine, 'at'> | Omit<PartitionsLine, 'at'>;

export class ProgressLines {
  readonly #clusters: readonly VirtualCluster[];
  readonly #told = new Map<string, string>();

  constructor(clusters: readonly VirtualCluster[]) {
    this.#clusters = clusters;
  }

  look(): ProgressFacts[] {
    return this.#clusters.flatMap((source) =>
      explanationsOf(source).flatMap((explanation) => [
        ...this.#explained(explanation),
        ...this.#partitions(source, explanation),
      ]),
    );
  }

  #explained(explanation: Explanation): ExplainFacts[] {
    if (!this.#isNews(keyOf(explanation), explanation)) return [];
    return [{ t: 'explain', explanation: explanation as unknown as Json }];
  }

  #partitions(source: VirtualCluster, explanation: Explanation): PartitionsFacts[] {
    const { table, duplicationId: duplication, remoteTable, remoteCluster, progress } = explanation;
    const here = reportsOf(source, table);
    const there = reportsOf(
      this.#clusters.find(({ name }) => name === remoteCluster),
      remoteTable,
    );
    const count = progress.partitionCount;
    const changed = Array.from({ length: count }, (_, index) =>
      partitionState(index, explanation, here.get(index), there.get(index)),
    ).filter((state) => this.#isNews(`${keyOf(explanation)}.${state.partition}`, state));
    return changed.length === 0 ? [] : [{ t: 'partitions', table, duplication, count, changed }];
  }

  #isNews(key: string, facts: object): boolean {
    const text = JSON.stringify(facts);
    if (this.#told.get(key) === text) return false;
    this.#told.set(key, text);
    return true;
  }
}

type ExplainFacts = Omit<ExplainLine, 'at'>;
type PartitionsFacts = Omit<PartitionsLine, 'at'>;

const keyOf = ({ table, duplicationId }: Explanation): string => `${table}/${duplicationId}`;

function explanationsOf({ meta }: VirtualCluster): Explanation[] {
  const hosted = meta?.duplications.all() ?? [];
  return hosted.map((each) => meta!.explain(each));
}

/** By partition index; of a table that is not there, none. */
function reportsOf(cluster: VirtualCluster | undefined, table: string): ReadonlyMap<number, PartitionReport> {
  const appId = cluster?.meta?.tables.available(table)?.appId;
  if (cluster === undefined || appId === undefined) return new Map();
  const reports = cluster.servers.flatMap((server) =>
    (cluster.replicaNamed(server)?.partitions() ?? []).map((partition) => partition.report()),
  );
  return new Map(
    reports.filter((report) => report.appId === appId).map((report) => [report.partitionIndex, report]),
  );
}
