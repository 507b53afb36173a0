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

export interface PlacedText extends Point {
  /** `x` is the left end of the base line. */
  readonly text: string;
  readonly role: 'title' | 'activity' | 'event' | 'guard' | 'action' | 'note';
}

export interface PlacedState extends Box {
  /** Of a DiagramState. */
  readonly id: string;
  /** In absolute pixels. */
  readonly texts: readonly PlacedText[];
  /** The dot of an initial state with its arrow, inside of a compound state. */
  readonly initial: { readonly dot: Point; readonly path: readonly Point[] } | null;
}

export interface PlacedEdge {
  /** Of a DiagramEdge. */
  readonly id: string;
  /** One polyline for each target, the last point at the arrow's tip; none for an edge without a target,
   * which is a line of text in its state. */
  readonly paths: readonly (readonly Point[])[];
  readonly label: (Box & { readonly texts: readonly PlacedText[] }) | null;
}

export interface LaidOutChart {
  readonly diagram: ChartDiagram;
  readonly width: number;
  readonly height: number;
  /** Parents before their children. */
  readonly states: readonly PlacedState[];
  readonly edges: readonly PlacedEdge[];
}
