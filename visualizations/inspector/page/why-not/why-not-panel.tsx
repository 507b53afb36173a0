/** Each event that an actor could get now: what it would do, or which guard refuses it and why. */
import type { ComponentChildren } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { stateInWords } from '../../model/moments.js';
import { type EventAnswer, whyNot } from '../../model/why-not.js';
import { actorToShow } from '../charts/actor-to-show.js';
import { groupBy } from '../charts/group-by.js';
import { WaitingBanner } from '../charts/waiting.js';
import type { Store } from '../store.js';
import { useSettled } from '../use-settled.js';
import { useStore } from '../use-store.js';
import { Answer } from './answer.js';
import { Timers } from './timers.js';
import './why-not.css';

export function WhyNotPanel({ store }: { readonly store: Store }): ComponentChildren {
  const newest = useStore(store, (state) => state.index);
  const moment = useStore(store, (state) => state.cursor);
  const now = useMemo(() => ({ index: newest, cursor: moment }), [newest, moment]);
  const { index, cursor } = useSettled(now);
  const selected = useStore(store, (state) => state.selected);
  const [hidden, setHidden] = useState(true);
  const world = index.at(cursor);
  const actor = actorToShow(index, world, selected);
  const found = useMemo(() => (actor === null ? null : whyNot(index, cursor, actor)), [index, cursor, actor]);
  const state = actor === null ? undefined : world.actors.get(actor);
  if (found === null || state === undefined) {
    return (
      <p class="wn-empty">
        {actor === null
          ? 'No actor has begun yet.'
          : `${actor} has come to its end: nothing can happen to it.`}
      </p>
    );
  }
  const diagram = index.charts.get(found.chart);
  const { taken, refused, unknown, nothing } = byOutcome(found.events);
  const own = { diagram, state: stateInWords(state.state) };
  const moving = taken.filter(({ leadsTo }) => leadsTo !== own.state);
  const staying = taken.filter(({ leadsTo }) => leadsTo === own.state);
  return (
    <div class="wn-panel">
      <p class="wn-actor">
        <strong>{index.actor(found.actor)?.actor}</strong> of {index.actor(found.actor)?.process}
      </p>
      {diagram !== undefined && <WaitingBanner diagram={diagram} state={state} />}
      <Timers
        timers={found.timers}
        now={cursor < 0 ? 0 : (index.lines[cursor]?.at ?? 0)}
        inSteps={index.header.beganUs === null}
      />
      {found.note !== null && <p class="wn-note">{found.note}</p>}
      <Section title="Would move it" events={moving} {...own} />
      <Section title="Refused" events={refused} {...own} />
      <Section title="Taken, without moving it" events={staying} {...own} />
      <Section title={found.evaluated ? 'Not known' : 'Reacts to'} events={unknown} {...own} />
      {nothing.length > 0 && (
        <button type="button" aria-expanded={!hidden} onClick={() => setHidden(!hidden)}>
          {hidden ? '▸' : '▾'} {nothing.length} that no active state has a transition for
        </button>
      )}
      {!hidden && (
        <p class="wn-nothing">
          {[...groupBy(nothing, ({ type }) => type)].map(([type, list]) => (
            <code key={type}>
              {type}
              {list.length > 1 ? ` ×${list.length}` : ''}{' '}
            </code>
          ))}
        </p>
      )}
    </div>
  );
}

type Diagram = Parameters<typeof WaitingBanner>[0]['diagram'] | undefined;

interface SectionProps {
  readonly title: string;
  readonly events: readonly EventAnswer[];
  readonly diagram: Diagram;
  readonly state: string;
}

/** Cases of one type that come to the same are one entry. */
function Section({ title, events, diagram, state }: SectionProps): ComponentChildren {
  if (events.length === 0) return null;
  const groups = groupBy(events, ({ type, outcome, transitions, leadsTo }) =>
    JSON.stringify([type, outcome, leadsTo, transitions.map(({ edge, taken }) => [edge, taken])]),
  );
  return (
    <section class="wn-section">
      <h3>
        {title} <span class="wn-number">{groups.size}</span>
      </h3>
      <ul>
        {[...groups].map(([key, cases]) => (
          <li key={key}>
            <Answer cases={cases} diagram={diagram} state={state} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function byOutcome(events: readonly EventAnswer[]): Record<EventAnswer['outcome'], readonly EventAnswer[]> {
  const groups = groupBy(events, ({ outcome }) => outcome);
  const of = (outcome: EventAnswer['outcome']) => groups.get(outcome) ?? [];
  return { taken: of('taken'), refused: of('refused'), unknown: of('unknown'), nothing: of('nothing') };
}
