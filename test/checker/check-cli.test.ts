/** `bridle check`, in this process where it can be; Ctrl-C needs one of its own. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { parseBytes } from '../../runtime/cli/check.js';
import { parseAssumptions } from '../../runtime/cli/check-assume.js';
import { checkReporter } from '../../runtime/cli/check-progress.js';
import { run } from '../../runtime/cli/program.js';
import { sequenceDiagram } from './mermaid-structure.js';

afterEach(() => vi.restoreAllMocks());

const MODELS = fileURLToPath(new URL('./check-models.mjs', import.meta.url));
const machine = (name: string): readonly string[] => ['--machine', `${MODELS}#${name}`];

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

describe('bridle check', () => {
  it('given a model that holds, then 0, and what it was explored under', async () => {
    const { code, out, err } = await check(...machine('holds'));
    expect(code).toBe(0);
    expect(out).toContain('nothing goes wrong: loss 0');
    expect(out).toContain('explored 16 states, every one there is under these assumptions');
    expect(out).toContain('everything holds');
    expect(err).toBe('');
  });

  it('given the model of docs/checking.md, then the counterexample that stands there', async () => {
    const page = await readFile(new URL('../../docs/checking.md', import.meta.url), 'utf8');
    const [, model = ''] = /```js\n(.+?)```/s.exec(page) ?? [];
    const [, shown = ''] = /```text\n(.+?)\n```/s.exec(page) ?? [];
    const folder = await mkdtemp(join(tmpdir(), 'bridle-check-'));
    await writeFile(join(folder, 'lamp.mjs'), model);
    const { code, out } = await check('--machine', `${join(folder, 'lamp.mjs')}#lamps`);
    await rm(folder, { recursive: true });
    expect(code).toBe(1);
    expect(out).toContain(shown);
    expect(shown).toContain('Shines is violated');
  });

  it('given a violation, then 1, the shortest counterexample, and what to type next', async () => {
    const { code, out } = await check(...machine('violated'));
    expect(code).toBe(1);
    expect(out).toMatch(/Below4 +holds/);
    expect(out).toContain('Below2 is violated, 2 steps');
    expect(out).toMatch(/2 +c0 +timer tick +at 1 → at 2/);
    expect(out).toContain(`#violated --model 'two counters' --property Below2 --format mermaid`);
  });

  it('given --json, then one line with every property', async () => {
    const { code, out } = await check(...machine('violated'), '--json');
    expect(code).toBe(1);
    expect(out.trimEnd().split('\n')).toHaveLength(1);
    expect(JSON.parse(out)).toMatchObject({
      schema: 1,
      verdict: 'violated',
      models: [{ model: 'two counters', states: 16, bound: null, assumptions: { loss: 0 } }],
      properties: [
        { property: 'Below4', verdict: 'holds', vacuous: false, counterexample: null },
        { property: 'Below2', verdict: 'violated', counterexample: { length: 2, loop: null } },
      ],
      notExplored: [],
    });
    expect((await check(...machine('violated'), '--format', 'json')).code).toBe(1);
  });

  it('given a property, then only that one, and what is not asked for does not fail', async () => {
    const { code, out } = await check(...machine('violated'), '--property', 'Below4', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out).properties).toHaveLength(1);
    const both = await check(
      ...machine('violated'),
      '--property',
      'Below4',
      '--property',
      'Below2',
      '--json',
    );
    expect(JSON.parse(both.out).properties).toHaveLength(2);
  });

  it('given --format mermaid, then a diagram and nothing else on standard output', async () => {
    const { code, out } = await check(...machine('violated'), '--format', 'mermaid');
    expect(code).toBe(1);
    expect(sequenceDiagram(out.trimEnd()).participants).toEqual(['c0', 'c1']);
    const none = await check(...machine('holds'), '--format', 'mermaid');
    expect(none).toMatchObject({ code: 0, out: '' });
    expect(none.err).toContain('no diagram');
  });

  it('given a property that never met its situation, then 1', async () => {
    const { code, out } = await check(...machine('vacuous'));
    expect(code).toBe(1);
    expect(out).toContain('VACUOUS');
  });

  it('given too few states, then 3, and that nothing is proved beyond them', async () => {
    const { code, out } = await check(...machine('endless'), '--property', 'Below99', '--max-states', '500');
    expect(code).toBe(3);
    expect(out).toContain('bound reached: the limit of states');
    expect(out).toContain('#endless --property Below99 --max-states 5000');
    expect((await check(...machine('endless'), '--max-memory', '2MB')).code).toBe(3);
  });

  it('given the direct engine or reductions, then the same verdicts', async () => {
    const direct = await check(...machine('violated'), '--engine', 'direct', '--json');
    expect(JSON.parse(direct.out)).toMatchObject({
      verdict: 'violated',
      models: [{ states: 16, reductions: [] }],
    });
    const reduced = await check(...machine('violated'), '--symmetry', '--partial-order', '--json');
    expect(JSON.parse(reduced.out).verdict).toBe('violated');
  });

  it('given --first, then the rest is not explored', async () => {
    const { code, out } = await check(...machine('violated'), '--first', '--json');
    expect(code).toBe(1);
    expect(JSON.parse(out).models[0].states).toBeLessThan(16);
  });

  it('given --list, then what there is, and nothing is explored', async () => {
    const { code, out } = await check(...machine('endless'), '--list');
    expect(code).toBe(0);
    expect(out).toMatch(/many counters +Below99/);
    const list = JSON.parse((await check(...machine('endless'), '--list', '--json')).out);
    expect(list).toMatchObject({ schema: 1, models: [{ model: 'many counters', processes: { length: 9 } }] });
  });

  it.each([
    [[...machine('holds'), '--property', 'NoGap'], 'no property NoGap; there are Below4'],
    [[...machine('holds'), '--model', 'three'], 'no model three; there are two counters'],
    [[...machine('holds'), '--assume', 'loss=1'], 'not for --machine'],
    [[...machine('holds'), '--upstream', 'before'], 'not both'],
    [[...machine('other')], 'it needs name, assumptions, processes, budgets, properties'],
    [[...machine('wrong')], 'two processes are called c0'],
    [['--machine', 'door'], 'FILE.js#export'],
    [['--machine', './nowhere.js#x'], 'cannot be loaded'],
    [['--upstream', 'now'], 'before, after'],
    [['--format', 'xml'], 'text, json, mermaid'],
    [[...machine('holds'), '--max-states', '0'], 'at least 1'],
    [[...machine('holds'), '--max-memory', 'much'], 'kB, MB or GB'],
  ])('given %j, then it is refused with code 2', async (args, hint) => {
    const { code, out, err } = await check(...args);
    expect(code, err).toBe(2);
    expect(out).toBe('');
    expect(err).toContain(hint);
    expect(err).toContain('next ');
  });
});

describe('--assume', () => {
  const base = {
    name: 'small',
    loss: 0,
    reorder: true,
    crashes: { meta: 0, node: 0 },
    policy: 'adopt',
    charts: { meta: () => 1 },
  };
  const sets = { lossy: { ...base, name: 'lossy', loss: 3 } };
  const choices = { policy: ['adopt', 'replace'] };
  const parse = (text: string) => parseAssumptions(text, { base, sets, choices });

  it('given a name, then that set', () => expect(parse('lossy')).toBe(sets.lossy));

  it('given values, then the default with them, and a name that says so', () => {
    expect(parse('loss=2,crashes.meta=1,reorder=no,policy=replace')).toEqual({
      ...base,
      name: 'small with loss=2,crashes.meta=1,reorder=no,policy=replace',
      loss: 2,
      crashes: { meta: 1, node: 0 },
      reorder: false,
      policy: 'replace',
    });
  });

  it('given a name and values, then that set with them', () => {
    expect(parse('lossy, crashes.node=2')).toMatchObject({ loss: 3, crashes: { meta: 0, node: 2 } });
  });

  it.each([
    ['nope', 'sets: lossy; values: loss, reorder, crashes.meta, crashes.node, policy'],
    ['los=1', 'no such assumption'],
    ['crashes.nobody=1', 'no such assumption'],
    ['name=1', 'no such assumption'],
    ['charts.meta=1', 'no such assumption'],
    ['loss=-1', 'whole number from 0'],
    ['loss=', 'whole number from 0'],
    ['reorder=1', 'yes or no'],
    ['policy=drop', 'one of adopt, replace'],
    ['loss=1,lossy', 'no such assumption'],
    ['toString', 'no such set'],
    ['', 'no such set'],
  ])('given %j, then what is legal', (text, hint) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ hint: expect.stringContaining(hint) }));
  });
});

describe('sizes and progress', () => {
  it('given a size, then bytes', () => {
    expect(['1000', '512MB', '2gb'].map(parseBytes)).toEqual([1000, 512_000_000, 2_000_000_000]);
  });

  it('given a terminal, then one line that is rewritten and fits', () => {
    const written: string[] = [];
    const stream = { isTTY: true, columns: 40, write: (text: string) => written.push(text) > 0 };
    const reporter = checkReporter(undefined, stream as never);
    reporter.update('m', {
      phase: 'exploring',
      states: 1_234_567,
      transitions: 1,
      queue: 5,
      depth: 3,
      statesPerSecond: 9,
    });
    reporter.clear();
    expect(written).toEqual(['\r\u001b[2Km: exploring, 1,234,567 states, 9 state', '\r\u001b[2K']);
  });
});

describe('Ctrl-C', () => {
  const MAIN = fileURLToPath(new URL('../../dist/runtime/cli/main.js', import.meta.url));
  if (!existsSync(MAIN)) throw new Error('dist/ is missing: npm run build');

  /** Runs until the first line of progress, interrupts, and waits for the end. */
  function interrupted(name: string): Promise<{ code: number | null; out: string; err: string }> {
    const child = spawn(process.execPath, [MAIN, 'check', ...machine(name), '--progress', '--json']);
    const said = { out: '', err: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said.out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (said.err === '') child.kill('SIGINT');
      said.err += text;
    });
    return new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => resolve({ code, ...said }));
    });
  }

  it('given a long exploration, then what is known so far, and 3', async () => {
    const { code, out, err } = await interrupted('endless');
    expect(code).toBe(3);
    expect(err).toMatch(
      /^many counters: exploring, [\d,]+ states, [\d,]+ states\/s, queue [\d,]+, depth \d+\n/,
    );
    const { verdict, models, properties } = JSON.parse(out);
    expect(verdict).toBe('unknown');
    expect(models).toMatchObject([{ bound: 'interrupted' }]);
    expect(models[0].states).toBeGreaterThan(100);
    expect(properties).toMatchObject([{ property: 'Below99', verdict: 'unknown' }]);
  });

  it('given a violation before it, then 1 and the counterexample', async () => {
    const { code, out } = await interrupted('endlessAndViolated');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      models: [{ bound: 'interrupted' }],
      properties: [{ verdict: 'violated', counterexample: { length: 2 } }],
    });
  });
});
