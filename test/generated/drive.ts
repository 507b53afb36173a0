/** Runs one path against real clusters; a failure shows the path and how to run it again. */
import { createHash } from 'node:crypto';
import type { Model, ProductPath } from '../../runtime/checker/product/index.js';
import type { DuplicationModelOptions } from '../../runtime/checker/product/ours/index.js';
import { differences } from './comparison.js';
import { NotDrivable } from './conversations.js';
import { ProductDriver } from './product-driver.js';
import { stepInWords, type Taken, walk } from './walk.js';

export interface Driven {
  /** Steps after which model and clusters were compared and agreed. */
  readonly steps: number;
  /** Why the path ends before its last step; null: it does not. */
  readonly endsEarly: string | null;
}

/** Ten hex digits: the same steps have the same id in every run. */
export function idOf({ steps }: Pick<ProductPath, 'steps'>): string {
  const text = steps.map(stepInWords).join('\n');
  return createHash('sha256').update(text).digest('hex').slice(0, 10);
}

/** @throws Error with the path in given / when / then, what differs, and the command that runs it again */
export async function drive(
  options: DuplicationModelOptions,
  model: Model,
  path: ProductPath,
  start: () => Promise<ProductDriver> = () => ProductDriver.start(options),
): Promise<Driven> {
  const taken = walk(model, path);
  const driver = await start();
  let steps = 0;
  try {
    for (const { step, locals } of taken) {
      await driver.perform(step);
      const found = await differences(driver, locals);
      if (found.length > 0) throw new Error(found.map(inWords).join('\n'));
      steps++;
    }
  } catch (error) {
    if (error instanceof NotDrivable) return { steps, endsEarly: error.message };
    const why = error instanceof Error ? error.message : String(error);
    const id = idOf(path);
    const replay = `BRIDLE_PATH=${id} npx vitest run test/generated/product.test.ts`;
    const told = pathInWords(model.name, taken, steps);
    throw new Error(`path ${id} of "${model.name}" fails:\n${why}\n\n${told}\n\nreplay: ${replay}`, {
      cause: error,
    });
  }
  return { steps, endsEarly: null };
}

const inWords = ({ what, model, clusters }: Awaited<ReturnType<typeof differences>>[number]): string =>
  `${what}: the model says ${JSON.stringify(model)}, the clusters ${JSON.stringify(clusters)}`;

/** Up to the step that failed. */
function pathInWords(name: string, taken: readonly Taken[], upTo: number): string {
  const lines = taken.slice(1, upTo + 1).map(({ step }) => ` when ${stepInWords(step)}`);
  const expected = Object.entries(taken[upTo]?.step.after ?? {}).map(
    ([process, words]) => `      ${process}: ${words}`,
  );
  return [`given ${name}`, ...lines, ' then', ...expected].join('\n');
}
