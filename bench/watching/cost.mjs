/**
 * What pairs of runs, each with and without something, say about its cost: the middle of the pairs' ratios, how far
 * they scatter, and between which bounds the true one lies. Ratios of runs that follow each other, for a machine is
 * not equally fast all the time.
 */

/** Of the standard normal distribution: 2.5 % lie above. */
const Z_95_PERCENT = 1.959964;
/** With fewer pairs the normal approximation of the signed ranks is too rough. */
const LEAST_PAIRS = 10;

export function quantile(list, q) {
  const sorted = [...list].sort((a, b) => a - b);
  const at = (sorted.length - 1) * q;
  const below = Math.floor(at);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (at - below);
}

export const median = (list) => quantile(list, 0.5);

/**
 * The middle of values that scatter alike to both sides, as the median of all means of two of them (Hodges and
 * Lehmann), and its bounds of 95 % by signed ranks (Wilcoxon): stray values count little, as in a median, and more
 * is learnt from the others. `bounds` is null where there are too few.
 */
export function middleOf(values) {
  const means = [];
  for (let i = 0; i < values.length; i++) {
    for (let j = i; j < values.length; j++) means.push((values[i] + values[j]) / 2);
  }
  means.sort((a, b) => a - b);
  const middle = median(means);
  const n = values.length;
  if (n < LEAST_PAIRS) return { middle, bounds: null };
  const spread = Math.sqrt((n * (n + 1) * (2 * n + 1)) / 24);
  const rank = Math.floor((n * (n + 1)) / 4 - Z_95_PERCENT * spread);
  return { middle, bounds: [means[rank], means[means.length - 1 - rank]] };
}

/**
 * Pairs are compared by the logarithm of their ratio: a run that is disturbed is slower by a factor, on either side.
 *
 * @param pairs of positive numbers, `{ without, with }`
 * @param isRate more is better: then the cost is what is missing; otherwise what is added
 * @returns costs in percent, and the verdict: `within` or `beyond` the limit when all that is likely is, otherwise
 * `not decided`. `likelyPercent` is null for fewer than ten pairs.
 */
export function costOf({ what, pairs, isRate, limitPercent }) {
  const sides = {
    without: median(pairs.map((one) => one.without)),
    with: median(pairs.map((one) => one.with)),
  };
  const logs = pairs.map((one) => Math.log(isRate ? one.without / one.with : one.with / one.without));
  const percentOf = (log) => (isRate ? 1 - Math.exp(-log) : Math.exp(log) - 1) * 100;
  const { middle, bounds } = middleOf(logs);
  const likely = bounds?.map(percentOf) ?? null;
  const [low, high] = likely ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  const verdict = high < limitPercent ? 'within' : low >= limitPercent ? 'beyond' : 'not decided';
  return {
    what,
    ...sides,
    costPercent: percentOf(middle),
    quartilesPercent: [quantile(logs, 0.25), quantile(logs, 0.75)].map(percentOf),
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
