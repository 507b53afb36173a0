/** A chart with places: what the SVG writer and the inspector draw. Pixels, y downwards, from the top left. */
import type { ChartDiagram } from './chart-diagram.js';

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Box extends Point {
  readonly width: number;
  readonly height: number;
}

/** `x` is the left end of the base line. */
export interface PlacedText extends Point {
  readonly text: string;
  readonly role: 'title' | 'activity' | 'event' | 'guard' | 'action' | 'note';
  /** As reckoned; SVG's `textLength` holds the text to it in whatever font there is. */
  readonly width: number;
}

/** A box of text. */
export interface PlacedLabel extends Box {
  readonly texts: readonly PlacedText[];
}

export interface PlacedState extends Box {
  /** Of a DiagramState. */
  readonly id: string;
  /** In absolute pixels. Texts of transitions that do not leave the state are labels of these edges. */
  readonly texts: readonly PlacedText[];
  /** Of the rule between its own text and the states inside; null without any. */
  readonly headBottom: number | null;
  /** The dot of an initial state with its arrow, inside of a compound state; a label if it has actions. */
  readonly initial: {
    readonly dot: Point;
    readonly path: readonly Point[];
    readonly label: PlacedLabel | null;
  } | null;
  /** Of a history state: arrows to where it leads before there is any history. */
  readonly defaults: readonly (readonly Point[])[];
}

export interface PlacedEdge {
  /** Of a DiagramEdge. */
  readonly id: string;
  /** One polyline for each target, the last point at the arrow's tip; none for an edge without a target,
   * whose label stands in its state. */
  readonly paths: readonly (readonly Point[])[];
  readonly label: PlacedLabel | null;
}

export interface LaidOutChart {
  readonly diagram: ChartDiagram;
  readonly width: number;
  readonly height: number;
  /** Parents before their children. */
  readonly states: readonly PlacedState[];
  readonly edges: readonly PlacedEdge[];
}
