/** A recording that the user has on their own computer. Nothing of it leaves the page. */
import { type Recording, RecordingError, readRecording } from '../../../../runtime/observe/recording/read.js';
import { RecordingIndex } from '../../model/recording-index.js';
import type { Store } from '../store.js';
import { chunksOf, unpacked } from './bytes.js';

/** Beyond it a tab runs out of memory rather than show anything. */
const MOST_BYTES = 1_000_000_000;

/**
 * JSON Lines, also packed by gzip.
 *
 * @throws RecordingError with what is wrong and what to do
 */
export async function readRecordingFile(file: Blob): Promise<Recording> {
  if (file.size > MOST_BYTES) {
    throw new Error(
      'It is larger than 1 GB. Export a part of it: bridle inspect FILE --export jsonl --range',
    );
  }
  return await readRecording(chunksOf(await unpacked(file)));
}

/** For a comparison. @throws as readRecordingFile */
export async function readIndexFile(file: Blob): Promise<RecordingIndex> {
  const { header, lines } = await readRecordingFile(file);
  const index = new RecordingIndex(header);
  index.append(lines);
  return index;
}

/** Shows it, or in the comparison puts it beside what is shown. What is wrong is told on the page. */
export async function openRecordingFile(store: Store, file: File): Promise<void> {
  try {
    if (store.get().view === 'compare') {
      store.compareWith(await readIndexFile(file));
    } else {
      if (store.get().live !== null) {
        store.notify('This page shows a live run. Open the recording in another tab, or compare with it.');
        return;
      }
      const { header, lines } = await readRecordingFile(file);
      store.open(header, lines);
    }
    store.notify(null);
  } catch (error) {
    const why = error instanceof RecordingError || error instanceof Error ? error.message : String(error);
    store.notify(`${file.name} cannot be shown: ${why}`);
  }
}
