/** Can this duplication work? Looked at before anything is created. */
import { EXISTING_TABLE_POLICIES, type ExistingTablePolicy } from '../../../machines/vocabulary.js';
import { parseServers } from '../../client/address.js';
import { BridleError, type CallLimits, type Cluster, openCluster } from '../../client/index.js';
import { checkTableName } from '../../client/table-admin.js';
import { formatAddress } from '../../pegasus/address.js';
import { type Finding, type Severity, type Verdict, verdictOf } from './finding.js';
import { findingsOf } from './findings.js';
import { logBytesOf, lookAtServer, lookAtSide } from './look.js';
import {
  aliveNodes,
  holders,
  type ServerLook,
  type SideLook,
  type Situation,
  type Wanted,
} from './situation.js';
import { tryWays } from './trials.js';

/** What is to be duplicated, and how long to look. */
export interface PreflightOptions extends CallLimits {
  readonly source: Cluster;
  readonly table: string;
  /** The follower cluster; or its name, if the source knows where it is, or `remoteMeta` says it. */
  readonly target: Cluster | string;
  /** 'host:port' of the follower's meta servers, for a target that is a name. */
  readonly remoteMeta?: string | readonly string[] | undefined;
  /** Default: the same name. */
  readonly remoteTable?: string | undefined;
  /** As `duplicate` takes it. */
  readonly replicaCount?: number | undefined;
  /** As `duplicate` takes it. Default `adopt`. */
  readonly existingTable?: ExistingTablePolicy | undefined;
  /** After how many milliseconds a request between two servers counts as swallowed. Default 1 500. */
  readonly probeTimeoutMs?: number | undefined;
}

/** What was found, errors first. */
export interface PreflightReport {
  /** True when there is no error. Warnings, and what could not be looked at, are in `counts`. */
  readonly ready: boolean;
  readonly verdict: Verdict;
  readonly table: string;
  readonly remoteTable: string;
  readonly sourceCluster: string;
  readonly followerCluster: string;
  readonly findings: readonly Finding[];
  readonly counts: Readonly<Record<Severity | 'uncheckable', number>>;
  readonly elapsedMs: number;
  /** The command to type next. */
  readonly next: string;
}

const DEFAULT_PROBE_TIMEOUT_MS = 1_500;
const DEFAULT_LOOK_TIMEOUT_MS = 1_500;
/** Rows whose values are looked at, and for how long. */
const SAMPLE_ROWS = 1_000;
const SAMPLE_MS = 500;
/** A log that was looked at twice within less than this tells nothing about how fast it grows. */
const LEAST_GROWTH_MS = 200;

/**
 * Proves, before anything is created, that a duplication can work: both clusters, the table, nodes, disks,
 * limits, clocks, and every way that it will use. The servers themselves try the ways with real requests under
 * the names by which they know each other, so that a policy or firewall is found that shuts one direction only.
 *
 * Changes nothing, and may be repeated. What a cluster does not let one look at, as Apache Pegasus lets one
 * look at little, is a finding with `checked: false` and is never called good.
 *
 * Takes some 5 s at most where ways are blocked, mostly much less. Rejects only when the source does not
 * answer, or on wrong options (BRIDLE_USAGE); a follower that does not answer is a finding.
 *
 * @example
 * const { ready, findings } = await preflight({ source, table: 'users', target });
 * for (const { code, what, next } of findings.filter(({ severity }) => severity === 'error')) console.log(code, what, next);
 */
export async function preflight(options: PreflightOptions): Promise<PreflightReport> {
  const startedMs = performance.now();
  const wanted = wantedOf(options);
  const limits = {
    timeoutMs: Math.min(options.timeoutMs ?? DEFAULT_LOOK_TIMEOUT_MS, DEFAULT_LOOK_TIMEOUT_MS),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  };
  const situation = await look(options, wanted, limits);
  const findings = findingsOf(situation);
  const verdict = verdictOf(findings);
  const count = (severity: Severity) =>
    findings.filter((finding) => finding.severity === severity && finding.checked).length;
  return {
    ready: verdict === 'ready',
    verdict,
    table: wanted.table,
    remoteTable: wanted.remoteTable,
    sourceCluster: situation.source.cluster,
    followerCluster: wanted.followerCluster,
    findings,
    counts: {
      ok: count('ok'),
      note: count('note'),
      warning: count('warning'),
      error: count('error'),
      uncheckable: findings.filter(({ checked }) => !checked).length,
    },
    elapsedMs: Math.round(performance.now() - startedMs),
    next: findings.find(({ severity }) => severity === 'error')?.next ?? duplicateCommand(wanted),
  };
}

function wantedOf(options: PreflightOptions): Wanted {
  const { table, target, remoteTable = table, remoteMeta, replicaCount, existingTable = 'adopt' } = options;
  checkTableName(table);
  checkTableName(remoteTable);
  const usage = (hint: string) => BridleError.of('BRIDLE_USAGE', { operation: 'preflight', hint });
  if (!EXISTING_TABLE_POLICIES.includes(existingTable)) throw usage(`existingTable is ${existingTable}`);
  const { probeTimeoutMs = DEFAULT_PROBE_TIMEOUT_MS } = options;
  if (!(probeTimeoutMs >= 10 && probeTimeoutMs <= 5_000)) {
    throw usage(`probeTimeoutMs is ${probeTimeoutMs}; 10 to 5000 are possible`);
  }
  const given =
    typeof target === 'string'
      ? remoteMeta === undefined
        ? null
        : parseServers(remoteMeta).map(formatAddress)
      : target.meta.map(formatAddress);
  return {
    table,
    remoteTable,
    followerCluster: typeof target === 'string' ? target : target.name,
    remoteMeta: given,
    replicaCount: replicaCount ?? null,
    existingTable,
  };
}

async function look(options: PreflightOptions, wanted: Wanted, limits: CallLimits): Promise<Situation> {
  const { source, table, probeTimeoutMs = DEFAULT_PROBE_TIMEOUT_MS } = options;
  const [sourceSide, duplications, placed] = await Promise.all([
    lookAtSide(source, limits),
    source.listDuplications(undefined, limits),
    source.listPartitions(table, limits).then(
      (places) => ({ places, placesError: null }),
      (thrown: unknown) => {
        const { code, hint, what } = BridleError.from(thrown);
        if (code === 'ERR_THREAD_INTERRUPTED') throw thrown;
        return { places: null, placesError: hint ?? what };
      },
    ),
  ]);
  const sawLogsAtMs = performance.now();
  const followerMetas = wanted.remoteMeta ?? sourceSide.leader.facts?.remotes?.[wanted.followerCluster] ?? [];
  const reached = await openFollower(options, followerMetas, limits);
  try {
    const before: Situation = {
      wanted,
      source: sourceSide,
      follower: reached.side,
      followerError: reached.error,
      ...placed,
      duplications,
      trials: [],
      failedTrials: [],
      largest: null,
      logGrowth: new Map(),
    };
    const clusters = { source, follower: reached.cluster };
    const [tried, largest] = await Promise.all([
      tryWays(clusters, before, followerMetas, { ...limits, probeTimeoutMs }),
      placed.places === null ? null : longestValue(source, table, limits),
    ]);
    const elapsedMs = performance.now() - sawLogsAtMs;
    const logGrowth = await growth(source, before, elapsedMs, limits);
    return { ...before, ...tried, largest, logGrowth };
  } finally {
    if (typeof options.target === 'string') await reached.cluster?.close();
  }
}

interface Reached {
  readonly cluster: Cluster | null;
  readonly side: SideLook | null;
  readonly error: Situation['followerError'];
}

async function openFollower(
  { target }: PreflightOptions,
  metas: readonly string[],
  limits: CallLimits,
): Promise<Reached> {
  let cluster: Cluster | null = null;
  try {
    if (typeof target === 'string') {
      if (metas.length === 0) return { cluster: null, side: null, error: null };
      cluster = await openCluster({ meta: metas, ...limits });
    } else cluster = target;
    return { cluster, side: await lookAtSide(cluster, limits), error: null };
  } catch (thrown) {
    if (typeof target === 'string') await cluster?.close();
    const { code, hint, what } = BridleError.from(thrown);
    if (code === 'ERR_THREAD_INTERRUPTED') throw thrown;
    return { cluster: null, side: null, error: { code, hint: hint ?? what } };
  }
}

/** Of some rows, which is honest only together with their number; null when none could be read. */
async function longestValue(
  source: Cluster,
  table: string,
  limits: CallLimits,
): Promise<Situation['largest']> {
  const endsAtMs = performance.now() + SAMPLE_MS;
  let rows = 0;
  let valueBytes = 0;
  try {
    const opened = await source.table(table, limits);
    for await (const { value } of opened.scan({ ...limits, timeoutMs: SAMPLE_MS })) {
      rows++;
      valueBytes = Math.max(valueBytes, value.length);
      if (rows >= SAMPLE_ROWS || performance.now() > endsAtMs) break;
    }
  } catch (thrown) {
    if (BridleError.from(thrown).code === 'ERR_THREAD_INTERRUPTED') throw thrown;
    if (rows === 0) return null;
  }
  return { rows, valueBytes };
}

/** How fast logs grow while nobody has to keep them: bytes per second, by node. */
async function growth(
  source: Cluster,
  situation: Situation,
  elapsedMs: number,
  limits: CallLimits,
): Promise<ReadonlyMap<string, number>> {
  if (elapsedMs < LEAST_GROWTH_MS) return new Map();
  const holding = holders(situation);
  const nodes = aliveNodes(situation.source).filter(({ address }) => holding.has(address));
  const rates = await Promise.all(
    nodes.map(async ({ address, facts }): Promise<readonly [string, number][]> => {
      if (facts === null) return [];
      const now: ServerLook = await lookAtServer(source, address, true, { ...limits, timeoutMs: 500 });
      if (now.facts === null) return [];
      // A log that was collected meanwhile is shorter, and tells nothing.
      const grownBytes = logBytesOf(now.facts) - logBytesOf(facts);
      return grownBytes < 0 ? [] : [[address, (grownBytes * 1000) / elapsedMs]];
    }),
  );
  return new Map(rates.flat());
}

function duplicateCommand({
  table,
  followerCluster,
  remoteTable,
  remoteMeta,
  existingTable,
}: Wanted): string {
  return [
    `bridle duplicate ${table} --to ${followerCluster}`,
    ...(remoteMeta === null ? [] : [`--remote-meta ${remoteMeta.join(',')}`]),
    ...(remoteTable === table ? [] : [`--remote-table ${remoteTable}`]),
    ...(existingTable === 'adopt' ? [] : [`--if-exists ${existingTable}`]),
  ].join(' ');
}
