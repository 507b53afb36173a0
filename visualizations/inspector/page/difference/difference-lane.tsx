/** What happened at the cursor, and what it changed. */
import type { Moment } from '../../model/types.js';
import { clockText, timeText } from '../format.js';
import { more } from '../moments/chips.js';
import type { Store } from '../store.js';
import { useStore } from '../use-store.js';
import { LineFacts } from './line-facts.js';
import './difference.css';

export function DifferenceLane({ store }: { readonly store: Store }) {
  const index = useStore(store, (state) => state.index);
  const cursor = useStore(store, (state) => state.cursor);
  if (cursor < 0 || cursor >= index.length) {
    return <p class="diff-empty">Nothing has happened before the first moment.</p>;
  }
  const moment = index.moment(cursor);
  return (
    <article class="diff" aria-label="What changed">
      <h3 class="diff-title">{moment.summary}</h3>
      <p class="diff-when">
        {timeText(index.header, moment.at)}
        {clockText(index.header, moment.at) !== null && `, ${clockText(index.header, moment.at)}`}
      </p>
      <Whose store={store} moment={moment} />
      <LineFacts key={cursor} store={store} index={index} moment={moment} />
    </article>
  );
}

/** Whom it is about; each leads to more of the same. */
function Whose({ store, moment }: { readonly store: Store; readonly moment: Moment }) {
  const { actor, process, partition } = moment;
  const filter = useStore(store, (state) => state.filter);
  return (
    <p class="diff-whose">
      {process !== null && (
        <button
          type="button"
          title={`Only moments of ${process}`}
          onClick={() => store.filter({ processes: more(filter.processes, process) })}
        >
          {process}
        </button>
      )}
      {actor !== null && (
        <button type="button" title="Select this actor" onClick={() => store.select(actor)}>
          {actor.slice((process?.length ?? -1) + 1)}
        </button>
      )}
      {partition !== null && (
        <button
          type="button"
          title={`Only moments of partition ${partition}`}
          onClick={() => store.filter({ partitions: more(filter.partitions, partition) })}
        >
          partition {partition}
        </button>
      )}
    </p>
  );
}
