import { useState } from 'preact/hooks';
import type { RecordingIndex } from '../../model/recording-index.js';
import type { Filter } from '../../model/types.js';
import type { Store } from '../store.js';
import { more } from './chips.js';
import { kindsOf } from './kinds.js';

type Field = 'processes' | 'actors' | 'kinds' | 'partitions';

/** Longer lists are narrowed down by words. */
const MOST_OPTIONS = 300;

const TITLES: Readonly<Record<Field, string>> = {
  processes: 'Process',
  kinds: 'Message or event',
  partitions: 'Partition',
  actors: 'Actor',
};

/** Everything a moment can be picked by, in one menu. */
export function AddFilter({ store }: { readonly store: Store }) {
  // What there is to pick from is gathered when somebody wants to pick.
  const [options, setOptions] = useState<Readonly<Record<Field, readonly string[]>> | null>(null);
  return (
    <select
      class="filter-add"
      aria-label="Only moments of"
      value=""
      onFocus={() => setOptions(optionsOf(store.get().index))}
      onPointerDown={() => setOptions(optionsOf(store.get().index))}
      onChange={(event) => {
        const [field, value] = split(event.currentTarget.value);
        event.currentTarget.value = '';
        store.filter(added(store.get().filter, field, value));
      }}
    >
      <option value="">Only…</option>
      {options !== null &&
        (Object.keys(TITLES) as Field[]).map((field) => (
          <optgroup key={field} label={TITLES[field]}>
            {options[field].map((value) => (
              <option key={value} value={`${field} ${value}`}>
                {value}
              </option>
            ))}
          </optgroup>
        ))}
    </select>
  );
}

function optionsOf(index: RecordingIndex): Readonly<Record<Field, readonly string[]>> {
  const partitions = new Set<number>();
  for (const { partition } of index.actors) if (partition !== null) partitions.add(partition);
  const sorted = [...partitions].sort((a, b) => a - b);
  return {
    processes: index.processes.map(({ name }) => name).slice(0, MOST_OPTIONS),
    kinds: kindsOf(index).slice(0, MOST_OPTIONS),
    partitions: sorted.map(String).slice(0, MOST_OPTIONS),
    actors: index.actors.map(({ key }) => key).slice(0, MOST_OPTIONS),
  };
}

function split(text: string): readonly [Field, string] {
  const space = text.indexOf(' ');
  return [text.slice(0, space) as Field, text.slice(space + 1)];
}

function added(filter: Filter, field: Field, value: string): Partial<Filter> {
  if (field === 'partitions') return { partitions: more(filter.partitions, Number(value)) };
  return { [field]: more(filter[field], value) };
}
