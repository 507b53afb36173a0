/**
 * Shows actors in Stately's inspector. `@statelyai/inspect` is an optional peer: it is loaded when this is
 * called, and needed for nothing else.
 */
import type { Observable, Subscription } from 'rxjs';
import type { AnyStateMachine, InspectionEvent } from 'xstate';
import { BridleError } from '../../runtime/client/index.js';
import type { RecordingLine } from '../../runtime/observe/recording/lines.js';
import { OUR_CHARTS } from '../diagrams/ours.js';
import { StatelyFeed, type StatelyInspector } from './stately-feed.js';
import { type StatelyEvent, StatelySocket } from './stately-socket.js';

export interface StatelyOptions {
  /** Of the viewer's server, on this machine. Default `ws://127.0.0.1:8080`. */
  readonly url?: string;
  /** Further charts by id, so that actors of a recording are drawn. Bridle's own are known. */
  readonly charts?: Readonly<Record<string, AnyStateMachine>>;
  /** Events kept while no viewer listens. Default 1,000. */
  readonly limitEvents?: number;
}

export interface Stately extends AsyncDisposable {
  /** For `createActor(machine, { inspect: stately.inspect })`. */
  readonly inspect: (event: InspectionEvent) => void;
  /** Shows a run, live or recorded, of any number of processes. */
  show(lines$: Observable<RecordingLine>): Subscription;
  /** Events that were let go because no viewer listened for long. */
  readonly dropped: number;
  close(): Promise<void>;
}

const PACKAGE = '@statelyai/inspect';
const DEFAULT_URL = 'ws://127.0.0.1:8080';
const DEFAULT_LIMIT_EVENTS = 1_000;

/**
 * BRIDLE_USAGE when the package is not installed, or the viewer is not on this machine: states would travel
 * in the clear to whoever is there.
 *
 * @example
 * const stately = await openStately();
 * const actor = createActor(machine, { inspect: stately.inspect }).start();
 * stately.show(run.lines$); // or everything a cluster does
 * await stately.close();
 */
export async function openStately(options: StatelyOptions = {}): Promise<Stately> {
  const { url = DEFAULT_URL, charts = {}, limitEvents = DEFAULT_LIMIT_EVENTS } = options;
  if (!isLocal(url)) {
    throw BridleError.of('BRIDLE_USAGE', {
      operation: 'statelyai',
      hint: `${url} is not on this machine: name a server such as ${DEFAULT_URL}`,
    });
  }
  const { createInspector } = await loadPackage();
  const socket = new StatelySocket({ url, limitEvents });
  const inspector = createInspector({
    start: () => socket.start(),
    stop: () => socket.stop(),
    send: (event) => socket.send(feed.dress(event)),
  });
  const configs = Object.entries({ ...OUR_CHARTS, ...charts }).map(([id, machine]): [string, object] => [
    id,
    machine.config,
  ]);
  const feed = new StatelyFeed(inspector, new Map(configs));
  inspector.start();
  const close = () => socket.close();
  return {
    inspect: (event) => feed.inspect(event),
    show: (lines$) => lines$.subscribe((line) => feed.line(line)),
    get dropped() {
      return socket.dropped;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/**
 * A port for `createInspectorServer` of `@statelyai/inspect/server`, which by itself listens on every
 * address of the machine. It hands its port on to `listen`, and writes it into its page.
 *
 * @example createInspectorServer({ port: loopbackPort(8080), autoOpen: false })
 */
export function loopbackPort(port: number): number {
  return { port, host: '127.0.0.1', toString: () => String(port) } as unknown as number;
}

interface Package {
  createInspector(adapter: {
    start(): void;
    stop(): void;
    send(event: StatelyEvent): void;
  }): StatelyInspector & { start(): void };
}

async function loadPackage(): Promise<Package> {
  try {
    // Not a literal: a compiler would want it to be installed.
    return (await import(PACKAGE as string)) as Package;
  } catch (error) {
    throw BridleError.of('BRIDLE_USAGE', {
      operation: 'statelyai',
      hint: `${PACKAGE} cannot be loaded: ${error instanceof Error ? error.message : String(error)}`,
      next: `npm install --save-dev ${PACKAGE}`,
      cause: error,
    });
  }
}

function isLocal(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  return /^wss?:$/.test(protocol) && /^(localhost|\[::1\]|127(\.\d{1,3}){3})$/.test(hostname);
}
