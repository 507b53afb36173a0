import { CopyError } from '../../../actors/ports/fileCopy.js';
import type { CheckpointView } from '../../../machines/checkpointTransfer.js';
import { PEGASUS_ERROR_NAMES } from '../../../machines/errors/entry.js';
import type { RpcClient } from '../../pegasus/client.js';
import { ChecksumType } from '../../pegasus/enums.js';
import type { Address, Gpid } from '../../pegasus/schema.js';
import type { LearnResponse } from '../../pegasus/schemas/transfer.js';
import { manifestFile } from '../../store/checkpoint-manifest.js';
import { isPlainFileName } from './copy-paths.js';
import { parsePeer, remoteError } from './remote-error.js';

export interface QueryCheckpointOptions {
  /** For each of the at most two calls. */
  readonly timeoutMs: number;
  /** Only a checkpoint at this decree or later will do; a source of another make ignores it. */
  readonly minDecree?: number;
  /** Not a checkpoint, but the partition that was closed for the move of this number. */
  readonly moveBallot?: number;
  /** Where this node listens, for the source's log. */
  readonly learner?: Address;
  readonly signal?: AbortSignal;
}

/** A partition has some hundreds. */
const MAX_FILES = 100_000;

const queryOperation = 'RPC_QUERY_LAST_CHECKPOINT_INFO';
const sizeOperation = 'RPC_NFS_GET_FILE_SIZE';

/**
 * Asks the source's primary (`host:port`) for the latest durable checkpoint of a partition.
 *
 * Rejects with CopyError: the peer's error, or the call's. ERR_PATH_NOT_FOUND when there is no checkpoint yet, or
 * none at `minDecree`, also when the source does not know that field. ERR_INVALID_DATA when the answer
 * contradicts itself or names a file that could leave its directory.
 *
 * @example
 * const checkpoint = await queryCheckpoint(client, '10.0.0.7:34801', gpid, { timeoutMs: 5000 });
 */
export async function queryCheckpoint(
  client: RpcClient,
  primary: string,
  gpid: Gpid,
  options: QueryCheckpointOptions,
): Promise<CheckpointView> {
  const { timeoutMs, minDecree, moveBallot, learner = null, signal } = options;
  const peer = parsePeer(primary, queryOperation);
  const fail = (error: string, hint?: string): never => {
    throw new CopyError({
      error,
      operation: queryOperation,
      peer: primary,
      ...(hint === undefined ? {} : { hint }),
    });
  };
  const request = {
    pid: gpid,
    learner,
    signature: 0n,
    lastCommittedDecreeInApp: 0,
    lastCommittedDecreeInPrepareList: 0,
    appSpecificLearnRequest: Buffer.alloc(0),
    ...(learner === null ? {} : { hpLearner: learner }),
    checksumType: ChecksumType.MD5,
    ...(minDecree === undefined ? {} : { minDecree }),
    ...(moveBallot === undefined ? {} : { moveBallot }),
  };
  const answer = await client
    .call(peer, queryOperation, request, { timeoutMs, ...(signal === undefined ? {} : { signal }) })
    .catch((error: unknown) => {
      throw remoteError(error, queryOperation, primary);
    });
  if (answer.err !== 'ERR_OK') fail(answer.err, `partition ${gpid.appId}.${gpid.partitionIndex}`);
  const { state, baseLocalDir: directory } = answer;
  const decree = state.toDecreeIncluded;
  if (minDecree !== undefined && decree < minDecree) {
    fail('ERR_PATH_NOT_FOUND', `its checkpoint is at decree ${decree}, wanted is ${minDecree}`);
  }
  const sizes = state.fileSizes ?? (await askSizes(client, peer, primary, gpid, answer, options));
  const md5s = state.fileChecksums ?? state.files.map(() => '');
  const flaw = flawOf(state.files, sizes, md5s);
  if (flaw !== undefined) fail('ERR_INVALID_DATA', flaw);
  const files = state.files.map((name, at) => ({
    name,
    sizeBytes: sizes[at]!,
    md5: md5s[at]!.toLowerCase(),
  }));
  return { decree, directory, files };
}

/** Sources that compute no checksums leave the sizes out as well. */
async function askSizes(
  client: RpcClient,
  peer: Address,
  primary: string,
  gpid: Gpid,
  { state, baseLocalDir }: LearnResponse,
  { timeoutMs, signal }: QueryCheckpointOptions,
): Promise<readonly number[]> {
  if (state.files.length === 0) return [];
  const request = {
    source: peer,
    dstDir: '',
    fileList: state.files,
    sourceDir: baseLocalDir,
    overwrite: true,
    pid: gpid,
    hpSource: peer,
  };
  const answer = await client
    .call(peer, sizeOperation, request, { timeoutMs, ...(signal === undefined ? {} : { signal }) })
    .catch((error: unknown) => {
      throw remoteError(error, sizeOperation, primary);
    });
  if (answer.error !== 0) {
    const error = PEGASUS_ERROR_NAMES[answer.error] ?? 'ERR_UNKNOWN';
    throw new CopyError({ error, operation: sizeOperation, peer: primary, hint: baseLocalDir });
  }
  const sizes = new Map(answer.fileList.map((name, at) => [name, answer.sizeList[at]]));
  return state.files.map((name) => sizes.get(name) ?? -1);
}

/** What is wrong with a list of files, if anything. Its names become paths on this machine. */
function flawOf(
  names: readonly string[],
  sizes: readonly number[],
  md5s: readonly string[],
): string | undefined {
  if (sizes.length !== names.length || md5s.length !== names.length) {
    return `${names.length} files with ${sizes.length} sizes and ${md5s.length} checksums`;
  }
  const bad = names.find((name) => !isPlainFileName(name));
  if (bad !== undefined) return `a file named ${JSON.stringify(bad.slice(0, 100))}`;
  if (names.length > MAX_FILES) return `${names.length} files; ${MAX_FILES} are the most that are copied`;
  // A disk may take two spellings for the same file.
  if (new Set(names.map((name) => name.toLowerCase())).size !== names.length) return 'a file is named twice';
  if (names.some((name) => name.toLowerCase() === manifestFile)) return `a file named ${manifestFile}`;
  const unsized = names.find((_, at) => !(sizes[at]! >= 0));
  if (unsized !== undefined) return `no size for ${unsized}`;
  if (!Number.isSafeInteger(sizes.reduce((sum, size) => sum + size, 0)))
    return 'more bytes than can be counted';
  const unsummed = names.find((_, at) => !/^([0-9a-f]{32})?$/i.test(md5s[at]!));
  return unsummed === undefined ? undefined : `no MD5 for ${unsummed}`;
}
