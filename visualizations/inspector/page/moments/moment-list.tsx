/** Every moment that passes the filter, one below the other. Only those to be seen are drawn. */
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { RecordingIndex } from '../../model/recording-index.js';
import { timeText } from '../format.js';
import { onStep } from '../on-step.js';
import type { Store } from '../store.js';
import { useStore } from '../use-store.js';
import { FilterBar } from './filter-bar.js';
import { GLYPHS, glyphOf } from './glyphs.js';
import { momentAt, rowOf, scrollFor, windowOf } from './rows.js';
import './moment-list.css';

const ROW = 38;

export function MomentList({ store }: { readonly store: Store }) {
  return (
    <div class="moments">
      <FilterBar store={store} />
      <Rows store={store} />
    </div>
  );
}

function Rows({ store }: { readonly store: Store }) {
  const index = useStore(store, (state) => state.index);
  const matches = useStore(store, (state) => state.matches);
  const cursor = useStore(store, (state) => state.cursor);
  const dropped = useStore(store, (state) => state.dropped);
  const list = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 400 });
  // As it was seen last; asking the element itself would make the browser lay out the page at every step.
  const seen = useRef(view);
  const atCursor = rowOf(matches, cursor);
  const look = ({ scrollTop: top, clientHeight: height }: HTMLElement): void => {
    if (seen.current.top === top && seen.current.height === height) return;
    seen.current = { top, height };
    setView(seen.current);
  };
  const bringIntoSight = (row: number): void => {
    const { top, height } = seen.current;
    const there = scrollFor(row, top, height, ROW);
    if (row < 0 || there === top) return;
    list.current!.scrollTop = there;
    // The event of scrolling comes a frame later: a run that is followed would be ahead of it for ever.
    look(list.current!);
  };

  useLayoutEffect(() => {
    const element = list.current!;
    const sizes = new ResizeObserver(() => look(element));
    sizes.observe(element);
    return () => sizes.disconnect();
  }, []);
  useLayoutEffect(
    () => onStep(store, () => bringIntoSight(rowOf(store.get().matches, store.get().cursor))),
    [store],
  );
  useLayoutEffect(() => bringIntoSight(atCursor), [atCursor, matches.moments, view.height]);

  const { first, end } = windowOf(view.top, view.height, ROW, matches.count);
  const onCursor = atCursor >= 0 && momentAt(matches, atCursor) === cursor;
  return (
    <div
      ref={list}
      class="moments-list"
      role="listbox"
      aria-label="Moments"
      tabIndex={0}
      aria-activedescendant={onCursor && atCursor >= first && atCursor < end ? `moment-${cursor}` : undefined}
      onScroll={({ currentTarget }) => look(currentTarget)}
    >
      <div class="moments-space" style={{ height: `${matches.count * ROW}px` }} role="presentation">
        {Array.from({ length: Math.max(0, end - first) }, (_, at) => {
          const row = first + at;
          const moment = momentAt(matches, row);
          return (
            <Row
              key={moment + dropped}
              index={index}
              moment={moment}
              row={row}
              count={matches.count}
              selected={moment === cursor}
              onClick={() => store.goTo(moment)}
            />
          );
        })}
      </div>
      {matches.count === 0 && (
        // A list box without options is none; this one cannot be chosen.
        // biome-ignore lint/a11y/useFocusableInteractive: the list has the focus.
        <div class="moments-none" role="option" aria-disabled="true" aria-selected={false}>
          No moment passes this filter.
        </div>
      )}
    </div>
  );
}

/** What all codes begin with says nothing here, and the column is narrow. */
function shortKinds(summary: string): string {
  return summary.replaceAll(/\bRPC_(?=[A-Z])/g, '');
}

interface RowProps {
  readonly index: RecordingIndex;
  readonly moment: number;
  readonly row: number;
  readonly count: number;
  readonly selected: boolean;
  onClick(): void;
}

function Row({ index, moment, row, count, selected, onClick }: RowProps) {
  const { line, summary, at, process, actor } = index.moment(moment);
  const glyph = glyphOf(line);
  const where = actor ?? process;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the list has the focus and j, k and arrows move in it.
    // biome-ignore lint/a11y/useFocusableInteractive: an option of a listbox that has an active descendant.
    <div
      id={`moment-${moment}`}
      class={`moments-row moments-${glyph}`}
      role="option"
      aria-selected={selected}
      aria-setsize={count}
      aria-posinset={row + 1}
      style={{ transform: `translateY(${row * ROW}px)` }}
      onClick={onClick}
    >
      <span class="moments-glyph" aria-hidden="true">
        {GLYPHS[glyph]}
      </span>
      <span class="moments-summary" title={summary}>
        {shortKinds(summary)}
      </span>
      <span class="moments-where">
        <span class="moments-at">{timeText(index.header, at)}</span>
        {where !== null && <span class="moments-who"> {where}</span>}
      </span>
    </div>
  );
}
