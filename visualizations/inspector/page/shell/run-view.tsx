/** Charts, messages and differences at one cursor: side by side where there is room, else one at a time. */
import { useState } from 'preact/hooks';
import { ActorTree } from '../actors/actor-tree.js';
import { ChartsLane } from '../charts/charts-lane.js';
import { DifferenceLane } from '../difference/difference-lane.js';
import { MomentList } from '../moments/moment-list.js';
import { SpaceTimeLane } from '../space-time/space-time-lane.js';
import type { Store } from '../store.js';
import { WhyNotPanel } from '../why-not/why-not-panel.js';
import { keep, kept } from './kept.js';
import { Pane } from './pane.js';
import { Splitter } from './splitter.js';
import { Tabs } from './tabs.js';
import { useMedia } from './use-media.js';
import './run-view.css';

interface Sizes {
  /** Pixels. */
  readonly side: number;
  readonly messages: number;
  readonly difference: number;
  /** Percent of the height. */
  readonly tree: number;
  readonly change: number;
}

const BEGIN: Sizes = { side: 232, messages: 304, difference: 272, tree: 36, change: 52 };
const LEAST = 140;

export function RunView({ store }: { readonly store: Store }) {
  const roomy = useMedia('(min-width: 1000px)');
  return roomy ? <SideBySide store={store} /> : <OneAtATime store={store} />;
}

function OneAtATime({ store }: { readonly store: Store }) {
  return (
    <Tabs
      label="Lanes"
      tabs={[
        { id: 'moments', title: 'Moments', show: () => <MomentList store={store} /> },
        { id: 'actors', title: 'Actors', show: () => <ActorTree store={store} /> },
        { id: 'charts', title: 'Charts', show: () => <ChartsLane store={store} /> },
        { id: 'messages', title: 'Messages', show: () => <SpaceTimeLane store={store} /> },
        { id: 'change', title: 'Change', show: () => <DifferenceLane store={store} /> },
        { id: 'why-not', title: 'Why not', show: () => <WhyNotPanel store={store} /> },
      ]}
    />
  );
}

function SideBySide({ store }: { readonly store: Store }) {
  const [sizes, setSizes] = useState(readSizes);
  const change = (next: Partial<Sizes>): void => {
    const all = { ...sizes, ...next };
    setSizes(all);
    keep('sizes', JSON.stringify(all));
  };
  const pixels = (size: number): number => Math.max(LEAST, Math.min(size, innerWidth - 4 * LEAST));
  const percent = (size: number): number => Math.max(12, Math.min(size, 88));
  const share = (size: number): number => (100 * size) / innerWidth;
  return (
    <div
      class="run"
      style={{
        gridTemplateColumns: `${sizes.side}px 1px minmax(0, 1fr) 1px ${sizes.messages}px 1px ${sizes.difference}px`,
      }}
    >
      <div class="run-stack" style={{ gridTemplateRows: `${sizes.tree}% 1px minmax(0, 1fr)` }}>
        <Pane title="Actors">
          <ActorTree store={store} />
        </Pane>
        <Splitter
          label="actors"
          direction="column"
          value={sizes.tree}
          onMove={(by) => change({ tree: percent(sizes.tree + (100 * by) / innerHeight) })}
        />
        <Pane title="Moments">
          <MomentList store={store} />
        </Pane>
      </div>
      <Splitter
        label="actors and moments"
        direction="row"
        value={share(sizes.side)}
        onMove={(by) => change({ side: pixels(sizes.side + by) })}
      />
      <Pane title="Charts">
        <ChartsLane store={store} />
      </Pane>
      <Splitter
        label="charts"
        direction="row"
        value={100 - share(sizes.messages + sizes.difference)}
        onMove={(by) => change({ messages: pixels(sizes.messages - by) })}
      />
      <Pane title="Messages">
        <SpaceTimeLane store={store} />
      </Pane>
      <Splitter
        label="messages"
        direction="row"
        value={100 - share(sizes.difference)}
        onMove={(by) =>
          change({ messages: pixels(sizes.messages + by), difference: pixels(sizes.difference - by) })
        }
      />
      <div class="run-stack" style={{ gridTemplateRows: `${sizes.change}% 1px minmax(0, 1fr)` }}>
        <Pane title="What changed">
          <DifferenceLane store={store} />
        </Pane>
        <Splitter
          label="what changed"
          direction="column"
          value={sizes.change}
          onMove={(by) => change({ change: percent(sizes.change + (100 * by) / innerHeight) })}
        />
        <Pane title="Why not">
          <WhyNotPanel store={store} />
        </Pane>
      </div>
    </div>
  );
}

function readSizes(): Sizes {
  const sizes = { ...BEGIN };
  try {
    const before: unknown = JSON.parse(kept('sizes') ?? '{}');
    for (const name of Object.keys(BEGIN) as (keyof Sizes)[]) {
      const size = (before as Partial<Record<keyof Sizes, unknown>>)[name];
      if (typeof size === 'number' && size > 0) Object.assign(sizes, { [name]: size });
    }
  } catch {
    // Kept by another version: the sizes begin anew.
  }
  // Sizes of a larger window must not push the charts out of this one.
  const room = innerWidth - LEAST;
  return sizes.side + sizes.messages + sizes.difference > room ? BEGIN : sizes;
}
