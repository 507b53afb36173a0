/** Graphviz reads and lays out what we write, and finds in it what the chart has. */
import { Graphviz } from '@hpcc-js/wasm-graphviz';
import { beforeAll, describe, expect, it } from 'vitest';
import { chartAsDot } from '../../../visualizations/diagrams/index.js';
import { ALL_CHARTS, sparseOverlay } from './all-charts.js';

interface Laid {
  readonly objects: readonly { readonly name: string; readonly nodes?: readonly number[] }[];
  readonly edges?: readonly {
    readonly id?: string;
    readonly label?: string;
    readonly tail: number;
    readonly head: number;
  }[];
}

let graphviz: Graphviz;
beforeAll(async () => {
  graphviz = await Graphviz.load();
});

describe.each(ALL_CHARTS)('%s as DOT', (_, chart) => {
  const parents = new Set(chart.states.map(({ parent }) => parent));

  it('is laid out by Graphviz, with every state and every transition', () => {
    const { objects, edges = [] }: Laid = JSON.parse(graphviz.layout(chartAsDot(chart), 'json', 'dot'));
    const names = objects.map(({ name }) => name);
    for (const { id } of chart.states) expect(names).toContain(parents.has(id) ? `cluster ${id}` : id);
    const arrows = chart.edges.flatMap(({ id, targets }) => targets.map(() => id));
    expect(edges.flatMap(({ id }) => (id === undefined ? [] : [id.replaceAll('\\\\', '\\')])).sort()).toEqual(
      arrows.sort(),
    );
    const initials = chart.states.filter(({ initial }) => initial !== null);
    expect(edges).toHaveLength(arrows.length + initials.length);
  });

  it('is laid out with an overlay, too, which tells of the rest by dashes and words', () => {
    const dot = chartAsDot(chart, { overlay: sparseOverlay(chart), theme: 'dark' });
    expect(() => graphviz.layout(dot, 'json', 'dot')).not.toThrow();
    if (chart.edges.some(({ targets }, at) => at > 0 && targets.length > 0))
      expect(dot).toContain('style=dashed');
  });
});
