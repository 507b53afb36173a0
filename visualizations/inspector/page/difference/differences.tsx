import { useState } from 'preact/hooks';
import type { Json } from '../../../../runtime/observe/recording/lines.js';
import type { Difference } from '../../model/types.js';
import { isBranch } from './json-text.js';
import { JsonTree } from './json-tree.js';

const MOST = 60;

/** Before with a minus, after with a plus, each on its line. */
export function Differences({ differences }: { readonly differences: readonly Difference[] }) {
  const [most, setMost] = useState(MOST);
  if (differences.length === 0) return <p class="diff-muted">Nothing.</p>;
  return (
    <ul class="diff-list">
      {differences.slice(0, most).map(({ path, before, after }) => (
        <li key={path} class="diff-change">
          <code class="diff-path">{path}</code>
          <Side sign="−" says="before" kind="before" value={before} />
          <Side sign="+" says="after" kind="after" value={after} />
        </li>
      ))}
      {differences.length > most && (
        <li>
          <button type="button" onClick={() => setMost(most + 10 * MOST)}>
            {differences.length - most} more
          </button>
        </li>
      )}
    </ul>
  );
}

interface SideProps {
  readonly sign: string;
  readonly says: string;
  readonly kind: 'before' | 'after';
  readonly value: Json | undefined;
}

function Side({ sign, says, kind, value }: SideProps) {
  if (value === undefined) return null;
  return (
    <div class={`diff-side diff-side-${kind}`}>
      <span class="diff-sign" aria-hidden="true">
        {sign}
      </span>
      <span class="visually-hidden">{says}: </span>
      <div class={isBranch(value) ? 'diff-tree' : 'diff-leaf'}>
        <JsonTree value={value} open={1} />
      </div>
    </div>
  );
}
