/** Takes the run along, or a part of it, in another form. Everything is made in the page. */
import { useRef, useState } from 'preact/hooks';
import { Icon } from '../shell/icon.js';
import type { Store } from '../store.js';
import { ExportForm } from './export-form.js';
import './exports.css';

export function ExportMenu({ store }: { store: Store }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [open, setOpen] = useState(false);
  const show = () => {
    setOpen(true);
    dialog.current?.showModal();
  };
  return (
    <>
      <button type="button" title="Export" aria-label="Export" aria-haspopup="dialog" onClick={show}>
        <Icon name="export" />
      </button>
      <dialog ref={dialog} class="exports-dialog" aria-label="Export" onClose={() => setOpen(false)}>
        {open && <ExportForm store={store} close={() => dialog.current?.close()} />}
      </dialog>
    </>
  );
}
