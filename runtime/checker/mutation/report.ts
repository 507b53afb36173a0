/** The report: scores, first killers, and what becomes of survivors. */
import { percentOf, type Score, scoreOf, scoresBy } from './score.js';
import type { Kill, Verdict } from './trial.js';

export interface ReportFacts {
  readonly seed: number;
  readonly walks: number;
  readonly steps: number;
  readonly maxPairs: number;
  readonly verdicts: readonly Verdict[];
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const row = (...cells: readonly (string | number)[]): string =>
  `| ${cells.map(String).map(cell).join(' | ')} |`;
const table = (head: readonly string[], rows: readonly string[]): string =>
  [row(...head), `|${head.map((_, at) => (at === 0 ? '---|' : '---:|')).join('')}`, ...rows].join('\n');
const percent = (part: number, score: Score): string => `${percentOf(part, score).toFixed(1)} %`;

const HEAD = [
  '',
  'mutants',
  'equivalent',
  'killed',
  'survive',
  'paths',
  'behaviour only',
  'properties',
  'score',
];
const scoreRow = (name: string, score: Score): string =>
  row(
    name,
    score.mutants,
    score.equivalent,
    score.killed,
    score.survivors,
    score.byPaths,
    score.byBehaviour,
    score.byProperties,
    percent(score.killed, score),
  );

/** Who is the first of a family to kill, and how often. */
function firstKillers(verdicts: readonly Verdict[], family: Kill['family']): readonly string[] {
  const counts = new Map<string, number>();
  for (const { kills } of verdicts) {
    const first = kills.find((kill) => kill.family === family);
    if (first === undefined) continue;
    const name = family === 'properties' ? first.how.split(': ')[0]! : first.killer;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).map(([name, n]) => row(name, n));
}

const code = (text: string): string => `\`${text}\``;

/** Markdown: `docs/mutation.md` from its first table on. */
export function reportAsMarkdown({ verdicts, seed, walks, steps, maxPairs }: ReportFacts): string {
  const scores = (key: (verdict: Verdict) => string): string =>
    table(HEAD, [
      ...[...scoresBy(verdicts, key)].map(([name, score]) => scoreRow(name, score)),
      scoreRow('all', scoreOf(verdicts)),
    ]);
  const survivors = (equivalent: boolean): string =>
    table(
      ['chart', 'mutant', 'what is wrong with it', 'why it survives'],
      verdicts.flatMap(({ chart, id, sentence, survives }) =>
        survives?.equivalent === equivalent ? [row(chart, code(id), sentence, survives.why)] : [],
      ),
    ).replaceAll('---:', '---');
  return [
    `Seed ${seed}, ${walks} walks of up to ${steps} steps, survivors compared in up to ${maxPairs.toLocaleString('en')} pairs of states.`,
    `## By chart\n\n${scores(({ chart }) => chart)}`,
    `## By operator\n\n${scores(({ operator }) => operator)}`,
    `## Which suite kills first\n\n${table(['suite', 'mutants'], firstKillers(verdicts, 'paths'))}`,
    `## Which property kills first\n\n${table(['property', 'mutants'], firstKillers(verdicts, 'properties'))}`,
    `## Equivalent under this vocabulary\n\n${survivors(true)}`,
    `## Survivors\n\n${survivors(false)}`,
  ].join('\n\n');
}
