import { JSDOM } from 'jsdom';
import { describe, expect, it } from 'vitest';
import { createMachine } from 'xstate';
import { layOut } from '../../../visualizations/diagrams/layout/index.js';
import { OUR_CHARTS } from '../../../visualizations/diagrams/ours.js';
import { readChart } from '../../../visualizations/diagrams/read-chart.js';
import { chartAsSvg, type SvgOptions } from '../../../visualizations/diagrams/svg/index.js';
import { zoo } from './layout-zoo.js';

const { DOMParser } = new JSDOM('').window;

function parse(svg: string): Document {
  const document = new DOMParser().parseFromString(svg, 'image/svg+xml');
  expect(document.querySelector('parsererror')?.textContent).toBeUndefined();
  return document;
}

const drawn = async (machine: Parameters<typeof readChart>[0], options: SvgOptions = {}) =>
  parse(chartAsSvg(await layOut(readChart(machine)), options));
const group = (svg: Document, id: string): Element =>
  [...svg.querySelectorAll('g')].find((each) => each.getAttribute('data-id') === id)!;

describe.each(Object.entries({ ...OUR_CHARTS, zoo }))('given the SVG of %s', async (_, machine) => {
  const diagram = readChart(machine);
  const svg = await drawn(machine);

  it('then it says what it is to who cannot see it', () => {
    expect(svg.documentElement.getAttribute('role')).toBe('img');
    expect(svg.querySelector('svg > title')?.textContent).toContain(diagram.id);
    expect(svg.querySelector('svg > desc')?.textContent).toContain(`${diagram.edges.length} transitions`);
  });

  it('then each state and each transition is drawn, and tells its meta', () => {
    for (const { id, meta } of diagram.states) {
      const title = group(svg, id).querySelector('title')?.textContent ?? '';
      expect(title).toContain(id);
      if (typeof meta?.waitingFor === 'string') expect(title).toContain(meta.waitingFor);
    }
    for (const { id, label, targets } of diagram.edges) {
      const edge = group(svg, id);
      expect(edge.querySelectorAll('path.line')).toHaveLength(targets.length);
      expect(edge.textContent?.replaceAll(/\s/g, '')).toContain(label.replaceAll(/\s/g, ''));
    }
  });

  it('then it refers to nothing outside of it and runs nothing', () => {
    expect(svg.querySelectorAll('script, image, use, foreignObject, [href]')).toHaveLength(0);
    expect(svg.querySelector('style')?.textContent).not.toMatch(/@import|url\((?!#)/);
    expect(svg.querySelectorAll('[style]')).toHaveLength(0);
  });

  it('when it is drawn again, then it is the same', async () => {
    expect((await drawn(machine)).documentElement.outerHTML).toBe(svg.documentElement.outerHTML);
  });
});

describe('given a theme', () => {
  const style = async (options: SvgOptions) =>
    (await drawn(OUR_CHARTS.watchdog!, options)).querySelector('style')!.textContent!;

  it('when none is named, then it follows the reader, and print is black on white', async () => {
    expect(await style({})).toContain('prefers-color-scheme:dark');
    expect(await style({})).toContain('@media print{.paper{fill:#fff}');
  });

  it('when one is named, then it stays whatever the reader prefers', async () => {
    expect(await style({ theme: 'light' })).not.toContain('prefers-color-scheme');
    expect(await style({ theme: 'dark' })).not.toContain('prefers-color-scheme');
    expect(await style({ theme: 'dark' })).not.toBe(await style({ theme: 'light' }));
  });
});

describe('given what is active and what was covered', () => {
  const stuck = 'watchdog.watching xstate.after.noProgress.watchdog.watching';

  it('then active states and the last transition are told apart', async () => {
    const svg = await drawn(OUR_CHARTS.watchdog!, {
      highlight: { states: ['watchdog.quiet'], edges: [stuck] },
    });
    const lit = [...svg.querySelectorAll('.lit')].map((each) => each.getAttribute('data-id'));
    expect(lit).toEqual(['watchdog.quiet', stuck]);
  });

  it('then transitions carry how often they were covered, also where that is never', async () => {
    const overlay = { machine: 'watchdog', states: { 'watchdog.quiet': 4 }, transitions: { [stuck]: 3 } };
    const svg = await drawn(OUR_CHARTS.watchdog!, { overlay });
    expect(group(svg, stuck).getAttribute('class')).toContain('covered');
    expect(group(svg, stuck).querySelector('.count')?.textContent).toBe('×3');
    expect(group(svg, 'watchdog.quiet EXPECT').getAttribute('class')).toContain('missed');
    expect(group(svg, 'watchdog.quiet EXPECT').querySelector('.count')?.textContent).toBe('×0');
    expect(group(svg, 'watchdog.quiet').querySelector('.count')?.textContent).toBe('×4');
  });
});

describe('given names that are markup', () => {
  it('then they are text', async () => {
    const machine = createMachine({
      id: 'a<b>&"c"',
      initial: '<i>',
      states: { '<i>': { on: { '"&\u0001>': { actions: '</svg>' } } } },
    });
    const svg = await drawn(machine);
    expect(svg.querySelectorAll('i')).toHaveLength(0);
    expect(svg.documentElement.textContent).toContain('</svg>');
  });
});
