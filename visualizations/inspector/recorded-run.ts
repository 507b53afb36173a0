/** A recording, whole, as a run to look at. */
import { from } from 'rxjs';
import { BridleError } from '../../runtime/client/index.js';
import {
  RecordingError,
  type RecordingFile,
  readRecordingFile,
} from '../../runtime/observe/recording/index.js';
import type { InspectedRun } from './inspected-run.js';
import { ChartBook } from './serve/chart-book.js';

/** Also what was found wrong with it, in words; what can be read is shown. */
export interface RecordedRun extends InspectedRun {
  readonly recording: RecordingFile;
  readonly warnings: readonly string[];
}

/**
 * Reads a recording, packed by gzip or not. BRIDLE_USAGE with file, line and advice when it is none.
 *
 * @example
 * const run = await openRecording('run.jsonl');
 * await using server = await serveInspector({ run });
 */
export async function openRecording(path: string): Promise<RecordedRun> {
  const recording = await readRecordingFile(path).catch((error: unknown) => {
    throw error instanceof RecordingError ? unreadable(error) : error;
  });
  const { header, lines } = recording;
  const book = new ChartBook();
  for (const line of lines) book.take(line);
  return {
    header,
    live: false,
    lines$: from(lines),
    charts: () => book.charts(),
    control: null,
    recording,
    warnings: warningsOf(path, recording),
  };
}

function unreadable(error: RecordingError): BridleError {
  return BridleError.of('BRIDLE_USAGE', {
    operation: 'read recording',
    hint: error.message,
    consequence: 'Nothing was opened.',
    causes: CAUSES,
    next: 'bridle demo --record run.jsonl',
    cause: error,
  });
}

const CAUSES = [
  'The name of the file is not right.',
  'The file is something else, or was changed after it had been written.',
  'A newer Bridle wrote it.',
];

function warningsOf(path: string, { torn, cutShort, unknown }: RecordingFile): string[] {
  return [
    ...(torn === null ? [] : [`${path}: line ${torn.line} breaks off; everything before it is shown`]),
    ...(cutShort ? [`${path}: the packed file breaks off; everything before that is shown`] : []),
    ...(unknown.length === 0
      ? []
      : [`${path}: ${unknown.length} lines of a kind that a newer Bridle knows are not shown`]),
  ];
}
