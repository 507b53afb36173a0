import { useRef, useState } from 'preact/hooks';
import { ControlPanel } from '../control/control-panel.js';
import type { Store } from '../store.js';
import { useStore } from '../use-store.js';
import { ErrorFence } from './error-fence.js';

/** Orders to a live run, out of the way until they are wanted; nothing where none are taken. */
export function ControlMenu({ store }: { readonly store: Store }) {
  const permitted = useStore(store, (state) => state.live?.control === true);
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  if (!permitted) return null;
  return (
    <>
      <button ref={button} type="button" aria-expanded={open} onClick={() => setOpen(!open)}>
        Control
      </button>
      {open && (
        // biome-ignore lint/a11y/noStaticElementInteractions: what is in it takes the keys; this hears of Escape.
        <div
          class="header-popover"
          onKeyDown={(event) => {
            if (event.key !== 'Escape') return;
            event.preventDefault();
            setOpen(false);
            button.current?.focus();
          }}
        >
          <ErrorFence of="The control panel">
            <ControlPanel store={store} />
          </ErrorFence>
        </div>
      )}
    </>
  );
}
