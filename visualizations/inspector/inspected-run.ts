/** What the inspector's server shows: a run that goes on, or one that was recorded. */
import type { Observable } from 'rxjs';
import type { HeaderLine, RecordingLine } from '../../runtime/observe/recording/lines.js';
import type { LaidOutChart } from '../diagrams/laid-out-chart.js';

export interface InspectedRun {
  readonly header: HeaderLine;
  /** Whether more may come. What a recording has is never let go; of a live run the oldest is, in the end. */
  readonly live: boolean;
  /** Everything there is so far, at once, then what comes; completes when the run is over. */
  readonly lines$: Observable<RecordingLine>;
  /** The charts its actors follow, with places. Asked for again when an unknown chart has turned up. */
  charts(): Promise<readonly LaidOutChart[]>;
  /** Null: it can only be looked at. */
  readonly control: RunControl | null;
}

/** Steering a live run. */
export interface RunControl {
  /** Faults that can be injected; none where a cluster that is not embedded takes part. */
  readonly faults: readonly string[];
  /**
   * Does it and says in words what came of it; rejects with an error whose message says why not.
   *
   * @example await control.run('pause', { table: 'users', duplication: '1' })
   */
  run(command: ControlCommand, args: Readonly<Record<string, string>>): Promise<string>;
}

export const CONTROL_COMMANDS = ['pause', 'start', 'retry', 'fault', 'heal'] as const;
export type ControlCommand = (typeof CONTROL_COMMANDS)[number];
