/** What was proved about the run, and the ways to the places where it shows. */
import type { VerdictLine } from '../../../../runtime/observe/recording/lines.js';
import type { RecordingIndex } from '../../model/recording-index.js';
import type { Store } from '../store.js';
import { useStore } from '../use-store.js';
import './verdict.css';

const MARK = { violated: '✕', holds: '✓', unknown: '?' } as const;
/** More are counted. */
const SHOWN = 5;

export function VerdictBanner({ store }: { store: Store }) {
  const index = useStore(store, (state) => state.index);
  const count = useStore(store, (state) => state.index.verdicts.length);
  if (count === 0) return null;
  const verdicts = [...index.verdicts].sort((a, b) => rank(a) - rank(b));
  return (
    <section class="verdict-banner" aria-label="Verdicts">
      {verdicts.slice(0, SHOWN).map((verdict) => (
        <Verdict key={`${verdict.property} ${verdict.at}`} store={store} index={index} verdict={verdict} />
      ))}
      {count > SHOWN && <p class="verdict-more">{count - SHOWN} more verdicts</p>}
    </section>
  );
}

function Verdict({ store, index, verdict }: { store: Store; index: RecordingIndex; verdict: VerdictLine }) {
  const { property, why, loopFrom } = verdict;
  const place = firstMomentAt(index, verdict.at);
  return (
    <div class={`verdict-one verdict-${verdict.verdict}`}>
      <span class="verdict-mark" aria-hidden="true">
        {MARK[verdict.verdict]}
      </span>
      <p class="verdict-words">
        <strong>{property}</strong> {verdict.verdict === 'violated' ? 'is violated' : verdict.verdict}
        {why === '' ? '' : `: ${why}`}
      </p>
      <div class="verdict-ways">
        <button type="button" onClick={() => store.goTo(place)}>
          Go to where it shows
        </button>
        {loopFrom !== undefined && <Loop store={store} begins={firstMomentAt(index, loopFrom)} />}
      </div>
    </div>
  );
}

/** A lasso: what comes from there on repeats for ever. */
function Loop({ store, begins }: { store: Store; begins: number }) {
  return (
    <>
      <button type="button" onClick={() => store.goTo(begins)}>
        Go to where the loop begins
      </button>
      <button
        type="button"
        onClick={() => {
          store.goTo(begins);
          store.play(true);
        }}
      >
        Play the loop once
      </button>
    </>
  );
}

const rank = ({ verdict }: VerdictLine): number => ['violated', 'unknown', 'holds'].indexOf(verdict);

/** The first moment that is not before a time; times never go back. */
function firstMomentAt(index: RecordingIndex, at: number): number {
  let low = 0;
  let high = index.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (index.moment(middle).at < at) low = middle + 1;
    else high = middle;
  }
  return low;
}
