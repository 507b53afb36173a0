/** The store behind the page. Transport, permalinks and files feed it; parts of the page see `Store` only. */
import type { HeaderLine, RecordingLine } from '../../../runtime/observe/recording/lines.js';
import type { LaidOutChart } from '../../diagrams/laid-out-chart.js';
import { isEmpty, NO_FILTER } from '../model/filter.js';
import { RecordingIndex } from '../model/recording-index.js';
import type { ActorKey, Filter } from '../model/types.js';
import { fittingCharts } from './fitting-charts.js';
import { Forgetting, MOST_MOMENTS } from './forget-oldest.js';
import { breathe, forMs, SLICE_MS } from './slices.js';
import type { CommandName, LiveState, Matches, PageState, Store, View } from './store.js';

type Sender = (name: CommandName, args: Readonly<Record<string, string>>) => void;

/** A recording of so many lines is shown whole from the beginning. */
export const AT_ONCE_LINES = 20_000;
/** So many moments are searched before anything else happens, however long it takes. */
const SEARCHED_AT_ONCE = 4_000;
const PORTION_LINES = 250;
/** How often what has been read is shown, while there is more to come. */
const TELL_MS = 120;

/** A part of a recording that is read bit by bit. */
export interface Portion {
  readonly lines: readonly RecordingLine[];
  /** Of the whole, with this: 0 to 1. */
  readonly share: number;
}

export interface StoreOptions {
  readonly header: HeaderLine;
  readonly charts?: readonly LaidOutChart[];
  /** Most moments that are kept of a live run; beyond it the oldest go. */
  readonly mostMoments?: number;
}

export class PageStore implements Store {
  #state: PageState;
  readonly #listeners = new Set<() => void>();
  readonly #mostMoments: number;
  #sender: Sender | null = null;
  /** Where the cursor is to go once the run is that long: a permalink into a run that is still loading. */
  #awaited: number | null = null;
  #growing = false;
  #searching = false;
  #forgetting: Forgetting | null = null;

  constructor({ header, charts = [], mostMoments = MOST_MOMENTS }: StoreOptions) {
    this.#mostMoments = mostMoments;
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
      filter: NO_FILTER,
      matches: NOTHING,
      other: null,
      live: null,
      reading: null,
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
    const { length, dropped } = this.#state;
    const { reading } = this.#state;
    const comes = this.#growing && moment >= length && (reading !== null || Number.isFinite(moment));
    this.#awaited = comes ? moment + dropped : null;
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
    this.#set({ filter, matches: this.#search(filter) });
  }

  compareWith(other: RecordingIndex | null): void {
    this.#set({ other });
  }

  notify(notice: string | null): void {
    this.#set({ notice });
  }

  command(name: CommandName, args: Readonly<Record<string, string>> = {}): void {
    const { live } = this.#state;
    if (live === null || this.#sender === null) this.notify('A recording takes no commands.');
    else if (!live.control) this.notify('This inspector is read-only: start it with --control.');
    else if (!live.connected) this.notify('Not connected: the command was not sent.');
    else this.#sender(name, args);
  }

  open(header: HeaderLine, lines: readonly RecordingLine[]): void {
    const { cursor, dropped, length, index: before, reading } = this.#state;
    // What was being read is read no further.
    if (reading !== null) this.#growing = false;
    if (length > 0 && !isSameRun(before.header, header)) {
      this.#awaited = null;
      this.#set({ selected: null, filter: NO_FILTER, playing: false, view: 'run' });
    } else if (this.#growing && cursor >= 0) {
      // A run that comes in again after a lost connection goes on being shown where it was.
      this.#awaited ??= cursor + dropped;
    }
    const index = new RecordingIndex(header);
    this.#set({ index, length: 0, dropped: 0, cursor: -1, matches: NOTHING });
    this.append(lines.slice(0, AT_ONCE_LINES));
    this.#set({ charts: fittingCharts(this.#state.charts, index.charts), reading: null });
    if (lines.length > AT_ONCE_LINES) void this.read(portionsOf(lines, AT_ONCE_LINES));
  }

  /**
   * Takes in a long recording while it is shown already, for as long as it is the one that is shown.
   *
   * @param most number of moments from which on the rest is left to another call
   * @throws what the portions throw; what came before it stays
   */
  async read(portions: AsyncIterator<Portion>, most = Number.POSITIVE_INFINITY): Promise<void> {
    const { index } = this.#state;
    const isShown = (): boolean => this.#state.index === index;
    this.#growing = true;
    let [goOn, isFresh] = [forMs(SLICE_MS), forMs(0)];
    let isWhole = false;
    try {
      while (isShown() && index.length < most) {
        const { done, value } = await portions.next();
        isWhole = done === true;
        if (done || !isShown()) break;
        index.append(value.lines);
        if (!isFresh()) {
          this.#tell(value.share);
          isFresh = forMs(TELL_MS);
        }
        if (goOn()) continue;
        await breathe();
        goOn = forMs(SLICE_MS);
      }
    } catch (error) {
      isWhole = true;
      throw error;
    } finally {
      if (isShown() && isWhole) this.#endReading();
      else if (isShown()) this.#tell(this.#state.reading);
    }
  }

  append(lines: readonly RecordingLine[]): void {
    this.#state.index.append(lines);
    this.#tell(this.#state.reading);
  }

  #tell(reading: number | null): void {
    // A recording has an end, and is shown whole.
    if (this.#state.live !== null && this.#state.index.length > this.#mostMoments) this.#forget();
    const { index, following, filter, dropped } = this.#state;
    const { length } = index;
    let { cursor } = this.#state;
    if (following) {
      cursor = length - 1;
      this.#awaited = null;
    } else if (this.#awaited !== null && this.#awaited < length + dropped) {
      cursor = Math.max(0, this.#awaited - dropped);
      this.#awaited = null;
    } else if (cursor < 0 && length > 0) cursor = 0;
    this.#set({ length, cursor, reading, matches: this.#search(filter) });
  }

  /** A moment that was waited for in vain: the nearest that there is. */
  #endReading(): void {
    this.#growing = false;
    this.#tell(null);
    if (this.#awaited !== null) this.goTo(this.#awaited - this.#state.dropped);
  }

  /** Whether lines are still coming in: then a moment beyond the last is waited for. */
  expectMore(on: boolean): void {
    this.#growing = on;
  }

  addCharts(charts: readonly LaidOutChart[]): void {
    this.#set({ charts: new Map([...this.#state.charts, ...byId(charts)]) });
  }

  /** A live run: whether it is connected and what it permits. */
  setLive(change: Partial<LiveState> | null, sender?: Sender): void {
    const before = this.#state.live ?? { connected: false, control: false, faults: [], answer: null };
    if (sender !== undefined) this.#sender = sender;
    this.#set({ live: change === null ? null : { ...before, ...change } });
  }

  #forget(): void {
    const { index, cursor, dropped } = this.#state;
    if (this.#forgetting?.from !== index) {
      this.#forgetting = new Forgetting(index, Math.floor(this.#mostMoments / 2));
    }
    const kept = this.#forgetting;
    if (!kept.goOn(forMs(SLICE_MS / 2))) return;
    this.#forgetting = null;
    this.#state = {
      ...this.#state,
      index: kept.index,
      dropped: dropped + kept.forgotten,
      cursor: Math.max(0, cursor - kept.forgotten),
    };
  }

  /** What is found at once; the rest is searched bit by bit. */
  #search(filter: Filter): Matches {
    const { index } = this.#state;
    const { length } = index;
    if (isEmpty(filter)) return { moments: null, count: length, looked: length };
    const inTime = forMs(SLICE_MS);
    let looked = 0;
    const found = index.search(filter, () => looked++ < SEARCHED_AT_ONCE || inTime());
    if (found.looked < length) void this.#searchOn();
    return { moments: found.found, count: found.found.length, looked: found.looked };
  }

  async #searchOn(): Promise<void> {
    if (this.#searching) return;
    this.#searching = true;
    await breathe();
    this.#searching = false;
    this.#set({ matches: this.#search(this.#state.filter) });
  }

  #set(change: Partial<PageState>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of [...this.#listeners]) listener();
  }
}

const NOTHING: Matches = { moments: null, count: 0, looked: 0 };

async function* portionsOf(lines: readonly RecordingLine[], from: number): AsyncGenerator<Portion> {
  for (let at = from; at < lines.length; at += PORTION_LINES) {
    yield {
      lines: lines.slice(at, at + PORTION_LINES),
      share: Math.min(1, (at + PORTION_LINES) / lines.length),
    };
  }
}

function isSameRun(one: HeaderLine, other: HeaderLine): boolean {
  return one.beganUs === other.beganUs && one.title === other.title && one.source === other.source;
}

function within(moment: number, length: number): number {
  return Math.max(-1, Math.min(moment, length - 1));
}

function byId(charts: readonly LaidOutChart[]): Map<string, LaidOutChart> {
  return new Map(charts.map((chart) => [chart.diagram.id, chart]));
}
