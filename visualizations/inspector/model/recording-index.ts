/**
 * A recording, ready to be walked through in any direction. Grows by `append`; the states, moments and
 * messages that it hands out stay as they are.
 */
import type {
  ChartLine,
  HeaderLine,
  Json,
  PartitionState,
  RecordingLine,
  TimedLine,
  VerdictLine,
} from '../../../runtime/observe/recording/lines.js';
import type { ChartDiagram } from '../../diagrams/chart-diagram.js';
import { Participants } from './cast.js';
import { actorDifferences, jsonDifferences, processDifferences } from './differences.js';
import { filterOf, isEmpty } from './filter.js';
import { Matches } from './matches.js';
import { Messages } from './messages.js';
import { momentOf, type Surroundings } from './moments.js';
import { Timeline } from './timeline.js';
import { toldChart } from './told-chart.js';
import type {
  ActorInfo,
  ActorKey,
  Difference,
  Filter,
  MessageInfo,
  Moment,
  ProcessInfo,
  WorldState,
} from './types.js';
import { actorKey, duplicationKey, explainedDuplication } from './world.js';

/**
 * @example
 * const index = new RecordingIndex(header);
 * index.append(lines);
 * index.at(index.length - 1).actors.get('east meta/duplication/1')?.state // 'DS_LOG'
 */
export class RecordingIndex {
  readonly header: HeaderLine;
  readonly #cast = new Participants();
  readonly #timeline = new Timeline(this.#cast);
  readonly #messages = new Messages();
  readonly #verdicts: VerdictLine[] = [];
  readonly #charts = new Map<string, ChartDiagram>();
  readonly #around: Surroundings = {
    messages: this.#messages.byId,
    partitionOf: (actor) => this.#cast.partitionOf(actor),
  };
  #matches: Matches | null = null;

  constructor(header: HeaderLine) {
    this.header = header;
  }

  append(lines: readonly RecordingLine[]): void {
    for (const line of lines) {
      if (line.t === 'chart') this.#learn(line);
      else this.#add(line);
    }
  }

  /** Number of moments: every line with a time is one. */
  get length(): number {
    return this.#timeline.lines.length;
  }

  /** The lines with a time, by moment. */
  get lines(): readonly TimedLine[] {
    return this.#timeline.lines;
  }

  /** In the order in which they were first seen. */
  get actors(): readonly ActorInfo[] {
    return this.#cast.actors;
  }

  /** In the order in which they were first seen or spoken to. */
  get processes(): readonly ProcessInfo[] {
    return this.#cast.processes;
  }

  get messages(): ReadonlyMap<string, MessageInfo> {
    return this.#messages.byId;
  }

  get verdicts(): readonly VerdictLine[] {
    return this.#verdicts;
  }

  get charts(): ReadonlyMap<string, ChartDiagram> {
    return this.#charts;
  }

  actor(key: ActorKey): ActorInfo | undefined {
    return this.#cast.actor(key);
  }

  /** The reply to a request, if one was sent. */
  replyTo(request: string): MessageInfo | undefined {
    return this.#messages.replyTo(request);
  }

  /** @throws RangeError for a moment that there is not */
  moment(index: number): Moment {
    return momentOf(this.#timeline.line(index), index, this.#around);
  }

  /**
   * Everything just after a moment; -1 is before the first.
   *
   * @throws RangeError for a moment that there is not
   */
  at(index: number): WorldState {
    return this.#timeline.at(index);
  }

  /** What the line at a moment changed: of its actor, its process, or its duplication. */
  differences(index: number): readonly Difference[] {
    const line = this.#timeline.line(index);
    const [before, after] = [this.at(index - 1), this.at(index)];
    switch (line.t) {
      case 'actor':
      case 'end':
      case 'step': {
        const key = actorKey(line.process, line.actor);
        return actorDifferences(before.actors.get(key), after.actors.get(key));
      }
      case 'process':
        return processDifferences(before.processes.get(line.process), after.processes.get(line.process));
      case 'explain': {
        const key = explainedDuplication(line.explanation) ?? '';
        return jsonDifferences('explanation', before.explanations.get(key), after.explanations.get(key));
      }
      case 'partitions': {
        const key = duplicationKey(line.table, line.duplication);
        const [was, is] = [before.partitions.get(key), after.partitions.get(key)];
        return line.changed.flatMap(({ partition }) =>
          jsonDifferences(`partition ${partition}`, asJson(was?.[partition]), asJson(is?.[partition])),
        );
      }
      default:
        return [];
    }
  }

  passes(index: number, filter: Filter): boolean {
    return isEmpty(filter) || filterOf(filter, this.#around)(this.#timeline.line(index));
  }

  /** The next moment in a direction that passes the filter; null: there is none. */
  next(index: number, filter: Filter, direction: 1 | -1): number | null {
    if (!isEmpty(filter)) {
      const matches = this.#matchesOf(filter);
      const isAhead =
        direction === 1 ? () => (matches.found.at(-1) ?? -1) > index : () => matches.looked >= index;
      return matches.extend(this.lines, this.#around, () => !isAhead()).next(index, direction);
    }
    const there = index + direction;
    return there >= 0 && there < this.length ? there : null;
  }

  /** All moments that pass a filter, ascending. Asking for the same filter again costs next to nothing. */
  matching(filter: Filter): readonly number[] {
    return this.#matchesOf(filter).extend(this.lines, this.#around).found;
  }

  /**
   * The same for as long as there is time; asking again goes on from there.
   *
   * @returns `looked`: how many moments were looked at, from the first on
   */
  search(
    filter: Filter,
    goOn: () => boolean,
  ): { readonly found: readonly number[]; readonly looked: number } {
    const { found, looked } = this.#matchesOf(filter).extend(this.lines, this.#around, goOn);
    return { found, looked };
  }

  /** Moments of an actor's beginnings, steps and ends, ascending. */
  momentsOf(actor: ActorKey): readonly number[] {
    return this.#cast.momentsOf(actor);
  }

  #matchesOf(filter: Filter): Matches {
    if (this.#matches === null || !this.#matches.isOf(filter)) this.#matches = new Matches(filter);
    return this.#matches;
  }

  #add(line: TimedLine): void {
    const moment = this.length;
    this.#cast.meet(line, moment);
    this.#messages.apply(line, moment);
    if (line.t === 'verdict') this.#verdicts.push(line);
    this.#timeline.append(line);
  }

  /**
   * A chart that is told late changes the ids of states that were found without it. What is no chart is as
   * if it had not been told.
   */
  #learn({ chart, diagram }: ChartLine): void {
    const known = toldChart(diagram);
    if (known === null) return;
    this.#charts.set(chart, known);
    this.#cast.active.learn(chart, known);
    if (this.actors.some((actor) => actor.chart === chart)) this.#timeline.rebuild();
  }
}

/** Leaves out what was not told. */
function asJson(state: PartitionState | undefined): Json | undefined {
  return state as Json | undefined;
}
