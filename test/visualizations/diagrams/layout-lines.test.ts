import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { LaidOutChart } from '../../../visualizations/diagrams/laid-out-chart.js';
import { layOut } from '../../../visualizations/diagrams/layout/index.js';
import { OUR_CHARTS } from '../../../visualizations/diagrams/ours.js';
import { overviewOf, partsOf } from '../../../visualizations/diagrams/parts.js';
import { readChart } from '../../../visualizations/diagrams/read-chart.js';
import { boxAround, crossings, type NamedBox, type NamedPath } from './crossings.js';
import { zoo } from './layout-zoo.js';

const KEPT = 'docs/diagrams';

/** Pixels that a picture of ours may be wide; where a page has 1,000, text of 1,375 is still 8 high. */
const WIDEST_PX: Readonly<Record<string, number>> = {
  duplication: 1_480,
  followerTable: 1_870,
  table: 900,
  partitionDuplicator: 1_375,
  checkpointTransfer: 1_250,
  watchdog: 800,
  // Not readable on one page: it is kept in parts, see below.
  migration: 4_100,
  supervisor: 1_870,
  partitionMove: 1_100,
  zoo: 1_600,
};

describe.each(Object.entries({ ...OUR_CHARTS, zoo }))('given %s, laid out', async (name, machine) => {
  const chart = await layOut(readChart(machine));

  it('then no line runs through the label of another transition', () => {
    const labels = chart.edges.flatMap(({ id, label, paths }): NamedBox[] =>
      label === null || paths.length === 0 ? [] : [{ name: id, ...label }],
    );
    expect(crossings(pathsOf(chart), labels, (line, label) => line === label)).toEqual([]);
  });

  it('then no line runs through what is written into a state', () => {
    const texts = chart.states.map(({ id, texts }) => boxAround(id, texts));
    const within = chart.diagram.edges.flatMap(({ id, source, targets }, i) =>
      targets.length > 0 ? [] : [boxAround(`${id} in ${source}`, chart.edges[i]!.label!.texts)],
    );
    expect(crossings(pathsOf(chart), [...texts, ...within], () => false)).toEqual([]);
  });

  it('then it is not wider than what a page can show', () => {
    expect(chart.width).toBeLessThanOrEqual(WIDEST_PX[name]!);
  });
});

describe('given a chart that is too large for a page', () => {
  const whole = readChart(OUR_CHARTS.migration!);
  const pictures = [overviewOf(whole), ...partsOf(whole)];

  // `bridle diagram --check` sees to it that these show the chart as it is.
  it('then each picture that is kept is readable where a page has 1,000 pixels', async () => {
    const files = (await readdir(KEPT)).filter((file) => /^migration.*\.svg$/.test(file));
    expect(files).toHaveLength(pictures.length);
    for (const file of files) {
      const width = / width="(\d+)"/.exec(await readFile(`${KEPT}/${file}`, 'utf8'))?.[1];
      expect(Number(width), file).toBeLessThanOrEqual(1_375);
    }
  });

  it('then every state and transition is in one of the parts, or has its place on top', () => {
    const [top, ...parts] = pictures;
    const within = new Set(parts.flatMap(({ states, edges }) => [...states, ...edges]).map(({ id }) => id));
    const arrows = new Set(top!.edges.map(({ source, targets }) => `${source} to ${targets[0]}`));
    const states = new Set([...within, ...top!.states.map(({ id }) => id)]);
    expect(whole.states.filter(({ id }) => !states.has(id))).toEqual([]);
    const left = whole.edges.filter(({ id }) => !within.has(id));
    expect(left.length).toBeGreaterThan(0);
    for (const { source, targets } of left) {
      const phase = targets[0]?.split('.').slice(0, 2).join('.');
      expect(arrows).toContain(`${source} to ${phase}`);
    }
  });

  it('then nothing in a picture leads to what it does not have', () => {
    for (const { states, edges } of pictures) {
      const there = new Set(states.map(({ id }) => id));
      expect(edges.filter(({ targets }) => targets.some((target) => !there.has(target)))).toEqual([]);
    }
  });
});

describe('given charts whose initial state can stand first', () => {
  it.each(['checkpointTransfer', 'followerTable', 'table'])(
    'then %s begins above or left of the rest',
    async (name) => {
      const chart = await layOut(readChart(OUR_CHARTS[name]!));
      const [top, ...others] = chart.states;
      const { dot } = top!.initial!;
      const beside = others.filter(
        ({ id }) => chart.diagram.states.find((state) => state.id === id)?.parent === top!.id,
      );
      expect(beside.every(({ x }) => x > dot.x) || beside.every(({ y }) => y > dot.y)).toBe(true);
    },
  );
});

function pathsOf({ edges, states }: LaidOutChart): NamedPath[] {
  return [
    ...edges.flatMap(({ id, paths }) => paths.map((points) => ({ name: id, points }))),
    ...states.flatMap(({ id, initial }) =>
      initial === null ? [] : [{ name: `into ${id}`, points: initial.path }],
    ),
  ];
}
