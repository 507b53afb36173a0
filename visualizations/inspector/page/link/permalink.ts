/** What is shown, as the part of the address behind `#`, and back. */
import { NO_FILTER } from '../../model/filter.js';
import type { Filter } from '../../model/types.js';
import type { PageState, View } from '../store.js';

export interface LinkedState {
  /** Of the run, from 0; null: the newest, or as it is. */
  readonly moment: number | null;
  readonly view: View;
  readonly selected: string | null;
  readonly filter: Filter;
}

const VIEWS: readonly View[] = ['run', 'progress', 'compare'];

/** @example writeLink(state) // '#m=123&actor=east+meta%2Fduplication%2F1&q=CREATE' */
export function writeLink({ cursor, dropped, following, view, selected, filter }: PageState): string {
  const link = new URLSearchParams();
  if (!following && cursor >= 0) link.set('m', String(cursor + dropped));
  if (view !== 'run') link.set('view', view);
  if (selected !== null) link.set('actor', selected);
  if (filter.text !== '') link.set('q', filter.text);
  for (const actor of filter.actors) link.append('of', actor);
  for (const process of filter.processes) link.append('process', process);
  for (const kind of filter.kinds) link.append('kind', kind);
  for (const partition of filter.partitions) link.append('partition', String(partition));
  if (filter.hideRoutine) link.set('routine', 'hidden');
  const text = link.toString();
  return text === '' ? '' : `#${text}`;
}

/** What it does not understand it leaves out: links grow old. */
export function readLink(hash: string): LinkedState {
  const link = new URLSearchParams(hash.replace(/^#/, ''));
  const moment = Number(link.get('m') ?? Number.NaN);
  const view = VIEWS.find((name) => name === link.get('view'));
  return {
    moment: Number.isSafeInteger(moment) && moment >= 0 ? moment : null,
    view: view ?? 'run',
    selected: link.get('actor'),
    filter: {
      ...NO_FILTER,
      text: link.get('q') ?? '',
      actors: link.getAll('of'),
      processes: link.getAll('process'),
      kinds: link.getAll('kind'),
      partitions: link.getAll('partition').map(Number).filter(Number.isSafeInteger),
      hideRoutine: link.get('routine') === 'hidden',
    },
  };
}
