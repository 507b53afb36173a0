/**
 * What pairs of runs, each with and without something, say about its cost: the median of the pairs' ratios, how
 * far they scatter, and between which bounds the median lies. Ratios of runs that follow each other, for a
 * machine is not equally fast all the time.
 */

const CONFIDENCE = 0.95;

export function quantile(list, q) {
  const sorted = [...list].sort((a, b) => a - b);
  const at = (sorted.length - 1) * q;
  const below = Math.floor(at);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (at - below);
}

export const median = (list) => quantile(list, 0.5);

/**
 * Between which of the sorted values the median lies with this confidence, whatever they are distributed like: the
 * median is above the k-th of n values unless fewer than k of them are below it, which is a matter of tossing coins.
 * Null: there are too few to say so.
 */
export function boundsOfMedian(values) {
  const count = values.length;
  let chance = 0.5 ** count;
  let outside = 2 * chance;
  let rank = -1;
  for (let below = 0; outside <= 1 - CONFIDENCE; below++) {
    rank = below;
    chance *= (count - below) / (below + 1);
    outside += 2 * chance;
  }
  if (rank < 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  return [sorted[rank], sorted[count - 1 - rank]];
}

/**
 * @param pairs of positive numbers, `{ without, with }`
 * @param isRate more is better: then the cost is what is missing; otherwise what is added
 * @returns costs in percent, and the verdict: `within` or `beyond` the limit when all that is likely is, otherwise
 * `not decided`. `likelyPercent` is null for fewer than six pairs.
 */
export function costOf({ what, pairs, isRate, limitPercent }) {
  const sides = {
    without: median(pairs.map((one) => one.without)),
    with: median(pairs.map((one) => one.with)),
  };
  const costs = pairs.map((one) => (isRate ? 1 - one.with / one.without : one.with / one.without - 1) * 100);
  const likely = boundsOfMedian(costs);
  const [low, high] = likely ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  const verdict = high < limitPercent ? 'within' : low >= limitPercent ? 'beyond' : 'not decided';
  return {
    what,
    ...sides,
    costPercent: median(costs),
    quartilesPercent: [quantile(costs, 0.25), quantile(costs, 0.75)],
    likelyPercent: likely,
    limitPercent,
    verdict,
  };
}

const VERDICT_EXIT_CODES = { within: 0, beyond: 1, 'not decided': 3 };

/** The worst of them: what is beyond counts more than what is not decided. */
export function verdictOf(figures) {
  const verdicts = figures.map(({ verdict }) => verdict);
  const verdict = ['beyond', 'not decided'].find((each) => verdicts.includes(each)) ?? 'within';
  return { verdict, exitCode: VERDICT_EXIT_CODES[verdict] };
}
