/** Two recordings beside each other, with the places from which they differ. */
import { useMemo, useRef, useState } from 'preact/hooks';
import { type ComparedPair, type Comparison, compareRecordings } from '../../model/compare.js';
import type { RecordingIndex } from '../../model/recording-index.js';
import { useWindow } from '../actors/use-window.js';
import type { Store } from '../store.js';
import { useStore } from '../use-store.js';
import { ChooseOther } from './choose-other.js';
import { Divergences } from './divergences.js';
import './compare.css';

const ROW_PX = 26;

export function CompareView({ store }: { store: Store }) {
  const index = useStore(store, (state) => state.index);
  const length = useStore(store, (state) => state.length);
  const other = useStore(store, (state) => state.other);
  const comparison = useMemo(
    // A run that goes on grows in place, so its length counts too.
    () => (other === null || length === 0 ? null : compareRecordings(index, other)),
    [index, length, other],
  );
  return (
    <section class="compare" aria-label="Compare">
      <ChooseOther store={store} other={other} />
      {comparison !== null && other !== null && (
        <Compared store={store} index={index} other={other} comparison={comparison} />
      )}
    </section>
  );
}

interface ComparedProps {
  readonly store: Store;
  readonly index: RecordingIndex;
  readonly other: RecordingIndex;
  readonly comparison: Comparison;
}

function Compared({ store, index, other, comparison }: ComparedProps) {
  const [onlyDifferent, setOnlyDifferent] = useState(false);
  const scroller = useRef<HTMLDivElement>(null);
  const { divergence, divergences } = comparison;
  const pairs = useMemo(
    () => (onlyDifferent ? comparison.pairs.filter(({ same }) => !same) : comparison.pairs),
    [comparison, onlyDifferent],
  );
  const { first, last } = useWindow(scroller, pairs.length, ROW_PX);
  const isDivergence = (pair: ComparedPair): boolean =>
    divergence !== null && isAt(pair, divergence.a, divergence.b);
  const jump = (a: number | null, b: number | null) => {
    const place = pairs.findIndex((pair) => isAt(pair, a, b));
    const { current } = scroller;
    if (place >= 0 && current !== null) {
      current.scrollTop = Math.max(0, place * ROW_PX - current.clientHeight / 3);
    }
  };
  return (
    <>
      <div class="compare-words">
        <p class="compare-summary" role="status">
          {comparison.summary}
        </p>
        <label>
          <input
            type="checkbox"
            checked={onlyDifferent}
            onChange={(event) => setOnlyDifferent(event.currentTarget.checked)}
          />{' '}
          only what differs ({comparison.pairs.filter(({ same }) => !same).length} of{' '}
          {comparison.pairs.length})
        </label>
        <Divergences store={store} divergences={divergences} jump={jump} />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so it has to be reachable by keyboard */}
      <section class="compare-table" aria-label="Both runs, line by line" tabIndex={0} ref={scroller}>
        <div class="compare-heads">
          <span>{index.header.title}</span>
          <span>{other.header.title}</span>
        </div>
        <ol class="compare-rows" style={{ height: `${pairs.length * ROW_PX}px` }}>
          {pairs.slice(first, last).map((pair, offset) => (
            <li
              key={`${pair.a} ${pair.b}`}
              class={`compare-row ${pair.same ? '' : 'compare-differs'} ${isDivergence(pair) ? 'compare-first' : ''}`}
              style={{ top: `${(first + offset) * ROW_PX}px` }}
            >
              <span class="compare-sign" title={signOf(pair).words}>
                <span aria-hidden="true">{signOf(pair).sign}</span>
                <span class="visually-hidden">{signOf(pair).words}</span>
              </span>
              <Side index={index} moment={pair.a} go={() => goTo(store, pair.a)} />
              <Side index={other} moment={pair.b} go={null} />
            </li>
          ))}
        </ol>
      </section>
    </>
  );
}

/**
 * What differs stands in rows of its own, for each run that has it. The same message can come again later:
 * then one of the two is beside that one, in a row without a difference, which is not meant.
 */
function isAt(pair: ComparedPair, a: number | null, b: number | null): boolean {
  return !pair.same && ((a !== null && pair.a === a) || (b !== null && pair.b === b));
}

interface SideProps {
  readonly index: RecordingIndex;
  readonly moment: number | null;
  /** Null: the page does not show that run. */
  readonly go: (() => void) | null;
}

function Side({ index, moment, go }: SideProps) {
  if (moment === null) return <span class="compare-side compare-nothing">nothing</span>;
  const { process, actor, summary } = index.moment(moment);
  const text = `${moment} ${actor ?? process ?? ''} ${summary}`;
  if (go === null) {
    return (
      <span class="compare-side" title={text}>
        {text}
      </span>
    );
  }
  return (
    <button type="button" class="compare-side compare-go" title={text} onClick={go}>
      {text}
    </button>
  );
}

function signOf({ a, b, same }: ComparedPair): { readonly sign: string; readonly words: string } {
  if (same) return { sign: '=', words: 'the same' };
  if (b === null) return { sign: '‹', words: 'only in the first' };
  if (a === null) return { sign: '›', words: 'only in the second' };
  return { sign: '≠', words: 'different' };
}

function goTo(store: Store, moment: number | null): void {
  if (moment === null) return;
  store.show('run');
  store.goTo(moment);
}
