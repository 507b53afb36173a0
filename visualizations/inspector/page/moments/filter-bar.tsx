/** Narrows the moments down: words, and chips for actors, processes, kinds and partitions. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { isEmpty, NO_FILTER } from '../../model/filter.js';
import type { Filter } from '../../model/types.js';
import { countText } from '../format.js';
import type { Store } from '../store.js';
import { useStore } from '../use-store.js';
import { AddFilter } from './add-filter.js';
import { chipsOf } from './chips.js';
import './filter-bar.css';

export const SEARCH_FIELD = 'moments-search';
/** 100,000 moments are not searched for each letter. */
const TYPING_MS = 180;

export function FilterBar({ store }: { readonly store: Store }) {
  const filter = useStore(store, (state) => state.filter);
  const matches = useStore(store, (state) => state.matches);
  const length = useStore(store, (state) => state.length);
  return (
    <search class="filter" aria-label="Moments">
      <Search store={store} text={filter.text} />
      <AddFilter store={store} />
      <label class="filter-routine" title="Node syncs, polls and log lines that tell of no change">
        <input
          type="checkbox"
          checked={filter.hideRoutine}
          onChange={(event) => store.filter({ hideRoutine: event.currentTarget.checked })}
        />{' '}
        Hide routine
      </label>
      <p class="filter-count" role="status">
        {isEmpty(filter) ? countText(length) : `${countText(matches.count)} of ${countText(length)}`}
        {matches.looked < length && ` · searching, ${Math.floor((100 * matches.looked) / length)} %`}
      </p>
      <Chips store={store} filter={filter} />
    </search>
  );
}

function Search({ store, text }: { readonly store: Store; readonly text: string }) {
  const [typed, setTyped] = useState(text);
  const told = useRef(text);
  useEffect(() => {
    // Changed elsewhere: a link was opened, or the filter was cleared.
    if (text !== told.current) setTyped(text);
    told.current = text;
  }, [text]);
  useEffect(() => {
    if (typed === told.current) return;
    const timer = setTimeout(() => {
      told.current = typed;
      store.filter({ text: typed });
    }, TYPING_MS);
    return () => clearTimeout(timer);
  }, [typed, store]);
  return (
    <input
      id={SEARCH_FIELD}
      class="filter-search"
      type="search"
      placeholder="Search ( / )"
      aria-label="Search moments"
      value={typed}
      onInput={(event) => setTyped(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === 'Escape') event.currentTarget.blur();
        if (event.key !== 'Enter') return;
        told.current = typed;
        store.filter({ text: typed });
        goToMatch(store, event.shiftKey ? -1 : 1);
      }}
    />
  );
}

/** To the next match; after the last comes the first. */
function goToMatch(store: Store, direction: 1 | -1): void {
  const { index, cursor, filter, length } = store.get();
  const beyond = direction === 1 ? -1 : length;
  const match = index.next(cursor, filter, direction) ?? index.next(beyond, filter, direction);
  if (match !== null) store.goTo(match);
}

function Chips({ store, filter }: { readonly store: Store; readonly filter: Filter }) {
  const chips = chipsOf(filter);
  if (chips.length === 0) return null;
  return (
    <ul class="filter-chips" aria-label="Only">
      {chips.map(({ what, value, without }) => (
        <li key={`${what} ${value}`}>
          <button type="button" aria-label={`Remove ${what} ${value}`} onClick={() => store.filter(without)}>
            <span class="filter-chip-text">
              {what} {value}
            </span>{' '}
            ✕
          </button>
        </li>
      ))}
      <li>
        <button type="button" onClick={() => store.filter(NO_FILTER)}>
          Clear
        </button>
      </li>
    </ul>
  );
}
