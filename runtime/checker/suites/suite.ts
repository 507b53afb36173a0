/**
 * Acceptance suites: what a port promises, as tests that run against any implementation of it.
 *
 *   cases of a port ──┐
 *   start() ─► scene ─┼─► describe / it of vitest, jest, mocha or node:test
 *   leaveOut ─────────┘
 *
 * A scene is one fresh instance of the port, with hooks that bring about what a test needs. A hook that an
 * adapter cannot offer is named in `leaveOut` with the reason: its tests stay visible, as left out. A hook that is
 * merely missing fails every test that needs it.
 */
import type { TestFunctions } from '../paths/run.js';

/** What every scene may bring besides its port and hooks. */
export interface SceneBase {
  /** Called once, also after a failure. */
  readonly close?: () => Promise<unknown> | unknown;
}

/** A scene of which these hooks are certain to be there. */
export type With<Scene, Hook extends keyof Scene> = Scene & { readonly [Name in Hook]-?: Scene[Name] };

/** Passes a result on, and fails with `what` when there is none in time: a port must settle. */
export type Within = <Value>(what: string, work: Promise<Value>) => Promise<Value>;

/** One promise of a port. */
export interface SuiteCase<Scene, Wanted> {
  /** Begins with `given`. */
  readonly title: string;
  /** Hooks without which it cannot be tried. */
  readonly needs: readonly (keyof Scene & string)[];
  readonly wanted: Wanted;
  readonly run: (scene: Scene, within: Within) => Promise<void>;
}

export interface SuiteOptions<Scene, Wanted> {
  /** A fresh port with nothing in it, as each test wants it; called once for each test. */
  readonly start: (wanted: Wanted) => Scene | Promise<Scene>;
  /** Hooks that cannot be offered, each with the reason. */
  readonly leaveOut?: { readonly [Hook in keyof Scene]?: string };
  /** How long anything may take before it counts as never. Default 10,000. */
  readonly settleWithinMs?: number;
}

/** What was declared, for whoever wants to print or check it. */
export interface DeclaredSuite {
  readonly name: string;
  /** Titles of the tests that run. */
  readonly tests: readonly string[];
  /** Titles of those that do not, and why. */
  readonly leftOut: readonly { readonly title: string; readonly because: string }[];
}

/** Collects the cases of a port; `defaults` is what each wants of `start` unless it says otherwise. */
export function casesFor<Scene extends SceneBase, Wanted extends object>(defaults: Wanted) {
  const cases: SuiteCase<Scene, Wanted>[] = [];
  const given = <Hook extends keyof Scene & string>(
    title: string,
    needs: readonly Hook[],
    run: (scene: With<Scene, Hook>, within: Within) => Promise<void>,
    wanted: Partial<Wanted> = {},
  ): void => {
    const all = { ...defaults, ...wanted };
    // The hooks are checked before it runs.
    cases.push({ title: `given ${title}`, needs, wanted: all, run: run as SuiteCase<Scene, Wanted>['run'] });
  };
  return { cases, given };
}

/** One test for each case. */
export function declareSuite<Scene extends SceneBase, Wanted>(
  name: string,
  cases: readonly SuiteCase<Scene, Wanted>[],
  options: SuiteOptions<Scene, Wanted>,
  { describe, it }: TestFunctions,
): DeclaredSuite {
  const tests: string[] = [];
  const leftOut: { title: string; because: string }[] = [];
  describe(name, () => {
    for (const each of cases) {
      const hook = each.needs.find((needed) => options.leaveOut?.[needed] !== undefined);
      if (hook === undefined) {
        tests.push(each.title);
        it(each.title, () => runCase(each, options));
        continue;
      }
      const because = `${hook}: ${options.leaveOut?.[hook]}`;
      leftOut.push({ title: each.title, because });
      it(`LEFT OUT, ${because} | ${each.title}`, () => checkLeftOut(each, hook, options));
    }
  });
  return { name, tests, leftOut };
}

async function runCase<Scene extends SceneBase, Wanted>(
  { needs, wanted, run }: SuiteCase<Scene, Wanted>,
  options: SuiteOptions<Scene, Wanted>,
): Promise<void> {
  const scene = await options.start(wanted);
  try {
    const missing = needs.find((hook) => scene[hook] === undefined);
    if (missing !== undefined) {
      throw new Error(
        `the scene has no \`${missing}\`; offer it, or name it in \`leaveOut\` with the reason`,
      );
    }
    await run(scene, withinOf(options.settleWithinMs ?? 10_000));
  } finally {
    await scene.close?.();
  }
}

/** What could be tried must not be left out. */
async function checkLeftOut<Scene extends SceneBase, Wanted>(
  { wanted }: SuiteCase<Scene, Wanted>,
  hook: keyof Scene & string,
  { start }: SuiteOptions<Scene, Wanted>,
): Promise<void> {
  const scene = await start(wanted);
  try {
    if (scene[hook] !== undefined)
      throw new Error(`the scene has \`${hook}\`, so nothing needs to be left out`);
  } finally {
    await scene.close?.();
  }
}

function withinOf(timeoutMs: number): Within {
  return async (what, work) => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`${what} did not settle within ${timeoutMs} ms`)), timeoutMs);
    });
    try {
      return await Promise.race([work, late]);
    } finally {
      clearTimeout(timer);
    }
  };
}
