/** The charts of the actors at the cursor: one large, the others in a few words. */
import type { ComponentChildren } from 'preact';
import { useCallback, useMemo, useState } from 'preact/hooks';
import type { Box, LaidOutChart } from '../../../diagrams/laid-out-chart.js';
import { stateInWords } from '../../model/moments.js';
import type { RecordingIndex } from '../../model/recording-index.js';
import type { ActorInfo, ActorState, WorldState } from '../../model/types.js';
import type { Store } from '../store.js';
import { useStore } from '../use-store.js';
import { ActorCards } from './actor-cards.js';
import { actorToShow } from './actor-to-show.js';
import { ChartDrawing, type Picked } from './chart-svg.js';
import { Details, edgeInWords, short } from './details.js';
import { edgeCounts, edgeHistory } from './edge-history.js';
import { PanZoom, type PanZoomProps } from './pan-zoom.js';
import { around } from './view.js';
import { WaitingBanner } from './waiting.js';
import { spanInWords } from './words.js';
import './charts.css';

/** What is further apart is not shown together. */
const FOCUS_PX = 460;

export function ChartsLane({ store }: { readonly store: Store }): ComponentChildren {
  const index = useStore(store, (state) => state.index);
  const cursor = useStore(store, (state) => state.cursor);
  const selected = useStore(store, (state) => state.selected);
  const charts = useStore(store, (state) => state.charts);
  const world = useMemo(() => index.at(cursor), [index, cursor]);
  const actor = useMemo(() => actorToShow(index, world, selected), [index, world, selected]);
  const info = actor === null ? undefined : index.actor(actor);
  const state = actor === null ? undefined : world.actors.get(actor);
  return (
    <div class="charts-lane">
      {info === undefined || state === undefined ? (
        <p class="charts-empty">
          {index.actors.some(({ chart }) => chart !== null)
            ? 'No actor has begun yet. Step forward, or move the slider.'
            : 'This recording has no actor with a chart.'}
        </p>
      ) : (
        <ShownActor
          store={store}
          info={info}
          state={state}
          chart={charts.get(info.chart ?? '')}
          index={index}
          cursor={cursor}
          world={world}
        />
      )}
      <ActorCards index={index} world={world} shown={actor} onSelect={(key) => store.select(key)} />
    </div>
  );
}

const NOTHING_PICKED = { of: null, picked: null };

interface ShownProps {
  readonly store: Store;
  readonly info: ActorInfo;
  readonly state: ActorState;
  readonly chart: LaidOutChart | undefined;
  readonly index: RecordingIndex;
  readonly cursor: number;
  readonly world: WorldState;
}

function ShownActor({ store, info, state, chart, index, cursor, world }: ShownProps): ComponentChildren {
  const [pick, setPick] = useState<{ readonly of: string | null; readonly picked: Picked }>(NOTHING_PICKED);
  // Of another chart nothing is picked. The place of the drawing stays, so that it is not measured anew.
  const picked = pick.of === info.chart ? pick.picked : null;
  const setPicked = useCallback((next: Picked) => setPick({ of: info.chart, picked: next }), [info.chart]);
  const [covered, setCovered] = useState(false);
  const length = useStore(store, (all) => all.length);
  const selected = useStore(store, (all) => all.selected);
  // The index grows in place, which `length` tells.
  const history = useMemo(() => edgeHistory(index, info.key), [index, info.key, length]);
  const counts = useMemo(
    () => (covered ? edgeCounts(index, info.chart ?? '') : null),
    [covered, index, info.chart, length],
  );
  const inSteps = index.header.beganUs === null;
  const now = cursor < 0 ? 0 : index.moment(cursor).at;
  const isNow = state.lastStep === world.moment;
  // Most steps are somebody else's, and the same drawing is not compared anew.
  const drawing = useMemo(
    () =>
      chart !== undefined && (
        <ChartDrawing
          chart={chart}
          active={new Set(state.active)}
          taken={new Set(state.lastEdges)}
          now={isNow}
          counts={counts}
          picked={picked}
          onPick={setPicked}
        />
      ),
    [chart, state.active, state.lastEdges, isNow, counts, picked, setPicked],
  );
  const diagram = chart?.diagram ?? index.charts.get(info.chart ?? '');
  return (
    <>
      <header class="charts-head">
        <h2 title={info.key}>
          {info.actor} <span class="charts-process">{info.process}</span>
        </h2>
        <p class="charts-status">
          <span class={`charts-dot charts-${state.alive ? 'alive' : 'ended'}`} aria-hidden="true" />
          {stateInWords(state.state)}
          {state.alive
            ? ` for ${spanInWords(Math.max(0, now - state.sinceAt), inSteps)}`
            : ` · ${ended(state)}`}
        </p>
        <div class="charts-tools">
          {selected !== null && (
            <button type="button" onClick={() => store.select(null)} title="Show whoever acts">
              Follow acting
            </button>
          )}
          {diagram !== undefined && <PickList diagram={diagram} picked={picked} onPick={setPicked} />}
          <button
            type="button"
            aria-pressed={covered}
            title="How often each transition was taken in this recording, by all actors of this chart"
            onClick={() => setCovered(!covered)}
          >
            Coverage
          </button>
        </div>
      </header>
      {diagram !== undefined && state.alive && <WaitingBanner diagram={diagram} state={state} />}
      <div class="charts-main">
        {chart === undefined ? (
          <p class="charts-empty">The drawing of chart {info.chart} is not there yet.</p>
        ) : (
          <PanZoom
            width={chart.width}
            height={chart.height}
            focus={placeOf(chart, picked) ?? focusOf(chart, state)}
            map={mapOf(chart, state)}
            label={`Chart ${chart.diagram.id} of ${info.actor}, active: ${activeInWords(state, chart)}`}
          >
            {drawing}
          </PanZoom>
        )}
        {picked !== null && diagram !== undefined && (
          <Details
            diagram={diagram}
            picked={picked}
            history={history}
            cursor={cursor}
            onPick={setPicked}
            onGo={(moment) => store.goTo(moment)}
          />
        )}
      </div>
    </>
  );
}

/** Of what was picked; null: nothing was, or it has no place of its own. */
function placeOf({ states, edges }: LaidOutChart, picked: Picked): Box | null {
  if (picked === null) return null;
  if (picked.what === 'state') return states.find(({ id }) => id === picked.id) ?? null;
  return edges.find(({ id }) => id === picked.id)?.label ?? null;
}

/** The innermost active states, and what was taken last where both can be seen together. */
function focusOf({ diagram, states, edges }: LaidOutChart, { active, lastEdges }: ActorState): Box | null {
  const outer = new Set(diagram.states.filter(({ id }) => active.includes(id)).map(({ parent }) => parent));
  const leaves = states.filter(({ id }) => active.includes(id) && !outer.has(id));
  const labels = edges.flatMap(({ id, label }) => (label !== null && lastEdges.includes(id) ? [label] : []));
  const ends = new Set(
    diagram.edges
      .filter(({ id }) => lastEdges.includes(id))
      .flatMap(({ source, targets }) => [source, ...targets]),
  );
  // Regions of a parallel state can lie far apart: then the one that moved last matters.
  const moved = leaves.filter(({ id }) => ends.has(id));
  const choices = [[...leaves, ...labels], leaves, [...moved, ...labels], moved, leaves.slice(0, 1)];
  return around(choices.find((boxes) => boxes.length > 0 && isCompact(around(boxes))) ?? leaves.slice(0, 1));
}

const isCompact = (box: Box | null): boolean => box !== null && box.width < FOCUS_PX && box.height < FOCUS_PX;

const mapOf = ({ states, diagram }: LaidOutChart, { active }: ActorState): PanZoomProps['map'] =>
  states
    .filter(({ id }) => id !== diagram.id)
    .map(({ id, x, y, width, height }) => ({
      x,
      y,
      width,
      height,
      on:
        active.at(-1) === id || (active.includes(id) && !active.some((other) => other.startsWith(`${id}.`))),
    }));

const ended = ({ status }: ActorState): string =>
  status === 'done' ? 'done' : status === 'error' ? 'ended with an error' : 'stopped';

const activeInWords = (state: ActorState, { diagram }: LaidOutChart): string =>
  state.active
    .filter((id) => id !== diagram.id)
    .map((id) => short(id, diagram))
    .join(', ') || 'nothing';

/** The same as clicking into the drawing, by keyboard and by name. */
function PickList({
  diagram,
  picked,
  onPick,
}: {
  readonly diagram: LaidOutChart['diagram'];
  readonly picked: Picked;
  readonly onPick: (picked: Picked) => void;
}): ComponentChildren {
  return (
    <select
      aria-label="State or transition to look at"
      class="charts-pick"
      value={picked === null ? '' : `${picked.what} ${picked.id}`}
      onChange={({ currentTarget: { value } }) => {
        const what = value.startsWith('edge ') ? 'edge' : 'state';
        onPick(value === '' ? null : { what, id: value.slice(what.length + 1) });
      }}
    >
      <option value="">Look at…</option>
      <optgroup label="States">
        {diagram.states.map(({ id }) => (
          <option key={id} value={`state ${id}`}>
            {short(id, diagram)}
          </option>
        ))}
      </optgroup>
      <optgroup label="Transitions">
        {diagram.edges.map((edge) => (
          <option key={edge.id} value={`edge ${edge.id}`}>
            {`${short(edge.source, diagram)}: ${edgeInWords(edge, diagram)}`}
          </option>
        ))}
      </optgroup>
    </select>
  );
}
