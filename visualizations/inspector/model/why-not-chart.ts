/** A chart that ships, prepared for being asked what it would do. */
import type { AnyStateMachine, EventObject } from 'xstate';
import { ALWAYS, transitionIds } from '../../../actors/transitionIds.js';
import { type GuardPlan, planGuard } from '../../../runtime/checker/paths/guards.js';
import type { PathModel } from '../../../runtime/checker/paths/model.js';
import { OUR_MODELS } from '../../../runtime/checker/paths/ours/index.js';
import { Stepper } from '../../../runtime/checker/paths/stepper.js';
import type { ChartDiagram } from '../../diagrams/chart-diagram.js';

/** What is read of xstate's state nodes. */
export interface NodeView {
  readonly id: string;
  readonly order: number;
  readonly path: readonly string[];
  readonly states: Readonly<Record<string, NodeView>>;
  readonly transitions: ReadonlyMap<string, readonly TransitionView[]>;
  readonly always?: readonly TransitionView[];
  readonly after: readonly (TransitionView & {
    readonly delay: string | number;
    readonly eventType: string;
  })[];
  readonly invoke: readonly { readonly id: string; readonly src: unknown }[];
}

interface TransitionView {
  readonly guard?: unknown;
  readonly target?: readonly NodeView[];
}

export interface Site {
  readonly edge: string;
  readonly source: string;
  readonly targets: readonly string[];
  readonly guard: GuardPlan | null;
}

type Delay = (args: { context: unknown; event: EventObject }) => number;

export class ShippedChart {
  readonly model: PathModel;
  readonly stepper: Stepper;
  readonly nodes = new Map<string, NodeView>();
  readonly #sites = new Map<object, Site>();
  readonly #delays: Readonly<Record<string, number | Delay | undefined>>;

  constructor(model: PathModel) {
    this.model = model;
    this.stepper = new Stepper(model.machine);
    const { machine } = model;
    const { guards, delays } = machine.implementations as unknown as {
      guards: Readonly<Record<string, unknown>>;
      delays: Readonly<Record<string, number | Delay | undefined>>;
    };
    this.#delays = delays;
    const ids = transitionIds(machine);
    const visit = (node: NodeView): void => {
      this.nodes.set(node.id, node);
      for (const transition of [...[...node.transitions.values()].flat(), ...(node.always ?? [])]) {
        this.#sites.set(transition, {
          edge: ids.get(transition) ?? '',
          source: node.id,
          targets: (transition.target ?? []).map(({ id }) => id),
          guard: transition.guard === undefined ? null : planGuard(transition.guard, guards),
        });
      }
      for (const child of Object.values(node.states)) visit(child);
    };
    visit(machine.root as unknown as NodeView);
  }

  /** Instrumented: it says which transitions it takes. */
  get machine(): AnyStateMachine {
    return this.stepper.instrumented.machine;
  }

  /** Transitions of a state for an event, in the order in which xstate asks them. */
  sites(state: string, eventType: string): readonly Site[] {
    const node = this.nodes.get(state);
    if (node === undefined) return [];
    if (eventType === ALWAYS) return (node.always ?? []).map((each) => this.#sites.get(each)!);
    const wild = [...node.transitions.keys()]
      .filter((descriptor) => descriptor !== eventType && matchesWildcard(eventType, descriptor))
      .sort((a, b) => b.length - a.length);
    return [eventType, ...wild]
      .flatMap((descriptor) => node.transitions.get(descriptor) ?? [])
      .map((each) => this.#sites.get(each)!);
  }

  /** In milliseconds; null where it cannot be worked out. */
  delayMs(delay: string | number, context: unknown): number | null {
    if (typeof delay === 'number') return delay;
    const named = this.#delays[delay];
    if (typeof named === 'number') return named;
    try {
      const worked = named?.({ context, event: { type: 'xstate.init' } });
      return typeof worked === 'number' && Number.isFinite(worked) ? worked : null;
    } catch {
      return null;
    }
  }

  /** Whether a diagram has the same states and transitions, so that what this chart says holds for it too. */
  isLike({ states, edges }: ChartDiagram): boolean {
    const edgesHere = new Set([...this.#sites.values()].map(({ edge }) => edge));
    return (
      states.length === this.nodes.size &&
      states.every(({ id }) => this.nodes.has(id)) &&
      edges.length === edgesHere.size &&
      edges.every(({ id }) => edgesHere.has(id))
    );
  }
}

function matchesWildcard(eventType: string, descriptor: string): boolean {
  if (descriptor === '*') return true;
  return descriptor.endsWith('.*') && `${eventType}.`.startsWith(descriptor.slice(0, -1));
}

const prepared = new Map<string, ShippedChart>();

/** By the id of the chart; null: none of ours. */
export function shippedChart(chart: string): ShippedChart | null {
  const model = Object.hasOwn(OUR_MODELS, chart) ? OUR_MODELS[chart] : undefined;
  if (model === undefined) return null;
  const known = prepared.get(chart) ?? new ShippedChart(model);
  prepared.set(chart, known);
  return known;
}
