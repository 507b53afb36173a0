import { describe, expect, it } from 'vitest';
import { createMachine } from 'xstate';
import { DiagramError } from '../../../visualizations/diagrams/diagram-error.js';
import type { Box } from '../../../visualizations/diagrams/laid-out-chart.js';
import { chartSize, effortFor, tooLong, unitSize } from '../../../visualizations/diagrams/layout/effort.js';
import { runElkApart } from '../../../visualizations/diagrams/layout/elk.js';
import { layOut } from '../../../visualizations/diagrams/layout/index.js';
import { Units } from '../../../visualizations/diagrams/layout/units.js';
import { OUR_CHARTS } from '../../../visualizations/diagrams/ours.js';
import { readChart } from '../../../visualizations/diagrams/read-chart.js';
import { renderChart } from '../../../visualizations/diagrams/render-chart.js';
import { generatedMachine } from './generated-machine.js';

const generated = (states: number, transitions: number) =>
  readChart(generatedMachine({ states, transitions, seed: 7 }));

describe('given how much is laid out together', () => {
  it.each(Object.entries(OUR_CHARTS))(
    'when it is %s, then it gets what is worth its size',
    (name, machine) => {
      const size = chartSize(readChart(machine));
      // A migration has as many arrows as all the others together: thorough attempts would take minutes.
      expect(effortFor({ unit: size, chart: size })).toBe(name === 'migration' ? 'quick' : 'thorough');
    },
  );

  it.each([
    [20, 39, 'thorough'],
    [30, 60, 'quick'],
    [100, 200, 'quick'],
    [500, 1_000, 'quick'],
  ] as const)('when it is %i states and %i transitions, then the effort is %s', (states, arrows, effort) => {
    const diagram = generated(states, arrows);
    const unit = unitSize(diagram, new Units(diagram), diagram.states[0]!.id);
    expect(unit).toBe(states + arrows);
    expect(effortFor({ unit, chart: chartSize(diagram) })).toBe(effort);
  });

  it('when a state that no arrow leaves has states inside, then it counts as one state outside', () => {
    const inner = { initial: 'a', states: { a: { on: { GO: 'b' } }, b: { on: { BACK: 'a' } } } };
    const diagram = readChart(
      createMachine({ id: 'm', initial: 'x', states: { x: { ...inner, on: { GO: 'y' } }, y: {} } }),
    );
    const units = new Units(diagram);
    expect(unitSize(diagram, units, 'm.x')).toBe(4);
    expect(unitSize(diagram, units, 'm')).toBe(3);
  });

  it('when there are very many small units, then even those are laid out the quick way', () => {
    expect(effortFor({ unit: 20, chart: 1_000 })).toBe('quick');
  });
});

describe('given a machine of 100 states and 200 transitions', async () => {
  const diagram = generated(100, 200);
  const chart = await layOut(diagram);

  it('when it is laid out, then every state and every edge has a place in the picture', () => {
    expect(chart.states.map(({ id }) => id)).toEqual(diagram.states.map(({ id }) => id));
    expect(chart.edges.map(({ id }) => id)).toEqual(diagram.edges.map(({ id }) => id));
    for (const { x, y } of chart.edges.flatMap(({ paths }) => paths.flat())) {
      expect(x >= 0 && x <= chart.width && y >= 0 && y <= chart.height).toBe(true);
    }
  });

  it('when it is laid out, then no state covers another', () => {
    const states = chart.states.slice(1);
    for (const [i, one] of states.entries()) {
      for (const other of states.slice(i + 1)) {
        expect(overlap(one, other), `${one.id} and ${other.id}`).toBe(false);
      }
    }
  });
});

it('given a chart laid out the quick way, when that is done again, then it gets the same places', async () => {
  const [one, other] = await Promise.all([layOut(generated(20, 41)), layOut(generated(20, 41))]);
  expect(one).toEqual(other);
});

describe('given a chart that is too big for a picture', () => {
  const diagram = generated(1_000, 1_001);

  it('when it is laid out, then the error says so, and what still works', async () => {
    const refused = await layOut(diagram).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(DiagramError);
    expect(String(refused)).toMatch(/2002 states and arrows .*2000 at most.*mermaid, dot, scxml/);
  });

  it('when another format is asked for, then it is written', async () => {
    expect(await renderChart(diagram, 'mermaid')).toContain('s999');
  });
});

describe('given an engine that takes longer than it may', () => {
  it('when the deadline passes, then the wait ends with its reason', async () => {
    const deadline = new AbortController();
    const places = runElkApart(
      { id: 'chart', children: [{ id: 'a', width: 9, height: 9 }] },
      deadline.signal,
    );
    deadline.abort(new Error('late'));
    await expect(places).rejects.toThrow('late');
  });

  it('then the error that the user sees names the formats that still work', () => {
    expect(tooLong(generated(5, 5)).message).toMatch(/longer to lay out than 60 seconds; .*mermaid, dot/);
  });

  it('when the graph makes no sense, then that is an error, not a wait', async () => {
    const edges = [{ id: 'e', sources: ['nowhere'], targets: ['nowhere'] }];
    const { signal } = new AbortController();
    await expect(runElkApart({ id: 'chart', edges }, signal)).rejects.toThrow(/nowhere/);
  });
});

function overlap(a: Box, b: Box): boolean {
  return a.x + a.width > b.x && b.x + b.width > a.x && a.y + a.height > b.y && b.y + b.height > a.y;
}
