/**
 * Everything of the world outside that a server touches. The real one is the default; a simulation hands in
 * another and runs the same servers on its own time, links and disks.
 */
import type { ChartWatcher } from '../../actors/chartWatcher.js';
import { type Clock, systemClock } from '../../actors/clock.js';
import { type Link, perfectLink } from '../../actors/link.js';
import { Recorder } from '../observe/recording/recorder.js';
import { type Network, tcp } from '../pegasus/index.js';
import {
  ClassicLevelEngine,
  type DurableMap,
  type FileSystem,
  nodeFileSystem,
  type OpenEngine,
  openDurableMap,
} from '../store/index.js';

export interface Environment {
  readonly clock: Clock;
  readonly network: Network;
  readonly fileSystem: FileSystem;
  /** Opens a meta server's durable state. */
  readonly openMap: (directory: string) => Promise<DurableMap>;
  /** Opens the engine of a partition. */
  readonly openEngine: OpenEngine;
  /** In [0, 1), for jitter. */
  readonly random: () => number;
  /** Differs from one boot of the machine to the next; null: ask the system. */
  readonly bootId: string | null;
  readonly processId: number;
  /** Between the effects of a chart and their handlers. */
  readonly link: Link;
  /** Remembers what the process does, for whoever records it. Left out, a server makes its own. */
  readonly recorder?: Recorder;
}

export const REAL_ENVIRONMENT: Environment = {
  clock: systemClock,
  network: tcp,
  fileSystem: nodeFileSystem,
  openMap: openDurableMap,
  openEngine: (directory) => ClassicLevelEngine.open(directory),
  random: Math.random,
  bootId: null,
  processId: process.pid,
  link: perfectLink,
};

/** The part of it that a chart's host takes. */
export function chartEnvironment({
  clock,
  random,
  link,
  recorder,
}: Environment): Pick<Environment, 'clock' | 'random' | 'link'> & { readonly watcher?: ChartWatcher } {
  return { clock, random, link, ...(recorder === undefined ? {} : { watcher: recorder.charts }) };
}

export type RecordableEnvironment = Environment & { readonly recorder: Recorder };

/** The same with a recorder of its own, if it came without one. */
export function recordable(environment: Environment, process: string): RecordableEnvironment {
  const { clock, recorder = new Recorder({ process, clock }) } = environment;
  return { ...environment, recorder };
}
