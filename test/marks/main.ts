/**
 * Gathers coverage marks: runs seeds, looks into the tests, writes docs/marks.md.
 *
 *   npm run check:marks                  30 seeds
 *   npm run check:marks -- --seeds 200
 */
import { parseArgs } from 'node:util';
import { reachedBy } from './reached.js';
import { gatherMarks } from './sources.js';
import { rowsOf, writeTable } from './table.js';
import { UNREACHED } from './unreached.js';

const { values } = parseArgs({ options: { seeds: { type: 'string', default: '30' } } });
const runs = new Map<number, ReadonlySet<string>>();
for (let seed = 1; seed <= Number(values.seeds); seed++) runs.set(seed, await reachedBy(seed));
const rows = rowsOf(gatherMarks(), runs);
writeTable(rows);
const count = (of: (by: string) => boolean) => rows.filter(({ by }) => of(by)).length;
console.log(`${rows.length} marks`);
console.log(`${count((by) => by.startsWith('seed'))} reached by simulated runs`);
console.log(`${count((by) => by.startsWith('test'))} named by a test`);
for (const { text, kind, by } of rows) {
  if (by === '-')
    console.log(`not reached: ${kind} ${text}: ${UNREACHED[text] ?? 'say why in test/marks/unreached.ts'}`);
}
process.exitCode = rows.every(({ by, text }) => by !== '-' || UNREACHED[text] !== undefined) ? 0 : 1;
