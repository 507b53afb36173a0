/** What the processes of the product share: texts of plain states, numbers of requests, moves of timers. */
import { REQUEST_NUMBERS } from '../../../../machines/effects.js';
import { canonicalText } from '../../paths/canonical.js';
import type { Json, Message, Move, Outcome } from '../model.js';
import { type Troupe, type TroupeState, type TroupeTimer, withContext } from '../troupe.js';
import { SLOW_BUDGET } from './options.js';

const TEXTS: WeakMap<object, string> = new WeakMap();

/** Text of plain data; parts that states share are written once. */
export const textOf = (value: unknown): string => canonicalText(value, 'state', TEXTS);

/**
 * Charts number their requests, and all they do with a number is to compare it with the number of the
 * request under way. So the request under way is number 0 in a model, and every earlier one is this:
 * states that differ only in how often something was asked are one state.
 */
export const STALE_NUMBER = REQUEST_NUMBERS - 1;

/** A number that only has to be equal or not: `0`, or a stale one. */
export const renumbered = (current: number, number: number): number =>
  number === current ? 0 : STALE_NUMBER;

/** The actor's request under way is number 0 from now on. */
export const numberedAnew = <Context extends { readonly requestNo: number }>(
  state: TroupeState,
  actor: string,
): TroupeState =>
  withContext<Context>(state, actor, (context) =>
    context.requestNo === 0 ? context : { ...context, requestNo: 0 },
  );

/** An answer, in the conversation of its question and as late as that. */
export function answerTo({ from, to, tag, late }: Message, kind: string, body: Json): Message {
  const conversation = { ...(tag === undefined ? {} : { tag }), ...(late === undefined ? {} : { late }) };
  return { from: to, to: from, kind, body, ...conversation };
}

/**
 * Tells each node what has changed for it since it was told last. An order is reliable, and a newer one
 * takes its place: on its way it stands for the poll that has not happened yet.
 *
 * @returns what the nodes have been told now, as text; the orders are added to `sends`, and their
 * conversations to `retires`
 */
export function tellNodes(
  told: readonly (string | null)[],
  from: string,
  nodeOf: (partition: number) => string,
  orderFor: (partition: number) => object | null,
  { sends, retires }: { readonly sends: Message[]; readonly retires: string[] },
): readonly (string | null)[] {
  return told.map((before, partition) => {
    const order = orderFor(partition);
    const text = textOf(order);
    if (text === before) return before;
    const tag = `order of ${from} ${partition}`;
    retires.push(tag);
    sends.push({ from, to: nodeOf(partition), kind: 'Order', body: view(order), tag, reliable: true });
    return text;
  });
}

/** Plain data with a type of its own, as a view or body has it; `seenAs` gives it its type back. */
export const view = (value: object | null): Json => value as unknown as Json;
export const seenAs = <T>(seen: Json | undefined): T => seen as unknown as T;

/** An event as hosts make them; the chart that gets it knows its fields. */
export interface ChartEvent {
  readonly type: string;
  readonly [field: string]: unknown;
}

/**
 * What running timers can do, as moves of the process. A deadline that is about a conversation passes
 * while something of it is on its way only as a fault.
 */
export function timerMoves<Local>(
  troupe: Troupe,
  charts: TroupeState | null,
  options: {
    /** The conversation whose answer the timer is a deadline for. */
    readonly conversation?: (timer: TroupeTimer) => string | undefined;
    /** Deadlines of work that is done within the process: they pass early as a fault, or not at all. */
    readonly ofOwnWork?: (timer: TroupeTimer) => boolean;
    readonly fired: (timer: TroupeTimer) => Outcome<Local>;
  },
): readonly Move<Local>[] {
  if (charts === null) return [];
  return troupe.timers(charts).flatMap((timer): Move<Local>[] => {
    const outcome = options.fired(timer);
    const { label } = timer;
    const early: Move<Local> = { label: `${label}, early`, kind: 'fault', budget: SLOW_BUDGET, ...outcome };
    if (options.ofOwnWork?.(timer)) return [early];
    const tag = options.conversation?.(timer);
    if (tag === undefined) return [{ label, kind: 'timer', ...outcome }];
    return [{ label, kind: 'timer', unlessInFlight: tag, ...outcome }, early];
  });
}

export const withAt = <T>(list: readonly T[], index: number, value: T): readonly T[] =>
  list.map((old, i) => (i === index ? value : old));
