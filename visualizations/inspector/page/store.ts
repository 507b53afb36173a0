/**
 * What the page shows, and every way to change it. Parts of the page read the state with `useStore` and
 * change nothing but through these methods.
 */
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

export interface PageState {
  /** Grows in place while live; `length` is part of the state so that parts notice. */
  readonly index: RecordingIndex;
  readonly length: number;
  /** Moment. */
  readonly cursor: number;
  /** Live: the cursor stays at the newest moment. */
  readonly following: boolean;
  readonly playing: boolean;
  readonly charts: ReadonlyMap<string, LaidOutChart>;
  readonly view: View;
  readonly selected: ActorKey | null;
  readonly filter: Filter;
  /** The recording it is compared with. */
  readonly other: RecordingIndex | null;
  readonly live: LiveState | null;
}

export interface Store {
  get(): PageState;
  /** @returns a function that ends it */
  subscribe(listener: () => void): () => void;
  goTo(moment: number): void;
  /** To the next or previous moment that passes the filter. */
  step(direction: 1 | -1): void;
  play(on: boolean): void;
  follow(on: boolean): void;
  show(view: View): void;
  select(actor: ActorKey | null): void;
  filter(change: Partial<Filter>): void;
  compareWith(other: RecordingIndex | null): void;
  /** Live and with permission only. */
  command(name: 'pause' | 'start' | 'retry' | 'fault' | 'heal', args?: Readonly<Record<string, string>>): void;
}
