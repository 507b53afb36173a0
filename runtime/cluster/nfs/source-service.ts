import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { type Clock, systemClock } from '../../../actors/clock.js';
import { PEGASUS_ERROR_NAMES, type PegasusErrorName } from '../../../machines/errors/entry.js';
import type { Handlers } from '../../pegasus/context.js';
import { ChecksumType, PartitionStatus } from '../../pegasus/enums.js';
import type { Address, Gpid } from '../../pegasus/schema.js';
import type {
  CopyRequest,
  CopyResponse,
  GetFileSizeRequest,
  GetFileSizeResponse,
  LearnRequest,
  LearnResponse,
} from '../../pegasus/schemas/transfer.js';
import type { CheckpointFile } from '../../store/checkpoint-manifest.js';
import type { CheckpointStore } from '../../store/checkpoint-store.js';
import { type FileSystem, nodeFileSystem } from '../../store/file-system.js';
import { type CheckpointToken, formatToken, parseToken } from './checkpoint-token.js';
import { isPlainFileName } from './copy-paths.js';
import { gpidOfHandover, type Handover } from './handover.js';
import { OpenFiles } from './open-files.js';
import { PROBE_CHECKPOINT, PROBE_CONTENT, PROBE_GPID, PROBE_TOKEN } from './probe-checkpoint.js';

/** A partition whose checkpoints may be copied. A `PartitionStore` fits. */
export interface ServedPartition {
  readonly store: {
    readonly checkpoints: Pick<CheckpointStore, 'latest' | 'list'>;
    readonly lastCommittedDecree: number;
    checkpoint(): Promise<unknown>;
  };
}

/** What may be read: a checkpoint, or a partition that was closed for a move. */
interface Offered {
  readonly decree: number;
  readonly files: readonly CheckpointFile[];
  /** Of a checkpoint: where its files are. Of a handover: how requests name it. */
  readonly directory: string;
  readonly paths?: ReadonlyMap<string, string>;
}

export interface CheckpointServiceOptions {
  /** The partition on this server; undefined when it is not here. */
  readonly partition: (gpid: Gpid) => ServedPartition | undefined;
  /** The partition as it was closed for the move of that number, or for any; undefined while it is not. */
  readonly handover?: (gpid: Gpid, ballot: number | null) => Handover | undefined;
  /** Where this server listens. */
  readonly serverAddress: Address;
  /** Largest block that is read at once. Default 4 MiB. */
  readonly maxBlockBytes?: number;
  /** How long after its last use a checkpoint is kept for the next read. Default 10 min. */
  readonly pinMs?: number;
  /** File handles kept open between reads. Default 64. */
  readonly maxOpenFiles?: number;
  /** A handle unused for this long is closed. Default 60 s. */
  readonly idleFileMs?: number;
  /** Default: the system's, and the disk. */
  readonly clock?: Clock;
  readonly fileSystem?: FileSystem;
  /** Told of the bytes of each block that was handed out, and of which partition. */
  readonly onBlock?: (gpid: Gpid, bytes: number) => void;
  /** Monotonic milliseconds instead of the clock's; for tests. */
  readonly now?: () => number;
}

/** What a request asks about, found; or the error to answer with. */
type Found<T> = T | PegasusErrorName;

/**
 * The source's half of copying a checkpoint, as a replica server answers it.
 *
 * | request | answer |
 * |---|---|
 * | RPC_QUERY_LAST_CHECKPOINT_INFO | latest checkpoint: decree, directory token, files with sizes (and MD5 when asked for) |
 * | RPC_NFS_GET_FILE_SIZE | sizes of the listed files, or of all |
 * | RPC_NFS_COPY | bytes of a file, with their CRC-32 |
 *
 * Errors go in the body. ERR_OBJECT_NOT_FOUND: partition, checkpoint or file is not here (any more).
 * ERR_PATH_NOT_FOUND: there is no checkpoint yet, or none at the wanted decree. ERR_TRY_AGAIN: the partition is not
 * closed for the move that asks. ERR_INVALID_PARAMETERS: a
 * request that no right client sends. ERR_FILE_OPERATION_FAILED: the file is there and cannot be read as it was.
 *
 * Only files named by a checkpoint's manifest can be read, so no request leaves the checkpoint's directory. For
 * partition 0.0, which is nobody's, there is always the probe checkpoint, which is not on disk at all.
 *
 * @example
 * const service = new CheckpointService({ partition: (gpid) => partitions.get(keyOf(gpid)), serverAddress });
 * const server = new RpcServer({ handlers: { ...service.handlers, ...others } });
 * await store.checkpoints.prune(1, service.pinned(gpid));
 */
export class CheckpointService implements AsyncDisposable {
  readonly handlers: Handlers;
  readonly #options: CheckpointServiceOptions;
  readonly #maxBlockBytes: number;
  readonly #pinMs: number;
  readonly #now: () => number;
  readonly #files: OpenFiles;
  /** When each checkpoint was last used, by token. */
  readonly #usedAtMs = new Map<string, number>();

  constructor(options: CheckpointServiceOptions) {
    this.#options = options;
    this.#maxBlockBytes = options.maxBlockBytes ?? 4 * 1024 * 1024;
    this.#pinMs = options.pinMs ?? 10 * 60_000;
    const { clock = systemClock, fileSystem = nodeFileSystem } = options;
    this.#now = options.now ?? (() => clock.now());
    this.#files = new OpenFiles({
      maxOpen: options.maxOpenFiles ?? 64,
      idleMs: options.idleFileMs ?? 60_000,
      clock,
      fileSystem,
    });
    this.handlers = {
      RPC_QUERY_LAST_CHECKPOINT_INFO: (request) => this.#query(request),
      RPC_NFS_GET_FILE_SIZE: (request) => this.#sizes(request),
      RPC_NFS_COPY: (request) => this.#copy(request),
    };
  }

  /** Decrees of the checkpoints that somebody is copying, ascending: whoever prunes has to keep them. */
  pinned(gpid: Gpid): number[] {
    this.#forgetUnused();
    const decrees: number[] = [];
    for (const text of this.#usedAtMs.keys()) {
      const token = parseToken(text);
      if (token !== undefined && sameGpid(token.gpid, gpid)) decrees.push(token.decree);
    }
    return decrees.sort((a, b) => a - b);
  }

  /** Handles open at the moment. */
  get openFiles(): number {
    return this.#files.size;
  }

  /** Closes the files; copying afterwards is answered ERR_FILE_OPERATION_FAILED. */
  close(): Promise<void> {
    return this.#files.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #query({ pid, minDecree, checksumType, moveBallot }: LearnRequest): Promise<LearnResponse> {
    if (sameGpid(pid, PROBE_GPID)) {
      return this.#described(pid, PROBE_CHECKPOINT, checksumType === ChecksumType.MD5);
    }
    if (moveBallot !== undefined) {
      const handover = this.#options.handover?.(pid, moveBallot) ?? 'ERR_TRY_AGAIN';
      return this.#described(pid, handover, checksumType === ChecksumType.MD5);
    }
    const partition = this.#options.partition(pid);
    if (partition === undefined) return this.#described(pid, 'ERR_OBJECT_NOT_FOUND');
    const { checkpoints, lastCommittedDecree } = partition.store;
    // A follower that asks for more than there is would wait until the log has grown enough for the next one.
    const made = checkpoints.latest()?.decree ?? -1;
    if (minDecree !== undefined && made < minDecree && minDecree <= lastCommittedDecree) {
      try {
        await partition.store.checkpoint();
      } catch {
        return this.#described(pid, 'ERR_FILE_OPERATION_FAILED');
      }
    }
    const latest = partition.store.checkpoints.latest();
    if (latest === undefined || (minDecree !== undefined && latest.decree < minDecree)) {
      return this.#described(pid, 'ERR_PATH_NOT_FOUND');
    }
    this.#pin({ gpid: pid, decree: latest.decree });
    return this.#described(pid, latest, checksumType === ChecksumType.MD5);
  }

  #described(gpid: Gpid, found: Found<Offered>, withMd5 = false): LearnResponse {
    const { serverAddress } = this.#options;
    const checkpoint = typeof found === 'string' ? undefined : found;
    const decree = checkpoint?.decree ?? 0;
    const files = checkpoint?.files ?? [];
    return {
      err: typeof found === 'string' ? found : 'ERR_OK',
      config: {
        pid: gpid,
        ballot: 0,
        primary: serverAddress,
        status: PartitionStatus.PRIMARY,
        learnerSignature: 0n,
        hpPrimary: serverAddress,
      },
      lastCommittedDecree: decree,
      prepareStartDecree: 0,
      type: 0,
      state: {
        fromDecreeExcluded: 0,
        toDecreeIncluded: decree,
        meta: Buffer.alloc(0),
        files: files.map(({ name }) => name),
        fileSizes: files.map(({ sizeBytes }) => sizeBytes),
        ...(withMd5 ? { fileChecksums: files.map(({ md5 }) => md5) } : {}),
      },
      learnee: serverAddress,
      baseLocalDir:
        checkpoint === undefined
          ? ''
          : checkpoint.paths === undefined
            ? formatToken({ gpid, decree })
            : checkpoint.directory,
      hpLearnee: serverAddress,
    };
  }

  #sizes({ sourceDir, pid, fileList }: GetFileSizeRequest): GetFileSizeResponse {
    const checkpoint = this.#checkpoint(sourceDir, pid);
    if (typeof checkpoint === 'string') return sizesOf(checkpoint);
    if (fileList.length === 0) return sizesOf('ERR_OK', checkpoint.files);
    const byName = new Map(checkpoint.files.map((file) => [file.name, file]));
    const wanted = fileList.map((name) => byName.get(name));
    if (wanted.includes(undefined)) return sizesOf('ERR_OBJECT_NOT_FOUND');
    return sizesOf('ERR_OK', wanted as CheckpointFile[]);
  }

  async #copy(request: CopyRequest): Promise<CopyResponse> {
    const { sourceDir, pid, fileName, offset, size } = request;
    const refuse = (error: PegasusErrorName): CopyResponse => {
      return { error, fileContent: Buffer.alloc(0), offset, size: 0 };
    };
    if (!isPlainFileName(fileName) || offset < 0 || size < 0 || size > this.#maxBlockBytes) {
      return refuse('ERR_INVALID_PARAMETERS');
    }
    const checkpoint = this.#checkpoint(sourceDir, pid);
    if (typeof checkpoint === 'string') return refuse(checkpoint);
    const file = checkpoint.files.find(({ name }) => name === fileName);
    if (file === undefined) return refuse('ERR_OBJECT_NOT_FOUND');
    if (offset + size > file.sizeBytes) return refuse('ERR_INVALID_PARAMETERS');
    if (checkpoint === PROBE_CHECKPOINT) {
      const fileContent = PROBE_CONTENT.subarray(offset, offset + size);
      return { error: 'ERR_OK', fileContent, offset, size, crc32: crc32(fileContent) };
    }
    try {
      const path = checkpoint.paths?.get(file.name) ?? join(checkpoint.directory, file.name);
      const fileContent = await this.#read(path, file, offset, size);
      const gpid = parseToken(sourceDir)?.gpid ?? gpidOfHandover(sourceDir);
      if (gpid !== undefined) this.#options.onBlock?.(gpid, fileContent.length);
      return { error: 'ERR_OK', fileContent, offset, size, crc32: crc32(fileContent) };
    } catch {
      return refuse('ERR_FILE_OPERATION_FAILED');
    }
  }

  #read(path: string, file: CheckpointFile, offset: number, size: number): Promise<Buffer> {
    return this.#files.use(path, async (handle) => {
      if ((await handle.size()) !== file.sizeBytes) throw new Error(`${path} has changed`);
      const bytes = await handle.read(size, offset);
      if (bytes.length < size) throw new Error(`${path} ends at ${offset + bytes.length}`);
      return bytes;
    });
  }

  /** What a directory token means; a checkpoint is pinned. */
  #checkpoint(directory: string, pid: Gpid | undefined): Found<Offered> {
    const moving = gpidOfHandover(directory);
    if (moving !== undefined) {
      if (pid !== undefined && !sameGpid(pid, moving)) return 'ERR_INVALID_PARAMETERS';
      const handover = this.#options.handover?.(moving, null);
      return handover?.directory === directory ? handover : 'ERR_OBJECT_NOT_FOUND';
    }
    const token = parseToken(directory);
    if (token === undefined) return 'ERR_INVALID_PARAMETERS';
    if (pid !== undefined && !sameGpid(pid, token.gpid)) return 'ERR_INVALID_PARAMETERS';
    if (directory === PROBE_TOKEN) return PROBE_CHECKPOINT;
    const partition = this.#options.partition(token.gpid);
    const checkpoint = partition?.store.checkpoints.list().find(({ decree }) => decree === token.decree);
    if (checkpoint === undefined) return 'ERR_OBJECT_NOT_FOUND';
    this.#pin(token);
    return checkpoint;
  }

  #pin(token: CheckpointToken): void {
    this.#forgetUnused();
    const text = formatToken(token);
    // Re-inserted, so that the map is in the order of last use.
    this.#usedAtMs.delete(text);
    this.#usedAtMs.set(text, this.#now());
  }

  #forgetUnused(): void {
    const before = this.#now() - this.#pinMs;
    for (const [text, usedAtMs] of this.#usedAtMs) {
      if (usedAtMs > before) break;
      this.#usedAtMs.delete(text);
    }
  }
}

function sizesOf(error: PegasusErrorName, files: readonly CheckpointFile[] = []): GetFileSizeResponse {
  return {
    // This response carries a number where the others carry a name; it is the place in registration order.
    error: PEGASUS_ERROR_NAMES.indexOf(error),
    fileList: files.map(({ name }) => name),
    sizeList: files.map(({ sizeBytes }) => sizeBytes),
  };
}

function sameGpid(a: Gpid, b: Gpid): boolean {
  return a.appId === b.appId && a.partitionIndex === b.partitionIndex;
}
