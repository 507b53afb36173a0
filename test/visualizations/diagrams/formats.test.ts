/** JSON there and back, PlantUML, overlays, and the example of the documentation. */

import { describe, expect, it } from 'vitest';
import { createMachine } from 'xstate';
import {
  chartAsJson,
  chartAsPlantUml,
  DIAGRAM_FORMATS,
  diagramFromJson,
  OUR_CHARTS,
  readChart,
  readOverlay,
  renderChart,
} from '../../../visualizations/diagrams/index.js';
import { ALL_CHARTS, sparseOverlay } from './all-charts.js';

const watchdog = readChart(OUR_CHARTS.watchdog!);

describe('the example of the documentation', () => {
  it('renders a machine of one’s own in every format', async () => {
    const door = createMachine({
      id: 'door',
      initial: 'closed',
      states: { closed: { on: { PUSH: 'open' } }, open: { after: { 2000: 'closed' } } },
    });
    const chart = readChart(door);
    for (const format of DIAGRAM_FORMATS) {
      const text = await renderChart(chart, format);
      for (const part of ['closed', 'open', 'PUSH']) expect(text, format).toContain(part);
      expect(await renderChart(chart, format)).toBe(text);
    }
  });
});

describe.each(ALL_CHARTS)('%s', (_, chart) => {
  it('comes back from JSON as it was', () => {
    expect(diagramFromJson(chartAsJson(chart))).toEqual(chart);
    expect(diagramFromJson(chartAsJson(chart, { overlay: sparseOverlay(chart) }))).toEqual(chart);
  });

  it('has every state and transition in PlantUML, and every block closed', () => {
    const lines = chartAsPlantUml(chart, { overlay: sparseOverlay(chart) }).split('\n');
    expect(lines.filter((line) => /^ *state "/.test(line))).toHaveLength(chart.states.length);
    const arrows = lines.filter((line) => /^\w+ (-->|-\[\S+\]->) \w+ : /.test(line));
    expect(arrows).toHaveLength(chart.edges.flatMap(({ targets }) => targets).length);
    const opened = lines.filter((line) => line.endsWith(' {')).length;
    expect(lines.filter((line) => /^ *\}$/.test(line))).toHaveLength(opened);
  });
});

describe('JSON that is no diagram', () => {
  it.each([
    ['no JSON', '{', 'the text is not JSON'],
    [
      'another version',
      JSON.stringify({ ...JSON.parse(chartAsJson(watchdog)), version: 2 }),
      'version is wrong',
    ],
    [
      'an unknown kind',
      chartAsJson(watchdog).replace('"kind": "compound"', '"kind": "choice"'),
      'chart.states.0.kind is wrong',
    ],
    [
      'a state that is not there',
      chartAsJson(watchdog).replace(
        '"targets": [\n          "watchdog.stuck"',
        '"targets": [\n          "gone"',
      ),
      'names state gone',
    ],
  ])('given %s, then an error says where', (_, json, message) => {
    expect(() => diagramFromJson(json)).toThrow(message);
  });
});

describe('an overlay', () => {
  const overlay = sparseOverlay(watchdog);

  it('is read from what `bridle paths --json` prints, or by itself', () => {
    const report = {
      cover: 'transition',
      machines: [{ overlay: { ...overlay, machine: 'table' } }, { overlay }],
    };
    expect(readOverlay(JSON.stringify(report), 'watchdog')).toEqual(overlay);
    expect(readOverlay(JSON.stringify(overlay), 'watchdog')).toEqual(overlay);
    expect(() => readOverlay(JSON.stringify(report), 'door')).toThrow(
      'tells of table, watchdog, not of door',
    );
    expect(() => readOverlay('{"a":1}', 'door')).toThrow('is not what `bridle paths --json` prints');
  });

  it.each(DIAGRAM_FORMATS)('of another machine, or with unknown names, is refused by %s', async (format) => {
    await expect(renderChart(watchdog, format, { overlay: { ...overlay, machine: 'door' } })).rejects.toThrow(
      'machine watchdog: the overlay is of machine door',
    );
    const strange = { ...overlay, transitions: { 'watchdog.gone GO': 1 } };
    await expect(renderChart(watchdog, format, { overlay: strange })).rejects.toThrow(
      'names what the chart does not have: watchdog.gone GO',
    );
  });
});
