/**
 * Makes recordings of any length: two clusters whose actors walk through the charts that ship, whose messages
 * get lost, delayed and repeated, and whose servers die and come back. Valid in every line, the same for the
 * same seed; what happens in them is possible for each chart alone, and the story as a whole means nothing.
 */
import {
  type HeaderLine,
  type Json,
  RECORDING_VERSION,
  type RecordingLine,
  type TimedLine,
} from '../../runtime/observe/recording/lines.js';
import { seededRandom } from '../../runtime/simulation/random.js';
import { OUR_CHARTS } from '../../visualizations/diagrams/ours.js';
import { readChart } from '../../visualizations/diagrams/read-chart.js';
import { explanationOf } from './recordings/explanation.js';
import { Traffic } from './recordings/traffic.js';
import { type Troupe, troupeOf } from './recordings/troupe.js';

export interface SyntheticOptions {
  /** Exactly so many lines with a time. */
  readonly moments: number;
  /** Default 1. */
  readonly seed?: number;
  /** Default 4. */
  readonly partitions?: number;
  /** Replica servers of each cluster. Default 2. */
  readonly replicas?: number;
  /** Without loss, delay, repetition and deaths. Default: with them. */
  readonly calm?: boolean;
  /** Whether the charts' diagrams are in it. Default: they are. */
  readonly charts?: boolean;
}

export interface SyntheticRecording {
  readonly header: HeaderLine;
  readonly lines: readonly RecordingLine[];
}

/** @example syntheticRecording({ moments: 10_000, seed: 7 }).lines.length // 10,000 and a few charts */
export function syntheticRecording(options: SyntheticOptions): SyntheticRecording {
  const { moments, seed = 1, charts = true } = options;
  const story = new Story(options);
  const timed = story.tell(moments);
  return {
    header: {
      t: 'recording',
      version: RECORDING_VERSION,
      source: 'simulation',
      title: `synthetic, ${moments} moments`,
      madeBy: 'bridle tests',
      beganUs: 1_790_000_000_000_000,
      seed,
      values: 'removed',
    },
    lines: charts ? [...chartLines(), ...timed] : timed,
  };
}

/** As a file has it. */
export function recordingText({ header, lines }: SyntheticRecording): string {
  return [header, ...lines].map((line) => `${JSON.stringify(line)}\n`).join('');
}

function chartLines(): RecordingLine[] {
  return Object.entries(OUR_CHARTS).map(([chart, machine]) => ({
    t: 'chart',
    chart,
    diagram: JSON.parse(JSON.stringify(readChart(machine))) as Json,
  }));
}

const TABLE = 'riders';
const DUPLICATION = 3;
const MEAN_STEP_US = 900;

class Story {
  readonly #random: () => number;
  readonly #partitions: number;
  readonly #calm: boolean;
  readonly #troupe: Troupe;
  readonly #traffic: Traffic;
  readonly #lines: TimedLine[] = [];
  readonly #committed: number[];
  #at = 0;
  #explained = '';

  constructor({ seed = 1, partitions = 4, replicas = 2, calm = false }: SyntheticOptions) {
    this.#random = seededRandom(seed);
    this.#partitions = partitions;
    this.#calm = calm;
    this.#committed = Array.from({ length: partitions }, () => 0);
    this.#troupe = troupeOf({ partitions, replicas, duplication: DUPLICATION, table: TABLE }, this.#random);
    this.#traffic = new Traffic(this.#random, calm);
  }

  tell(moments: number): TimedLine[] {
    for (const line of this.#troupe.begin(this.#at)) this.#lines.push(line);
    this.#tellPartitions(Array.from({ length: this.#partitions }, (_, partition) => partition));
    while (this.#lines.length < moments) {
      this.#at += 1 + Math.floor(this.#random() * 2 * MEAN_STEP_US);
      for (const line of this.#traffic.until(this.#at)) this.#lines.push(line);
      this.#happen(this.#random());
    }
    this.#lines.length = moments;
    return this.#lines;
  }

  #happen(chance: number): void {
    if (chance < 0.5) this.#lines.push(...this.#troupe.step(this.#at));
    else if (chance < 0.8) {
      this.#lines.push(this.#traffic.send(this.#at, this.#troupe.living, this.#partitions));
    } else if (chance < 0.86) {
      this.#tellPartitions([Math.floor(this.#random() * this.#partitions)]);
    } else if (chance < 0.88) this.#explain();
    else if (chance < 0.89) {
      const text = `${TABLE}: ${this.#committed.reduce((sum, each) => sum + each, 0)} mutations shipped`;
      this.#lines.push({ t: 'note', at: this.#at, process: 'operator', level: 'info', text });
    } else if (chance < 0.892 && !this.#calm) {
      const lines = this.#troupe.dieOrReturn(this.#at);
      for (const line of lines) {
        this.#lines.push(line);
        if (line.t === 'process' && line.what === 'died') this.#traffic.closed(line.process);
      }
    } else if (chance < 0.8925 && !this.#calm) {
      this.#lines.push({ t: 'fault', at: this.#at, what: 'drop replies to RPC_CM_CREATE_APP' });
    }
  }

  #tellPartitions(changed: readonly number[]): void {
    this.#lines.push({
      t: 'partitions',
      at: this.#at,
      table: TABLE,
      duplication: DUPLICATION,
      count: this.#partitions,
      changed: changed.map((partition) => {
        const lastCommitted = (this.#committed[partition] ?? 0) + Math.floor(this.#random() * 50);
        this.#committed[partition] = lastCommitted;
        const [copiedBytes, totalBytes] = [Math.min(lastCommitted * 1_000, 100_000), 100_000];
        return {
          partition,
          source: 'shipping',
          follower: copiedBytes < totalBytes ? 'copying' : 'open',
          confirmed: Math.max(0, lastCommitted - Math.floor(this.#random() * 20)),
          lastCommitted,
          copiedBytes,
          totalBytes,
          ...(this.#random() < 0.05 ? { trouble: 'ERR_TIMEOUT' } : {}),
        };
      }),
    });
  }

  #explain(): void {
    const explanation = explanationOf(this.#troupe.lead, TABLE, DUPLICATION, this.#committed);
    const text = JSON.stringify(explanation);
    if (text === this.#explained) return;
    this.#explained = text;
    this.#lines.push({ t: 'explain', at: this.#at, explanation: JSON.parse(text) as Json });
  }
}
