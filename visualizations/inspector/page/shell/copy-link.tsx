import { useState } from 'preact/hooks';
import { writeLink } from '../link/permalink.js';
import type { Store } from '../store.js';
import { copyText } from './copy-text.js';
import { Icon } from './icon.js';

/** A link to the step at the cursor, with all that is shown around it. */
export function CopyLink({ store }: { readonly store: Store }) {
  const [said, setSaid] = useState<string | null>(null);
  const copy = async (): Promise<void> => {
    // The address follows a little later than the cursor.
    const link = location.href.replace(/#.*$/s, '') + writeLink({ ...store.get(), following: false });
    setSaid((await copyText(link)) ? 'Copied' : 'Not allowed here: copy it from the address bar');
  };
  return (
    <>
      <button
        type="button"
        title={said ?? 'Copy a link to this step'}
        aria-label="Copy a link to this step"
        onBlur={() => setSaid(null)}
        onClick={copy}
      >
        <Icon name={said === null ? 'link' : 'tick'} />
      </button>
      <span class="visually-hidden" role="status">
        {said}
      </span>
    </>
  );
}
