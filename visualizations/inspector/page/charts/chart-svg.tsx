/** One chart, drawn from its places: what is active is filled, thickly framed and marked with a triangle. */
import type { ComponentChildren } from 'preact';
import type { DiagramEdge, DiagramState } from '../../../diagrams/chart-diagram.js';
import type { LaidOutChart, PlacedEdge, PlacedState, PlacedText } from '../../../diagrams/laid-out-chart.js';
import { arrowHead, roundedPath } from './geometry.js';
import './drawing.css';

export type Picked = { readonly what: 'state' | 'edge'; readonly id: string } | null;

interface ChartProps {
  readonly chart: LaidOutChart;
  /** Ids of active states. */
  readonly active: ReadonlySet<string>;
  /** Ids of the transitions of the last step. */
  readonly taken: ReadonlySet<string>;
  /** Whether that step is the one the cursor is at. */
  readonly now: boolean;
  /** How often each transition was taken; null: not shown. */
  readonly counts: ReadonlyMap<string, number> | null;
  readonly picked: Picked;
  readonly onPick: (picked: Picked) => void;
}

export function ChartDrawing(props: ChartProps): ComponentChildren {
  const { chart, taken } = props;
  const states = new Map(chart.diagram.states.map((state) => [state.id, state]));
  const edges = new Map(chart.diagram.edges.map((edge) => [edge.id, edge]));
  // What was taken last lies on top of what was not.
  const drawn = [...chart.edges].sort((a, b) => Number(taken.has(a.id)) - Number(taken.has(b.id)));
  return (
    <>
      {chart.states.map((place) => (
        <StateShape key={place.id} {...props} place={place} state={states.get(place.id)} />
      ))}
      {drawn.map((place) => (
        <EdgeShape key={place.id} {...props} place={place} edge={edges.get(place.id)} />
      ))}
    </>
  );
}

function StateShape({
  place,
  state,
  active,
  picked,
  onPick,
}: ChartProps & {
  readonly place: PlacedState;
  readonly state: DiagramState | undefined;
}): ComponentChildren {
  const { id, x, y, width, height, texts, headBottom, initial, defaults } = place;
  const isActive = active.has(id);
  const isRoot = state?.parent === null;
  const kind = state?.kind ?? 'atomic';
  const names = classes('charts-state', `charts-${kind}`, {
    'charts-root': isRoot,
    'charts-on': isActive && !isRoot,
    'charts-picked': picked?.what === 'state' && picked.id === id,
  });
  const corner = kind === 'history' ? height / 2 : 8;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the list of states offers the same by keyboard
    <g class={names} data-state={id} onClick={() => onPick({ what: 'state', id })}>
      <rect x={x} y={y} width={width} height={height} rx={corner} />
      {kind === 'final' && (
        <rect
          class="charts-inner"
          x={x + 3}
          y={y + 3}
          width={width - 6}
          height={height - 6}
          rx={corner - 2}
        />
      )}
      {isActive && !isRoot && (
        <polygon class="charts-mark" points={`${x - 7},${y + 5} ${x + 6},${y + 12} ${x - 7},${y + 19}`} />
      )}
      {texts.map((text) => (
        <Words key={`${text.x} ${text.y} ${text.text}`} {...text} />
      ))}
      {headBottom !== null && <path class="charts-rule" d={`M${x},${headBottom} h${width}`} />}
      {defaults.map((points) => (
        <g key={roundedPath(points)} class="charts-initial">
          <path d={roundedPath(points)} />
          <polygon points={arrowHead(points)} />
        </g>
      ))}
      {initial !== null && (
        <g class="charts-initial">
          <circle cx={initial.dot.x} cy={initial.dot.y} r={4} />
          <path d={roundedPath(initial.path)} />
          <polygon points={arrowHead(initial.path)} />
          {initial.label?.texts.map((text) => (
            <Words key={text.text} {...text} />
          ))}
        </g>
      )}
    </g>
  );
}

function EdgeShape({
  place,
  edge,
  taken,
  now,
  counts,
  picked,
  onPick,
}: ChartProps & { readonly place: PlacedEdge; readonly edge: DiagramEdge | undefined }): ComponentChildren {
  const { id, paths, label } = place;
  const isTaken = taken.has(id);
  const count = counts?.get(id) ?? 0;
  const names = classes('charts-edge', `charts-${edge?.kind ?? 'event'}`, {
    'charts-taken': isTaken,
    'charts-now': isTaken && now,
    'charts-never': counts !== null && count === 0,
    'charts-covered': count > 0,
    'charts-inside': paths.length === 0,
    'charts-picked': picked?.what === 'edge' && picked.id === id,
  });
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the list of transitions offers the same by keyboard
    <g class={names} data-edge={id} onClick={() => onPick({ what: 'edge', id })}>
      {paths.map((points) => (
        <g key={roundedPath(points)}>
          <path class="charts-grip" d={roundedPath(points)} />
          <path class="charts-line" d={roundedPath(points)} />
          <polygon points={arrowHead(points, isTaken ? 1.5 : 1)} />
        </g>
      ))}
      {label !== null && (
        <g class="charts-label">
          <rect x={label.x - 3} y={label.y - 1} width={label.width + 6} height={label.height + 2} rx={4} />
          {label.texts.map((text) => (
            <Words key={`${text.y} ${text.text}`} {...text} />
          ))}
        </g>
      )}
      {counts !== null && label !== null && (
        <text class="charts-count" x={label.x + label.width + 5} y={label.y + 10}>
          {count === 0 ? 'never' : `×${count.toLocaleString('en')}`}
        </text>
      )}
    </g>
  );
}

/** Held to the width that was reckoned with, in whatever font there is. */
const Words = ({ x, y, text, role, width }: PlacedText): ComponentChildren => (
  <text
    class={`charts-text charts-${role}-text`}
    x={x}
    y={y}
    textLength={width}
    lengthAdjust="spacingAndGlyphs"
  >
    {text}
  </text>
);

/** Fixed names, and those whose condition is true. */
function classes(...names: readonly (string | Readonly<Record<string, boolean>>)[]): string {
  return names
    .flatMap((name) =>
      typeof name === 'string' ? [name] : Object.keys(name).filter((each) => name[each] === true),
    )
    .join(' ');
}
