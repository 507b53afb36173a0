/** Recordings in files, packed or not. */
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { type Recording, RecordingError, readRecording } from './read.js';

export interface RecordingFile extends Recording {
  /** The packed file ends early: whoever wrote it was interrupted. */
  readonly cutShort: boolean;
}

/**
 * Reads a recording; one that is packed by gzip is known by its first bytes, whatever its name.
 *
 * @throws RecordingError, also when the file cannot be read
 * @example const { lines, torn } = await readRecordingFile('run.jsonl.gz');
 */
export async function readRecordingFile(path: string): Promise<RecordingFile> {
  const state = { cutShort: false };
  try {
    return { ...(await readRecording(unpacked(path, state), { file: path })), ...state };
  } catch (error) {
    if (error instanceof RecordingError) throw error;
    throw unreadable(path, error);
  }
}

async function* unpacked(path: string, state: { cutShort: boolean }): AsyncGenerator<Uint8Array> {
  await using handle = await open(path);
  const { buffer } = await handle.read(Buffer.alloc(2), 0, 2, 0);
  const file = handle.createReadStream({ start: 0, autoClose: false });
  if (buffer[0] !== 0x1f || buffer[1] !== 0x8b) {
    yield* file as AsyncIterable<Uint8Array>;
    return;
  }
  // What goes wrong with the file reaches the reader through gunzip.
  const gunzip = pipeline(file, createGunzip(), () => {});
  try {
    yield* gunzip as AsyncIterable<Uint8Array>;
  } catch (error) {
    // Everything before the end has been handed on already.
    if ((error as { code?: string }).code !== 'Z_BUF_ERROR') throw error;
    state.cutShort = true;
  }
}

function unreadable(path: string, error: unknown): RecordingError {
  const { code, message } = error as { code?: string; message?: string };
  const [what, advice] =
    code === 'ENOENT'
      ? ['there is no such file', 'Check the name; `bridle demo --record FILE` writes one']
      : code === 'EISDIR'
        ? ['this is a directory', 'Name the file in it']
        : code?.startsWith('Z_')
          ? ['it is packed by gzip and damaged', 'Copy it again from where it was recorded']
          : [`it cannot be read: ${message}`, 'Check that you may read it'];
  return new RecordingError('UNREADABLE', { file: path, what, advice }, { cause: error });
}
