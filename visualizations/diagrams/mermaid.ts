/**
 * A chart as Mermaid text (`stateDiagram-v2`), for wherever Mermaid is drawn.
 *
 * Mermaid keeps a state in the block that mentions it first only if no other block mentions it, so all
 * transitions stand behind all blocks. A state with children can have no lines of text, so its own go
 * into a note. Transitions without a target are lines of their state.
 */
import type { ChartDiagram, DiagramState } from './chart-diagram.js';
import { actionsText, ChartTree, edgeParts, stateLines, wrapped } from './chart-text.js';
import { checkOverlay, countText, isCounted, type Overlay } from './overlay.js';

export interface RenderOptions {
  /** Counts to show, as `bridle paths --json` gives them. */
  readonly overlay?: Overlay | undefined;
  /** `auto` leaves the choice to whoever draws. */
  readonly theme?: Theme | undefined;
}

export type Theme = 'light' | 'dark' | 'auto';

const COLUMNS = 56;
/** Between the labels of transitions that share an arrow. */
const BETWEEN = '<br/>──<br/>';
const STYLES = {
  light: {
    covered: 'fill:#d9f2e3,stroke:#1a7f4b,color:#10281b',
    uncovered: 'fill:#fff3d6,stroke:#9a5b00,color:#3d2600',
  },
  dark: {
    covered: 'fill:#12351f,stroke:#4cc38a,color:#e6f7ee',
    uncovered: 'fill:#3d2600,stroke:#f5b301,color:#fff3d6',
  },
} as const;

/**
 * @throws DiagramError for an overlay that does not fit
 * @example chartAsMermaid(readChart(door)).split('\n')[3] // 'stateDiagram-v2'
 */
export function chartAsMermaid(chart: ChartDiagram, { overlay, theme = 'auto' }: RenderOptions = {}): string {
  if (overlay !== undefined) checkOverlay(chart, overlay);
  const writer = new MermaidWriter(chart, overlay);
  const config = theme === 'auto' ? [] : ['config:', `  theme: ${theme === 'dark' ? 'dark' : 'default'}`];
  const title = chart.version === null ? chart.id : `${chart.id} ${chart.version}`;
  return [
    '---',
    `title: ${JSON.stringify(title)}`,
    ...config,
    '---',
    'stateDiagram-v2',
    ...writer.states(),
    ...writer.edges(),
    ...(overlay === undefined ? [] : writer.classes(overlay, STYLES[theme === 'dark' ? 'dark' : 'light'])),
    '',
  ].join('\n');
}

class MermaidWriter {
  readonly #chart: ChartDiagram;
  readonly #tree: ChartTree;
  readonly #overlay: Overlay | undefined;
  readonly #names: ReadonlyMap<string, string>;

  constructor(chart: ChartDiagram, overlay: Overlay | undefined) {
    this.#chart = chart;
    this.#tree = new ChartTree(chart);
    this.#overlay = overlay;
    this.#names = uniqueNames(chart.states.map(({ id }) => id));
  }

  states(): string[] {
    return this.#state(this.#tree.root, '  ');
  }

  /** Transitions between the same two states share an arrow, or their labels would lie on each other. */
  edges(): string[] {
    const arrows = new Map<string, string[]>();
    for (const edge of this.#chart.edges) {
      for (const [at, target] of edge.targets.entries()) {
        const region = edge.targets.length > 1 ? [`(${at + 1} of ${edge.targets.length} targets)`] : [];
        const label = escaped([...edgeParts(edge), ...region, ...this.#edgeCount(edge.id)]);
        const arrow = `  ${this.#name(edge.source)} --> ${this.#name(target)}`;
        arrows.set(arrow, [...(arrows.get(arrow) ?? []), label]);
      }
    }
    return [...arrows].map(([arrow, labels]) => `${arrow}: ${labels.join(BETWEEN)}`);
  }

  classes(overlay: Overlay, styles: (typeof STYLES)[keyof typeof STYLES]): string[] {
    const names = (covered: boolean) =>
      this.#chart.states
        .filter((state) => isCounted(state) && (overlay.states[state.id] ?? 0) > 0 === covered)
        .map(({ id }) => this.#name(id));
    const use = (style: string, list: readonly string[]) =>
      list.length === 0 ? [] : [`  class ${list.join(',')} ${style}`];
    return [
      `  classDef covered ${styles.covered}`,
      `  classDef uncovered ${styles.uncovered},stroke-width:3px,stroke-dasharray:6 4`,
      ...use('covered', names(true)),
      ...use('uncovered', names(false)),
    ];
  }

  #state(state: DiagramState, indent: string): string[] {
    const name = this.#name(state.id);
    const head = `${indent}state "${escaped([titleOf(state)])}" as ${name}`;
    const children = this.#tree.children(state);
    const lines = this.#lines(state).map((line) => escaped(wrapped(line, COLUMNS)));
    if (children.length === 0) return [head, ...lines.map((line) => `${indent}${name}: ${line}`)];
    const inner = `${indent}  `;
    const regions = children.map((child, at) => [
      ...(state.kind === 'parallel' && at > 0 ? [`${inner}--`] : []),
      ...this.#state(child, inner),
      ...(child.kind === 'final' ? [`${inner}${this.#name(child.id)} --> [*]`] : []),
    ]);
    return [
      `${head} {`,
      ...this.#initial(state, inner),
      ...regions.flat(),
      `${indent}}`,
      ...(lines.length === 0 ? [] : note(name, lines, indent)),
    ];
  }

  #initial({ initial }: DiagramState, indent: string): string[] {
    if (initial === null) return [];
    const actions = initial.actions.length === 0 ? '' : `: ${escaped([`/ ${actionsText(initial.actions)}`])}`;
    return [`${indent}[*] --> ${this.#name(initial.target)}${actions}`];
  }

  #lines(state: DiagramState): string[] {
    const counted = this.#overlay !== undefined && isCounted(state);
    const inside = this.#tree.edges(state).filter(({ targets }) => targets.length === 0);
    const leads = state.historyDefault.map((target) => `at first: ${target}`);
    return [
      ...stateLines(state),
      ...leads,
      ...inside.map((edge) => [...edgeParts(edge), ...this.#edgeCount(edge.id)].join(' ')),
      ...(counted ? [countText(this.#overlay?.states[state.id])] : []),
    ];
  }

  #edgeCount(id: string): string[] {
    return this.#overlay === undefined ? [] : [`(${countText(this.#overlay.transitions[id])})`];
  }

  #name(id: string): string {
    return this.#names.get(id)!;
  }
}

function note(name: string, lines: readonly string[], indent: string): string[] {
  return [
    `${indent}note right of ${name}`,
    ...lines.map((line) => `${indent}  ${line}`),
    `${indent}end note`,
  ];
}

function titleOf({ key, kind, history }: DiagramState): string {
  if (kind === 'history') return `${history === 'deep' ? 'H*' : 'H'} ${key} (${history} history)`;
  return key;
}

/** Words that begin a statement of Mermaid's, and names that it gives a meaning. */
const RESERVED =
  /^(state|note|class|classdef|style|direction|end|default|click|href|acc\w*|as|hide|scale|root|fork|join|choice|\d.*)$/i;

/** Names for states that Mermaid and PlantUML can read, each once: `followerTable.asking` is `followerTable_asking`. */
export function uniqueNames(ids: readonly string[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const used = new Set<string>();
  for (const id of ids) {
    const plain = id.replace(/\W+/g, '_');
    const base = RESERVED.test(plain) || plain.startsWith('_') ? `s_${plain}` : plain;
    let name = base;
    for (let n = 2; used.has(name); n++) name = `${base}_${n}`;
    used.add(name);
    names.set(id, name);
  }
  return names;
}

/** Lines of text as Mermaid takes them: its signs as numbers, between lines a break. */
function escaped(lines: readonly string[]): string {
  return lines
    .map((line) =>
      line.replace(/["#;:<>%&`\\*~|]/g, (sign) => `#${sign.charCodeAt(0)};`).replace(/\s+/g, ' '),
    )
    .join('<br/>');
}
