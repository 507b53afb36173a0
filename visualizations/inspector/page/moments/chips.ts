import type { Filter } from '../../model/types.js';

export interface Chip {
  readonly what: 'actor' | 'process' | 'kind' | 'partition';
  readonly value: string;
  /** What is left of its field when it is removed. */
  readonly without: Partial<Filter>;
}

/** What a filter lets through besides its words, piece by piece. */
export function chipsOf({ actors, processes, kinds, partitions }: Filter): Chip[] {
  return [
    ...processes.map(
      (value): Chip => ({ what: 'process', value, without: { processes: less(processes, value) } }),
    ),
    ...actors.map((value): Chip => ({ what: 'actor', value, without: { actors: less(actors, value) } })),
    ...kinds.map((value): Chip => ({ what: 'kind', value, without: { kinds: less(kinds, value) } })),
    ...partitions.map(
      (value): Chip => ({
        what: 'partition',
        value: `${value}`,
        without: { partitions: less(partitions, value) },
      }),
    ),
  ];
}

/** Once is enough. */
export function more<T>(list: readonly T[], value: T): readonly T[] {
  return list.includes(value) ? list : [...list, value];
}

function less<T>(list: readonly T[], value: T): readonly T[] {
  return list.filter((each) => each !== value);
}
