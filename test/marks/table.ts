/** docs/marks.md: every mark with where it is reached, and the unreached ones with why. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { filesBelow, type Mark, REPOSITORY } from './sources.js';
import { UNREACHED } from './unreached.js';

const PAGE = join(REPOSITORY, 'docs', 'marks.md');

export interface MarkRow {
  readonly kind: string;
  readonly text: string;
  /** `seed 3`, `test/cluster/pair.test.ts`, or `-` for one that nothing reaches. */
  readonly by: string;
}

/** A simulated run if there is one, otherwise a test that names the mark in so many words. */
export function rowsOf(
  marks: readonly Mark[],
  runs: ReadonlyMap<number, ReadonlySet<string>>,
): (MarkRow & { readonly file: string })[] {
  const seeds = coveringSeeds(marks, runs);
  return marks.map((mark) => {
    const seed = seeds.find((each) => runs.get(each)?.has(mark.text));
    const by = seed === undefined ? (testThatNames(mark.text) ?? '-') : `seed ${seed}`;
    return { ...mark, by };
  });
}

/** As few runs as reach together what all of them reach: always the one next that adds the most. */
function coveringSeeds(
  marks: readonly Mark[],
  runs: ReadonlyMap<number, ReadonlySet<string>>,
): readonly number[] {
  const chosen: number[] = [];
  let left = marks.map(({ text }) => text);
  for (;;) {
    const gains = [...runs].map(([seed, reached]) => ({
      seed,
      gain: left.filter((text) => reached.has(text)).length,
    }));
    const best = gains.reduce((a, b) => (b.gain > a.gain ? b : a), { seed: 0, gain: 0 });
    if (best.gain === 0) return chosen;
    chosen.push(best.seed);
    left = left.filter((text) => runs.get(best.seed)?.has(text) !== true);
  }
}

/** The first test that has it as a text of its own, or as a part of what it expects. */
function testThatNames(text: string): string | null {
  return TESTS.find((file) => namesIt(file, text)) ?? null;
}

/** The catalogue's own test names every code, and reaches none. */
const NO_PROOF = /^test\/(marks\/|machines\/errors\.test\.ts)/;
const TESTS = filesBelow('test', '.test.ts').filter((file) => !NO_PROOF.test(file));
const contents = new Map<string, string>();

export function namesIt(file: string, text: string): boolean {
  const known = contents.get(file) ?? readFileSync(join(REPOSITORY, file), 'utf8');
  contents.set(file, known);
  return new RegExp(`(?<![A-Z_])${text}(?![A-Z_])`).test(known);
}

const HEAD = `# Coverage marks

What a server can log, and the errors that our code can produce, each with something that reaches it: a run of
\`bridle simulate --seed N\`, in which it is logged, told or sent; or else a test that names it. What nothing
reaches stands at the end, with why.

\`npm run check:marks\` gathers them anew and writes this page; \`npm test\` fails when a mark is new and not here,
when a test that is named here does not name it any more, and when the first of the runs does not reach what it did.

| Mark | Kind | In | Reached by |
|---|---|---|---|
`;

export function writeTable(rows: readonly (MarkRow & { readonly file: string })[]): void {
  const reached = rows.filter(({ by }) => by !== '-');
  const unreached = rows.filter(({ by }) => by === '-');
  const lines = reached.map(({ text, kind, file, by }) => `| \`${text}\` | ${kind} | \`${file}\` | ${by} |`);
  const reasons = unreached.map(
    ({ text, kind, file }) => `| \`${text}\` | ${kind} | \`${file}\` | ${UNREACHED[text] ?? 'not said'} |`,
  );
  const tail = `\n## Not reached\n\n| Mark | Kind | In | Why |\n|---|---|---|---|\n`;
  writeFileSync(PAGE, `${HEAD}${lines.join('\n')}\n${tail}${reasons.join('\n')}\n`);
}

export function readTable(): MarkRow[] {
  const [reached = '', unreached = ''] = readFileSync(PAGE, 'utf8').split('\n## Not reached\n');
  const rowsIn = (text: string, by: (cell: string) => string): MarkRow[] =>
    [...text.matchAll(/^\| `([^`]+)` \| (log|error) \| `[^`]+` \| ([^|]+) \|$/gm)].map(
      ([, mark = '', kind = '', cell = '']) => ({ kind, text: mark, by: by(cell.trim()) }),
    );
  return [...rowsIn(reached, (cell) => cell), ...rowsIn(unreached, () => '-')];
}
