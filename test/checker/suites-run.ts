/** Runs a suite outside of any test runner, to see what fails. */
import { expect } from 'vitest';
import type { DeclaredSuite, TestFunctions } from '../../runtime/testing.js';

/** What never settles fails after this long; far longer than anything in memory takes. */
export const settleWithinMs = 1_500;

export interface Run {
  readonly declared: DeclaredSuite | readonly DeclaredSuite[];
  /** Titles of all tests, in order. */
  readonly titles: readonly string[];
  /** Titles of the tests that failed, with the reason. */
  readonly failed: ReadonlyMap<string, string>;
}

/** Runs a suite outside of any test runner and collects what fails. */
export async function run(declare: (functions: TestFunctions) => Run['declared']): Promise<Run> {
  const tests: [string, () => Promise<void>][] = [];
  const declared = declare({
    describe: (_, body) => body(),
    it: (title, body) => tests.push([title, body]),
  });
  const failed = new Map<string, string>();
  const one = async ([title, body]: [string, () => Promise<void>]) => {
    await body().catch((error: unknown) => failed.set(title, String(error)));
  };
  await Promise.all(tests.map(one));
  return { declared, titles: tests.map(([title]) => title), failed };
}

/** The one test that failed, or all of them, by words of their titles. */
export function expectFailed({ failed, titles }: Run, words: readonly string[]): void {
  const expected = words.map((each) => {
    const found = titles.filter((title) => title.includes(each));
    expect(found.length, each).toBeGreaterThan(0);
    return found;
  });
  for (const [at, found] of expected.entries()) {
    expect(
      found.some((title) => failed.has(title)),
      `${words[at]} fails`,
    ).toBe(true);
  }
  const others = [...failed.keys()].filter((title) => !words.some((each) => title.includes(each)));
  expect(others).toEqual([]);
}
