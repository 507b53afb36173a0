import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { seededRandom } from '../../runtime/simulation/random.js';
import { keepInCorpus, readCorpus } from './corpus.js';
import { instrumented } from './instrument.js';
import { minimised } from './minimise.js';
import { mutate } from './mutate.js';
import { TARGETS, targetNamed } from './targets/index.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const INPUTS = 12_000;

interface Report {
  readonly inputs: number;
  readonly targets: readonly { readonly target: string; readonly inputs: number; readonly places: number }[];
  readonly findings: readonly object[];
}

async function fuzz(...options: string[]): Promise<{ report: Report; code: number; told: string }> {
  const run = promisify(execFile)(
    process.execPath,
    ['--import', 'tsx', 'test/fuzz/main.ts', '--json', '--no-keep', ...options],
    { cwd: ROOT, maxBuffer: 1 << 24 },
  );
  const { stdout, stderr, code } = await run.then(
    (ended) => ({ ...ended, code: 0 }),
    (error: { stdout: string; stderr: string; code: number }) => error,
  );
  return { report: JSON.parse(stdout) as Report, code, told: stderr };
}

test('given every parser, when damaged and hostile inputs come, then none ends, hangs or fills the process', async () => {
  const { report, code, told } = await fuzz('--inputs', String(INPUTS), '--seed', '1');
  expect(report.findings, told).toEqual([]);
  expect(code).toBe(0);
  expect(report.targets.map(({ target }) => target)).toEqual(TARGETS.map(({ name }) => name));
  for (const { target, inputs, places } of report.targets) {
    expect(inputs, target).toBeGreaterThan(0);
    expect(places, target).toBeGreaterThan(0);
  }
}, 240_000);

test('given an input that broke something once, when it comes again, then it is taken or refused', async () => {
  let tried = 0;
  for (const target of TARGETS) {
    for (const { base64 } of readCorpus(target.name)) {
      await target.run(Buffer.from(base64, 'base64'));
      tried++;
    }
  }
  expect(tried).toBeGreaterThan(0);
});

test('given the same seed, when inputs are made twice, then they are the same', () => {
  const target = targetNamed('policy');
  const corpus = target.seeds();
  const made = () => {
    const random = seededRandom(7);
    return Array.from({ length: 200 }, () => mutate(target, corpus[0] ?? Buffer.alloc(0), corpus, random));
  };
  expect(made()).toEqual(made());
});

test('given an input that fails for two of its bytes, when it is made short, then those two are left', async () => {
  const input = Buffer.from('....A.............B..........');
  const fails = async (bytes: Buffer) => bytes.includes(65) && bytes.includes(66);
  expect((await minimised(input, fails, 1_000)).toString()).toBe('AB');
});

test('given code with branches, when it is instrumented, then it does the same and says where it was', () => {
  const code = 'const f = (n) => { if (n > 1) return "many"; return n === 1 ? "one" : n || "none"; };';
  const { code: marked, next } = instrumented('f.ts', code, 10);
  const reached: number[] = [];
  const run = new Function('REACH', `${marked}; return [f(0), f(1), f(2)];`);
  expect(run((n: number) => reached.push(n))).toEqual(['none', 'one', 'many']);
  expect(new Set(reached).size).toBe(next - 10);
});

test('given an entry that is there, when it is kept again, then the corpus stays as it is', () => {
  const [known] = readCorpus('policy');
  expect(known).toBeDefined();
  if (known !== undefined) expect(keepInCorpus('policy', known)).toBe(false);
});
