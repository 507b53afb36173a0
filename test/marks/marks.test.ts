/** That the table of coverage marks is complete, and that what it claims is so. */
import { describe, expect, it } from 'vitest';
import { reachedBy } from './reached.js';
import { gatherMarks } from './sources.js';
import { namesIt, readTable } from './table.js';
import { UNREACHED } from './unreached.js';

const table = readTable();
const bySeed = table.filter(({ by }) => by.startsWith('seed '));

describe('coverage marks', () => {
  it('given the source, then each of its marks is in docs/marks.md and nothing else is: npm run check:marks', () => {
    const key = ({ kind, text }: { kind: string; text: string }) => `${kind} ${text}`;
    expect(table.map(key).sort()).toEqual(gatherMarks().map(key).sort());
  });

  it('given a mark that a test is said to reach, then that test names it', () => {
    const claims = table.filter(({ by }) => by.startsWith('test/'));
    expect(claims.length).toBeGreaterThan(0);
    expect(claims.filter(({ by, text }) => !namesIt(by, text))).toEqual([]);
  });

  it('given a mark that nothing reaches, then it is said why', () => {
    const unreached = table.filter(({ by }) => by === '-').map(({ text }) => text);
    expect(unreached.sort()).toEqual(Object.keys(UNREACHED).sort());
  });

  it('given the run that reaches most, then it still reaches what is said of it', async () => {
    const of = (run: string) => bySeed.filter(({ by }) => by === run);
    const [most = ''] = [...new Set(bySeed.map(({ by }) => by))].sort((a, b) => of(b).length - of(a).length);
    const reached = await reachedBy(Number(most.slice('seed '.length)));
    expect(of(most).filter(({ text }) => !reached.has(text))).toEqual([]);
  }, 120_000);
});
