/** A run behind the page, by WebSocket: it comes from its beginning, and again after a lost connection. */
import type { HeaderLine, RecordingLine } from '../../../../runtime/observe/recording/lines.js';
import type { LaidOutChart } from '../../../diagrams/laid-out-chart.js';
import type { PageStore } from '../create-store.js';
import type { CommandName } from '../store.js';
import { backoffMs } from './backoff.js';
import { FrameBatch } from './frame-batch.js';
import { readIndexFile } from './recording-file.js';

type Message =
  | {
      readonly type: 'hello';
      readonly header: HeaderLine;
      readonly live?: boolean;
      readonly control: boolean;
      readonly faults: readonly string[];
      readonly compare?: string | null;
    }
  | { readonly type: 'lines'; readonly lines: readonly RecordingLine[] }
  | { readonly type: 'answer'; readonly id: string | number; readonly ok: boolean; readonly text: string };

/** Then only reloading the page tries again. */
const MOST_ATTEMPTS = 60;

export class LiveRun {
  readonly #store: PageStore;
  readonly #batch: FrameBatch;
  #socket: WebSocket | null = null;
  #attempts = 0;
  #commands = 0;
  #charts = new Set<string>();
  #compared = false;

  constructor(store: PageStore) {
    this.#store = store;
    this.#batch = new FrameBatch(
      (lines) => store.get().index.append(lines),
      () => this.#told(),
    );
    store.expectMore(true);
  }

  connect(): void {
    const socket = new WebSocket(new URL('live', location.href.replace(/^http/, 'ws')));
    this.#socket = socket;
    socket.onmessage = ({ data }) => this.#read(JSON.parse(String(data)) as Message);
    // Also when it could not be opened at all; `onerror` says nothing more.
    socket.onclose = ({ code, reason }) => this.#lost(code, reason);
  }

  #read(message: Message): void {
    switch (message.type) {
      case 'hello':
        this.#greet(message);
        break;
      case 'lines':
        this.#batch.add(message.lines);
        break;
      case 'answer':
        this.#store.setLive({ answer: `${message.ok ? 'Done' : 'Refused'}: ${message.text}` });
        break;
    }
  }

  #greet({ header, live = true, control, faults, compare }: Extract<Message, { type: 'hello' }>): void {
    const { following, live: before, length } = this.#store.get();
    this.#attempts = 0;
    this.#batch.clear();
    this.#store.notify(null);
    if (live) this.#store.setLive({ connected: true, control, faults }, (...args) => this.#command(...args));
    else this.#store.setLive(null);
    this.#store.open(header, []);
    const begins = before?.connected !== true && length === 0;
    if (following || (live && begins && location.hash === '')) this.#store.follow(true);
    void this.#fetchCharts();
    if (compare != null && !this.#compared) void this.#fetchOther(compare);
  }

  #lost(code: number, reason: string): void {
    if (this.#store.get().live !== null) this.#store.setLive({ connected: false });
    this.#attempts += 1;
    const { live, length } = this.#store.get();
    const again = this.#attempts <= MOST_ATTEMPTS;
    if (again) setTimeout(() => this.connect(), backoffMs(this.#attempts));
    // A recording that is here needs its server no more.
    if (live === null && length > 0) return;
    const why = reason === '' ? '' : ` (${reason}, ${code})`;
    this.#store.notify(
      again
        ? `Not connected${why}: trying again.`
        : `The inspector does not answer${why}. Start it again, then reload this page.`,
    );
  }

  #told(): void {
    this.#store.append([]);
    const unknown = [...this.#store.get().index.charts.keys()].some((chart) => !this.#charts.has(chart));
    if (unknown) void this.#fetchCharts();
  }

  async #fetchCharts(): Promise<void> {
    // Whatever comes of it, it is asked for once for each set of charts.
    this.#charts = new Set(this.#store.get().index.charts.keys());
    const answer = await fetch('charts.json').catch(() => null);
    if (answer?.ok !== true) return;
    this.#store.addCharts((await answer.json()) as LaidOutChart[]);
  }

  async #fetchOther(path: string): Promise<void> {
    this.#compared = true;
    try {
      this.#store.compareWith(await readIndexFile(await (await fetch(path)).blob()));
      this.#store.show('compare');
    } catch (error) {
      this.#store.notify(`The recording to compare with cannot be shown: ${String(error)}`);
    }
  }

  #command(command: CommandName, args: Readonly<Record<string, string>>): void {
    this.#commands += 1;
    this.#store.setLive({ answer: `${command}: under way` });
    this.#socket?.send(JSON.stringify({ type: 'command', id: this.#commands, command, args }));
  }
}
