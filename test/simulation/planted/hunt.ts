/** Looks for a planted defect as a user would look for one of ours: `bridle simulate`, seed by seed. */
import { spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import type { PlantedBug } from './bug.js';
import { BUILD_AS_IT_IS, plantedBuild } from './planted-build.js';

/** What of the command's answer is used. */
const answerSchema = z.object({
  violations: z.array(
    z.object({ seed: z.number(), property: z.string(), schedule: z.array(z.unknown()).nullable() }),
  ),
});
type Answer = z.infer<typeof answerSchema>;

export interface Hunted {
  readonly bug: PlantedBug;
  /** Null: not found. */
  readonly found: {
    readonly seed: number;
    readonly property: string;
    readonly troubles: number | null;
  } | null;
  readonly wallSeconds: number;
}

export interface HuntOptions {
  readonly seeds: number;
  readonly firstSeed?: number;
  readonly minimise?: boolean;
}

/**
 * @throws Error when the command does not answer, or when what was found is there without the planted defect, too:
 * then it is one of ours
 */
export async function hunt(
  bug: PlantedBug,
  { seeds, firstSeed = 1, minimise = true }: HuntOptions,
): Promise<Hunted> {
  const build = await plantedBuild(bug);
  const beganMs = performance.now();
  const directory = dirname(build.main);
  const options = minimise ? [] : ['--no-minimise'];
  try {
    const found = foundIn(await simulated(build.main, { directory, seeds, firstSeed, options }), minimise);
    if (found !== null) {
      const own = await simulated(BUILD_AS_IT_IS, { directory, seeds: 1, firstSeed: found.seed, options });
      const [real] = own.violations;
      if (real !== undefined) {
        throw new Error(`seed ${found.seed} violates ${real.property} without “${bug.name}” as well`);
      }
    }
    return { bug, found, wallSeconds: (performance.now() - beganMs) / 1_000 };
  } finally {
    await build.remove();
  }
}

interface Simulation {
  /** Recordings of failures go there. */
  readonly directory: string;
  readonly seeds: number;
  readonly firstSeed: number;
  readonly options: readonly string[];
}

async function simulated(
  main: string,
  { directory, seeds, firstSeed, options }: Simulation,
): Promise<Answer> {
  const which = ['--seeds', `${seeds}`, '--first-seed', `${firstSeed}`, '--stop-on-failure'];
  const child = spawn(process.execPath, [main, 'simulate', ...which, '--json', ...options], {
    ...{ cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] },
  });
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const last = out.trim().split('\n').at(-1) ?? '';
  if (!last.startsWith('{')) throw new Error(`no answer from the simulation ${main}: ${out}${err}`);
  return answerSchema.parse(JSON.parse(last));
}

function foundIn({ violations: [first] }: Answer, minimised: boolean): Hunted['found'] {
  if (first === undefined) return null;
  return {
    seed: first.seed,
    property: first.property,
    troubles: minimised ? (first.schedule?.length ?? null) : null,
  };
}
