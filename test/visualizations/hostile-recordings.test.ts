/** Recordings come attached to reports, from anybody: whatever is in them is data. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { followerTable } from '../../machines/followerTable.js';
import { OUR_CHARTS } from '../../visualizations/diagrams/ours.js';
import { readChart } from '../../visualizations/diagrams/read-chart.js';
import { EXPORTS } from '../../visualizations/inspector/model/exports/index.js';
import { progressAt } from '../../visualizations/inspector/model/progress.js';
import { RecordingIndex } from '../../visualizations/inspector/model/recording-index.js';
import { openRecording } from '../../visualizations/inspector/recorded-run.js';

const HEADER =
  '{"t":"recording","version":1,"source":"live","title":"x","madeBy":"b","beganUs":1,"values":"removed"}';
const ACTOR = '{"t":"actor","at":1,"process":"p","actor":"a","parent":null,"state":"x","context":{},"chart":';

const CHART = readChart(followerTable);

interface BreakableState {
  id: string;
  parent: string | null;
  tags: unknown;
}
interface BreakableChart {
  states: BreakableState[];
  edges: { source: string; targets: unknown }[];
}
const BROKEN_CHARTS: [string, (chart: BreakableChart) => unknown][] = [
  ['a number', () => 1],
  ['no states', () => ({ id: 'x' })],
  ['states that are none', (chart) => void Object.assign(chart, { states: [null, 1] })],
  ['a state inside of itself', ({ states: [, one] }) => void Object.assign(one ?? {}, { parent: one?.id })],
  ['a state of the same id', ({ states }) => void states.push({ ...(states[1] as BreakableState) })],
  ['tags that are a number', ({ states: [one] }) => void Object.assign(one ?? {}, { tags: 1 })],
  ['an edge from nowhere', ({ edges: [one] }) => void Object.assign(one ?? {}, { source: 'nowhere' })],
  ['an edge to no list', ({ edges: [one] }) => void Object.assign(one ?? {}, { targets: null })],
  [
    'states nested very deeply',
    ({ states }) => {
      for (let i = 0; i < 5_000; i++) {
        states.push({ ...(states[0] as BreakableState), id: `s${i}`, parent: states.at(-1)?.id ?? null });
      }
    },
  ],
];

let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bridle-hostile-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function opened(...lines: readonly string[]) {
  const file = join(directory, 'run.jsonl');
  await writeFile(file, `${[HEADER, ...lines].join('\n')}\n`);
  const run = await openRecording(file);
  const index = new RecordingIndex(run.header);
  index.append(run.recording.lines);
  return { run, index };
}

describe('a recording from anybody', () => {
  it.each(['constructor', '__proto__', 'toString'])('may name a chart %s', async (name) => {
    const { run } = await opened(`${ACTOR}"${name}"}`);
    expect(await run.charts()).toEqual([]);
  });

  it.each(BROKEN_CHARTS)('may say of a chart what makes none: %s', async (_, break_) => {
    const diagram = structuredClone(CHART) as unknown as BreakableChart;
    const told = break_(diagram) ?? diagram;
    const { index } = await opened(
      `{"t":"chart","chart":"followerTable","diagram":${JSON.stringify(told)}}`,
      `${ACTOR}"followerTable"}`.replace('"state":"x"', '"state":{"asking":"looking"}'),
    );
    expect(index.charts.size).toBe(0);
    expect(index.at(0).actors.get('p/a')?.active).toEqual([
      'followerTable.asking',
      'followerTable.asking.looking',
    ]);
  });

  it('with each of our charts is taken', async () => {
    const charts = Object.entries(OUR_CHARTS).map(([chart, machine]) => ({
      ...{ t: 'chart', chart },
      diagram: readChart(machine),
    }));
    const { index } = await opened(...charts.map((line) => JSON.stringify(line)));
    expect([...index.charts.keys()]).toEqual(Object.keys(OUR_CHARTS));
  });

  it.each(['null', '1', '[]', '{"id":1,"states":5}'])(
    'may carry %s for an explanation',
    async (explanation) => {
      const { index } = await opened(`{"t":"explain","at":1,"explanation":${explanation}}`);
      expect(progressAt(index, 0)).toEqual([]);
    },
  );

  it('may have explanations that were shortened by hand, and duplications without a context', async () => {
    const { index } = await opened(
      '{"t":"explain","at":1,"explanation":{"table":"t","duplicationId":1,"status":"DS_LOG","line":"x"}}',
      `${ACTOR}"duplication"}`.replace('"context":{}', '"context":null'),
    );
    expect(progressAt(index, 1).map(({ explanation }) => explanation)).toEqual([null]);
  });

  it.each([
    ['headline', 7],
    ['blockedBy', {}],
    ['diagnosis', [{ seen: true, sign: 'x', cause: 5, look: 'y' }]],
  ])('may have %s of another kind in an explanation', async (field, value) => {
    const counts = { partitionCount: 0, prepared: 0, ready: 0, lagDecrees: 0, copiedBytes: 0, totalBytes: 0 };
    const explanation = {
      ...{ table: 't', duplicationId: 1, status: 'DS_LOG', line: 'x', next: '', stuck: null },
      ...{ operatorCan: [], waiting: [], progress: { ...counts, confirmed: [], lastCommitted: [] } },
    };
    const told = async (more: object) =>
      progressAt(
        (await opened(JSON.stringify({ t: 'explain', at: 1, explanation: { ...explanation, ...more } })))
          .index,
        0,
      ).length;
    expect([await told({}), await told({ [field]: value })]).toEqual([1, 0]);
  });

  it('as text holds nothing that a terminal would take for a command', async () => {
    const { index } = await opened(
      '{"t":"note","at":1,"level":"info","text":"\\u001b[2J\\u001b]0;gone\\u0007\\u202Ehi"}',
    );
    const text = EXPORTS.text.make(index, {});
    expect(text).toContain('[2J');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  });

  it('has a test made for an actor that it knows; for another it says which there are', async () => {
    const { index } = await opened(`${ACTOR}"watchdog"}`);
    expect(() => EXPORTS.vitest.make(index, { actor: 'p/b' })).toThrow(
      'There is no actor p/b. Choose one of p/a.',
    );
  });
});
