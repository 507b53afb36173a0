import { useState } from 'preact/hooks';
import { copyText } from './copy-text.js';

/** The address always says what is shown, so that the address is the link. */
export function CopyLink() {
  const [said, setSaid] = useState<string | null>(null);
  return (
    <>
      <button
        type="button"
        title="Copy a link to this step"
        onBlur={() => setSaid(null)}
        onClick={async () => setSaid((await copyText(location.href)) ? 'Copied' : 'Copy the address bar')}
      >
        {said ?? 'Copy link'}
      </button>
      <span class="visually-hidden" role="status">
        {said === null ? '' : `${said}: link to this step`}
      </span>
    </>
  );
}
