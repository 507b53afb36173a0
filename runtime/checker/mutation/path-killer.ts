/**
 * Runs the paths of the original chart on a mutant: the first step that shows something else kills it.
 *
 * Paths begin alike, so they are kept as a tree and each step of it is taken once for each mutant.
 */
import type { AnyStateMachine, EventObject } from 'xstate';
import { canonicalText } from '../paths/canonical.js';
import { type Expected, eventInWords, type Path } from '../paths/path.js';
import { type Position, type Step, Stepper } from '../paths/stepper.js';
import { differenceOf, type Oracle, observationOf, textOf } from './observe.js';

interface Branch {
  readonly event: EventObject;
  readonly timer: string | undefined;
  readonly expected: Expected;
  readonly text: string;
  /** The first path that takes this step, and which of its steps it is. */
  readonly path: Path;
  readonly step: number;
  readonly next: Branch[];
}

interface Root extends Omit<Branch, 'event' | 'timer'> {
  readonly input: unknown;
}

export interface PathTree {
  readonly roots: readonly Root[];
  /** Steps in the tree, and in the paths before they were merged. */
  readonly steps: number;
  readonly pathSteps: number;
  readonly oracle: Oracle;
}

/** @param paths of the original chart, from an exploration of it */
export function treeOf(paths: readonly Path[], oracle: Oracle): PathTree {
  const roots = new Map<string, Root>();
  const keys = new WeakMap<Branch[], Map<string, Branch>>();
  let steps = 0;
  for (const path of paths) {
    const { name, input, expected } = path.start;
    const root = roots.get(name) ?? {
      input,
      expected,
      text: textOf(expected, oracle),
      path,
      step: 0,
      next: [],
    };
    roots.set(name, root);
    let at: { readonly next: Branch[] } = root;
    for (const [index, { event, timer, expected: then }] of path.steps.entries()) {
      const known: Map<string, Branch> = keys.get(at.next) ?? new Map<string, Branch>();
      keys.set(at.next, known);
      const key = `${timer ?? ''} ${canonicalText(event)}`;
      let branch = known.get(key);
      if (branch === undefined) {
        const text = textOf(then, oracle);
        branch = { event, timer, expected: then, text, path, step: index + 1, next: [] };
        known.set(key, branch);
        at.next.push(branch);
        steps += 1;
      }
      at = branch;
    }
  }
  const pathSteps = paths.reduce((sum, path) => sum + path.steps.length, 0);
  return { roots: [...roots.values()], steps, pathSteps, oracle };
}

/** @returns path, step and what differs; null: no path tells the mutant from the original */
export function differenceOnPaths(mutant: AnyStateMachine, { roots, oracle }: PathTree): string | null {
  let stepper: Stepper;
  try {
    stepper = new Stepper(mutant);
  } catch (error) {
    return `it cannot be started: ${messageOf(error)}`;
  }
  const judged = (branch: Root | Branch, take: () => Step): string | Position => {
    const { path, step, expected, text } = branch;
    const place = (): string => {
      const event = path.steps[step - 1]?.event;
      return `path ${path.id} step ${step}${event === undefined ? '' : `, ${eventInWords(event, 60)}`}`;
    };
    try {
      const taken = take();
      const seen = observationOf(taken);
      if (textOf(seen, oracle) !== text) return `${place()}: ${differenceOf(expected, seen)}`;
      return taken.position;
    } catch (error) {
      return `${place()}: it throws ${messageOf(error)}`;
    }
  };
  // Breadth first: the shortest way to a difference is the one to read.
  let level: { readonly branch: Branch; readonly from: Position }[] = [];
  for (const root of roots) {
    const position = judged(root, () => stepper.start(root.input));
    if (typeof position === 'string') return position;
    for (const branch of root.next) level.push({ branch, from: position });
  }
  while (level.length > 0) {
    const below: typeof level = [];
    for (const { branch, from } of level) {
      const position = judged(branch, () => stepper.take(from, branch.event, branch.timer));
      if (typeof position === 'string') return position;
      for (const next of branch.next) below.push({ branch: next, from: position });
    }
    level = below;
  }
  return null;
}

export const messageOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0]!.slice(0, 100);
