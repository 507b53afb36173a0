/**
 * The remote command `bridle.probe`: a server tries, with its own client and so under its own name, whether
 * the requests of a duplication get through to another server. Nothing is created by it, anywhere: each
 * request is one that only reads, or one that the other side has to refuse.
 */
import { z } from 'zod';
import type { Clock } from '../../actors/clock.js';
import { CopyError } from '../../actors/ports/fileCopy.js';
import {
  type Address,
  AppStatus,
  PatternMatchType,
  parseAddress,
  type RpcClient,
  type RpcCode,
  RpcError,
} from '../pegasus/index.js';
import { PROBE_CONTENT, PROBE_FILE, PROBE_GPID, PROBE_TOKEN } from './nfs/probe-checkpoint.js';
import { queryCheckpoint } from './nfs/query-checkpoint.js';
import { RemoteSource } from './nfs/remote-source.js';

/** What may be tried, by the request that goes over the wire. */
export const PROBE_OPERATIONS = [
  'RPC_CM_QUERY_PARTITION_CONFIG_BY_INDEX',
  'RPC_CM_LIST_APPS',
  'RPC_CM_CREATE_APP',
  'RPC_QUERY_LAST_CHECKPOINT_INFO',
  'RPC_NFS_GET_FILE_SIZE',
  'RPC_NFS_COPY',
  'RPC_RRDB_RRDB_DUPLICATE',
] as const satisfies readonly RpcCode[];
export type ProbeOperation = (typeof PROBE_OPERATIONS)[number];

/** Probes of one command, and how many of them are under way at a time. */
export const MAX_PROBES = 512;
const PARALLEL_PROBES = 24;

const probeOrder = z.object({
  /** `host:port` */
  peer: z.string().min(1).max(256),
  operation: z.enum(PROBE_OPERATIONS),
});
export type ProbeOrder = z.infer<typeof probeOrder>;

const probeArguments = z.object({
  /** Of each probe. */
  timeoutMs: z.number().int().min(10).max(5_000),
  /** Of all of them: what has not begun by then is not tried. */
  totalMs: z.number().int().min(10).max(20_000),
  /** Table of the source, for the requests that name one. */
  table: z.string().max(128),
  probes: z.array(probeOrder).max(MAX_PROBES),
});
export type ProbeArguments = z.infer<typeof probeArguments>;

const probeResult = probeOrder.extend({
  /**
   * `open`: the other side answered as it should. `denied`: it answered that this is not allowed. `silent`: no
   * answer came. `unreachable`: no connection. `wrong`: an answer that no right server gives. `untried`: the
   * time was over.
   */
  outcome: z.enum(['open', 'denied', 'silent', 'unreachable', 'wrong', 'untried']),
  error: z.string(),
  detail: z.string(),
  elapsedMs: z.number(),
});
export type ProbeResult = z.infer<typeof probeResult>;
export const probeAnswerSchema = z.object({ node: z.string(), results: z.array(probeResult) });
export type ProbeAnswer = z.infer<typeof probeAnswerSchema>;

export interface ProberOptions {
  /** That announces where this server listens. */
  readonly client: RpcClient;
  /** `host:port` where this server listens. */
  readonly address: string;
  readonly clock: Clock;
}

/** The answer as JSON text; a request that makes no sense is refused as other commands do. */
export async function probeAnswer(options: ProberOptions, args: readonly string[]): Promise<string> {
  const parsed = probeArguments.safeParse(jsonOf(args[0]));
  if (!parsed.success) {
    const hint = `expected one JSON object: ${parsed.error.issues[0]?.message ?? 'not an object'}`;
    return JSON.stringify({ error: 'ERR_INVALID_PARAMETERS', hint });
  }
  const { probes, timeoutMs, totalMs, table } = parsed.data;
  const endsAtMs = options.clock.now() + totalMs;
  const results: ProbeResult[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let at = next++; at < probes.length; at = next++) {
      const order = probes[at];
      if (order === undefined) return;
      const leftMs = endsAtMs - options.clock.now();
      results[at] =
        leftMs <= 0
          ? { ...order, outcome: 'untried', error: 'ERR_TIMEOUT', detail: 'no time was left', elapsedMs: 0 }
          : await probe(options, order, table, Math.min(timeoutMs, leftMs));
    }
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL_PROBES, probes.length) }, lane));
  return JSON.stringify({ node: options.address, results } satisfies ProbeAnswer);
}

async function probe(
  options: ProberOptions,
  order: ProbeOrder,
  table: string,
  timeoutMs: number,
): Promise<ProbeResult> {
  const { clock } = options;
  const startedMs = clock.now();
  const told = (outcome: ProbeResult['outcome'], error: string, detail: string): ProbeResult => ({
    ...order,
    outcome,
    error,
    detail: detail.slice(0, 300),
    elapsedMs: Math.round(clock.now() - startedMs),
  });
  try {
    const peer = parseAddress(order.peer);
    const error = await attempt(options, order.operation, peer, order.peer, table, timeoutMs);
    return EXPECTED[order.operation].has(error)
      ? told('open', error, '')
      : told('wrong', error, `the answer is ${error}`);
  } catch (thrown) {
    const { code, text } = failureOf(thrown);
    if (EXPECTED[order.operation].has(code)) return told('open', code, '');
    return told(OUTCOMES[code] ?? 'wrong', code, text);
  }
}

const OUTCOMES: Readonly<Record<string, ProbeResult['outcome']>> = {
  ERR_ACL_DENY: 'denied',
  ERR_TIMEOUT: 'silent',
  ERR_NETWORK_FAILURE: 'unreachable',
  ERR_SESSION_RESET: 'unreachable',
};

/** Answers that show that the request arrived and was understood, and that the way back is open too. */
const META_ANSWERS = ['ERR_OK', 'ERR_OBJECT_NOT_FOUND', 'ERR_BUSY_CREATING', 'ERR_BUSY_DROPPING'];
const EXPECTED: Readonly<Record<ProbeOperation, ReadonlySet<string>>> = {
  RPC_CM_QUERY_PARTITION_CONFIG_BY_INDEX: new Set([...META_ANSWERS, 'ERR_FORWARD_TO_OTHERS']),
  RPC_CM_LIST_APPS: new Set(['ERR_OK', 'ERR_NOT_MATCHED', 'ERR_FORWARD_TO_OTHERS']),
  // A table without a name and without partitions is refused by every server.
  RPC_CM_CREATE_APP: new Set(['ERR_INVALID_PARAMETERS', 'ERR_FORWARD_TO_OTHERS']),
  // A source that has no probe checkpoint says so, and has heard the question.
  RPC_QUERY_LAST_CHECKPOINT_INFO: new Set(['ERR_OK', 'ERR_OBJECT_NOT_FOUND', 'ERR_PATH_NOT_FOUND']),
  RPC_NFS_GET_FILE_SIZE: new Set(['ERR_OK', 'ERR_OBJECT_NOT_FOUND']),
  RPC_NFS_COPY: new Set(['ERR_OK']),
  // For a partition that nobody has.
  RPC_RRDB_RRDB_DUPLICATE: new Set(['ERR_OBJECT_NOT_FOUND']),
};

/** Sends the real request; resolves with the error in the answer, ERR_OK if there is none. */
async function attempt(
  { client, address }: ProberOptions,
  operation: ProbeOperation,
  peer: Address,
  peerName: string,
  table: string,
  timeoutMs: number,
): Promise<string> {
  const limits = { timeoutMs };
  switch (operation) {
    case 'RPC_CM_QUERY_PARTITION_CONFIG_BY_INDEX':
      return (await client.call(peer, operation, { appName: table, partitionIndices: [0] }, limits)).err;
    case 'RPC_CM_LIST_APPS': {
      const request = {
        status: AppStatus.INVALID,
        appNamePattern: table,
        matchType: PatternMatchType.EXACT,
      };
      return (await client.call(peer, operation, request, limits)).err;
    }
    case 'RPC_CM_CREATE_APP': {
      const options = {
        partitionCount: 0,
        replicaCount: 0,
        successIfExist: false,
        appType: 'pegasus',
        isStateful: true,
        envs: new Map<string, string>(),
      };
      return (await client.call(peer, operation, { appName: '', options }, limits)).err;
    }
    case 'RPC_QUERY_LAST_CHECKPOINT_INFO': {
      await queryCheckpoint(client, peerName, PROBE_GPID, { timeoutMs, learner: parseAddress(address) });
      return 'ERR_OK';
    }
    case 'RPC_NFS_GET_FILE_SIZE': {
      const request = {
        source: peer,
        dstDir: '',
        fileList: [PROBE_FILE.name],
        sourceDir: PROBE_TOKEN,
        overwrite: true,
        pid: PROBE_GPID,
        hpSource: peer,
      };
      const { error } = await client.call(peer, operation, request, limits);
      return error === 0 ? 'ERR_OK' : 'ERR_OBJECT_NOT_FOUND';
    }
    case 'RPC_NFS_COPY': {
      const source = new RemoteSource({ client, appId: PROBE_GPID.appId, blockTimeoutMs: timeoutMs });
      const input = {
        primary: peerName,
        partition: PROBE_GPID.partitionIndex,
        decree: 0,
        directory: PROBE_TOKEN,
        file: PROBE_FILE,
      };
      const { signal } = new AbortController();
      const { data } = await source.readBlock(input, 0, PROBE_FILE.sizeBytes, signal);
      return PROBE_CONTENT.equals(data) ? 'ERR_OK' : 'ERR_WRONG_CHECKSUM';
    }
    case 'RPC_RRDB_RRDB_DUPLICATE': {
      await client.call(peer, operation, { entries: [] }, { ...limits, gpid: PROBE_GPID });
      return 'ERR_OK';
    }
  }
}

function failureOf(thrown: unknown): { readonly code: string; readonly text: string } {
  if (thrown instanceof RpcError) return { code: thrown.code, text: thrown.message };
  if (thrown instanceof RangeError) return { code: 'ERR_INVALID_PARAMETERS', text: thrown.message };
  if (thrown instanceof CopyError) return { code: thrown.trouble.error, text: thrown.message };
  return { code: 'ERR_UNKNOWN', text: thrown instanceof Error ? thrown.message : String(thrown) };
}

function jsonOf(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}
