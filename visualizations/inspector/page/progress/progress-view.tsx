/** How far each duplication is at the cursor: stages, lag, what it waits for, and the command to type next. */
import { useMemo } from 'preact/hooks';
import { type DuplicationProgress, progressAt } from '../../model/progress.js';
import type { RecordingIndex } from '../../model/recording-index.js';
import type { Store } from '../store.js';
import { useStore } from '../use-store.js';
import { HeatMap } from './heat-map.js';
import { LagLine } from './lag-line.js';
import { NextCommand } from './next-command.js';
import { StageTable } from './stage-table.js';
import { inUnits, type Units } from './units.js';
import { Waiting } from './waiting.js';
import './progress.css';

export function ProgressView({ store }: { store: Store }) {
  const index = useStore(store, (state) => state.index);
  const length = useStore(store, (state) => state.length);
  const cursor = useStore(store, (state) => state.cursor);
  // A run that goes on grows in place, so its length counts too.
  const all = useMemo(() => progressAt(index, cursor), [index, length, cursor]);
  if (all.length === 0) {
    return (
      <section class="progress-view" aria-label="Progress">
        <p class="progress-none">Up to here no duplication has told anything. Move the cursor on.</p>
      </section>
    );
  }
  const at = cursor < 0 ? 0 : index.moment(cursor).at;
  return (
    <section class="progress-view" aria-label="Progress">
      {all.map((progress) => (
        <Duplication key={progress.key} store={store} progress={progress} at={at} index={index} />
      ))}
    </section>
  );
}

interface DuplicationProps {
  readonly store: Store;
  readonly index: RecordingIndex;
  readonly progress: DuplicationProgress;
  readonly at: number;
}

function Duplication({ store, index, progress, at }: DuplicationProps) {
  const { key, status, explanation, stages, lag, movedAt, partitions } = progress;
  const units = inUnits(index.header);
  const lagDecrees = lag.at(-1)?.lagDecrees ?? null;
  const mood = explanation?.blocked ? 'BLOCKED' : explanation?.stuck != null ? 'STUCK' : null;
  return (
    <article class="progress-one">
      <header class="progress-head">
        <h2>{key}</h2>
        <span class="progress-status">{status}</span>
        {mood !== null && <span class="progress-mood">! {mood}</span>}
      </header>
      {explanation !== null && <NextCommand command={explanation.next} />}
      <dl class="progress-facts">
        <Fact name="lag now" value={lagDecrees === null ? 'not told' : `${lagDecrees} mutations`} />
        <Fact name="last progress" value={agoInWords(units, at, movedAt)} />
        {explanation !== null && (
          <>
            <Fact
              name="prepared / ready"
              value={`${told(explanation.progress.prepared)} / ${told(explanation.progress.ready)} of ${explanation.progress.partitionCount}`}
            />
            <Fact name="slowest partition" value={slowest(explanation.progress)} />
          </>
        )}
      </dl>
      <StageTable stages={stages} units={units} at={at} />
      <LagLine points={lag} units={units} at={at} />
      {explanation !== null && <Waiting explanation={explanation} header={index.header} at={at} />}
      <HeatMap store={store} partitions={partitions} />
    </article>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div class="progress-fact">
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

const told = (count: number): string => (count < 0 ? '?' : String(count));

function agoInWords(units: Units, at: number, movedAt: number | null): string {
  return movedAt === null ? 'none yet' : `${units.duration(at - movedAt)} ago`;
}

interface Counts {
  readonly confirmed: readonly number[];
  readonly lastCommitted: readonly number[];
}

/** The partition that is furthest behind, if both ends are told. */
function slowest({ confirmed, lastCommitted }: Counts): string {
  let worst = { partition: -1, behind: 0 };
  for (const [partition, decree] of confirmed.entries()) {
    const committed = lastCommitted[partition] ?? -1;
    if (decree < 0 || committed < 0) continue;
    if (committed - decree > worst.behind) worst = { partition, behind: committed - decree };
  }
  return worst.partition < 0 ? 'none is behind' : `partition ${worst.partition}, ${worst.behind} behind`;
}
