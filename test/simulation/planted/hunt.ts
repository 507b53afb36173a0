/** Looks for a planted defect as a user would look for one of ours: `bridle simulate`, seed by seed. */
import { spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import type { PlantedBug } from './bug.js';
import { plantedBuild } from './planted-build.js';

/** What of the command's answer is used. */
const answerSchema = z.object({
  violations: z.array(
    z.object({ seed: z.number(), property: z.string(), schedule: z.array(z.unknown()).nullable() }),
  ),
});

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

/** @throws Error when the command does not answer */
export async function hunt(
  bug: PlantedBug,
  { seeds, firstSeed = 1, minimise = true }: HuntOptions,
): Promise<Hunted> {
  const build = await plantedBuild(bug);
  const beganMs = performance.now();
  try {
    const args = [
      'simulate',
      '--seeds',
      `${seeds}`,
      '--first-seed',
      `${firstSeed}`,
      '--stop-on-failure',
      '--json',
    ];
    if (!minimise) args.push('--no-minimise');
    // Recordings of failures go where the build is.
    const cwd = dirname(build.main);
    const child = spawn(process.execPath, [build.main, ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
    const last = out.trim().split('\n').at(-1) ?? '';
    if (!last.startsWith('{')) throw new Error(`“${bug.name}”: no answer from the simulation: ${out}${err}`);
    const answer = answerSchema.parse(JSON.parse(last));
    return { bug, found: foundIn(answer, minimise), wallSeconds: (performance.now() - beganMs) / 1_000 };
  } finally {
    await build.remove();
  }
}

function foundIn({ violations: [first] }: z.infer<typeof answerSchema>, minimised: boolean): Hunted['found'] {
  if (first === undefined) return null;
  return {
    seed: first.seed,
    property: first.property,
    troubles: minimised ? (first.schedule?.length ?? null) : null,
  };
}
