/** Remote commands to a meta server: the account, the policy, other clusters, and what a preflight asks. */
import { z } from 'zod';
import { parseAddress } from '../../pegasus/index.js';
import { StoreError } from '../../store/index.js';
import { policyFlaw, policySchema } from '../policy.js';
import { recordsAnswer } from '../records.js';
import { fenceAnswer, releaseAnswer } from './fence.js';
import type { MetaServer } from './meta-server.js';

const moveArguments = z.tuple([z.string(), z.coerce.number().int().nonnegative(), z.string()]);
const remoteArguments = z.tuple([z.string().min(1), z.string().min(1)]);

/** The answer is JSON text, an error `{ "error", "hint" }`; to an unknown command it is a sentence, as upstream's is. */
export async function runRemoteCommand(
  server: MetaServer,
  cmd: string,
  args: readonly string[],
): Promise<string> {
  const refuse = (hint: string) => JSON.stringify({ error: 'ERR_INVALID_PARAMETERS', hint });
  switch (cmd) {
    case 'bridle.explain': {
      const explanations = server.duplications
        .all()
        .filter(({ record }) => args[0] === undefined || record.appName === args[0])
        .map((hosted) => server.explain(hosted));
      return JSON.stringify(explanations);
    }
    case 'bridle.fence':
      return fenceAnswer(server, args);
    case 'bridle.release':
      return releaseAnswer(server, args);
    case 'bridle.places':
      return JSON.stringify(server.moves.places(args[0]));
    case 'bridle.move': {
      const parsed = moveArguments.safeParse(args);
      if (!parsed.success) return refuse('expected a table, the number of a partition and a node, host:port');
      return JSON.stringify(await server.moves.begin(...parsed.data));
    }
    case 'bridle.policy':
      return JSON.stringify({
        policy: server.gate.policy,
        nodes: server.nodes
          .alive()
          .map(({ node, report }) => ({ node, policyVersion: report.policyVersion })),
      });
    case 'bridle.set-policy': {
      const parsed = policySchema.shape.rules.safeParse(safeJson(args[0]));
      if (!parsed.success) return refuse(parsed.error.message);
      const flaw = policyFlaw(parsed.data, server.config);
      if (flaw !== undefined) return refuse(flaw);
      return written(async () => server.setPolicy(parsed.data));
    }
    case 'bridle.set-remote': {
      const parsed = remoteArguments.safeParse(args);
      if (!parsed.success) return refuse('expected a cluster name and its meta servers, separated by commas');
      const metas = parsed.data[1].split(',');
      try {
        for (const meta of metas) parseAddress(meta);
      } catch (error) {
        return refuse(error instanceof Error ? error.message : String(error));
      }
      const [cluster] = parsed.data;
      return written(async () => {
        await server.setRemote(cluster, metas);
        return { cluster, metas };
      });
    }
    case 'bridle.stats':
      return JSON.stringify(server.stats());
    case 'bridle.facts':
      return server.facts();
    case 'bridle.probe':
      return server.probe(args);
    case 'bridle.records':
      return recordsAnswer(server.recorder, { role: 'meta', address: server.address }, args);
    default:
      return `unknown command ${JSON.stringify(cmd)}`;
  }
}

/** What was written, or why storage refused it. */
async function written(work: () => Promise<object>): Promise<string> {
  try {
    return JSON.stringify(await work());
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return JSON.stringify({ error: error.code, hint: error.message });
  }
}

function safeJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}
