/** What is told apart in a drawing besides the chart itself: what is active, and what tests have covered. */
import type { Overlay } from '../../../runtime/checker/paths/index.js';

export interface Highlight {
  /** Ids of active states. */
  readonly states?: readonly string[];
  /** Ids of transitions, as a rule the last that were taken. */
  readonly edges?: readonly string[];
}

/** Classes of a group, and the count to write beside it. */
export interface Paint {
  readonly classes: string;
  readonly count: number | null;
}

export class Painter {
  readonly #states: ReadonlySet<string>;
  readonly #edges: ReadonlySet<string>;
  readonly #overlay: Overlay | undefined;

  constructor(highlight: Highlight = {}, overlay?: Overlay) {
    this.#states = new Set(highlight.states);
    this.#edges = new Set(highlight.edges);
    this.#overlay = overlay;
  }

  state(id: string): Paint {
    return { classes: this.#states.has(id) ? ' lit' : '', count: this.#overlay?.states[id] ?? null };
  }

  edge(id: string): Paint {
    const lit = this.#edges.has(id) ? ' lit' : '';
    if (this.#overlay === undefined) return { classes: lit, count: null };
    const count = this.#overlay.transitions[id] ?? 0;
    return { classes: `${lit}${count > 0 ? ' covered' : ' missed'}`, count };
  }
}
