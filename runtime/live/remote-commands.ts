/** Bridle's own remote commands at a meta server; Apache Pegasus does not know them and says so. */
import { z } from 'zod';
import type { CallLimits, Cluster } from '../client/index.js';
import { BridleError } from '../client/index.js';
import { type Explanation, explanationSchema } from '../observe/explain.js';
import { type FenceReport, fenceReportSchema } from '../observe/fence.js';
import { formatAddress } from '../pegasus/address.js';

const refusal = z.object({ error: z.string(), hint: z.string().optional() });
const explanations = z.array(explanationSchema);
const policyAnswer = z.object({
  policy: z.object({ version: z.number(), rules: z.array(z.record(z.string(), z.unknown())) }),
  /** Replica servers, and the version each of them has in force. */
  nodes: z.array(z.object({ node: z.string(), policyVersion: z.number() })),
});
export type PolicyAnswer = z.infer<typeof policyAnswer>;
const setPolicyAnswer = policyAnswer.shape.policy;

/**
 * What the cluster says about its duplications, or about those of one table. Undefined when it does not
 * know the command, as Apache Pegasus does not.
 *
 * @example
 * const [first] = (await fetchExplanations(cluster, 'users')) ?? [];
 */
export async function fetchExplanations(
  cluster: Cluster,
  table?: string,
  limits: CallLimits = {},
): Promise<Explanation[] | undefined> {
  const answer = await ask(cluster, 'bridle.explain', table === undefined ? [] : [table], limits);
  const parsed = explanations.safeParse(answer);
  return parsed.success ? parsed.data : undefined;
}

/** Tells the source where another cluster is. False when it has to be configured in another way there. */
export async function registerRemote(
  source: Cluster,
  target: Cluster,
  limits: CallLimits = {},
): Promise<boolean> {
  return setRemote(source, target.name, target.meta.map(formatAddress), limits);
}

/** As {@link registerRemote}, by name and 'host:port' of its meta servers. */
export async function setRemote(
  source: Cluster,
  name: string,
  metas: readonly string[],
  limits: CallLimits = {},
): Promise<boolean> {
  return (await ask(source, 'bridle.set-remote', [name, metas.join(',')], limits)) !== undefined;
}

/** The policy in force; undefined for a cluster that is not an embedded one. */
export async function fetchPolicy(
  cluster: Cluster,
  limits: CallLimits = {},
): Promise<PolicyAnswer | undefined> {
  const parsed = policyAnswer.safeParse(await ask(cluster, 'bridle.policy', [], limits));
  return parsed.success ? parsed.data : undefined;
}

/** Replaces the rules; the new version, or undefined for a cluster that is not an embedded one. */
export async function setPolicy(
  cluster: Cluster,
  rules: readonly unknown[],
  limits: CallLimits = {},
): Promise<PolicyAnswer['policy'] | undefined> {
  const parsed = setPolicyAnswer.safeParse(
    await ask(cluster, 'bridle.set-policy', [JSON.stringify(rules)], limits),
  );
  return parsed.success ? parsed.data : undefined;
}

/** Who has closed a table, and which partitions are closed; undefined for a cluster that is not an embedded one. */
export async function fetchFence(
  cluster: Cluster,
  table: string,
  limits: CallLimits = {},
): Promise<FenceReport | undefined> {
  const parsed = fenceReportSchema.safeParse(await ask(cluster, 'bridle.fence', [table], limits));
  return parsed.success ? parsed.data : undefined;
}

/** Makes a follower table one of its own; false for a cluster that is not an embedded one. */
export async function releaseTable(
  cluster: Cluster,
  table: string,
  owner: string,
  limits: CallLimits = {},
): Promise<boolean> {
  return (await ask(cluster, 'bridle.release', [table, owner], limits)) !== undefined;
}

/** The answer as JSON; undefined when the command is unknown there; throws what the server refuses. */
async function ask(
  cluster: Cluster,
  name: string,
  args: readonly string[],
  limits: CallLimits,
): Promise<unknown> {
  const peer = await leaderOf(cluster, limits);
  let text: string;
  try {
    text = await cluster.command(peer, name, args, limits);
  } catch (error) {
    if (error instanceof BridleError && error.code === 'ERR_HANDLER_NOT_FOUND') return undefined;
    throw error;
  }
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    // Servers answer an unknown command with a sentence.
    return undefined;
  }
  const refused = refusal.safeParse(answer);
  if (refused.success) {
    throw BridleError.of(refused.data.error, { operation: name, peer, hint: refused.data.hint });
  }
  return answer;
}

/** Only the leader knows; with one meta server there is nobody else to ask. */
async function leaderOf(cluster: Cluster, limits: CallLimits): Promise<string> {
  const [only, second] = cluster.meta;
  if (only !== undefined && second === undefined) return formatAddress(only);
  return (await cluster.info(limits)).leader;
}
