/**
 * What a message says, in a few bounded words: which table, which decrees, how many bytes. What is not named
 * here is not told, so that neither keys nor values of rows leave the process unless somebody asked.
 */
import {
  type Command,
  type CopyRequest,
  type CopyResponse,
  type DuplicateRequest,
  type DuplicateResponse,
  formatAddress,
  type LearnRequest,
  type LearnResponse,
  type Request,
  type Response,
  type RpcCode,
} from '../../pegasus/index.js';
import { bounded, boundedText } from './bounded.js';
import type { Json } from './lines.js';

export type Facts = Readonly<Record<string, unknown>>;
interface Summary<C extends RpcCode> {
  readonly request?: (request: Request<C>) => Facts;
  readonly response?: (response: Response<C>) => Facts;
}

/** Commands that only look. */
const QUIET_COMMANDS = new Set([
  'bridle.records',
  'bridle.partitions',
  'bridle.explain',
  'bridle.policy',
  'bridle.stats',
]);
/** Entries of a batch whose content is told when values are kept. */
const ENTRIES_TOLD = 32;
const NAMES_TOLD = 16;
/** The version comes first in a node sync, whichever way it goes. */
const SYNC_HEAD_CHARACTERS = 256;

const SUMMARIES: { readonly [C in RpcCode]?: Summary<C> } = {
  RPC_CM_CREATE_APP: {
    request: ({ appName, options }) => ({
      table: appName,
      partitions: options.partitionCount,
      ...handshake(options.envs),
    }),
    response: ({ appid, hint }) => ({ appId: appid, hint }),
  },
  RPC_CM_DROP_APP: {
    request: ({ appName, expectedOwner }) => ({ table: appName, expectedOwner }),
    response: ({ hint }) => ({ hint }),
  },
  RPC_CM_RECALL_APP: { request: ({ appId, newAppName }) => ({ appId, table: newAppName }) },
  RPC_CM_RENAME_APP: { request: ({ oldAppName, newAppName }) => ({ table: oldAppName, to: newAppName }) },
  RPC_CM_UPDATE_APP_ENV: { request: ({ appName, keys }) => ({ table: appName, keys }) },
  RPC_CM_LIST_APPS: {
    request: ({ appNamePattern }) => ({ table: appNamePattern }),
    response: ({ infos }) => ({
      tables: infos.slice(0, NAMES_TOLD).map((info) => ({ table: info.appName, ...handshake(info.envs) })),
      count: infos.length,
    }),
  },
  RPC_CM_QUERY_PARTITION_CONFIG_BY_INDEX: {
    request: ({ appName, partitionIndices }) => ({
      table: appName,
      partitions: partitionIndices.slice(0, NAMES_TOLD),
    }),
    response: ({ appId, partitionCount, partitions }) => ({
      appId,
      partitionCount,
      withPrimary: partitions.filter(({ primary }) => primary !== null).length,
      ...(partitions.length === 1 ? { primary: addressOf(partitions[0]?.primary) } : {}),
    }),
  },
  RPC_CM_ADD_DUPLICATION: {
    request: ({ appName, remoteClusterName, remoteAppName, existingTablePolicy }) => ({
      table: appName,
      remoteCluster: remoteClusterName,
      remoteTable: remoteAppName,
      policy: existingTablePolicy,
    }),
    response: ({ dupid, hint }) => ({ duplication: dupid, hint }),
  },
  RPC_CM_MODIFY_DUPLICATION: {
    request: ({ appName, dupid, status, failMode, retryNow, followerTablePolicy }) => ({
      table: appName,
      duplication: dupid,
      status,
      failMode,
      retryNow,
      followerTable: followerTablePolicy,
    }),
    response: ({ hint }) => ({ hint }),
  },
  RPC_CM_QUERY_DUPLICATION: {
    request: ({ appName }) => ({ table: appName }),
    response: ({ entryList }) => ({
      duplications: entryList
        .slice(0, NAMES_TOLD)
        .map(({ dupid, status }) => ({ duplication: dupid, status })),
    }),
  },
  RPC_QUERY_LAST_CHECKPOINT_INFO: {
    request: ({ minDecree }: LearnRequest) => ({ minDecree }),
    response: ({ state, lastCommittedDecree }: LearnResponse) => ({
      decree: state.toDecreeIncluded,
      files: state.files.length,
      fileBytes: state.fileSizes?.reduce((sum, bytes) => sum + bytes, 0),
      lastCommittedDecree,
    }),
  },
  RPC_NFS_GET_FILE_SIZE: {
    response: ({ fileList, sizeList }) => ({
      files: fileList.length,
      fileBytes: sizeList.reduce((sum, bytes) => sum + bytes, 0),
    }),
  },
  RPC_NFS_COPY: {
    request: ({ fileName, offset, size }: CopyRequest) => ({ file: fileName, offset, bytes: size }),
    response: ({ offset, size }: CopyResponse) => ({ offset, bytes: size }),
  },
  RPC_CLI_CLI_CALL: {
    request: ({ cmd, arguments: args }: Command) => ({
      command: cmd,
      arguments: args.slice(0, NAMES_TOLD),
    }),
  },
  RPC_RRDB_RRDB_DUPLICATE: {
    request: ({ entries, fromDecreeExcluded, toDecreeIncluded, owner }: DuplicateRequest) => ({
      mutations: entries.length,
      fromDecreeExcluded,
      toDecreeIncluded,
      owner,
    }),
    response: ({ error, errorHint, appliedDecree }: DuplicateResponse) => ({
      ...(error === undefined || error === 0 ? {} : { status: error, hint: errorHint }),
      appliedDecree,
    }),
  },
  RPC_BRIDLE_NODE_SYNC: {
    request: ({ json }) => syncFacts(json, /"policyVersion":(\d+)/),
    response: ({ json }) => syncFacts(json, /"version":(\d+)/),
  },
};

/** Whether a remote command is told: not if it only looks. */
export function isCommandRecorded(request: unknown): boolean {
  const { cmd } = (request ?? {}) as Partial<Command>;
  return cmd === undefined || !QUIET_COMMANDS.has(cmd);
}

export function summaryOf(
  code: string,
  what: 'request' | 'response',
  struct: unknown,
): { readonly body?: Json } {
  const facts = summaryFacts(code, what, struct);
  return facts === undefined ? {} : { body: bounded(facts) };
}

/** The same, not bounded yet; holds nothing large. Undefined: there is nothing to tell. */
export function summaryFacts(code: string, what: 'request' | 'response', struct: unknown): Facts | undefined {
  if (struct === undefined || struct === null) return undefined;
  const summary = SUMMARIES[code as RpcCode]?.[what] as ((struct: unknown) => Facts) | undefined;
  return summary?.(struct);
}

/** Tables have environment variables of their own, which are none of ours to tell. */
function handshake(envs: ReadonlyMap<string, string>): Facts {
  return {
    owner: envs.get('duplication.owner'),
    masterCluster: envs.get('duplication.master_cluster'),
    masterTable: envs.get('duplication.master_app_name'),
    followerStatus: envs.get('duplication.follower_app_status'),
  };
}

function addressOf(address: Parameters<typeof formatAddress>[0] | null | undefined): string | null {
  return address === null || address === undefined ? null : formatAddress(address);
}

/** The rows a request carries, in full but bounded; only for who has asked for them. */
export function contentOf(code: string, request: unknown): { readonly content?: Json } {
  if (code !== 'RPC_RRDB_RRDB_DUPLICATE') return {};
  const { entries } = request as DuplicateRequest;
  return entries.length === 0 ? {} : { content: bounded(entries.slice(0, ENTRIES_TOLD).map(entryInFull)) };
}

function entryInFull({ taskCode, rawMessage }: DuplicateRequest['entries'][number]): Facts {
  return { taskCode, content: boundedText(rawMessage?.toString('latin1') ?? '') };
}

/** Parsing the text again would cost more than all the rest, so it is only looked into. */
function syncFacts(json: string, version: RegExp): Facts {
  const [, policyVersion] = version.exec(json.slice(0, SYNC_HEAD_CHARACTERS)) ?? [];
  return {
    partitions: json.split('"partitionIndex":').length - 1,
    ...(policyVersion === undefined ? {} : { policyVersion: Number(policyVersion) }),
  };
}
