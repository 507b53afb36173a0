/** Figures over many verdicts. */
import type { Verdict } from './trial.js';

export interface Score {
  readonly mutants: number;
  /** By paths that compare behaviour alone; by paths that compare the context too; by properties. */
  readonly byBehaviour: number;
  readonly byPaths: number;
  readonly byProperties: number;
  readonly killed: number;
  readonly equivalent: number;
  readonly survivors: number;
}

export function scoreOf(verdicts: readonly Verdict[]): Score {
  const count = (is: (verdict: Verdict) => boolean): number => verdicts.filter(is).length;
  return {
    mutants: verdicts.length,
    byBehaviour: count(({ kills }) =>
      kills.some(({ family, killer }) => family === 'paths' && !killer.endsWith('context')),
    ),
    byPaths: count(({ kills }) => kills.some(({ family }) => family === 'paths')),
    byProperties: count(({ kills }) => kills.some(({ family }) => family === 'properties')),
    killed: count(({ kills }) => kills.length > 0),
    equivalent: count(({ survives }) => survives?.equivalent === true),
    survivors: count(({ survives }) => survives?.equivalent === false),
  };
}

/** Killed of those that can be, in per cent. */
export function percentOf(part: number, { mutants, equivalent }: Score): number {
  const whole = mutants - equivalent;
  return whole === 0 ? 100 : (100 * part) / whole;
}

/** Figures by anything a verdict can be told by, in the order of the verdicts. */
export function scoresBy(
  verdicts: readonly Verdict[],
  key: (verdict: Verdict) => string,
): ReadonlyMap<string, Score> {
  const groups = new Map<string, Verdict[]>();
  for (const verdict of verdicts) {
    const name = key(verdict);
    groups.set(name, [...(groups.get(name) ?? []), verdict]);
  }
  return new Map([...groups].map(([name, group]) => [name, scoreOf(group)]));
}
