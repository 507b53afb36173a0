/** The heads of the lanes, with what folds and unfolds them. Stays in sight while the drawing scrolls. */
import type { ComponentChildren } from 'preact';
import type { Lane } from './lanes.js';

/** From here on there is room for a sign beside the title. */
const ROOMY_PX = 84;

interface LaneHeaderProps {
  readonly lanes: readonly Lane[];
  readonly gutter: number;
  readonly laneWidth: number;
  readonly folded: ReadonlySet<string>;
  readonly unfolded: ReadonlySet<string>;
  /** Processes that are down at the cursor. */
  readonly down: ReadonlySet<string>;
  readonly onFold: (cluster: string) => void;
  readonly onUnfold: (process: string) => void;
}

export function LaneHeader(props: LaneHeaderProps): ComponentChildren {
  const { lanes, gutter, laneWidth, folded, onFold } = props;
  return (
    <div class="st-head" style={{ width: `${gutter + lanes.length * laneWidth}px` }}>
      <div class="st-corner" style={{ width: `${gutter}px` }} />
      {groups(lanes).map(({ cluster, list }) => (
        <div class="st-cluster" key={list[0]?.key} style={{ width: `${list.length * laneWidth}px` }}>
          {cluster === null ? (
            <span class="st-cluster-name" />
          ) : (
            <button
              type="button"
              class="st-cluster-name"
              aria-expanded={!folded.has(cluster)}
              title={folded.has(cluster) ? `Show the processes of ${cluster}` : `Draw ${cluster} as one lane`}
              onClick={() => onFold(cluster)}
            >
              {folded.has(cluster) ? '▸' : '▾'} {cluster}
            </button>
          )}
          <div class="st-titles">
            {list.map((lane) => (
              <LaneTitle key={lane.key} {...props} lane={lane} />
            ))}
          </div>
        </div>
      ))}
    </div>
  );
}

function LaneTitle({ lane, laneWidth, unfolded, down, onUnfold }: LaneHeaderProps & { readonly lane: Lane }) {
  const { key, what, title, actors, colour } = lane;
  const isDown = what === 'process' && down.has(key);
  const words = (
    <>
      {title[1]}
      {isDown && <span class="st-down"> ✕ down</span>}
    </>
  );
  const names = `st-title st-title-${what} st-lane${colour}`;
  if (what !== 'process' || actors === 0) {
    return (
      <span class={names} style={{ width: `${laneWidth}px` }} title={key}>
        {words}
      </span>
    );
  }
  const open = unfolded.has(key);
  return (
    <button
      type="button"
      class={names}
      style={{ width: `${laneWidth}px` }}
      aria-expanded={open}
      title={`${key}: ${open ? 'hide' : 'show'} its ${actors} chart${actors === 1 ? '' : 's'} as lanes`}
      onClick={() => onUnfold(key)}
    >
      {laneWidth >= ROOMY_PX && (open ? '− ' : '+ ')}
      {words}
    </button>
  );
}

/** Neighbours of one cluster. */
function groups(lanes: readonly Lane[]): { readonly cluster: string | null; readonly list: Lane[] }[] {
  const found: { cluster: string | null; list: Lane[] }[] = [];
  for (const lane of lanes) {
    const last = found.at(-1);
    if (last !== undefined && last.cluster === lane.cluster) last.list.push(lane);
    else found.push({ cluster: lane.cluster, list: [lane] });
  }
  return found;
}
