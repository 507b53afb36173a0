/** Recordings in files, and the notes by which running clusters are found. */
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Subject } from 'rxjs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { announceRun, findRuns, RecordingFile } from '../../runtime/live/recording/index.js';
import type { HeaderLine, RecordingLine } from '../../runtime/observe/recording/lines.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bridle-recording-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const header: HeaderLine = {
  t: 'recording',
  version: 1,
  source: 'live',
  title: 'a run',
  madeBy: 'bridle test',
  beganUs: 0,
  values: 'removed',
};
const note = (text: string): RecordingLine => ({ t: 'note', at: 1, level: 'info', text });

describe('a recording in a file', () => {
  test('given lines that come while it is open, then the header is first, each is a line, and closing writes all', async () => {
    const lines$ = new Subject<RecordingLine>();
    const file = join(directory, 'run.jsonl');
    const written = await RecordingFile.open({ file, header, lines$ });
    for (let i = 0; i < 5_000; i++) lines$.next(note(`line ${i} ${'ünïcödé '.repeat(10)}`));
    await written.close();
    lines$.next(note('too late'));
    const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
    expect(JSON.parse(lines[0] ?? '')).toEqual(header);
    expect(lines.length).toBe(5_001);
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ text: expect.stringContaining('line 4999') });
    expect([written.lines, written.error]).toEqual([5_000, null]);
    await written.close();
  });

  test('given a full disk, then the file ends with an error, and whoever records goes on', async () => {
    const lines$ = new Subject<RecordingLine>();
    const errors: Error[] = [];
    const onError = (error: Error) => void errors.push(error);
    const written = await RecordingFile.open({ file: '/dev/full', header, lines$, onError });
    for (let i = 0; i < 5_000; i++) lines$.next(note('x'.repeat(200)));
    await written.close();
    lines$.next(note('afterwards'));
    expect((written.error as NodeJS.ErrnoException | null)?.code).toBe('ENOSPC');
    expect(errors).toEqual([written.error]);
  });

  test('given a place where nothing can be written, then opening says so', async () => {
    const lines$ = new Subject<RecordingLine>();
    const file = join(directory, 'nowhere', 'run.jsonl');
    await expect(RecordingFile.open({ file, header, lines$ })).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('running clusters', () => {
  const clusters = [{ name: 'east', metas: ['127.0.0.1:34601'] }];

  test('given a run that is announced, then it is found until it ends, and only this user can read of it', async () => {
    const runs = join(directory, 'of user', 'runs');
    const announced = await announceRun('demo', clusters, runs);
    const [run] = await findRuns(runs);
    expect(run).toMatchObject({ title: 'demo', pid: process.pid, embedded: true, clusters });
    expect((await stat(runs)).mode & 0o777).toBe(0o700);
    await announced.end();
    expect(await findRuns(runs)).toEqual([]);
    expect(await readdir(runs)).toEqual([]);
  });

  test('given notes of dead processes, of others, and what is no note, then they are left out', async () => {
    const runs = join(directory, 'runs');
    const dead = { pid: 2 ** 22 + 1, title: 'dead', startedMs: 1, embedded: true, clusters };
    await mkdir(runs, { mode: 0o700 });
    await writeFile(join(runs, '1.json'), JSON.stringify(dead));
    await writeFile(join(runs, '2.json'), '{ half of a no');
    await writeFile(join(runs, '3.json'), JSON.stringify({ ...dead, pid: process.pid, clusters: [] }));
    expect(await findRuns(runs)).toEqual([]);
  });

  test('given a directory that others may write, then nothing in it is believed, nor written there', async () => {
    const runs = join(directory, 'runs');
    await announceRun('demo', clusters, runs);
    const { chmod } = await import('node:fs/promises');
    await chmod(runs, 0o777);
    expect(await findRuns(runs)).toEqual([]);
    const before = await readdir(runs);
    await announceRun('another', clusters, runs);
    expect(await readdir(runs)).toEqual(before);
  });

  test('given no such directory, then there are no runs', async () => {
    expect(await findRuns(join(directory, 'none'))).toEqual([]);
  });
});
