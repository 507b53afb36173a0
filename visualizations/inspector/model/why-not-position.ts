/** Sets a chart into a recorded state. */
import type { AnyActorRef, AnyStateMachine } from 'xstate';
import { createEmptyActor } from 'xstate';
import type { Position, SnapshotView } from '../../../runtime/checker/paths/stepper.js';
import type { Json, StateValue } from '../../../runtime/observe/recording/lines.js';
import type { ShippedChart } from './why-not-chart.js';

/** What is known of an actor. */
export interface RecordedState {
  readonly state: StateValue;
  readonly context: Readonly<Record<string, Json>>;
  /** Ids of children that are known to live. Those that the active states invoke need not be named. */
  readonly children: readonly string[];
}

/**
 * @returns the position, with timers of all active states running and children that listen to nothing
 * @throws Error if the chart has no such state
 */
export function positionOf(chart: ShippedChart, { state, context, children }: RecordedState): Position {
  const config = { value: state, context: plainCopy(context) };
  const snapshot = chart.machine.resolveState(config as Parameters<AnyStateMachine['resolveState']>[0]);
  const nodes = (snapshot as unknown as SnapshotView)._nodes.map(({ id }) => chart.nodes.get(id)!);
  const living: Record<string, AnyActorRef> = {};
  for (const { id, src } of nodes.flatMap(({ invoke }) => invoke)) living[id] = standIn(id, src);
  for (const id of children) living[id] ??= standIn(id, id);
  const timers = nodes.flatMap(({ after }) =>
    after.map(({ eventType }) => ({ id: eventType, event: { type: eventType } })),
  );
  return {
    snapshot: Object.assign(snapshot, { children: living }) as unknown as SnapshotView,
    timers: [...new Map(timers.map((timer) => [timer.id, timer])).values()],
    finished: [],
  };
}

/** JSON, so that whoever gets it may wrap and change it. */
export function plainCopy<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

function standIn(id: string, src: unknown): AnyActorRef {
  return Object.assign(createEmptyActor(), { id, src });
}
