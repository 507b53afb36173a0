import { describe, expect, it } from 'vitest';
import type { Box, LaidOutChart, Point } from '../../../visualizations/diagrams/laid-out-chart.js';
import { layOut } from '../../../visualizations/diagrams/layout/index.js';
import { OUR_CHARTS } from '../../../visualizations/diagrams/ours.js';
import { readChart } from '../../../visualizations/diagrams/read-chart.js';
import { zoo } from './layout-zoo.js';

const MACHINES = Object.entries({ ...OUR_CHARTS, zoo });
/** Of half a pixel, which nobody sees. */
const SLACK_PX = 0.5;
/** What sums of decimal fractions are off by. */
const ROUNDING_PX = 1e-6;

describe.each(MACHINES)('given %s, laid out', async (_, machine) => {
  const diagram = readChart(machine);
  const chart = await layOut(diagram);
  const boxes = new Map(chart.states.map((state) => [state.id, state]));
  const parents = new Map(diagram.states.map(({ id, parent }) => [id, parent]));
  const below = (id: string | null, ancestor: string): boolean =>
    id !== null && (id === ancestor || below(parents.get(id) ?? null, ancestor));

  it('then every state and every edge has a place', () => {
    expect(chart.states.map(({ id }) => id)).toEqual(diagram.states.map(({ id }) => id));
    expect(chart.edges.map(({ id }) => id)).toEqual(diagram.edges.map(({ id }) => id));
    for (const [i, edge] of diagram.edges.entries()) {
      expect(chart.edges[i]!.paths).toHaveLength(edge.targets.length);
    }
  });

  it('then states lie inside of their parents, below the text, and beside each other', () => {
    const picture = { x: 0, y: 0, width: chart.width, height: chart.height };
    for (const { id, parent } of diagram.states) {
      const box = boxes.get(id)!;
      expect(within(box, parent === null ? picture : boxes.get(parent)!), id).toBe(true);
      if (parent !== null) expect(box.y, id).toBeGreaterThanOrEqual(boxes.get(parent)!.headBottom!);
      for (const other of diagram.states) {
        if (below(id, other.id) || below(other.id, id)) continue;
        expect(overlap(box, boxes.get(other.id)!), `${id} and ${other.id}`).toBe(false);
      }
    }
  });

  it('then no label covers another, or a state, and all are in the picture', () => {
    const labels = labelsOf(chart);
    const picture = { x: 0, y: 0, width: chart.width, height: chart.height };
    for (const [i, { name, label }] of labels.entries()) {
      expect(within(label, picture), name).toBe(true);
      for (const other of labels.slice(i + 1)) {
        expect(overlap(label, other.label), `${name} and ${other.name}`).toBe(false);
      }
      for (const state of chart.states) {
        // A label may lie inside of a composite state, but not across its border or over its text.
        const clear =
          !overlap(label, state) ||
          (state.headBottom !== null && within(label, inside(state, state.headBottom)));
        expect(clear, `${name} and ${state.id}`).toBe(true);
      }
    }
  });

  it('then the text of states and of transitions that do not leave them fits into their boxes', () => {
    for (const state of chart.states) {
      for (const text of state.texts) expect(within(textBox(text), state), text.text).toBe(true);
    }
    for (const [i, { source, targets }] of diagram.edges.entries()) {
      const { label } = chart.edges[i]!;
      for (const text of label?.texts ?? []) expect(within(textBox(text), label!), text.text).toBe(true);
      if (targets.length === 0) expect(within(label!, boxes.get(source)!)).toBe(true);
    }
  });

  it('then every path begins at its source and ends at the border of its target', () => {
    for (const [i, { id, source, targets }] of diagram.edges.entries()) {
      for (const [at, path] of chart.edges[i]!.paths.entries()) {
        const from = boxes.get(source)!;
        const begin = onBorder(path[0]!, from) || Math.abs(path[0]!.y - (from.headBottom ?? 0)) <= SLACK_PX;
        expect(begin, `${id} begins`).toBe(true);
        expect(onBorder(path.at(-1)!, boxes.get(targets[at]!)!), `${id} ends`).toBe(true);
        for (const [n, point] of path.slice(1).entries()) {
          const off = Math.min(Math.abs(point.x - path[n]!.x), Math.abs(point.y - path[n]!.y));
          expect(off, `${id} is drawn at right angles`).toBeLessThan(ROUNDING_PX);
        }
      }
    }
  });

  it('then the way in begins at a dot inside of the state and ends at its initial state', () => {
    for (const { id, initial } of diagram.states) {
      if (initial === null) continue;
      const place = boxes.get(id)!;
      expect(within({ ...place.initial!.dot, width: 0, height: 0 }, place)).toBe(true);
      expect(onBorder(place.initial!.path.at(-1)!, boxes.get(initial.target)!)).toBe(true);
    }
  });

  it('when it is laid out again, then everything has the same place', async () => {
    expect(await layOut(readChart(machine))).toEqual(chart);
  });
});

function labelsOf(chart: LaidOutChart): { readonly name: string; readonly label: Box }[] {
  const ways = chart.states.flatMap(({ id, initial }) =>
    initial === null || initial.label === null ? [] : [{ name: `into ${id}`, label: initial.label }],
  );
  return [
    ...ways,
    ...chart.edges.flatMap(({ id, label, paths }) =>
      label === null || paths.length === 0 ? [] : [{ name: id, label }],
    ),
  ];
}

const inside = (box: Box, top: number): Box => ({ ...box, y: top, height: box.y + box.height - top });

const textBox = ({ x, y, width }: Point & { readonly width: number }): Box => ({
  x,
  y: y - 9,
  width,
  height: 11,
});

function within(box: Box, outer: Box): boolean {
  return (
    box.x >= outer.x - SLACK_PX &&
    box.y >= outer.y - SLACK_PX &&
    box.x + box.width <= outer.x + outer.width + SLACK_PX &&
    box.y + box.height <= outer.y + outer.height + SLACK_PX
  );
}

function overlap(a: Box, b: Box): boolean {
  return (
    a.x + a.width > b.x + SLACK_PX &&
    b.x + b.width > a.x + SLACK_PX &&
    a.y + a.height > b.y + SLACK_PX &&
    b.y + b.height > a.y + SLACK_PX
  );
}

function onBorder({ x, y }: Point, { x: left, y: top, width, height }: Box): boolean {
  const near = (one: number, other: number) => Math.abs(one - other) <= SLACK_PX;
  const inX = x >= left - SLACK_PX && x <= left + width + SLACK_PX;
  const inY = y >= top - SLACK_PX && y <= top + height + SLACK_PX;
  return (
    (inX && (near(y, top) || near(y, top + height))) || (inY && (near(x, left) || near(x, left + width)))
  );
}
