/** Runs paths against something real, step by step, with the model's expectation at hand. */
import type { EventObject } from 'xstate';
import {
  type Expected,
  eventInWords,
  type Path,
  type PathStep,
  pathInWords,
  pathTitle,
  replayCommand,
} from './path.js';

/** What a path is run against: a live actor, a server, a page. */
export interface Driver {
  /** Makes the event happen. `step.timer` is set if it is a timer that should fire. */
  send(event: EventObject, step: PathStep): void | Promise<void>;
  /** Throws if what is there is not what is expected; called after the start and after each step. */
  check?(expected: Expected, step: PathStep | null): void | Promise<void>;
  /** Called once, also after a failure. */
  stop?(): void | Promise<void>;
}

/** Makes a driver that stands where the path begins. */
export type StartDriver = (path: Path) => Driver | Promise<Driver>;

/** A path that failed: its message shows the path, where it failed and how to run it again. */
export class PathFailure extends Error {
  override readonly name = 'PathFailure';
  readonly path: Path;
  /** 0: at the start; n: at the n-th step; one more than there are: when it was stopped. */
  readonly step: number;

  constructor(path: Path, step: number, cause: unknown, replay = replayCommand(path)) {
    const at = path.steps[step - 1];
    const place =
      step === 0 ? 'at the start' : at ? `at step ${step}, ${eventInWords(at.event)}` : 'when stopped';
    const why = cause instanceof Error ? cause.message : String(cause);
    super(`path ${path.id} failed ${place}:\n${why}\n\n${pathInWords(path)}\n\nreplay: ${replay}`, { cause });
    this.path = path;
    this.step = step;
  }
}

export interface RunOptions {
  readonly start: StartDriver;
  /** The line that runs a path again; default: the command of `bridle paths`. */
  readonly replay?: (path: Path) => string;
}

/** @throws PathFailure */
export async function runPath(path: Path, { start, replay = replayCommand }: RunOptions): Promise<void> {
  let driver: Driver | undefined;
  let at = 0;
  let failure: PathFailure | undefined;
  try {
    driver = await start(path);
    await driver.check?.(path.start.expected, null);
    for (const step of path.steps) {
      at += 1;
      await driver.send(step.event, step);
      await driver.check?.(step.expected, step);
    }
  } catch (error) {
    failure = new PathFailure(path, at, error, replay(path));
  }
  try {
    await driver?.stop?.();
  } catch (error) {
    // The first failure is the one worth reading.
    failure ??= new PathFailure(path, path.steps.length + 1, error, replay(path));
  }
  if (failure !== undefined) throw failure;
}

export interface PathsResult {
  readonly passed: number;
  readonly failures: readonly PathFailure[];
}

/** Runs every path, one after the other, and goes on after a failure. */
export async function testPaths(paths: readonly Path[], options: RunOptions): Promise<PathsResult> {
  const failures: PathFailure[] = [];
  for (const path of paths) {
    try {
      await runPath(path, options);
    } catch (error) {
      failures.push(error as PathFailure);
    }
  }
  return { passed: paths.length - failures.length, failures };
}

/** The two functions that vitest, jest and mocha share; handed in, so nothing here depends on one of them. */
export interface TestFunctions {
  readonly describe: (name: string, body: () => void) => unknown;
  readonly it: (name: string, body: () => Promise<void>) => unknown;
}

/**
 * One test for each path.
 * @example describePaths('door', suite.paths, () => new DoorDriver(), { describe, it });
 */
export function describePaths(
  name: string,
  paths: readonly Path[],
  start: StartDriver,
  { describe, it }: TestFunctions,
  replay?: (path: Path) => string,
): void {
  describe(name, () => {
    for (const path of paths) {
      it(pathTitle(path), () => runPath(path, { start, ...(replay === undefined ? {} : { replay }) }));
    }
  });
}
