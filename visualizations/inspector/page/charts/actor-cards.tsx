/**
 * Every living actor in a few words, by process. Actors of one chart that are many, such as partitions, are
 * counted by state: a thousand of them take one line.
 */
import type { ComponentChildren } from 'preact';
import { stateInWords } from '../../model/moments.js';
import type { RecordingIndex } from '../../model/recording-index.js';
import type { ActorKey, WorldState } from '../../model/types.js';
import { inOrder } from '../space-time/process-order.js';
import { type Living, livingCharts } from './actor-to-show.js';
import { groupBy } from './group-by.js';
import './cards.css';

/** From so many on, actors of one chart in one process are counted instead of listed. */
const COUNT_FROM = 5;
/** Different states of one chart that are told apart; the rest is one number. */
const MAX_STATES = 8;

interface CardsProps {
  readonly index: RecordingIndex;
  readonly world: WorldState;
  readonly shown: ActorKey | null;
  readonly onSelect: (actor: ActorKey) => void;
}

export function ActorCards({ index, world, shown, onSelect }: CardsProps): ComponentChildren {
  const byProcess = groupBy(livingCharts(index, world), ({ info }) => info.process);
  if (byProcess.size === 0) return null;
  return (
    <div class="charts-cards">
      {inOrder(index.processes).map(({ name }) => {
        const living = byProcess.get(name);
        if (living === undefined) return null;
        return (
          <section key={name} aria-label={name}>
            <h3>{name}</h3>
            {[...groupBy(living, ({ info }) => info.chart ?? '')].map(([chart, actors]) =>
              actors.length < COUNT_FROM ? (
                actors.map((actor) => (
                  <Card
                    key={actor.info.key}
                    {...actor}
                    shown={shown}
                    now={world.moment}
                    onSelect={onSelect}
                  />
                ))
              ) : (
                <CountedCard key={chart} chart={chart} actors={actors} shown={shown} onSelect={onSelect} />
              ),
            )}
          </section>
        );
      })}
    </div>
  );
}

function Card({
  info,
  state,
  shown,
  now,
  onSelect,
}: Living & {
  readonly shown: ActorKey | null;
  readonly now: number;
  readonly onSelect: (actor: ActorKey) => void;
}): ComponentChildren {
  return (
    <button
      type="button"
      class={`charts-card${state.lastStep === now ? ' charts-acting' : ''}`}
      aria-pressed={info.key === shown}
      onClick={() => onSelect(info.key)}
    >
      <span class="charts-name">
        {state.lastStep === now && <span title="acts now">▸ </span>}
        {info.actor}
        {info.partition !== null && !info.actor.includes(String(info.partition)) && ` p${info.partition}`}
      </span>
      <span class="charts-in">{stateInWords(state.state)}</span>
    </button>
  );
}

function CountedCard({
  chart,
  actors,
  shown,
  onSelect,
}: {
  readonly chart: string;
  readonly actors: readonly Living[];
  readonly shown: ActorKey | null;
  readonly onSelect: (actor: ActorKey) => void;
}): ComponentChildren {
  const groups = [...groupBy(actors, ({ state }) => stateInWords(state.state))].sort(
    ([, a], [, b]) => b.length - a.length,
  );
  const told = groups.slice(0, MAX_STATES);
  const rest = groups.slice(MAX_STATES).reduce((sum, [, group]) => sum + group.length, 0);
  return (
    <div class="charts-counted">
      <span class="charts-name">
        {chart} ×{actors.length.toLocaleString('en')}
      </span>
      {told.map(([words, group]) => {
        const at = group.findIndex(({ info }) => info.key === shown);
        const next = group[(at + 1) % group.length]!.info;
        return (
          <button
            key={words}
            type="button"
            aria-pressed={at >= 0}
            title={`Show ${next.actor}`}
            onClick={() => onSelect(next.key)}
          >
            {words} <b>{group.length.toLocaleString('en')}</b>
          </button>
        );
      })}
      {rest > 0 && <span class="charts-rest">other states {rest.toLocaleString('en')}</span>}
    </div>
  );
}
