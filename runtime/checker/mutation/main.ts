/**
 * `npm run check:mutation`: tries every mutant of every chart and writes docs/mutation.md.
 *
 *   --json          facts on standard output, nothing written
 *   --charts a,b    only these charts, nothing written
 *
 * Exits with 1 when a mutant survives without a reason, or one with a reason is killed.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { FULL, runOurs } from './ours/run.js';
import { reportAsMarkdown } from './report.js';
import { percentOf, scoreOf } from './score.js';
import { complaintsOf } from './survivors.js';

const DOCS = new URL('../../../docs/mutation.md', import.meta.url);
const MARK = '<!-- The rest is written by: npm run check:mutation -->';

const { values } = parseArgs({ options: { json: { type: 'boolean' }, charts: { type: 'string' } } });
const charts = values.charts?.split(',');
let tried = 0;
const verdicts = await runOurs({
  ...FULL,
  ...(charts === undefined ? {} : { charts }),
  onVerdict: ({ chart }) => {
    tried += 1;
    if (tried % 100 === 0) process.stderr.write(`${tried} mutants, now in ${chart}\n`);
  },
});
const score = scoreOf(verdicts);
const complaints = complaintsOf(verdicts, charts === undefined);
if (values.json) {
  process.stdout.write(`${JSON.stringify({ ...FULL, score, complaints, verdicts })}\n`);
} else {
  const { killed, mutants, equivalent, survivors } = score;
  process.stdout.write(
    `${mutants} mutants: ${killed} killed, ${equivalent} equivalent, ${survivors} survive; ${percentOf(killed, score).toFixed(1)} %\n`,
  );
  for (const complaint of complaints) process.stdout.write(`${complaint}\n`);
  if (charts === undefined) {
    const prose = readFileSync(DOCS, 'utf8').split(MARK)[0]!;
    writeFileSync(DOCS, `${prose}${MARK}\n\n${reportAsMarkdown({ ...FULL, verdicts })}\n`);
  }
}
process.exitCode = complaints.length === 0 ? 0 : 1;
