/** Walks through charts as they ship, at random: each step is one that the explorer found to be possible. */

import type { Edge, Exploration } from '../../../runtime/checker/paths/exploration.js';
import { explore } from '../../../runtime/checker/paths/explore.js';
import { OUR_MODELS } from '../../../runtime/checker/paths/ours/index.js';
import type {
  AskedGuard,
  Json,
  RecordedEvent,
  StateValue,
} from '../../../runtime/observe/recording/lines.js';

/** What a step line says apart from when and by whom. */
export interface WalkedStep {
  readonly event: RecordedEvent;
  readonly from: string;
  readonly edges: readonly string[];
  readonly state?: StateValue;
  readonly changes?: { readonly [key: string]: Json };
  readonly effects?: readonly { readonly name: string; readonly params?: Json }[];
  readonly guards?: readonly AskedGuard[];
}

/** Enough for hundreds of different situations, and found in a fraction of a second. */
const MAX_STATES = 400;
const explored = new Map<string, Exploration>();
const steps = new Map<Exploration, Map<number, WalkedStep>>();

function explorationOf(chart: string): Exploration {
  const known = explored.get(chart);
  if (known !== undefined) return known;
  const model = OUR_MODELS[chart];
  if (model === undefined) throw new Error(`there is no chart ${chart}; ours: ${Object.keys(OUR_MODELS)}`);
  const found = explore(model.machine, { ...model.options, maxStates: MAX_STATES, purityEvery: 0 });
  explored.set(chart, found);
  steps.set(found, new Map());
  return found;
}

/** One actor on its way through its chart. */
export class Walk {
  readonly chart: string;
  readonly #exploration: Exploration;
  readonly #random: () => number;
  #at: number;

  constructor(chart: string, random: () => number) {
    this.chart = chart;
    this.#exploration = explorationOf(chart);
    this.#random = random;
    this.#at = this.#pick(this.#exploration.starts).node;
  }

  get state(): StateValue {
    return this.#state.value as StateValue;
  }

  get context(): Readonly<Record<string, Json>> {
    return plain(this.#state.context) as Readonly<Record<string, Json>>;
  }

  /** It has come to its end, or the exploration went no further. */
  get over(): boolean {
    return this.#state.out.length === 0;
  }

  step(): WalkedStep {
    // Most events that charts get do something; the explorer also tries all that are ignored.
    const edges = this.#state.out.map((index) => this.#exploration.edges[index] as Edge);
    const moving = edges.filter(({ transitions }) => transitions.length > 0);
    const edge = this.#pick(moving.length > 0 && this.#random() < 0.8 ? moving : edges);
    this.#at = edge.to;
    return this.#line(edge);
  }

  get #state() {
    return this.#exploration.states[this.#at] as Exploration['states'][number];
  }

  #pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.#random() * from.length)] as T;
  }

  #line(edge: Edge): WalkedStep {
    const known = steps.get(this.#exploration);
    const made = known?.get(edge.index) ?? lineOf(this.#exploration, edge);
    known?.set(edge.index, made);
    return made;
  }
}

function lineOf({ states, chart, observations }: Exploration, edge: Edge): WalkedStep {
  const [before, after] = [states[edge.from], states[edge.to]];
  const was = plain(before?.context) as Record<string, Json>;
  const is = plain(after?.context) as Record<string, Json>;
  const changed = Object.entries(is).filter(([key, value]) => !same(was[key], value));
  const guards = edge.guards.map((at): AskedGuard => {
    const { site, outcome } = observations[at] as Exploration['observations'][number];
    return { guard: chart.guards[site]?.text ?? '', said: outcome };
  });
  const effects = edge.effects.filter(({ kind }) => kind === 'do');
  return {
    event: plain(edge.event) as RecordedEvent,
    from: edge.timer === undefined ? 'outside' : 'timer',
    edges: edge.transitions.map((at) => chart.transitions[at]?.id ?? ''),
    ...(same(before?.value, after?.value) ? {} : { state: after?.value as StateValue }),
    ...(changed.length === 0 ? {} : { changes: Object.fromEntries(changed) }),
    ...(effects.length === 0
      ? {}
      : { effects: effects.map(({ name, params }) => ({ name, params: plain(params) })) }),
    ...(guards.length === 0 ? {} : { guards }),
  };
}

function plain(value: unknown): Json {
  return value === undefined ? null : (JSON.parse(JSON.stringify(value)) as Json);
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
