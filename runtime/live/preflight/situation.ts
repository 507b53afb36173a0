/** Everything a preflight has seen, as plain data: the checks only read it. */
import type { ExistingTablePolicy } from '../../../machines/vocabulary.js';
import type { DuplicationInfo, PartitionPlace, TableInfo } from '../../client/index.js';
import type { ServerFacts } from '../../cluster/facts.js';
import type { ProbeResult } from '../../cluster/probe.js';

/** One server, as seen from here. */
export interface ServerLook {
  /** `host:port` as its meta server lists it; of a meta server as it calls itself. */
  readonly address: string;
  /** As the meta server sees it. */
  readonly alive: boolean;
  /** Null where it gives none: see `silence`. */
  readonly facts: ServerFacts | null;
  /** Why there are no facts: `unknown`, it does not know the question; else the error of asking. */
  readonly silence: 'unknown' | { readonly code: string; readonly hint: string } | null;
  /** Question and answer together. */
  readonly roundTripMs: number;
  /** Its clock less ours at the middle of the round trip; half of that is the doubt. */
  readonly clockOffsetMs: number | null;
}

/** One of the two clusters. */
export interface SideLook {
  readonly cluster: string;
  /** `host:port` of its meta servers, separated by commas, as commands take them. */
  readonly meta: string;
  readonly answeredInMs: number;
  /** As Pegasus names it; null where it is not told. */
  readonly functionLevel: string | null;
  readonly leader: ServerLook;
  readonly nodes: readonly ServerLook[];
  readonly tables: readonly TableInfo[];
}

/** One way, tried by the server that will use it. */
export interface Trial extends ProbeResult {
  readonly direction: 'create' | 'data' | 'ship';
  /** `host:port` of the server that tried, under which the other one knows it. */
  readonly from: string;
}

export interface Wanted {
  readonly table: string;
  readonly remoteTable: string;
  readonly followerCluster: string;
  /** Where the follower's meta servers were said to be; null: as the source knows them. */
  readonly remoteMeta: readonly string[] | null;
  readonly replicaCount: number | null;
  readonly existingTable: ExistingTablePolicy;
}

export interface Situation {
  readonly wanted: Wanted;
  readonly source: SideLook;
  /** Null when it was not reached from here. */
  readonly follower: SideLook | null;
  readonly followerError: { readonly code: string; readonly hint: string } | null;
  /** Null when it was not told: there is no such table, or see `placesError`. */
  readonly places: readonly PartitionPlace[] | null;
  readonly placesError: string | null;
  /** All of the source. */
  readonly duplications: readonly DuplicationInfo[];
  readonly trials: readonly Trial[];
  /** Servers that were to try and did not, with the reason. */
  readonly failedTrials: readonly { readonly from: string; readonly reason: string }[];
  /** The longest value among the first rows. */
  readonly largest: { readonly rows: number; readonly valueBytes: number } | null;
  /** How fast the logs of each source node grow, where it was seen: bytes per second. */
  readonly logGrowth: ReadonlyMap<string, number>;
}

export const aliveNodes = ({ nodes }: SideLook): ServerLook[] => nodes.filter(({ alive }) => alive);

export const sourceTable = ({ source, wanted }: Situation): TableInfo | undefined =>
  source.tables.find(({ name }) => name === wanted.table);

/** Source nodes that hold a partition of the table, by address, with the partitions' numbers. */
export function holders({ places }: Situation): ReadonlyMap<string, readonly number[]> {
  const found = new Map<string, number[]>();
  for (const { index, primary } of places ?? []) {
    if (primary !== null) found.set(primary, [...(found.get(primary) ?? []), index]);
  }
  return found;
}

/** Knows Bridle's commands. */
export const isOurs = (server: ServerLook): boolean => server.facts !== null;

/** Told us that it does not know them, as Apache Pegasus does. */
export const isForeign = (server: ServerLook): boolean => server.silence === 'unknown';
