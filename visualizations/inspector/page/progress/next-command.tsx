/** The command an operator types next, ready to be taken along. */

import { useState } from 'preact/hooks';
import { copyText } from '../shell/copy-text.js';

export function NextCommand({ command }: { command: string }) {
  const [copied, setCopied] = useState(false);
  if (command === '') return null;
  return (
    <div class="progress-next">
      <span class="progress-next-word">next</span>
      <code>{command}</code>
      <button type="button" onClick={async () => setCopied(await copyText(command))}>
        Copy
      </button>
      <span role="status">{copied ? 'copied' : ''}</span>
    </div>
  );
}
