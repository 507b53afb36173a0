/** The store behind the page. Transport, permalinks and files feed it; parts of the page see `Store` only. */
import type { HeaderLine, RecordingLine } from '../../../runtime/observe/recording/lines.js';
import type { LaidOutChart } from '../../diagrams/laid-out-chart.js';
import { RecordingIndex } from '../model/recording-index.js';
import type { ActorKey, Filter } from '../model/types.js';
import { forgetOldest, MOST_MOMENTS } from './forget-oldest.js';
import { MatchScan } from './match-scan.js';
import type { CommandName, LiveState, PageState, Store, View } from './store.js';

export const EMPTY_FILTER: Filter = {
  text: '',
  actors: [],
  processes: [],
  kinds: [],
  partitions: [],
  hideRoutine: false,
};

type Sender = (name: CommandName, args: Readonly<Record<string, string>>) => void;

export interface StoreOptions {
  readonly header: HeaderLine;
  readonly charts?: readonly LaidOutChart[];
  /** Most moments that are kept; beyond it the oldest go. */
  readonly mostMoments?: number;
}

export class PageStore implements Store {
  #state: PageState;
  readonly #listeners = new Set<() => void>();
  readonly #mostMoments: number;
  #scan: MatchScan;
  #sender: Sender | null = null;
  /** Where the cursor is to go once the run is that long: a permalink into a run that is still loading. */
  #awaited: number | null = null;

  constructor({ header, charts = [], mostMoments = MOST_MOMENTS }: StoreOptions) {
    this.#mostMoments = mostMoments;
    this.#scan = new MatchScan(EMPTY_FILTER);
    this.#state = {
      index: new RecordingIndex(header),
      length: 0,
      dropped: 0,
      cursor: -1,
      following: false,
      playing: false,
      charts: byId(charts),
      view: 'run',
      selected: null,
      filter: EMPTY_FILTER,
      matches: this.#scan.matches,
      other: null,
      live: null,
      notice: null,
    };
  }

  get(): PageState {
    return this.#state;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  goTo(moment: number): void {
    const { length, live } = this.#state;
    this.#awaited = live !== null && moment >= length ? moment : null;
    this.#set({ cursor: within(moment, length), following: false });
  }

  step(direction: 1 | -1): void {
    const { index, cursor, filter } = this.#state;
    const next = index.next(cursor, filter, direction);
    if (next !== null) this.goTo(next);
    else this.#set({ playing: false });
  }

  play(on: boolean): void {
    this.#set({ playing: on, following: false });
  }

  follow(on: boolean): void {
    const { live, length, cursor } = this.#state;
    const following = on && live !== null;
    this.#set({ following, playing: false, cursor: following ? length - 1 : cursor });
  }

  show(view: View): void {
    this.#set({ view });
  }

  select(actor: ActorKey | null): void {
    this.#set({ selected: actor });
  }

  filter(change: Partial<Filter>): void {
    const filter = { ...this.#state.filter, ...change };
    this.#scan = new MatchScan(filter);
    this.#set({ filter, matches: this.#scan.matches });
    this.#goOnScanning();
  }

  compareWith(other: RecordingIndex | null): void {
    this.#set({ other });
  }

  notify(notice: string | null): void {
    this.#set({ notice });
  }

  command(name: CommandName, args: Readonly<Record<string, string>> = {}): void {
    const { live } = this.#state;
    if (live === null || this.#sender === null) return this.notify('A recording takes no commands.');
    if (!live.control) return this.notify('This inspector is read-only: start it with --control.');
    if (!live.connected) return this.notify('Not connected: the command was not sent.');
    this.#sender(name, args);
  }

  /** Shows another run from its beginning; charts that are known stay. */
  open(header: HeaderLine, lines: readonly RecordingLine[]): void {
    const { cursor, dropped } = this.#state;
    const index = new RecordingIndex(header);
    this.#scan = new MatchScan(this.#state.filter);
    // A run that comes in again after a lost connection goes on being shown where it was.
    if (this.#state.live !== null && cursor >= 0) this.#awaited = cursor + dropped;
    this.#set({ index, length: 0, dropped: 0, cursor: -1, selected: null, matches: this.#scan.matches });
    this.append(lines);
  }

  append(lines: readonly RecordingLine[]): void {
    this.#state.index.append(lines);
    const { index, following } = this.#state;
    if (index.length > this.#mostMoments) return this.#forget();
    const { length } = index;
    let { cursor } = this.#state;
    if (following) cursor = length - 1;
    else if (this.#awaited !== null && this.#awaited < length) {
      cursor = this.#awaited;
      this.#awaited = null;
    } else if (cursor < 0 && length > 0) cursor = 0;
    this.#set({ length, cursor });
    this.#goOnScanning();
  }

  addCharts(charts: readonly LaidOutChart[]): void {
    this.#set({ charts: new Map([...this.#state.charts, ...byId(charts)]) });
  }

  /** A live run: whether it is connected and what it permits. */
  setLive(change: Partial<LiveState>, sender?: Sender): void {
    const before = this.#state.live ?? { connected: false, control: false, faults: [], answer: null };
    if (sender !== undefined) this.#sender = sender;
    this.#set({ live: { ...before, ...change } });
  }

  /** Looks at further moments for `matches`. @returns whether there are more */
  scan(most: number): boolean {
    const more = this.#scan.goOn(this.#state.index, most);
    this.#set({ matches: this.#scan.matches });
    return more;
  }

  #goOnScanning(): void {
    this.scan(2_000);
  }

  #forget(): void {
    const { index, cursor, dropped } = this.#state;
    const kept = forgetOldest(index, Math.floor(this.#mostMoments / 2));
    this.#scan = new MatchScan(this.#state.filter);
    this.#set({
      index: kept.index,
      length: kept.index.length,
      dropped: dropped + kept.forgotten,
      cursor: within(cursor - kept.forgotten, kept.index.length),
      matches: this.#scan.matches,
    });
    this.#goOnScanning();
  }

  #set(change: Partial<PageState>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of [...this.#listeners]) listener();
  }
}

function within(moment: number, length: number): number {
  return Math.max(-1, Math.min(moment, length - 1));
}

function byId(charts: readonly LaidOutChart[]): Map<string, LaidOutChart> {
  return new Map(charts.map((chart) => [chart.diagram.id, chart]));
}
