/** Which states of a chart a state value stands for. */
import type { StateValue } from '../../../runtime/observe/recording/lines.js';
import type { ChartDiagram, DiagramState } from '../../diagrams/chart-diagram.js';

/** Finds the ids of active states; remembers what it found, for there are few different state values. */
export class ActiveStates {
  readonly #children = new Map<string, ReadonlyMap<string, readonly DiagramState[]>>();
  readonly #known = new Map<string, readonly string[]>();

  /** Ids as this chart has them are used from now on, instead of ids made of the keys on the way. */
  learn(chart: string, diagram: ChartDiagram): void {
    const byParent = new Map<string, DiagramState[]>();
    for (const state of diagram.states) {
      if (state.parent === null) continue;
      const siblings = byParent.get(state.parent);
      if (siblings === undefined) byParent.set(state.parent, [state]);
      else siblings.push(state);
    }
    this.#children.set(chart, byParent);
    this.#known.clear();
  }

  /**
   * Outermost first, the machine itself left out.
   *
   * @example states.of('followerTable', { asking: 'looking' })
   * // ['followerTable.asking', 'followerTable.asking.looking']
   */
  of(chart: string | null, value: StateValue | null): readonly string[] {
    if (value === null || value === '') return NONE;
    const key = `${chart} ${typeof value === 'string' ? value : JSON.stringify(value)}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const found: string[] = [];
    this.#visit(chart ?? '', chart ?? '', value, found);
    this.#known.set(key, found);
    return found;
  }

  #visit(chart: string, parent: string, value: StateValue, found: string[]): void {
    const entries: readonly (readonly [string, StateValue | null])[] =
      typeof value === 'string' ? [[value, null]] : Object.entries(value);
    for (const [key, below] of entries) {
      const state = this.#children
        .get(chart)
        ?.get(parent)
        ?.find((each) => each.key === key);
      const id = state?.id ?? (parent === '' ? key : `${parent}.${key}`);
      found.push(id);
      if (below === null) this.#enter(chart, state, found);
      else this.#visit(chart, id, below, found);
    }
  }

  /** A value that stops above the leaves stands for what is entered by default. */
  #enter(chart: string, state: DiagramState | undefined, found: string[]): void {
    if (state === undefined) return;
    const children = this.#children.get(chart)?.get(state.id) ?? [];
    for (const child of children) {
      const entered =
        state.kind === 'parallel' ? child.kind !== 'history' : state.initial?.target === child.id;
      if (!entered) continue;
      found.push(child.id);
      this.#enter(chart, child, found);
    }
  }
}

const NONE: readonly string[] = [];
