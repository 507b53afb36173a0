/** Runs a seed, and if something does not hold finds the shortest list of troubles that shows it. */
import { VERSION } from '../../version.js';
import type { VirtualClusters } from '../virtual-clusters.js';
import { RunDigest } from './digest.js';
import { drawPlan } from './draw-plan.js';
import { faultsOf } from './fault-kinds.js';
import { minimise } from './minimise.js';
import { type ChaosPlan, keeping, type PlannedEvent } from './plan.js';
import { type RunResult, runPlan } from './run.js';

export interface SimulateOptions {
  /** Decides everything: clusters, clients, faults, operators. 0 to 2³² − 1. */
  readonly seed: number;
  /** Virtual hours of trouble; healing comes on top. Default 1. */
  readonly hours?: number;
  /** As on the command line: `all`, `none`, names, `!name`. Default `all`. */
  readonly faults?: string;
  /** Of what is planned to go wrong, only these, by their ids. */
  readonly only?: readonly number[];
  /** Runs it a second time and compares, task by task. Default false. */
  readonly twice?: boolean;
  /** Look for the shortest list of troubles that still shows a violation. Default true. */
  readonly minimise?: boolean;
  readonly signal?: AbortSignal;
}

export interface Divergence {
  /** Of the task in the run, counted from 0. */
  readonly index: number;
  readonly first: string;
  readonly second: string;
}

export interface MinimisedPlan {
  readonly events: readonly PlannedEvent[];
  /** Runs that it took. */
  readonly runs: number;
  /** Nothing more can be left out; false: the time for it was up. */
  readonly complete: boolean;
}

export interface Simulated extends RunResult {
  readonly verdict: 'holds' | 'violated' | 'not finished';
  readonly hours: number;
  /** As they were asked for. */
  readonly faultList: string;
  /** Everything that was planned to go wrong. */
  readonly planned: readonly PlannedEvent[];
  readonly wallMs: number;
  /** Of a violation. */
  readonly minimised: MinimisedPlan | null;
  /** Where two runs of the seed parted; null: nowhere, or it was not asked for. */
  readonly divergence: Divergence | null;
  readonly version: string;
  /** Shows the same again. */
  readonly replay: string;
}

const MINIMISE_RUNS = 60;
const MINIMISE_MS = 90_000;
const DEFAULT_HOURS = 1;

/**
 * Two clusters, clients and an operator in one process, on a virtual clock, with everything going wrong that the
 * seed decides; then the faults end, and both sides have to come to the same rows. What is promised in SPEC.md is
 * checked all along. The same seed gives the same run, task by task.
 *
 * While it runs, errors that nobody catches in this process count against the run.
 *
 * @throws RangeError for a fault of that name that does not exist
 * @example
 * const { verdict, violation, replay } = await simulate({ seed: 7, hours: 2, faults: 'loss,crash,operator' });
 * if (verdict !== 'holds') console.log(violation, replay);
 */
export async function simulate(options: SimulateOptions): Promise<Simulated> {
  const { seed, hours = DEFAULT_HOURS, faults: faultList = 'all', signal } = options;
  const beganMs = performance.now();
  const plan = planOf(options);
  const limits = signal === undefined ? {} : { signal };
  const digest = new RunDigest({ trail: options.twice === true });
  const result = await runPlan(plan, { digest, ...limits });
  const divergence = options.twice === true && result.finished ? await compared(plan, digest, limits) : null;
  const minimised =
    result.violation === null || options.minimise === false ? null : await shortest(plan, result, limits);
  const verdict =
    result.violation !== null || divergence !== null
      ? 'violated'
      : result.finished
        ? 'holds'
        : 'not finished';
  const kept = minimised?.events.map(({ id }) => id) ?? options.only;
  return {
    ...result,
    ...{ verdict, hours, faultList, planned: plan.events, minimised, divergence, version: VERSION },
    wallMs: performance.now() - beganMs,
    replay: replayOf(seed, hours, faultList, kept),
  };
}

/** Everything that a seed decides. */
export function planOf({ seed, hours = DEFAULT_HOURS, faults = 'all', only }: SimulateOptions): ChaosPlan {
  const plan = drawPlan({ seed, hours, faults: faultsOf(faults) });
  return only === undefined ? plan : keeping(plan, new Set(only));
}

/** Runs a plan again while somebody watches the clusters. */
export async function replay(
  options: SimulateOptions,
  onStarted: (clusters: VirtualClusters) => void,
): Promise<RunResult> {
  return runPlan(planOf(options), { onStarted });
}

function replayOf(seed: number, hours: number, faults: string, only: readonly number[] | undefined): string {
  const kept = only === undefined ? '' : ` --only ${only.length === 0 ? 'none' : only.join(',')}`;
  return `bridle simulate --seed ${seed} --hours ${hours} --faults '${faults}'${kept}`;
}

type Limits = { readonly signal?: AbortSignal };

async function shortest(plan: ChaosPlan, { violation }: RunResult, limits: Limits): Promise<MinimisedPlan> {
  const beganMs = performance.now();
  const found = await minimise({
    items: plan.events,
    isEnough: (tries) =>
      tries >= MINIMISE_RUNS || performance.now() - beganMs > MINIMISE_MS || limits.signal?.aborted === true,
    fails: async (events) => {
      const again = await runPlan({ ...plan, events }, limits);
      return again.violation?.property === violation?.property;
    },
  });
  return { events: found.items, runs: found.tries, complete: found.complete };
}

/** Runs it again; the runs after that only put into words where the two parted. */
async function compared(plan: ChaosPlan, first: RunDigest, limits: Limits): Promise<Divergence | null> {
  const second = new RunDigest({ expected: first.trail });
  await runPlan(plan, { digest: second, ...limits });
  const { diverged } = second;
  if (diverged === null) return null;
  const third = new RunDigest({ around: diverged.index });
  await runPlan(plan, { digest: third, ...limits });
  return { index: diverged.index, first: third.seenAround ?? 'nothing more', second: diverged.task };
}
