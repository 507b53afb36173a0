/**
 * A composite state that no arrow enters or leaves through its border is laid out by itself, so that it can
 * have a direction of its own; in the picture around it it is a box of fixed size.
 */
import type { ChartDiagram } from '../chart-diagram.js';

/** One arrow: an edge to one of its targets, or from a history state to a default. */
export interface Arrow {
  readonly source: string;
  readonly target: string;
}

export class Units {
  readonly #ancestors = new Map<string, ReadonlySet<string>>();
  readonly #closed: ReadonlySet<string>;

  constructor({ states, edges }: ChartDiagram) {
    for (const { id, parent } of states) {
      this.#ancestors.set(id, new Set([...(this.#ancestors.get(parent ?? '') ?? []), id]));
    }
    const composite = new Set(states.map(({ parent }) => parent));
    const arrows: Arrow[] = [
      ...edges.flatMap(({ source, targets }) => targets.map((target) => ({ source, target }))),
      ...states.flatMap(({ id, historyDefault }) => historyDefault.map((target) => ({ source: id, target }))),
    ];
    const crossed = (id: string): boolean =>
      arrows.some(
        ({ source, target }) =>
          (this.#inside(source, id) && !this.isWithin(target, id)) ||
          (this.#inside(target, id) && !this.isWithin(source, id)),
      );
    this.#closed = new Set(states.map(({ id }) => id).filter((id) => composite.has(id) && !crossed(id)));
  }

  isWithin(id: string, ancestor: string): boolean {
    return this.#ancestors.get(id)?.has(ancestor) === true;
  }

  isUnit(id: string): boolean {
    return this.#closed.has(id);
  }

  /** The innermost unit that holds the whole arrow; null: that is the whole chart. */
  unitOf({ source, target }: Arrow): string | null {
    const holding = [...(this.#ancestors.get(source) ?? [])].filter(
      (id) => this.isUnit(id) && this.isWithin(target, id) && (source !== target || source !== id),
    );
    return holding.at(-1) ?? null;
  }

  #inside(id: string, ancestor: string): boolean {
    return id !== ancestor && this.isWithin(id, ancestor);
  }
}
