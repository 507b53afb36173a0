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
export async function readRecordingFile(file: Blob, name?: string): Promise<Recording> {
  if (file.size > MOST_BYTES) {
    throw new Error(
      'It is larger than 1 GB. Export a part of it: bridle inspect FILE --export jsonl --range',
    );
  }
  return await readRecording(chunksOf(await unpacked(file)), name === undefined ? {} : { file: name });
}

/** For a comparison. @throws as readRecordingFile */
export async function readIndexFile(file: Blob, name?: string): Promise<RecordingIndex> {
  const { header, lines } = await readRecordingFile(file, name);
  const index = new RecordingIndex(header);
  index.append(lines);
  return index;
}

/** Shows it, or in the comparison puts it beside what is shown. What is wrong is told on the page. */
export async function openRecordingFile(store: Store, file: File): Promise<void> {
  const { view, live } = store.get();
  if (view !== 'compare' && live !== null) {
    store.notify('This page shows a live run. Open the recording in another tab, or compare with it.');
    return;
  }
  try {
    const recording = await readRecordingFile(file, file.name);
    if (view === 'compare') {
      const other = new RecordingIndex(recording.header);
      other.append(recording.lines);
      store.compareWith(other);
    } else store.open(recording.header, recording.lines);
    store.notify(remarkOn(recording));
  } catch (error) {
    if (error instanceof RecordingError) store.notify(error.message);
    else store.notify(`${file.name} cannot be shown: ${error instanceof Error ? error.message : error}`);
  }
}

/** Null: every line of it is shown. */
function remarkOn({ torn, unknown }: Recording): string | null {
  const remarks: string[] = [];
  if (torn !== null) {
    remarks.push(
      `Line ${torn.line} is not complete: whoever wrote it was interrupted. All before it is shown.`,
    );
  }
  if (unknown.length > 0) {
    remarks.push(`${unknown.length} lines are of kinds that only a newer Bridle knows; they are not shown.`);
  }
  return remarks.length === 0 ? null : remarks.join(' ');
}
