/** A chart as a PlantUML state diagram. */
import type { ChartDiagram, DiagramEdge, DiagramState } from './chart-diagram.js';
import { actionsText, ChartTree, edgeParts, stateLines, wrapped } from './chart-text.js';
import { type Colours, coloursOf } from './dot-colours.js';
import { type RenderOptions, uniqueNames } from './mermaid.js';
import { checkOverlay, countText, isCounted, type Overlay } from './overlay.js';

const COLUMNS = 56;

/**
 * @throws DiagramError for an overlay that does not fit
 * @example chartAsPlantUml(readChart(door)).startsWith('@startuml') // true
 */
export function chartAsPlantUml(chart: ChartDiagram, { overlay, theme }: RenderOptions = {}): string {
  if (overlay !== undefined) checkOverlay(chart, overlay);
  const colours = coloursOf(theme);
  const writer = new PlantUmlWriter(chart, overlay, colours);
  return [
    '@startuml',
    `title ${escaped(chart.version === null ? chart.id : `${chart.id} ${chart.version}`)}`,
    'hide empty description',
    ...skin(colours),
    ...writer.state(writer.root, ''),
    ...chart.edges.flatMap((edge) => writer.edge(edge)),
    '@enduml',
    '',
  ].join('\n');
}

function skin({ paper, ink, line }: Colours): string[] {
  return [
    `skinparam backgroundColor ${paper}`,
    `skinparam defaultFontColor ${ink}`,
    `skinparam ArrowColor ${line}`,
    `skinparam stateBackgroundColor ${paper}`,
    `skinparam stateBorderColor ${line}`,
    `skinparam stateStartColor ${ink}`,
    `skinparam stateEndColor ${ink}`,
  ];
}

class PlantUmlWriter {
  readonly #tree: ChartTree;
  readonly #overlay: Overlay | undefined;
  readonly #colours: Colours;
  readonly #names: ReadonlyMap<string, string>;

  constructor(chart: ChartDiagram, overlay: Overlay | undefined, colours: Colours) {
    this.#tree = new ChartTree(chart);
    this.#overlay = overlay;
    this.#colours = colours;
    this.#names = uniqueNames(chart.states.map(({ id }) => id));
  }

  get root(): DiagramState {
    return this.#tree.root;
  }

  state(state: DiagramState, indent: string): string[] {
    const name = this.#name(state.id);
    const children = this.#tree.children(state);
    const head = `${indent}state "${escaped(titleOf(state)).replaceAll('"', "''")}" as ${name}${stereotype(state)}${this.#paint(state)}`;
    const texts = this.#lines(state).map(
      (line) => `${indent}${name} : ${wrapped(line, COLUMNS).map(escaped).join('\\n')}`,
    );
    if (children.length === 0) return [head, ...texts];
    const inner = `${indent}  `;
    return [
      `${head} {`,
      ...this.#initial(state, inner),
      ...children.flatMap((child, at) => [
        ...(state.kind === 'parallel' && at > 0 ? [`${inner}--`] : []),
        ...this.state(child, inner),
        ...(child.kind === 'final' ? [`${inner}${this.#name(child.id)} --> [*]`] : []),
      ]),
      `${indent}}`,
      ...texts,
    ];
  }

  edge(edge: DiagramEdge): string[] {
    const count = this.#overlay?.transitions[edge.id];
    const counted = this.#overlay === undefined ? [] : [`(${countText(count)})`];
    return edge.targets.map((target, at) => {
      const region = edge.targets.length > 1 ? [`(${at + 1} of ${edge.targets.length} targets)`] : [];
      const label = [...edgeParts(edge), ...region, ...counted].map(escaped).join('\\n');
      return `${this.#name(edge.source)} ${this.#arrow(count)} ${this.#name(target)} : ${label}`;
    });
  }

  #arrow(count: number | undefined): string {
    if (this.#overlay === undefined) return '-->';
    return (count ?? 0) > 0 ? `-[${this.#colours.covered},bold]->` : `-[${this.#colours.uncovered},dashed]->`;
  }

  #paint(state: DiagramState): string {
    if (this.#overlay === undefined || !isCounted(state)) return '';
    const covered = (this.#overlay.states[state.id] ?? 0) > 0;
    return covered
      ? ` ##[bold]${bare(this.#colours.covered)}`
      : ` ##[dashed]${bare(this.#colours.uncovered)}`;
  }

  #initial({ initial }: DiagramState, indent: string): string[] {
    if (initial === null) return [];
    const actions = initial.actions.length === 0 ? '' : ` : / ${escaped(actionsText(initial.actions))}`;
    return [`${indent}[*] --> ${this.#name(initial.target)}${actions}`];
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

  #name(id: string): string {
    return this.#names.get(id)!;
  }
}

const bare = (colour: string): string => colour.slice(1);

function titleOf({ key, history }: DiagramState): string {
  return history === null ? key : `${key} (${history} history)`;
}

function stereotype({ kind, history }: DiagramState): string {
  if (kind !== 'history') return '';
  return history === 'deep' ? ' <<history*>>' : ' <<history>>';
}

/** PlantUML's mark-up and its escapes are taken literally behind a tilde. */
function escaped(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .replace(/\\/g, '~\\')
    .replace(/(\*\*|\/\/|""|--|__|~~|<)/g, '~$1');
}
