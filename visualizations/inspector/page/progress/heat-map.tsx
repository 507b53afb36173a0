/** One cell for each partition, for hundreds of them. A cell chosen filters the run by its partition. */
import { useState } from 'preact/hooks';
import type { PartitionState } from '../../../../runtime/observe/recording/lines.js';
import { type Cell, heatCells, heatCounts } from '../../model/heat.js';
import type { Store } from '../store.js';
import { useStore } from '../use-store.js';

const COLUMNS = 16;

export function HeatMap({ store, partitions }: { store: Store; partitions: readonly PartitionState[] }) {
  const chosen = useStore(store, (state) => state.filter.partitions);
  const [at, setAt] = useState(0);
  const cells = heatCells(partitions);
  if (cells.length === 0) return null;
  const current = cells[Math.min(at, cells.length - 1)]!;

  const choose = ({ partition }: Cell) => {
    const on = chosen.includes(partition);
    store.filter({ partitions: on ? chosen.filter((each) => each !== partition) : [...chosen, partition] });
  };
  const onKey = (event: KeyboardEvent) => {
    const steps: Record<string, number> = {
      ArrowRight: 1,
      ArrowLeft: -1,
      ArrowDown: COLUMNS,
      ArrowUp: -COLUMNS,
    };
    const by = steps[event.key];
    if (by === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const next = Math.max(0, Math.min(cells.length - 1, at + by));
    setAt(next);
    const { currentTarget } = event;
    if (currentTarget instanceof HTMLElement) currentTarget.querySelectorAll('button')[next]?.focus();
  };

  return (
    <section class="heat" aria-label="Partitions">
      <h3>Partitions</h3>
      <ul class="heat-counts">
        {heatCounts(cells).map(({ heat, letter, count }) => (
          <li key={heat}>
            <span class={`heat-sample heat-${heat}`} aria-hidden="true">
              {letter}
            </span>
            {count} {heat}
          </li>
        ))}
      </ul>
      {/* biome-ignore lint/a11y/useSemanticElements: a group of buttons with arrow keys is no field set */}
      <div class="heat-cells" role="group" aria-label="One button for each partition" onKeyDown={onKey}>
        {cells.map((cell, i) => (
          <button
            key={cell.partition}
            type="button"
            class={`heat-cell heat-${cell.heat}`}
            aria-label={cell.words}
            aria-pressed={chosen.includes(cell.partition)}
            title={cell.words}
            tabIndex={i === Math.min(at, cells.length - 1) ? 0 : -1}
            onFocus={() => setAt(i)}
            onClick={() => choose(cell)}
          >
            {cell.letter}
          </button>
        ))}
      </div>
      <p class="heat-words" role="status">
        {current.words}
      </p>
    </section>
  );
}
