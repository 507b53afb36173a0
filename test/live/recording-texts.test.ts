/** Lines that go from a server's answer to a file without being taken apart, and those that are not. */
import { describe, expect, test } from 'vitest';
import { readRecordsAnswer, recordsAnswer } from '../../runtime/cluster/records.js';
import { fetchedLine, RunLine } from '../../runtime/live/recording/run-line.js';
import type { TimedLine } from '../../runtime/observe/recording/lines.js';
import { Recorder } from '../../runtime/observe/recording/recorder.js';

const SERVER = { role: 'replica', address: { host: '127.0.0.1', port: 34601 } } as const;
const NAMED = 'p "1"';
const ask = (recorder: Recorder, after: number, values: 'kept' | 'removed' = 'removed') => {
  const args = [after, 100, 1_000, after < 0 ? '' : recorder.boot, values, 'w'].map(String);
  const text = recordsAnswer(recorder, SERVER, args);
  const found = readRecordsAnswer(text);
  if (found === null) throw new Error(`no answer: ${text}`);
  return { ...found, text };
};

/** As the feed of a server and the recording do it. */
const told = (texts: readonly string[], beganUs: number) =>
  texts.map((text) => {
    const line = fetchedLine(text, NAMED, 'east replica 0');
    return { how: line.t, run: RunLine.told(line, line.at - beganUs) };
  });

const step = (more: object) =>
  ({
    t: 'step',
    actor: 'a',
    event: { type: 'E' },
    edges: [],
    ...more,
  }) as never;

describe('a step', () => {
  test.each([
    ['plain', {}],
    ['texts that look like the end of a line', { changes: { text: ',"at":7,"process":"p"}\n]}' } }],
    ['characters that need more than a byte', { from: 'ünï✓ \u2028 \ud800' }],
    ['its own time and process inside', { changes: { at: 1, process: NAMED } }],
  ])('given %s, then its text is the same line under the recording’s time and name', (_, more) => {
    const recorder = new Recorder({ process: NAMED, nowUs: () => 5_000 });
    ask(recorder, -1);
    recorder.add(step(more));
    const { texts, text } = ask(recorder, 0);
    expect(JSON.parse(text).lines).toEqual(texts.map((each) => JSON.parse(each)));
    const [line] = told(texts, 1_000);
    expect(line?.how).toBe('verbatim');
    const expected = { ...(step(more) as object), at: 4_000, process: 'east replica 0' };
    expect(JSON.parse(line?.run.text ?? '')).toEqual(expected);
    expect(line?.run.line).toEqual(expected);
    expect(line?.run.text).not.toContain('\n');
  });

  test('given a line that ends otherwise, then it is taken apart, and told all the same', () => {
    const text = JSON.stringify({ ...(step({}) as object), process: NAMED, at: 9 });
    const line = fetchedLine(text, NAMED, 'east replica 0');
    expect(line).toMatchObject({ t: 'step', at: 9, process: 'east replica 0' });
    expect(() => fetchedLine('{"t":"step",', NAMED, 'x')).toThrow(SyntaxError);
  });
});

describe('an answer', () => {
  test('given nothing to tell, then there are no lines; given something else, then it is none', () => {
    const recorder = new Recorder({ process: NAMED });
    expect(ask(recorder, -1).texts).toEqual([]);
    expect(readRecordsAnswer('unknown command "bridle.records"')).toBeNull();
    expect(readRecordsAnswer('{"error":"ERR_INVALID_PARAMETERS"}')).toBeNull();
    expect(readRecordsAnswer('{"lines":[\n\n]}')).toBeNull();
  });

  test('given rows that one of two watchers asked for, then only that one gets them', () => {
    const recorder = new Recorder({ process: NAMED });
    ask(recorder, -1, 'kept');
    const send = { t: 'send', id: 'm', to: 'x', kind: 'K', what: 'request', content: ['SECRET'] } as const;
    recorder.add({ ...send, bytes: 1 });
    expect(ask(recorder, 0, 'kept').text).toContain('SECRET');
    recorder.add({ ...send, bytes: 2 });
    const { texts, text } = ask(recorder, 1);
    expect(text).not.toContain('SECRET');
    expect(texts.map((each) => (JSON.parse(each) as TimedLine & { content: string }).content)).toEqual([
      '<removed>',
    ]);
  });
});
