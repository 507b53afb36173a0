import { useState } from 'preact/hooks';
import type { Store } from '../store.js';
import { Dialog } from './dialog.js';

interface Props {
  readonly store: Store;
  onClose(): void;
}

export function GoToDialog({ store, onClose }: Props) {
  // A run that grows does not change what is being typed.
  const [{ cursor, dropped, length }] = useState(() => store.get());
  const last = Math.max(0, length - 1) + dropped;
  return (
    <Dialog title="Go to a moment" onClose={onClose}>
      <form
        class="dialog-row"
        method="dialog"
        onSubmit={(event) => {
          const moment = Number(new FormData(event.currentTarget).get('moment'));
          if (Number.isSafeInteger(moment)) store.goTo(moment - dropped);
        }}
      >
        <label>
          Number, from {dropped} to {last}:{' '}
          <input
            ref={(input) => input?.select()}
            name="moment"
            type="number"
            min={dropped}
            max={last}
            defaultValue={String(Math.max(0, cursor) + dropped)}
            required
          />
        </label>
        <button type="submit">Go</button>
      </form>
    </Dialog>
  );
}
