/** Asks one cluster what it is, and its servers what they know. */
import type { z } from 'zod';
import { BridleError, type CallLimits, type Cluster } from '../../client/index.js';
import { type ServerFacts, serverFactsSchema } from '../../cluster/facts.js';
import { type ProbeAnswer, type ProbeArguments, probeAnswerSchema } from '../../cluster/probe.js';
import { formatAddress } from '../../pegasus/address.js';
import type { ServerLook, SideLook } from './situation.js';

/** Servers asked at a time. */
const PARALLEL = 16;

/** Order kept, at most {@link PARALLEL} under way. */
export async function inParallel<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let at = next++; at < items.length; at = next++) results[at] = await work(items[at] as T);
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL, items.length) }, lane));
  return results;
}

/** @throws BridleError when the meta servers do not answer in time. */
export async function lookAtSide(cluster: Cluster, limits: CallLimits): Promise<SideLook> {
  const startedMs = performance.now();
  const info = await cluster.info(limits);
  const answeredInMs = performance.now() - startedMs;
  const [leader, listed, tables] = await Promise.all([
    lookAtServer(cluster, leaderOf(cluster, info.leader), true, limits),
    cluster.listNodes(limits),
    cluster.listTables(limits),
  ]);
  const nodes = await inParallel(listed, ({ address, alive }) =>
    lookAtServer(cluster, address, alive, limits),
  );
  return {
    cluster: info.name,
    meta: cluster.meta.map(formatAddress).join(','),
    answeredInMs,
    functionLevel: info.facts.meta_function_level ?? null,
    leader,
    nodes,
    tables,
  };
}

/** With one meta server the address that it was reached by is good enough, and surely reachable. */
function leaderOf({ meta }: Cluster, told: string): string {
  const [only, second] = meta;
  return only !== undefined && second === undefined ? formatAddress(only) : told;
}

export async function lookAtServer(
  cluster: Cluster,
  address: string,
  alive: boolean,
  limits: CallLimits,
): Promise<ServerLook> {
  const base = { address, alive, facts: null, roundTripMs: 0, clockOffsetMs: null };
  if (!alive)
    return { ...base, silence: { code: 'ERR_NETWORK_FAILURE', hint: 'its meta server counts it as dead' } };
  const startedMs = performance.now();
  const askedAtMs = Date.now();
  try {
    const facts = await ask(cluster, address, 'bridle.facts', [], serverFactsSchema, limits);
    const roundTripMs = performance.now() - startedMs;
    if (facts === undefined) return { ...base, silence: 'unknown', roundTripMs };
    const clockOffsetMs = Math.round(facts.nowMs - (askedAtMs + roundTripMs / 2));
    return { address: facts.address, alive, facts, silence: null, roundTripMs, clockOffsetMs };
  } catch (thrown) {
    const { code, hint, what } = BridleError.from(thrown);
    if (code === 'ERR_THREAD_INTERRUPTED') throw thrown;
    return { ...base, silence: { code, hint: hint ?? what }, roundTripMs: performance.now() - startedMs };
  }
}

/** Has a server try ways to others. Undefined when it does not know how. */
export function askToProbe(
  cluster: Cluster,
  address: string,
  order: ProbeArguments,
  limits: CallLimits,
): Promise<ProbeAnswer | undefined> {
  return ask(cluster, address, 'bridle.probe', [JSON.stringify(order)], probeAnswerSchema, limits);
}

/** Bytes of log on a server now. */
export const logBytesOf = ({ partitions = [] }: ServerFacts): number =>
  partitions.reduce((sum, { logBytes }) => sum + logBytes, 0);

/** Undefined for a server that answers with anything but what was asked for. */
async function ask<T>(
  cluster: Cluster,
  address: string,
  command: string,
  args: readonly string[],
  schema: z.ZodType<T>,
  limits: CallLimits,
): Promise<T | undefined> {
  let text: string;
  try {
    text = await cluster.command(address, command, args, limits);
  } catch (thrown) {
    if (thrown instanceof BridleError && thrown.code === 'ERR_HANDLER_NOT_FOUND') return undefined;
    throw thrown;
  }
  try {
    const parsed = schema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  } catch {
    // Servers answer an unknown command with a sentence.
    return undefined;
  }
}
