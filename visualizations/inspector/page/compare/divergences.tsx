/** Where the runs part, first cause first, with ways to each place. */
import type { Divergence } from '../../model/compare.js';
import type { Store } from '../store.js';

/** What comes after the first few follows from them. */
const SHOWN = 4;

interface DivergencesProps {
  readonly store: Store;
  readonly divergences: readonly Divergence[];
  readonly jump: (a: number | null, b: number | null) => void;
}

export function Divergences({ store, divergences, jump }: DivergencesProps) {
  if (divergences.length === 0) return null;
  return (
    <ol class="compare-divergences" aria-label="Where they part, first cause first">
      {divergences.slice(0, SHOWN).map((divergence, i) => (
        <li key={divergence.who}>
          <p>
            {i === 0 && <strong>First: </strong>}
            {divergence.words}
          </p>
          <button type="button" onClick={() => jump(divergence.a, divergence.b)}>
            Show below
          </button>
          <button
            type="button"
            onClick={() => {
              store.show('run');
              store.goTo(divergence.a ?? divergence.sameUntil.a);
            }}
          >
            Show in the run
          </button>
        </li>
      ))}
      {divergences.length > SHOWN && <li>{divergences.length - SHOWN} more actors and channels differ.</li>}
    </ol>
  );
}
