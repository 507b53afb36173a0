import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  parseHeader,
  parseLine,
  RecordingError,
  readRecording,
  writeRecording,
} from '../../runtime/observe/recording/read.js';
import { type RecordingFile, readRecordingFile } from '../../runtime/observe/recording/read-file.js';
import { LINE_SCHEMAS, recordingJsonSchema } from '../../runtime/observe/recording/schema.js';
import { syntheticRecording } from '../support/recordings.js';

const recorded = syntheticRecording({ moments: 300, seed: 3 });
const whole = writeRecording(recorded.header, recorded.lines);

async function* pieces(text: string | Uint8Array, size: number): AsyncGenerator<string | Uint8Array> {
  for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
}

const read = (text: string | Uint8Array, size = 1_000) =>
  readRecording(pieces(text, size), { file: 'run.jsonl' });

/** What is wrong with a text. */
async function wrong(text: string): Promise<RecordingError> {
  const error = await read(text).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(RecordingError);
  return error as RecordingError;
}

const lineAt = (line: number, replacement: string): string =>
  whole
    .split('\n')
    .map((text, index) => (index === line - 1 ? replacement : text))
    .join('\n');

describe('reading a recording', () => {
  test.each([1, 7, 1_000, 1_000_000])('given pieces of %i bytes, every line is there', async (size) => {
    const bytes = new TextEncoder().encode(whole);
    const { header, lines, unknown, torn } = await read(bytes, size);
    expect(header).toEqual(recorded.header);
    expect(lines).toEqual(recorded.lines);
    expect([unknown, torn]).toEqual([[], null]);
  });

  test('given letters of several bytes cut in two, they stay whole', async () => {
    const note = { t: 'note', at: 1, level: 'info', text: 'naïve – 複製' } as const;
    const bytes = new TextEncoder().encode(writeRecording(recorded.header, [note]));
    expect((await read(bytes, 1)).lines).toEqual([note]);
  });

  test('given blank lines and Windows line breaks, they do not matter', async () => {
    const { lines } = await read(`${whole.replaceAll('\n', '\r\n')}\r\n\r\n`);
    expect(lines).toEqual(recorded.lines);
  });

  test('given a writer that crashed in the last line, the rest is shown and the tear is told', async () => {
    const { lines, torn } = await read(`${whole}{"t":"step","at":`);
    expect(lines).toEqual(recorded.lines);
    expect(torn).toEqual({ line: recorded.lines.length + 2, text: '{"t":"step","at":' });
  });

  test('given a last line that only lacks its line break, it counts', async () => {
    const { lines, torn } = await read(whole.trimEnd());
    expect(lines).toEqual(recorded.lines);
    expect(torn).toBeNull();
  });

  test('given lines of a type that is not known, they are kept', async () => {
    const { lines, unknown } = await read(`${whole}{"t":"weather","at":1,"sky":"blue"}\n`);
    expect(lines).toHaveLength(recorded.lines.length);
    expect(unknown).toEqual([{ t: 'unknown', type: 'weather', value: { t: 'weather', at: 1, sky: 'blue' } }]);
  });

  test('given fields that are not known, they stay in their lines', async () => {
    const { lines } = await read(
      `${JSON.stringify(recorded.header)}\n{"t":"lost","at":1,"id":"a","why":"b","hops":3}\n`,
    );
    expect(lines[0]).toMatchObject({ hops: 3 });
  });
});

describe('what cannot be read says where, what is wrong and what to do', () => {
  test('given a newer version, it names the version to get', async () => {
    const text = lineAt(1, JSON.stringify({ ...recorded.header, version: 9, madeBy: 'bridle 4.2.0' }));
    const error = await wrong(text);
    expect(error.problem).toBe('NEWER_VERSION');
    expect(error.message).toBe(
      'run.jsonl, line 1: this recording is of version 9; versions up to 1 are understood here. Open it with bridle 4.2.0 or newer, which wrote it',
    );
  });

  test.each([
    ['a text', 'Dear diary\n'],
    ['JSON of something else', '{"name":"bridle"}\n'],
    ['a list', '[1,2]\n'],
    ['a page', '<!doctype html><title>x</title>'],
  ])('given %s, it is no recording', async (_, text) => {
    const error = await wrong(text);
    expect(error).toMatchObject({ problem: 'NOT_A_RECORDING', line: 1 });
    expect(error.advice).toContain('--record');
  });

  test('given nothing, it says so', async () => {
    expect(await wrong('')).toMatchObject({ problem: 'EMPTY', line: null });
    expect(await wrong('\n\n')).toMatchObject({ problem: 'EMPTY' });
  });

  test.each([
    ['{"t":"step","at":1', 'no JSON'],
    ['{"at":1}', 'no "t"'],
    ['{"t":"lost","at":1,"id":"a"}', '"why"'],
    ['{"t":"step","at":-1,"process":"p","actor":"a","event":{"type":"E"},"edges":[]}', '"at"'],
    ['{"t":"step","at":1,"process":"p","actor":"a","event":{},"edges":[]}', '"event.type"'],
    ['{"t":"process","at":1,"process":"p","what":"sulks","role":"meta"}', '"what"'],
    [JSON.stringify(recorded.header), 'second header'],
  ])('given line 20 is %s, it says what is wrong with it', async (text, about) => {
    const error = await wrong(lineAt(20, text));
    expect(error).toMatchObject({ problem: 'BAD_LINE', file: 'run.jsonl', line: 20 });
    expect(error.what).toContain(about);
    expect(error.advice).not.toBe('');
  });

  test('given more lines than can be shown, it stops in time', async () => {
    const reading = readRecording(pieces(whole, 1_000), { limitLines: 100 });
    await expect(reading).rejects.toMatchObject({ problem: 'TOO_MANY_LINES', line: 102 });
  });

  test.each([
    ['a state', `{"t":"actor","at":1,"process":"p","actor":"a","parent":null,"chart":null,"state":DEEP}`],
    ['a value', `{"t":"explain","at":1,"explanation":DEEP}`],
    ['a line of a type that is not known', `{"t":"new","at":1,"x":DEEP}`],
  ])('given %s nested 100,000 levels deep, it says so', async (_, line) => {
    const deep = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`;
    const error = await wrong(lineAt(20, line.replace('DEEP', deep)));
    expect(error).toMatchObject({ problem: 'BAD_LINE', line: 20 });
    expect(error.what).toContain('more than 200 levels deep');
    expect(error.message.length).toBeLessThan(500);
  });

  test('given many brackets in texts or beside each other, that is not deep', async () => {
    const explanation = ['[{"\\'.repeat(1_000), ...Array.from({ length: 1_000 }, () => [])];
    const line = { t: 'explain', at: 1, explanation } as const;
    expect((await read(writeRecording(recorded.header, [line]))).lines).toEqual([line]);
  });

  test('given blank lines only, for ever, it stops in time', async () => {
    const endless = async function* () {
      for (;;) yield '\n'.repeat(100);
    };
    const reading = readRecording(endless(), { limitLines: 1_000 });
    await expect(reading).rejects.toMatchObject({ problem: 'TOO_MANY_LINES', line: 1_002 });
  });

  test('given more bytes than can be shown, it stops in time, and says how many', async () => {
    const reading = readRecording(pieces(whole, 1_000), { limitBytes: 10_000 });
    await expect(reading).rejects.toMatchObject({ problem: 'TOO_LARGE' });
    await expect(reading).rejects.toThrow('more than 10,000 bytes');
  });

  test('while it reads what comes without any pause, timers get their turn', async () => {
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
    }, 0);
    const blank = async function* () {
      for (;;) yield '\n'.repeat(1_000);
    };
    await expect(readRecording(blank(), { limitLines: 200_000 })).rejects.toThrow('too many');
    clearInterval(timer);
    expect(turns).toBeGreaterThan(3);
  });

  test('given no line break for ever, it stops in time', async () => {
    const endless = async function* () {
      for (;;) yield 'x'.repeat(1_000_000);
    };
    await expect(readRecording(endless())).rejects.toMatchObject({ problem: 'NOT_A_RECORDING' });
  });
});

describe('recordings in files', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bridle-recording-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const readBack = async (name: string, content: string | Uint8Array): Promise<RecordingFile> => {
    await writeFile(join(folder, name), content);
    return readRecordingFile(join(folder, name));
  };

  test('given a packed one under any name, it is unpacked', async () => {
    for (const name of ['run.jsonl.gz', 'run.jsonl']) {
      const { lines, cutShort } = await readBack(name, gzipSync(whole));
      expect(lines).toEqual(recorded.lines);
      expect(cutShort).toBe(false);
    }
  });

  test('given a packed one that ends early, what there is is shown', async () => {
    const packed = gzipSync(whole);
    const { lines, torn, cutShort } = await readBack('cut.gz', packed.subarray(0, packed.length * 0.7));
    expect(cutShort).toBe(true);
    expect(torn).not.toBeNull();
    expect(lines.length).toBeGreaterThan(20);
    expect(recorded.lines.slice(0, lines.length)).toEqual(lines);
  });

  test('given a packed one that is damaged, it says so', async () => {
    const packed = gzipSync(whole);
    packed.fill(0xff, 40, 80);
    await expect(readBack('bad.gz', packed)).rejects.toMatchObject({ problem: 'UNREADABLE' });
  });

  test('given no file, or a directory, it says so and names it', async () => {
    const missing = join(folder, 'nowhere.jsonl');
    await expect(readRecordingFile(missing)).rejects.toMatchObject({ problem: 'UNREADABLE', file: missing });
    await expect(readRecordingFile(folder)).rejects.toThrow(/directory/);
  });
});

describe('docs/recording.schema.json', () => {
  test('given the schemas, then the committed file is made of them (UPDATE_DOCS=1 writes it)', () => {
    const file = new URL('../../docs/recording.schema.json', import.meta.url);
    const schema = recordingJsonSchema();
    if (process.env.UPDATE_DOCS === '1') writeFileSync(file, `${JSON.stringify(schema, null, 2)}\n`);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(schema);
  });
});

describe('docs/recordings.md', () => {
  const docs = readFileSync(new URL('../../docs/recordings.md', import.meta.url), 'utf8');
  const examples = [...docs.matchAll(/^```json\n(.+)\n```$/gm)].map(([, line]) => line as string);

  test('given its examples, then each is a valid line, and no type of line is without one', () => {
    const [first, ...others] = examples;
    expect(parseHeader(first as string).t).toBe('recording');
    const types = others.map((text, at) => parseLine(text, { file: 'recordings.md', line: at + 1 }).t);
    expect(types.toSorted()).toEqual(Object.keys(LINE_SCHEMAS).toSorted());
  });
});
