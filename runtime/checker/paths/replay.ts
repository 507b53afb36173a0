/** Runs written-down steps against a live actor; what a generated test file calls. */
import type { AnyStateMachine, EventObject } from 'xstate';
import { ActorDriver } from './actor-driver.js';
import { controlOf } from './position.js';

export interface WrittenStep {
  readonly event: EventObject;
  /** Id of the timer that fires with the event. */
  readonly timer?: string;
  /** Active leaf states afterwards. */
  readonly state: string;
}

/** @throws Error naming the first step that led somewhere else */
export function replaySteps(machine: AnyStateMachine, input: unknown, steps: readonly WrittenStep[]): void {
  const start = { name: 'written', input, state: '', expected: undefined as never };
  const driver = new ActorDriver(machine, { start });
  try {
    for (const [at, { event, timer, state }] of steps.entries()) {
      driver.send(event, timer === undefined ? {} : { timer });
      const now = controlOf(driver.snapshot);
      if (now !== state) throw new Error(`step ${at + 1}, ${event.type}: expected ${state}, now in ${now}`);
    }
  } finally {
    driver.stop();
  }
}
