/**
 * A chart as a Graphviz digraph. States with children are clusters; an arrow from or to one ends at its
 * border and is tied to a node inside without size. Graphviz routes the rest.
 */
import type { ChartDiagram, DiagramEdge, DiagramState } from './chart-diagram.js';
import { actionsText, ChartTree, edgeParts, stateLines, wrapped } from './chart-text.js';
import { type Colours, coloursOf } from './dot-colours.js';
import type { RenderOptions } from './mermaid.js';
import { checkOverlay, countText, isCounted, type Overlay } from './overlay.js';

const STATE_COLUMNS = 44;
const EDGE_COLUMNS = 30;

/**
 * @throws DiagramError for an overlay that does not fit
 * @example chartAsDot(readChart(door)).startsWith('digraph "door" {') // true
 */
export function chartAsDot(chart: ChartDiagram, { overlay, theme }: RenderOptions = {}): string {
  if (overlay !== undefined) checkOverlay(chart, overlay);
  const colours = coloursOf(theme);
  const writer = new DotWriter(chart, overlay, colours);
  const label = chart.version === null ? chart.id : `${chart.id} ${chart.version}`;
  return [
    `digraph ${quoted(chart.id)} {`,
    `  graph [label=${quoted(label)}, labelloc=t, compound=true, rankdir=TB, ranksep=0.5, nodesep=0.4, bgcolor=${quoted(colours.paper)}, fontcolor=${quoted(colours.ink)}, ${FONT}]`,
    `  node [shape=plain, color=${quoted(colours.line)}, fontcolor=${quoted(colours.ink)}, ${FONT}]`,
    `  edge [color=${quoted(colours.line)}, fontcolor=${quoted(colours.ink)}, arrowsize=0.8, ${FONT}]`,
    ...writer.state(writer.root, '  '),
    ...chart.edges.flatMap((edge) => writer.edge(edge)),
    '}',
    '',
  ].join('\n');
}

/** Letters of one width: whatever font is there, the texts fit into the boxes that were measured for them. */
const FONT = 'fontname="Courier", fontsize=10';

class DotWriter {
  readonly #tree: ChartTree;
  readonly #overlay: Overlay | undefined;
  readonly #colours: Colours;

  constructor(chart: ChartDiagram, overlay: Overlay | undefined, colours: Colours) {
    this.#tree = new ChartTree(chart);
    this.#overlay = overlay;
    this.#colours = colours;
  }

  get root(): DiagramState {
    return this.#tree.root;
  }

  state(state: DiagramState, indent: string): string[] {
    const children = this.#tree.children(state);
    const pen = this.#pen(isCounted(state) ? this.#overlay?.states[state.id] : 1);
    if (children.length === 0) return [`${indent}${quoted(state.id)} ${this.#leaf(state, pen)}`];
    const inner = `${indent}  `;
    const style = state.kind === 'parallel' ? 'rounded,dashed' : 'rounded';
    return [
      `${indent}subgraph ${quoted(clusterOf(state.id))} {`,
      `${inner}graph [label=<${this.#table(state, 0)}>, labeljust=l, style=${quoted(style)}, ${pen}]`,
      `${inner}${quoted(anchorOf(state.id))} [shape=point, style=invis, width=0.01, label=""]`,
      ...this.#initial(state, inner),
      ...children.flatMap((child) => this.state(child, inner)),
      `${indent}}`,
    ];
  }

  edge(edge: DiagramEdge): string[] {
    const count = this.#overlay?.transitions[edge.id];
    const counted = this.#overlay === undefined ? [] : [`(${countText(count)})`];
    const pen = this.#overlay === undefined ? '' : `, ${this.#pen(count)}${dashed(count)}`;
    return edge.targets.map((target, at) => {
      const region = edge.targets.length > 1 ? [`(${at + 1} of ${edge.targets.length} targets)`] : [];
      const parts = [...edgeParts(edge), ...region, ...counted];
      const lines = parts.flatMap((part) => wrapped(part, EDGE_COLUMNS));
      const label = lines.map((line) => `${line.replace(/[\\"]/g, '\\$&')}\\l`).join('');
      return `  ${this.#arrow(edge.source, target)} [label="${label}"${this.#ends(edge.source, target)}${pen}, id=${quoted(edge.id)}]`;
    });
  }

  #arrow(source: string, target: string): string {
    return `${quoted(this.#nodeOf(source))} -> ${quoted(this.#nodeOf(target))}`;
  }

  /** An arrow can be cut at the border of a cluster only if its other end lies outside. */
  #ends(source: string, target: string): string {
    const cut = (end: string, id: string, other: string) =>
      this.#isCluster(id) && id !== other && !this.#tree.isWithin(other, id)
        ? `, ${end}=${quoted(clusterOf(id))}`
        : '';
    return `${cut('ltail', source, target)}${cut('lhead', target, source)}`;
  }

  #initial({ id, initial }: DiagramState, indent: string): string[] {
    if (initial === null) return [];
    const dot = quoted(`${id} (initial)`);
    const label = initial.actions.length === 0 ? '' : `/ ${actionsText(initial.actions)}`;
    const end = this.#isCluster(initial.target) ? `, lhead=${quoted(clusterOf(initial.target))}` : '';
    return [
      `${indent}${dot} [shape=circle, label="", width=0.13, style=filled, fillcolor=${quoted(this.#colours.ink)}]`,
      `${indent}${dot} -> ${quoted(this.#nodeOf(initial.target))} [label=${quoted(label)}${end}]`,
    ];
  }

  #leaf(state: DiagramState, pen: string): string {
    if (state.kind === 'history') {
      const sign = state.history === 'deep' ? 'H*' : 'H';
      const texts = [state.key, ...this.#lines(state)].join('\n');
      return `[shape=circle, label=${quoted(sign)}, xlabel=${quoted(texts)}, fixedsize=true, width=0.35]`;
    }
    const border = state.kind === 'final' ? 3 : 1;
    const end =
      state.kind === 'final' ? ', style="rounded", shape=box, peripheries=2, margin="0.02,0.02"' : '';
    return `[label=<${this.#table(state, end === '' ? border : 0)}>${end}, ${pen}]`;
  }

  /** Title, a rule, and a row for each line of text. */
  #table(state: DiagramState, border: number): string {
    const rows = this.#lines(state).flatMap((line) =>
      wrapped(line, STATE_COLUMNS).map((text, at) => (at === 0 ? text : `  ${text}`)),
    );
    const cells = rows.map((row) => `${html(row)}<BR ALIGN="LEFT"/>`).join('');
    const body = rows.length === 0 ? '' : `<HR/><TR><TD ALIGN="LEFT" BALIGN="LEFT">${cells}</TD></TR>`;
    return `<TABLE BORDER="${border}" CELLBORDER="0" CELLSPACING="0" CELLPADDING="4" STYLE="ROUNDED"><TR><TD><B>${html(state.key)}</B></TD></TR>${body}</TABLE>`;
  }

  #lines(state: DiagramState): string[] {
    const inside = this.#tree.edges(state).filter(({ targets }) => targets.length === 0);
    const note = (id: string) =>
      this.#overlay === undefined ? [] : [`(${countText(this.#overlay.transitions[id])})`];
    return [
      ...stateLines(state),
      ...state.historyDefault.map((target) => `at first: ${target}`),
      ...inside.map((edge) => [...edgeParts(edge), ...note(edge.id)].join(' ')),
      ...(this.#overlay !== undefined && isCounted(state) ? [countText(this.#overlay.states[state.id])] : []),
    ];
  }

  #pen(count: number | undefined): string {
    if (this.#overlay === undefined) return `color=${quoted(this.#colours.line)}`;
    const covered = (count ?? 0) > 0;
    return `color=${quoted(covered ? this.#colours.covered : this.#colours.uncovered)}, penwidth=${covered ? 1.5 : 2.5}`;
  }

  #isCluster(id: string): boolean {
    return this.#tree.children(this.#tree.state(id)).length > 0;
  }

  #nodeOf(id: string): string {
    return this.#isCluster(id) ? anchorOf(id) : id;
  }
}

const dashed = (count: number | undefined): string => ((count ?? 0) > 0 ? '' : ', style=dashed');
/** Graphviz takes a subgraph for a cluster by this beginning of its name. */
const clusterOf = (id: string): string => `cluster ${id}`;
const anchorOf = (id: string): string => `${id} (border)`;
const quoted = (text: string): string => `"${text.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"`;

function html(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
