import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { Store } from '../store.js';
import { openRecordingFile } from '../transport/recording-file.js';
import './drop-zone.css';

interface Props {
  readonly store: Store;
  readonly children: ComponentChildren;
}

/** The whole page takes a recording that is dropped on it. In the comparison it is the other one. */
export function DropZone({ store, children }: Props) {
  const [over, setOver] = useState(false);
  const carriesFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') === true;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: a shortcut; "Open…" does the same by keyboard.
    <div
      class={over ? 'app app-over' : 'app'}
      onDragOver={(event) => {
        if (!carriesFiles(event)) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={(event) => {
        if (event.relatedTarget === null) setOver(false);
      }}
      onDrop={(event) => {
        setOver(false);
        const file = event.dataTransfer?.files[0];
        // Whoever is below may have taken it.
        if (file === undefined || event.defaultPrevented) return;
        event.preventDefault();
        void openRecordingFile(store, file);
      }}
    >
      {children}
    </div>
  );
}
