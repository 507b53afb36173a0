/** Mermaid's own parser reads what we write, and finds in it what the chart has. */
import { JSDOM } from 'jsdom';
import type { Mermaid } from 'mermaid';
import { beforeAll, describe, expect, it } from 'vitest';
import { chartAsMermaid } from '../../../visualizations/diagrams/index.js';
import { ALL_CHARTS, sparseOverlay } from './all-charts.js';

interface Statement {
  readonly stmt: string;
  readonly id?: string;
  readonly description?: string;
  readonly state1?: Statement;
  readonly state2?: Statement;
  readonly doc?: readonly Statement[];
  readonly type?: string;
}

let mermaid: Mermaid;

beforeAll(async () => {
  const { window } = new JSDOM('');
  // Mermaid is made for a browser and looks for one when it is loaded.
  Object.assign(globalThis, { window, document: window.document });
  mermaid = (await import('mermaid')).default;
  mermaid.initialize({ startOnLoad: false });
});

async function parsed(text: string): Promise<readonly Statement[]> {
  const { db, type } = await mermaid.mermaidAPI.getDiagramFromText(text);
  expect(type).toBe('stateDiagram');
  return (db as unknown as { getRootDocV2: () => Statement }).getRootDocV2().doc!;
}

const flat = (doc: readonly Statement[]): Statement[] =>
  doc.flatMap((each) => [each, ...(each.doc === undefined ? [] : flat(each.doc))]);

describe.each(ALL_CHARTS)('%s as Mermaid', (_, chart) => {
  it('is read by Mermaid, with every state and every arrow', async () => {
    const all = flat(await parsed(chartAsMermaid(chart)));
    const names = new Set(
      all.filter(({ stmt, type }) => stmt === 'state' && type !== 'divider').map(({ id }) => id),
    );
    expect(names.size).toBe(chart.states.length);
    const arrows = all.filter(
      ({ stmt, state1, state2 }) => stmt === 'relation' && names.has(state1!.id) && names.has(state2!.id),
    );
    const pairs = new Set(
      chart.edges.flatMap(({ source, targets }) => targets.map((target) => `${source} ${target}`)),
    );
    expect(arrows).toHaveLength(pairs.size);
    const labels = arrows.flatMap(({ description }) => description!.split('<br/>──<br/>'));
    expect(labels).toHaveLength(chart.edges.flatMap(({ targets }) => targets).length);
  });
});

describe('an overlay in Mermaid', () => {
  it.each(ALL_CHARTS.filter(([name]) => name === 'watchdog' || name === 'zoo'))(
    'is read by Mermaid for %s, and tells in words what is not covered',
    async (_, chart) => {
      const text = chartAsMermaid(chart, { overlay: sparseOverlay(chart), theme: 'dark' });
      await parsed(text);
      expect(text).toContain('×3');
      expect(text).toContain('(×12)');
      expect(text).toContain('not covered');
      expect(text).toMatch(/class \S+ uncovered/);
    },
  );
});
