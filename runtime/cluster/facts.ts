/**
 * The remote command `bridle.facts`: what a server says about itself to whoever wants to know whether a
 * duplication can work.
 */
import { z } from 'zod';
import { VERSION } from '../version.js';
import { policySchema } from './policy.js';

/** Of a partition on a replica server. */
const partitionSize = z.object({
  appId: z.number().int(),
  partitionIndex: z.number().int(),
  /** Files of its engine: what a checkpoint of it is about as large as. */
  dataBytes: z.number(),
  logBytes: z.number(),
});
export type PartitionSize = z.infer<typeof partitionSize>;

export const serverFactsSchema = z.object({
  /** Of Bridle. */
  version: z.string(),
  role: z.enum(['meta', 'replica']),
  cluster: z.object({ name: z.string(), id: z.number().int() }),
  /** `host:port`, as it announces itself to other servers. */
  address: z.string(),
  /** Its clock, in milliseconds since 1970. */
  nowMs: z.number(),
  /** In force at this server. */
  policy: policySchema,
  /** Of a meta server: other clusters by name, with their meta servers. */
  remotes: z.record(z.string(), z.array(z.string())).optional(),
  /** Of a replica server, where its partitions are. */
  freeBytes: z.number().optional(),
  /** A larger write is refused. */
  maxWriteBytes: z.number().optional(),
  /** Of one batch of log shipping. */
  batchBytes: z.number().optional(),
  partitions: z.array(partitionSize).optional(),
});
export type ServerFacts = z.infer<typeof serverFactsSchema>;

/** The answer as JSON text. */
export function factsAnswer(facts: Omit<ServerFacts, 'version'>): string {
  return JSON.stringify({ version: VERSION, ...facts } satisfies ServerFacts);
}
