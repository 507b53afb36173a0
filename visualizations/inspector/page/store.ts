/**
 * What the page shows, and every way to change it. Parts of the page read the state with `useStore` and
 * change nothing but through these methods.
 */
import type { HeaderLine, RecordingLine } from '../../../runtime/observe/recording/lines.js';
import type { LaidOutChart } from '../../diagrams/laid-out-chart.js';
import type { RecordingIndex } from '../model/recording-index.js';
import type { ActorKey, Filter } from '../model/types.js';

export type View = 'run' | 'progress' | 'compare';

/** A live run behind the page; null for a recording. */
export interface LiveState {
  readonly connected: boolean;
  /** Whether commands are taken. */
  readonly control: boolean;
  /** Faults that can be injected: embedded clusters only. */
  readonly faults: readonly string[];
  /** Latest answer to a command, in words. */
  readonly answer: string | null;
}

/** Moments that pass the filter. A new object whenever there are more. */
export interface Matches {
  /** Ascending, grows in place; null: all pass. */
  readonly moments: readonly number[] | null;
  readonly count: number;
  /** Moments that were looked at, from the first on: below the length, the search goes on. */
  readonly looked: number;
}

export interface PageState {
  /** Grows in place while live; `length` is part of the state so that parts notice. */
  readonly index: RecordingIndex;
  readonly length: number;
  /** Moments that were let go at the beginning, to bound the page's memory: moment i is the run's i + dropped. */
  readonly dropped: number;
  /** Moment; -1 is before everything. */
  readonly cursor: number;
  /** Live: the cursor stays at the newest moment. */
  readonly following: boolean;
  readonly playing: boolean;
  readonly charts: ReadonlyMap<string, LaidOutChart>;
  readonly view: View;
  readonly selected: ActorKey | null;
  readonly filter: Filter;
  readonly matches: Matches;
  /** The recording it is compared with. */
  readonly other: RecordingIndex | null;
  readonly live: LiveState | null;
  /** Share of a recording that has been read, from 0 to 1, while it is being read; null: nothing is. */
  readonly reading: number | null;
  /** What the user has to know, such as a file that is no recording. */
  readonly notice: string | null;
}

export type CommandName = 'pause' | 'start' | 'retry' | 'fault' | 'heal';

export interface Store {
  get(): PageState;
  /** @returns a function that ends it */
  subscribe(listener: () => void): () => void;
  /** A moment that is not there: the nearest that is. */
  goTo(moment: number): void;
  /** To the next or previous moment that passes the filter. */
  step(direction: 1 | -1): void;
  play(on: boolean): void;
  follow(on: boolean): void;
  show(view: View): void;
  select(actor: ActorKey | null): void;
  filter(change: Partial<Filter>): void;
  compareWith(other: RecordingIndex | null): void;
  notify(notice: string | null): void;
  /** Shows another recording, from its beginning. */
  open(header: HeaderLine, lines: readonly RecordingLine[]): void;
  /** Live and with permission only. */
  command(name: CommandName, args?: Readonly<Record<string, string>>): void;
}
