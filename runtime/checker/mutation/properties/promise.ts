/** What a chart promises, step by step: SPEC.md's items as functions over what is seen of one machine. */
import type { EventObject } from 'xstate';
import type { PossibleEvent } from '../../paths/automatic.js';
import { canonicalText } from '../../paths/canonical.js';
import type { Effect } from '../../paths/effect.js';
import { activeStates, controlOf } from '../../paths/position.js';
import type { Position, Timer } from '../../paths/stepper.js';

/** A machine at rest, as a property sees it. */
export interface View<Context> {
  readonly context: Context;
  /** Active leaf states, e.g. `asking.looking`. */
  readonly control: string;
  /** Ids of the active state nodes. */
  readonly active: readonly string[];
  readonly status: string;
  readonly timers: readonly Timer[];
  readonly children: readonly string[];
}

/** One step. At the start `before` is null and the event is none. */
export interface Seen<Context, Event> {
  readonly before: View<Context>;
  readonly after: View<Context>;
  readonly event: Event;
  /** Id of the timer that fired. */
  readonly timer: string | undefined;
  readonly effects: readonly Effect[];
}

export interface Begun<Context, Input> {
  readonly after: View<Context>;
  readonly input: Input;
  readonly effects: readonly Effect[];
}

export interface ChartPromise<Context, Event, Input> {
  /** As in SPEC.md, with its item: `DurableFirst (S-DURABLE-1)`. */
  readonly name: string;
  /** @returns what is wrong; null: nothing */
  readonly ofStep?: (seen: Seen<Context, Event>) => string | null;
  readonly ofStart?: (begun: Begun<Context, Input>) => string | null;
}

/** Everything one chart promises. */
export interface Promises<Context = never, Event = never, Input = never> {
  readonly promises: readonly ChartPromise<Context, Event, Input>[];
  /** States that wait without a deadline of their own, and why that is no silent wait. */
  readonly noDeadline: Readonly<Record<string, string>>;
  /** States whose deadline passes once, is told, and does not run again. */
  readonly toldOnce?: readonly string[];
  /** What the world is assumed not to do, in words SPEC.md has too. */
  readonly never?: (view: View<Context>, event: Event) => boolean;
  /** What happens next when nothing goes wrong any more; null: nothing. */
  readonly help: (view: View<Context>) => PossibleEvent | null;
  /** Where help may lead to in the end. */
  readonly settled: (view: View<Context>) => boolean;
}

/** Ties the types of a chart together while a table holds the promises of all. */
export function promisesOf<Context, Event, Input>(promises: Promises<Context, Event, Input>): Promises {
  return promises as unknown as Promises;
}

export function viewOf({ snapshot, timers, finished }: Position): View<never> {
  return {
    context: snapshot.context as never,
    control: controlOf(snapshot),
    active: activeStates(snapshot),
    status: snapshot.status,
    timers,
    children: Object.keys(snapshot.children).filter((id) => !finished.includes(id)),
  };
}

/** Fires the timer of a state, whatever its delay is called. */
export function timerOf(view: View<unknown>, state: string): PossibleEvent | null {
  const timer = view.timers.find(({ id }) => id.startsWith('xstate.after.') && id.endsWith(`.${state}`));
  return timer === undefined ? null : { event: timer.event, timer: timer.id };
}

/** Effects of a name, or events of a type that were sent. */
export function asked<Params = Record<string, unknown>>(effects: readonly Effect[], name: string): Params[] {
  return effects.filter((effect) => effect.name === name).map(({ params }) => params as Params);
}

export const same = (a: unknown, b: unknown): boolean => a === b || canonicalText(a) === canonicalText(b);

/** Nothing changed and nothing was asked for, but what the chart says about it (names of effects). */
export function unmoved<Context>(
  { before, after, effects }: Seen<Context, unknown>,
  ...allowed: readonly string[]
): boolean {
  return (
    before.control === after.control &&
    same(before.context, after.context) &&
    effects.every(({ name }) => allowed.includes(name))
  );
}

/**
 * Answers carry the number of what they answer: one that does not answer what is under way changes
 * nothing, and what is asked for carries the number that its answer is told by.
 */
export function numbered<Context extends { readonly requestNo: number }, Event extends EventObject>(options: {
  readonly says?: readonly string[];
  readonly ask: readonly string[];
}): readonly ChartPromise<Context, Event, unknown>[] {
  return [
    {
      name: 'stale answers change nothing (S-ORDER-1)',
      ofStep: (seen) => {
        const { requestNo } = seen.event as { requestNo?: number };
        if (requestNo === undefined || requestNo === seen.before.context.requestNo) return null;
        return unmoved(seen, ...(options.says ?? [])) ? null : `a stale ${seen.event.type} changes something`;
      },
    },
    {
      name: 'every question has a number of its own (S-ORDER-1)',
      ofStep: ({ before, after, effects }) => {
        for (const { name, params } of effects) {
          if (!options.ask.includes(name)) continue;
          const body = (params as { request?: unknown }).request ?? params;
          const { requestNo } = body as { requestNo?: number };
          if (requestNo !== after.context.requestNo) return `${name} carries ${requestNo}`;
          if (requestNo === before.context.requestNo)
            return `${name} carries the number of the last question`;
        }
        return after.context.requestNo >= 0 && after.context.requestNo < 8
          ? null
          : `request number ${after.context.requestNo}`;
      },
    },
  ];
}
