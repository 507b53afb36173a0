/** Every process with its actors at the cursor, as a tree: state, trouble, what waits in the mailboxes. */
import { useMemo, useRef, useState } from 'preact/hooks';
import { type ActorRow, actorRows, stateInWords, type TreeRow, troubleOf } from '../../model/actor-tree.js';
import type { Store } from '../store.js';
import { useStore } from '../use-store.js';
import { useWindow } from './use-window.js';
import './actors.css';

const ROW_PX = 26;

export function ActorTree({ store }: { store: Store }) {
  const index = useStore(store, (state) => state.index);
  const cursor = useStore(store, (state) => state.cursor);
  const selected = useStore(store, (state) => state.selected);
  const [toggled, setToggled] = useState<ReadonlySet<string>>(new Set());
  const [focused, setFocused] = useState<string | null>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useMemo(() => actorRows(index, index.at(cursor), toggled), [index, cursor, toggled]);
  const { first, last } = useWindow(scroller, rows.length, ROW_PX);
  const at = Math.max(
    0,
    rows.findIndex(({ id }) => id === (focused ?? selected)),
  );

  const toggle = (row: TreeRow) => {
    const next = new Set(toggled);
    if (!next.delete(row.id)) next.add(row.id);
    setToggled(next);
  };
  const focus = (place: number) => {
    const row = rows[Math.max(0, Math.min(rows.length - 1, place))];
    if (row === undefined) return;
    setFocused(row.id);
    const { current } = scroller;
    const top = rows.indexOf(row) * ROW_PX;
    if (
      current !== null &&
      (top < current.scrollTop || top + ROW_PX > current.scrollTop + current.clientHeight)
    ) {
      current.scrollTop = Math.max(0, top - current.clientHeight / 2);
    }
  };
  const activate = (row: TreeRow) => {
    if (row.kind === 'actor') store.select(row.id === selected ? null : row.id);
    else toggle(row);
  };
  const onKey = (event: KeyboardEvent) => {
    const row = rows[at];
    if (row === undefined) return;
    const moves: Record<string, () => void> = {
      ArrowDown: () => focus(at + 1),
      ArrowUp: () => focus(at - 1),
      Home: () => focus(0),
      End: () => focus(rows.length - 1),
      ArrowRight: () => (row.hasChildren && !row.open ? toggle(row) : focus(at + 1)),
      ArrowLeft: () => (row.hasChildren && row.open ? toggle(row) : focus(parentOf(rows, at))),
      Enter: () => activate(row),
      ' ': () => activate(row),
    };
    const move = moves[event.key];
    if (move === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    move();
  };

  const onClick = (event: MouseEvent) => {
    const target = event.target as Element;
    const row = rows[Number(target.closest<HTMLElement>('[data-row]')?.dataset.row ?? -1)];
    if (row === undefined) return;
    setFocused(row.id);
    scroller.current?.focus({ preventScroll: true });
    if (target.closest('.actors-twist') !== null && row.hasChildren) toggle(row);
    else activate(row);
  };

  return (
    <div
      class="actors-tree"
      role="tree"
      aria-label="Processes and actors"
      aria-activedescendant={rows[at] === undefined ? undefined : `actors-row-${at}`}
      tabIndex={0}
      ref={scroller}
      onKeyDown={onKey}
      onClick={onClick}
    >
      <div class="actors-all" role="presentation" style={{ height: `${rows.length * ROW_PX}px` }}>
        {rows.slice(first, last).map((row, offset) => (
          <div
            key={row.id}
            id={`actors-row-${first + offset}`}
            class={`actors-row ${first + offset === at ? 'actors-at' : ''}`}
            role="treeitem"
            aria-level={row.level}
            aria-expanded={row.hasChildren ? row.open : undefined}
            aria-selected={row.id === selected}
            style={{ top: `${(first + offset) * ROW_PX}px`, paddingLeft: `${row.level * 12 - 6}px` }}
            data-row={first + offset}
            tabIndex={-1}
          >
            <span class="actors-twist" aria-hidden="true">
              {row.hasChildren && (row.open ? '▾' : '▸')}
            </span>
            <Content row={row} />
          </div>
        ))}
      </div>
      {rows.length === 0 && <p class="actors-none">Nothing has begun yet.</p>}
    </div>
  );
}

function Content({ row }: { row: TreeRow }) {
  switch (row.kind) {
    case 'process':
      return (
        <>
          <strong class="actors-name">{row.name}</strong>
          <span class={row.up ? 'actors-state' : 'actors-state actors-down'}>
            {row.up ? `${row.actors} ${row.actors === 1 ? 'actor' : 'actors'}` : '✕ down'}
          </span>
        </>
      );
    case 'group':
      return (
        <>
          <span class="actors-name">
            {row.name} ×{row.actors}
          </span>
          <span class="actors-state" title={row.states}>
            {row.states}
          </span>
        </>
      );
    case 'actor':
      return <Actor row={row} />;
  }
}

function Actor({ row: { info, state } }: { row: ActorRow }) {
  const trouble = troubleOf(state);
  const { inbox, outbox, underWay } = state.mail;
  const name = info.parent === null ? info.actor : info.actor.slice(info.actor.lastIndexOf('/') + 1);
  return (
    <>
      <span class={state.alive ? 'actors-name' : 'actors-name actors-ended'} title={info.key}>
        {shortNumbers(name)}
      </span>
      <span class="actors-state" title={stateInWords(state)}>
        {stateInWords(state)}
      </span>
      {trouble !== null && (
        <span class="actors-trouble" title={`has trouble: ${trouble}`}>
          ! {trouble}
        </span>
      )}
      {inbox + outbox + underWay > 0 && (
        <span
          class="actors-mail"
          title={`${inbox} in the inbox, ${outbox} in the outbox, ${underWay} effects under way`}
        >
          {[inbox > 0 && `${inbox}↓`, outbox > 0 && `${outbox}↑`, underWay > 0 && `${underWay}⋯`]
            .filter(Boolean)
            .join(' ')}
        </span>
      )}
    </>
  );
}

/** Ids are seconds since 1970 and begin alike; what comes behind them, such as a partition, has to be seen. */
const shortNumbers = (name: string): string => name.replaceAll(/\d{7,}/g, (digits) => `…${digits.slice(-3)}`);

function parentOf(rows: readonly TreeRow[], at: number): number {
  const level = rows[at]?.level ?? 1;
  for (let above = at - 1; above >= 0; above--) if ((rows[above]?.level ?? 1) < level) return above;
  return at;
}
