/** Recordings come attached to reports, from anybody: whatever is in them is data. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EXPORTS } from '../../visualizations/inspector/model/exports/index.js';
import { progressAt } from '../../visualizations/inspector/model/progress.js';
import { RecordingIndex } from '../../visualizations/inspector/model/recording-index.js';
import { openRecording } from '../../visualizations/inspector/recorded-run.js';

const HEADER =
  '{"t":"recording","version":1,"source":"live","title":"x","madeBy":"b","beganUs":1,"values":"removed"}';
const ACTOR = '{"t":"actor","at":1,"process":"p","actor":"a","parent":null,"state":"x","context":{},"chart":';

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
