/**
 * A chart that is too large for a page, as several pictures: one of its states with all that is inside them
 * folded away, and one of each state that has others inside. What leads out of a picture says where to.
 */
import type { ChartDiagram, DiagramEdge, DiagramState } from './chart-diagram.js';
import { ChartTree, edgeText } from './chart-text.js';
import { DiagramError } from './diagram-error.js';
import { chartSize, effortFor } from './layout/effort.js';

/** Whether a picture of all of it would not be laid out with care, and would have to be zoomed into. */
export function isTooLargeForOnePicture(chart: ChartDiagram): boolean {
  const size = chartSize(chart);
  return effortFor({ unit: size, chart: size }) === 'quick';
}

/** @example partsOf(readChart(migration)).map(({ id }) => id) // ['migration.waiting', 'migration.fencing', …] */
export function partsOf(chart: ChartDiagram): readonly ChartDiagram[] {
  const tree = new ChartTree(chart);
  return tree
    .children(tree.root)
    .filter((state) => tree.children(state).length > 0)
    .map(({ id }) => partOf(chart, id));
}

/**
 * One state with what is inside, as a chart of its own.
 *
 * @param id of the state: `migration.fencing`, or without the machine's name
 * @throws DiagramError if the chart has no such state, or nothing is inside of it
 */
export function partOf(chart: ChartDiagram, id: string): ChartDiagram {
  const tree = new ChartTree(chart);
  const known = chart.states.filter((state) => state.parent !== null && tree.children(state).length > 0);
  const root = known.find((state) => state.id === id || state.id === `${chart.id}.${id}`);
  if (root === undefined) {
    const names = known.map((state) => nameIn(chart.id, state.id)).join(', ');
    const why = `is none that has states inside; there is ${names || 'none'}`;
    throw new DiagramError({ machine: chart.id, state: null, feature: `the state ${id}` }, why);
  }
  const inside = (state: string): boolean => state === root.id || tree.isWithin(state, root.id);
  const entered = (state: DiagramState): readonly string[] =>
    chart.edges
      .filter(({ source, targets }) => !inside(source) && targets.includes(state.id))
      .map((edge) => `entered from ${nameIn(chart.id, edge.source)}: ${edgeText(edge)}`);
  return {
    ...chart,
    id: root.id,
    states: chart.states
      .filter(({ id: state }) => inside(state))
      .map((state) =>
        state === root
          ? { ...state, parent: null }
          : { ...state, description: together([state.description, ...entered(state)]) },
      ),
    edges: chart.edges
      .filter(({ source }) => inside(source))
      .map((edge) => {
        const out = edge.targets.filter((target) => !inside(target));
        if (out.length === 0) return edge;
        const leads = out.map((target) => nameIn(chart.id, target)).join(', ');
        return { ...edge, targets: edge.targets.filter(inside), leads };
      }),
  };
}

/** The chart with everything inside its states folded away; arrows say what leads from here to there. */
export function overviewOf(chart: ChartDiagram): ChartDiagram {
  const tree = new ChartTree(chart);
  const tops = tree.children(tree.root);
  const topOf = (id: string): DiagramState | undefined =>
    tops.find((top) => top.id === id || tree.isWithin(id, top.id));
  const folded = (state: DiagramState): DiagramState => {
    const count = chart.states.filter(({ id }) => tree.isWithin(id, state.id)).length;
    if (count === 0) return state;
    const description = together([state.description, `${count} states inside`]);
    return { ...state, kind: 'atomic', initial: null, description, entry: [], exit: [] };
  };
  const lifted = chart.edges.flatMap((edge): DiagramEdge[] => {
    const source = topOf(edge.source);
    if (source === undefined) return [edge];
    // Of a state without any inside there is no other picture.
    if (tree.children(source).length === 0 && edge.targets.length === 0) return [edge];
    const targets = edge.targets.flatMap((target) => topOf(target) ?? []);
    if (targets.length === 0 || targets.every((target) => target === source)) return [];
    const leads = edge.targets.filter((target) => !targets.some(({ id }) => id === target));
    return [
      {
        ...edge,
        source: source.id,
        targets: targets.map(({ id }) => id),
        ...(tree.children(source).length > 0 && { actions: [] }),
        ...(leads.length > 0 && { leads: leads.map((target) => nameIn(chart.id, target)).join(', ') }),
      },
    ];
  });
  return {
    ...chart,
    states: [tree.root, ...tops.map(folded)],
    edges: bundled(lifted),
  };
}

/** One arrow for all that lead from one state to another: what happens there, in short. */
function bundled(edges: readonly DiagramEdge[]): readonly DiagramEdge[] {
  const bundles = new Map<string, DiagramEdge[]>();
  for (const edge of edges) {
    const { id, source, targets, leads } = edge;
    // What stays in its state is a line there, not an arrow.
    const way = targets.length === 0 ? id : JSON.stringify([source, targets, leads]);
    bundles.set(way, [...(bundles.get(way) ?? []), edge]);
  }
  return [...bundles.values()].map(([first, ...others]) => {
    if (others.length === 0) return first!;
    const labels = new Set([first!, ...others].map(({ label }) => label));
    return { ...first!, label: [...labels].join(' or '), guard: null, actions: [] };
  });
}

const together = (texts: readonly (string | null)[]): string | null =>
  texts.filter((text) => text !== null).join('; ') || null;

/** @example nameIn('migration', 'migration.fencing.asking') // 'fencing.asking' */
const nameIn = (machine: string, id: string): string =>
  id.startsWith(`${machine}.`) ? id.slice(machine.length + 1) : id;
