import { Dialog } from './dialog.js';
import { KEYS } from './keys.js';

export function HelpDialog({ onClose }: { readonly onClose: () => void }) {
  return (
    <Dialog title="Keys" onClose={onClose}>
      <dl class="dialog-keys">
        {KEYS.map(([keys, does]) => (
          <>
            <dt key={does}>
              {keys.map((key, at) => (
                <>
                  {at > 0 && ' '}
                  <kbd>{key}</kbd>
                </>
              ))}
            </dt>
            <dd>{does}</dd>
          </>
        ))}
      </dl>
      <form class="dialog-row" method="dialog">
        <button type="submit">Close</button>
      </form>
    </Dialog>
  );
}
