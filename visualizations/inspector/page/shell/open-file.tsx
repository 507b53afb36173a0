import { useRef } from 'preact/hooks';
import type { Store } from '../store.js';
import { openRecordingFile } from '../transport/recording-file.js';
import { Icon } from './icon.js';

/** Opens a recording from this computer. It stays on this computer. */
export function OpenFile({ store }: { readonly store: Store }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button
        type="button"
        title="Open a recording from this computer"
        aria-label="Open a recording from this computer"
        onClick={() => input.current?.click()}
      >
        <Icon name="open" />
      </button>
      <input
        ref={input}
        class="visually-hidden"
        type="file"
        accept=".jsonl,.gz,.ndjson"
        tabIndex={-1}
        aria-label="Recording"
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          event.currentTarget.value = '';
          if (file !== undefined) void openRecordingFile(store, file);
        }}
      />
    </>
  );
}
