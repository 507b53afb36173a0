/** Who said what to whom, and what became of it: processes side by side, time downwards. */
import type { ComponentChildren } from 'preact';
import { useCallback, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { RecordingIndex } from '../../model/recording-index.js';
import { onStep } from '../on-step.js';
import type { Store } from '../store.js';
import { useStore } from '../use-store.js';
import { Drawing, type Frame } from './drawing.js';
import { LaneHeader } from './lane-header.js';
import { type Lanes, lanesOf } from './lanes.js';
import { MessageCard } from './message-card.js';
import { optionId, RowList } from './row-list.js';
import { firstFrom, ROW_PX, Rows, type Scale } from './rows.js';
import { useViewport, type Viewport } from './use-viewport.js';
import './space-time.css';

const GUTTER_PX = 62;
const LEAST_LANE_PX = 68;
const MOST_LANE_PX = 240;
const MORE_ROWS = 12;
const PAGE_ROWS = 20;

export function SpaceTimeLane({ store }: { readonly store: Store }): ComponentChildren {
  const index = useStore(store, (state) => state.index);
  const length = useStore(store, (state) => state.length);
  const matches = useStore(store, (state) => state.matches);
  const cursor = useStore(store, (state) => state.cursor);
  const [scale, setScale] = useState<Scale>('moments');
  const [folded, fold] = useToggles();
  const [unfolded, unfold] = useToggles();
  const [picked, setPicked] = useState<string | null>(null);

  // The index and the matches grow in place, which `length` and `count` tell.
  const rows = useMemo(
    () => new Rows(index, matches.moments, matches.count, scale),
    [index, matches, matches.count, length, scale],
  );
  const lanes = useMemo(
    () => lanesOf(index, { folded, unfolded }),
    [index, index.processes, index.actors.length, folded, unfolded],
  );
  const { place, scrolled, width, height, scrollTo } = useViewport();
  const roomPx = (width - GUTTER_PX) / Math.max(1, lanes.list.length);
  const laneWidth = Math.max(LEAST_LANE_PX, Math.min(MOST_LANE_PX, roomPx));
  const frame: Frame = {
    gutter: GUTTER_PX,
    laneWidth,
    room: Math.max(0, width - GUTTER_PX - 12),
    first: Math.max(0, rows.rowAt(scrolled) - MORE_ROWS),
    end: Math.min(rows.count, rows.rowAt(scrolled + height) + MORE_ROWS),
  };
  const placeOf = (moment: number): Spot => ({
    x: laneX(index, moment, lanes, frame),
    y: rows.y(moment),
  });
  useFollowCursor(store, cursor, placeOf, height > 0 ? scrollTo : null);

  const atCursor = cursor < 0 ? null : index.moment(cursor).message;
  const chosen = index.messages.get(picked ?? atCursor ?? '');
  const pair =
    chosen === undefined ? undefined : (index.replyTo(chosen.id) ?? index.messages.get(chosen.answers ?? ''));
  const down = new Set([...index.at(cursor).processes].filter(([, { up }]) => !up).map(([name]) => name));
  const goTo = (moment: number): void => {
    setPicked(null);
    store.goTo(moment);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const moves: Record<string, number> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: PAGE_ROWS,
      PageUp: -PAGE_ROWS,
    };
    const by = event.key === 'Home' ? -rows.count : event.key === 'End' ? rows.count : moves[event.key];
    if (by === undefined || rows.count === 0 || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    const row = rows.rowFrom(cursor) - (by > 0 && !rows.has(cursor) ? 1 : 0);
    goTo(rows.moment(Math.max(0, Math.min(rows.count - 1, row + by))));
  };

  return (
    <div class="st-pane">
      <div class="st-tools">
        <span>{rows.count.toLocaleString('en')} moments</span>
        <label>
          <input
            type="checkbox"
            checked={scale === 'clock'}
            disabled={index.header.beganUs === null}
            onChange={() => setScale(scale === 'clock' ? 'moments' : 'clock')}
          />{' '}
          apart by time
        </label>
      </div>
      <div class="st-scroll" ref={place}>
        <LaneHeader
          lanes={lanes.list}
          gutter={GUTTER_PX}
          laneWidth={laneWidth}
          folded={folded}
          unfolded={unfolded}
          down={down}
          onFold={fold}
          onUnfold={unfold}
        />
        <div
          class="st-rows"
          role="listbox"
          aria-label="Moments, from the first to the last"
          aria-activedescendant={isDrawn(cursor, rows, frame) ? optionId(cursor) : undefined}
          tabIndex={0}
          style={{
            height: `${rows.height + ROW_PX}px`,
            width: `${GUTTER_PX + lanes.list.length * laneWidth}px`,
          }}
          onKeyDown={onKeyDown}
        >
          <RowList
            index={index}
            rows={rows}
            frame={frame}
            cursor={cursor}
            loopRow={loopRow(store, rows)}
            onGo={goTo}
          />
          <Drawing
            index={index}
            rows={rows}
            lanes={lanes}
            frame={frame}
            chosen={chosen}
            pair={pair}
            onChoose={setPicked}
          />
        </div>
      </div>
      {picked !== null && chosen !== undefined && (
        <MessageCard
          index={index}
          message={chosen}
          pair={pair}
          onGo={(moment) => store.goTo(moment)}
          onChoose={setPicked}
          onClose={() => setPicked(null)}
        />
      )}
    </div>
  );
}

/** The first row of the part that a liveness counterexample repeats for ever. */
function loopRow(store: Store, rows: Rows): number | null {
  const { index } = store.get();
  const from = index.verdicts.find(({ loopFrom }) => loopFrom !== undefined)?.loopFrom;
  if (from === undefined) return null;
  const row = firstFrom(0, rows.count, (at) => index.lines[rows.moment(at)]!.at >= from);
  return row < rows.count ? row : null;
}

/** Whether a moment's row is in the page, and not only in the list. */
function isDrawn(moment: number, rows: Rows, { first, end }: Frame): boolean {
  const row = rows.rowFrom(moment);
  return moment >= 0 && row >= first && row < end && rows.has(moment);
}

/** Middle of the lane that a moment is about; null: it is about none. */
function laneX(
  index: RecordingIndex,
  cursor: number,
  lanes: Lanes,
  { gutter, laneWidth }: Frame,
): number | null {
  if (cursor < 0) return null;
  const { actor, process } = index.moment(cursor);
  if (process === null) return null;
  const lane = actor === null ? lanes.ofProcess(process) : lanes.ofActor(actor, process);
  return lane === null ? null : gutter + (lane + 0.5) * laneWidth;
}

/** Scrolls when the cursor has moved out of sight; never when the user has scrolled. */
function useFollowCursor(
  store: Store,
  cursor: number,
  placeOf: (moment: number) => Spot,
  scrollTo: Viewport['scrollTo'] | null,
): void {
  const latest = useRef({ placeOf, scrollTo });
  latest.current = { placeOf, scrollTo };
  const follow = useCallback((moment: number): void => {
    if (moment < 0) return;
    const { x, y } = latest.current.placeOf(moment);
    latest.current.scrollTo?.(y, x);
  }, []);
  useLayoutEffect(() => onStep(store, () => follow(store.get().cursor)), [store, follow]);
  useLayoutEffect(() => follow(cursor), [cursor, scrollTo, follow]);
}

interface Spot {
  /** Null: no matter where. */
  readonly x: number | null;
  readonly y: number;
}

/** A set of names, and a function that puts one in or takes it out. */
function useToggles(): [ReadonlySet<string>, (name: string) => void] {
  const [names, setNames] = useState<ReadonlySet<string>>(new Set());
  const toggle = useCallback((name: string) => {
    setNames((before) => {
      const next = new Set(before);
      if (!next.delete(name)) next.add(name);
      return next;
    });
  }, []);
  return [names, toggle];
}
