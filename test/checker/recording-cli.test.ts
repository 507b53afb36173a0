/** `bridle check --record`: counterexamples in files that the inspector opens. */
import { createReadStream } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { run } from '../../runtime/cli/program.js';
import { readRecording } from '../../runtime/observe/recording/read.js';

const MODELS = fileURLToPath(new URL('./check-models.mjs', import.meta.url));
const machine = (name: string): readonly string[] => ['--machine', `${MODELS}#${name}`];
let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bridle-record-'));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true, force: true });
});

async function check(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const said = { out: '', err: '' };
  const write = (key: 'out' | 'err') => (text: string | Uint8Array) => {
    said[key] += String(text);
    return true;
  };
  vi.spyOn(process.stdout, 'write').mockImplementation(write('out'));
  vi.spyOn(process.stderr, 'write').mockImplementation(write('err'));
  const code = await run(['check', ...args]);
  vi.restoreAllMocks();
  process.exitCode = 0;
  return { code, ...said };
}

const read = (file: string) => readRecording(createReadStream(file), { file });

describe('bridle check --record', () => {
  it('given a violation and a file, then it is there, and how to see it', async () => {
    const file = join(folder, 'found.jsonl');
    const { code, out } = await check(...machine('violated'), '--record', file);
    expect(code).toBe(1);
    expect(out).toContain(`recorded: Below2 of two counters in ${file}`);
    expect(out).toContain(`next: bridle inspect ${file}`);
    const { header, lines } = await read(file);
    expect(header).toMatchObject({ source: 'counterexample', title: 'Below2 of two counters' });
    expect(header.madeBy).toMatch(/^bridle \d+\.\d+\.\d+$/);
    expect(lines.at(-1)).toMatchObject({ t: 'verdict', property: 'Below2', verdict: 'violated' });
  });

  it('given a directory that is not there yet, then every counterexample in a file of its own', async () => {
    const found = join(folder, 'all/');
    const { out } = await check(...machine('violated'), '--record', found, '--json');
    const { recorded, next } = JSON.parse(out);
    expect(await readdir(found)).toEqual(['two-counters-below2.jsonl']);
    expect(recorded).toEqual([
      { model: 'two counters', property: 'Below2', file: join(found, 'two-counters-below2.jsonl') },
    ]);
    expect(next).toBe(`bridle inspect ${recorded[0].file}`);
  });

  it('given that everything holds, then no file, and that it was not written', async () => {
    const { code, err } = await check(...machine('holds'), '--record', join(folder, 'found.jsonl'));
    expect(code).toBe(0);
    expect(err).toContain('nothing was found that violates: no recording at');
    expect(await readdir(folder)).toEqual([]);
  });

  it('given a place where nothing can be written, then that is said', async () => {
    const { code, err } = await check(
      ...machine('violated'),
      '--record',
      join(MODELS, 'below', 'found.jsonl'),
    );
    expect(code).not.toBe(0);
    expect(err).toContain('cannot be written');
  });
});
