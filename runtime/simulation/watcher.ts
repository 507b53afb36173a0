/** Whoever watches a simulated world, and changes nothing about it. */
import type { Recorder } from '../observe/recording/recorder.js';
import type { LogLine } from './virtual-cluster.js';
import type { Fate } from './virtual-network.js';
import type { WireMessage } from './wire-message.js';

/**
 * Called each time a frame, or a copy of it, gets to the other end: it is taken, nobody is there, or it was
 * dropped on its way by whoever drives the world.
 */
export type FrameArrives = (how: 'taken' | 'nobody' | 'dropped') => void;

export interface WorldWatcher {
  /** A run of a server begins. `recorder`: of its charts; off until it is started. */
  booted(server: string, recorder: Recorder): void;
  died(server: string): void;
  logged(line: LogLine): void;
  /** A frame leaves. `undefined`: its arrival is of no interest. */
  sent(message: WireMessage, fate: Fate): FrameArrives | undefined;
  /** Everything that was to happen at this moment has happened. */
  rested(): void;
}
