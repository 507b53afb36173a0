import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { JSDOM } from 'jsdom';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readRecording } from '../../../runtime/observe/recording/read.js';
import {
  EXPORTS,
  ExportError,
  exportMermaid,
  exportPerfetto,
  exportText,
  exportVitestCase,
  type TraceEvent,
} from '../../../visualizations/inspector/model/exports/index.js';
import { NO_FILTER } from '../../../visualizations/inspector/model/filter.js';
import { RecordingIndex } from '../../../visualizations/inspector/model/recording-index.js';
import { syntheticRecording } from '../../support/recordings.js';

const MOMENTS = 2_000;
const { header, lines } = syntheticRecording({ moments: MOMENTS, seed: 5 });
const index = new RecordingIndex(header);
index.append(lines);

describe('Mermaid', () => {
  let parse: (text: string) => Promise<unknown>;
  beforeAll(async () => {
    const { window } = new JSDOM('');
    Object.assign(globalThis, { window, document: window.document });
    const { default: mermaid } = await import('mermaid');
    parse = (text) => mermaid.parse(text);
  });

  test.each([
    { from: 0, to: 60 },
    { from: 300, to: 900 },
    { from: 0, to: MOMENTS - 1, filter: { ...NO_FILTER, hideRoutine: true } },
    { from: 0, to: MOMENTS - 1, filter: { ...NO_FILTER, text: 'no such word' } },
  ])('given %j, then its own parser takes it', async (selection) => {
    await expect(parse(exportMermaid(index, selection))).resolves.toMatchObject({ diagramType: 'sequence' });
  });

  test('given words that mean something to Mermaid, then they stay words', async () => {
    const odd = new RecordingIndex({ ...header, title: 'a; b # c %% d "e" <f> {g}: end' });
    odd.append([
      { t: 'process', at: 0, process: 'end; loop', what: 'up', role: 'other', why: '#1; <b>%%{x}%%' },
      { t: 'fault', at: 1, what: 'opt alt\nelse; end' },
    ]);
    await expect(parse(exportMermaid(odd))).resolves.toBeTruthy();
  });

  test('given more than fits, then it says how much it left out', () => {
    const text = exportMermaid(index, { limitLines: 20 });
    expect(text).toMatch(/\d+ more are left out: choose a smaller part/);
    expect(text.split('\n').length).toBeLessThan(40);
    expect(exportMermaid(index, { limitLines: 100_000 }).length).toBeLessThan(50_000);
  });
});

describe('Perfetto', () => {
  const { traceEvents } = JSON.parse(exportPerfetto(index)) as { traceEvents: TraceEvent[] };
  const named = (name: string) => traceEvents.filter((event) => event.ph === 'M' && event.name === name);

  test('given a trace, then each event has the fields that its phase needs', () => {
    const pids = new Set(named('process_name').map(({ pid }) => pid));
    const threads = new Set(named('thread_name').map(({ pid, tid }) => `${pid}/${tid}`));
    for (const event of traceEvents) {
      expect(pids.has(event.pid)).toBe(true);
      if (event.ph === 'M') continue;
      expect(threads.has(`${event.pid}/${event.tid}`)).toBe(true);
      expect(Number.isFinite(event.ts) && (event.ts as number) >= 0).toBe(true);
      if (event.ph === 'X') expect(event.dur).toBeGreaterThan(0);
      if (event.ph === 'i') expect(['g', 'p', 't']).toContain(event.s);
      if (event.ph === 's' || event.ph === 'f') expect(event.id).toBeTypeOf('number');
    }
    expect(named('process_name')).toHaveLength(index.processes.length);
    expect(named('thread_name')).toHaveLength(index.processes.length + index.actors.length);
  });

  test('given slices of one thread, then none overlaps another', () => {
    const ends = new Map<string, number>();
    const slices = traceEvents.filter(({ ph }) => ph === 'X').sort((a, b) => (a.ts ?? 0) - (b.ts ?? 0));
    for (const { pid, tid, ts = 0, dur = 0 } of slices) {
      const thread = `${pid}/${tid}`;
      expect(ts).toBeGreaterThanOrEqual(ends.get(thread) ?? 0);
      ends.set(thread, ts + dur);
    }
  });

  test('given flows, then each begins once, in a slice, before it ends in one', () => {
    const begun = new Map<number, number>();
    const slices = new Set(
      traceEvents.filter(({ ph }) => ph === 'X').map(({ pid, tid, ts }) => `${pid}/${tid}/${ts}`),
    );
    for (const { ph, id = 0, pid, tid, ts = 0 } of traceEvents) {
      if (ph !== 's' && ph !== 'f') continue;
      expect(slices.has(`${pid}/${tid}/${ts}`)).toBe(true);
      if (ph === 's') {
        expect(begun.has(id)).toBe(false);
        begun.set(id, ts);
      } else expect(begun.get(id)).toBeLessThanOrEqual(ts);
    }
    expect(begun.size).toBeGreaterThan(100);
  });
});

/** What vitest reports of a file. */
interface Suite {
  readonly message: string;
  readonly assertionResults: readonly { readonly failureMessages: readonly string[] }[];
}

function failuresOf({ message, assertionResults }: Suite): readonly string[] {
  const failures = assertionResults.flatMap(({ failureMessages }) => failureMessages);
  return message === '' ? failures : [message, ...failures];
}

describe('a test in vitest’s language', () => {
  let folder = '';
  beforeAll(async () => {
    // Inside of the project, so that packages are found from there.
    const place = resolve('node_modules/.cache');
    await mkdir(place, { recursive: true });
    folder = await mkdtemp(join(place, 'bridle-export-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('given each kind of actor, then the test that is written passes', { timeout: 60_000 }, async () => {
    const module = resolve('machines/index.ts');
    const charts = new Set<string>();
    for (const { key, chart } of index.actors) {
      if (chart === null || charts.has(chart)) continue;
      charts.add(chart);
      await writeFile(join(folder, `${chart}.test.ts`), exportVitestCase(index, { actor: key, module }));
    }
    expect(charts.size).toBe(6);
    await writeFile(
      join(folder, 'vitest.config.mjs'),
      'export default { test: { include: ["*.test.ts"] } };\n',
    );
    const vitest = resolve('node_modules/vitest/vitest.mjs');
    const run = promisify(execFile)(process.execPath, [vitest, 'run', '--root', folder, '--reporter=json']);
    const { stdout } = await run.catch((error: { stdout: string; stderr: string }) => error);
    const report = JSON.parse(stdout) as { numPassedTests: number; testResults: Suite[] };
    expect(report.testResults.flatMap(failuresOf)).toEqual([]);
    expect(report.numPassedTests).toBe(6);
  });

  test('given an actor without a step in the part, then it says what to choose', () => {
    const actor = index.actors[0]?.key as string;
    expect(() => exportVitestCase(index, { actor, from: 0, to: 0 })).toThrow(ExportError);
    expect(() => EXPORTS.vitest.make(index, {})).toThrow('Choose one first');
  });
});

describe('text', () => {
  test('given a part, then there is one row for each moment, and times line up', () => {
    const rows = exportText(index, { from: 100, to: 119 }).trimEnd().split('\n').slice(2);
    expect(rows).toHaveLength(20);
    expect(new Set(rows.map((row) => row.indexOf(' s  '))).size).toBe(1);
    expect(rows[0]).toMatch(/^100 /);
  });
});

describe('every format', () => {
  test.each(Object.entries(EXPORTS))(
    'given a range that there is not, %s says which there is',
    (_, { make }) => {
      const actor = index.actors[0]?.key as string;
      expect(() => make(index, { from: 5, to: MOMENTS, actor })).toThrow(`within 0..${MOMENTS - 1}`);
      expect(() => make(new RecordingIndex(header), { actor })).toThrow('Nothing has happened');
    },
  );

  test('given a part as JSON Lines, then it is a valid recording', async () => {
    const text = EXPORTS.jsonl.make(index, { from: 500, to: 700 });
    const part = await readRecording(
      (async function* () {
        yield text;
      })(),
    );
    expect(part.header.title).toContain('moments 500 to 700');
    expect(part.torn).toBeNull();
  });
});
