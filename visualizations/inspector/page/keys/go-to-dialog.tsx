import type { Store } from '../store.js';
import { Dialog } from './dialog.js';

interface Props {
  readonly store: Store;
  onClose(): void;
}

export function GoToDialog({ store, onClose }: Props) {
  const { cursor, dropped, length } = store.get();
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
          Number, from {dropped} to {Math.max(0, length + dropped - 1)}:{' '}
          <input name="moment" type="number" min={dropped} value={cursor + dropped} required />
        </label>
        <button type="submit">Go</button>
      </form>
    </Dialog>
  );
}
