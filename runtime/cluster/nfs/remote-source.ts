import { type Block, CopyError, type FileSource } from '../../../actors/ports/fileCopy.js';
import type { FileCopyInput } from '../../../machines/checkpointTransfer.js';
import type { RpcClient } from '../../pegasus/client.js';
import { parsePeer, remoteError } from './remote-error.js';

export { type QueryCheckpointOptions, queryCheckpoint } from './query-checkpoint.js';

export interface RemoteSourceOptions {
  /** Sends through this one; closing it stays with the caller. */
  readonly client: RpcClient;
  /** The source table's id; left out, requests carry the directory only, which is enough for every server. */
  readonly appId?: number;
  /** From a block's request to its answer. Default 10 s. */
  readonly blockTimeoutMs?: number;
  /** Told of the bytes of each block that came. */
  readonly onBlock?: (bytes: number) => void;
}

const operation = 'RPC_NFS_COPY';

/**
 * Reads blocks at the source's primary.
 *
 * @example
 * const source = new RemoteSource({ client, blockTimeoutMs: 5000 });
 * const { data } = await source.readBlock(input, 0, 4096, signal);
 */
export class RemoteSource implements FileSource {
  readonly #options: RemoteSourceOptions;

  constructor(options: RemoteSourceOptions) {
    this.#options = options;
  }

  async readBlock(
    input: FileCopyInput,
    offset: number,
    sizeBytes: number,
    signal: AbortSignal,
  ): Promise<Block> {
    const { client, appId, blockTimeoutMs = 10_000 } = this.#options;
    const { primary, directory, file } = input;
    const peer = parsePeer(primary, operation);
    const request = {
      source: peer,
      sourceDir: directory,
      // Upstream's servers only log it.
      dstDir: '',
      fileName: file.name,
      offset,
      size: sizeBytes,
      isLast: offset + sizeBytes >= file.sizeBytes,
      overwrite: true,
      ...(appId === undefined ? {} : { pid: { appId, partitionIndex: input.partition } }),
      hpSource: peer,
    };
    const answer = await client
      .call(peer, operation, request, { timeoutMs: blockTimeoutMs, signal })
      .catch((error: unknown) => {
        throw remoteError(error, operation, primary);
      });
    if (answer.error !== 'ERR_OK') {
      const hint = `${directory}/${file.name}, ${sizeBytes} bytes from ${offset}`;
      throw new CopyError({ error: answer.error, operation, peer: primary, hint });
    }
    if (answer.offset !== offset) {
      const hint = `${file.name}: the bytes from ${answer.offset} came instead of those from ${offset}`;
      throw new CopyError({ error: 'ERR_WRONG_CHECKSUM', operation, peer: primary, hint });
    }
    this.#options.onBlock?.(answer.fileContent.length);
    return { data: answer.fileContent, crc32: answer.crc32 ?? null };
  }
}
