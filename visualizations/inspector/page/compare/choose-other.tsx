/** Which recording this one is compared with. It is read in the page and stays on this computer. */
import { useState } from 'preact/hooks';
import type { RecordingIndex } from '../../model/recording-index.js';
import type { Store } from '../store.js';
import { readIndexFile } from '../transport/recording-file.js';

export function ChooseOther({ store, other }: { store: Store; other: RecordingIndex | null }) {
  const [said, say] = useState('');
  const open = async (file: File | undefined) => {
    if (file === undefined) return;
    say(`reading ${file.name}`);
    try {
      store.compareWith(await readIndexFile(file, file.name));
      say('');
    } catch (error) {
      say(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <div class="compare-choose">
      <label>
        {other === null
          ? 'Compare this run with the recording '
          : `Compared with “${other.header.title}”. Another: `}
        <input
          type="file"
          accept=".jsonl,.gz,.ndjson"
          onChange={(event) => void open(event.currentTarget.files?.[0])}
        />
      </label>
      {other !== null && (
        <button type="button" onClick={() => store.compareWith(null)}>
          Stop comparing
        </button>
      )}
      <p role="status">{said}</p>
      {other === null && (
        <p class="compare-hint">
          The two are put beside each other, actor by actor and message by message, and the first difference
          is marked. The file stays on this computer.
        </p>
      )}
    </div>
  );
}
