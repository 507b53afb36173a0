import { type Recording, readRecording } from '../../../runtime/observe/recording/index.js';

/** A recording that is in memory. */
export function readText(text: string): Promise<Recording> {
  return readRecording(
    (async function* () {
      yield text;
    })(),
  );
}
