/**
 * Shows XState 5 actors in viewers of `@xstate/inspect`:
 *
 *   XState 5 actor ── inspection events ──► facade ──► @xstate/inspect (XState 4) ──► viewer
 *                  ◄──────────── events of the viewer, with `control` ◄──────────────┘
 */
import { createRequire } from 'node:module';
import { Facade } from './facade.js';
import { GuardedServer } from './guarded-server.js';
import type { V5Actor, V5Event, V5InspectionEvent, V5Snapshot } from './v5.js';

export interface BridgeOptions {
  /** Of the WebSocket, on loopback. Default 0: any free one. */
  readonly port?: number;
  /** Origins of pages elsewhere that may connect, such as that of a hosted viewer. Default: none. */
  readonly origins?: readonly string[];
  /** Pass events of viewers on to the actors. Default false. */
  readonly control?: boolean;
  /** What viewers get to see of a context. Default: all of it. */
  readonly sanitize?: (context: unknown) => unknown;
}

export interface Bridge extends AsyncDisposable {
  /** `127.0.0.1:41234`, as `createWebSocketReceiver({ server })` wants it. */
  readonly server: string;
  /** For `createActor(machine, { inspect: bridge.inspect })`; shows its children, too. */
  readonly inspect: (event: V5InspectionEvent) => void;
  close(): Promise<void>;
}

/** Where XState 4 looks for developer tools, by its own convention. */
interface DevTools {
  __xstate__?: { register(service: Facade): void } | undefined;
}
type Inspect = (options: { readonly server: GuardedServer }) => { disconnect(): void };

const devTools = globalThis as DevTools;
const require = createRequire(import.meta.url);

/**
 * Opens the bridge; one at a time, because what it stands on is a global of the process.
 *
 * @throws Error when one is open, or the port is taken
 * @example
 * const bridge = await openBridge();
 * const actor = createActor(machine, { inspect: bridge.inspect }).start();
 * // in a viewer: createWebSocketReceiver({ server: bridge.server }).subscribe(console.log)
 * await bridge.close();
 */
export async function openBridge(options: BridgeOptions = {}): Promise<Bridge> {
  const { port = 0, origins = [], control = false, sanitize = (context: unknown) => context } = options;
  if (devTools.__xstate__ !== undefined) {
    throw new Error(
      'globalThis.__xstate__ is taken: a bridge or another inspector of XState 4 is open; close it',
    );
  }
  const server = await GuardedServer.listen({ port, origins, control });
  const inspector = freshInspect()({ server });
  const facades = new Map<string, Facade>();

  const register = (actor: V5Actor, event: V5Event): Facade => {
    const facade = new Facade(actor, event, sanitize);
    facades.set(actor.sessionId, facade);
    devTools.__xstate__?.register(facade);
    return facade;
  };
  const inspect = ({ type, actorRef, event, snapshot }: V5InspectionEvent): void => {
    if (devTools.__xstate__ === undefined || event === undefined) return;
    const actor = actorRef as V5Actor;
    const known = facades.get(actor.sessionId);
    const facade = known ?? register(actor, event);
    if (type === '@xstate.event' && known !== undefined) facade.observeEvent(event);
    if (type !== '@xstate.snapshot' || snapshot === undefined) return;
    facade.observeSnapshot(snapshot as V5Snapshot, event);
    if ((snapshot as V5Snapshot).status !== 'active') facades.delete(actor.sessionId);
  };

  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= (async () => {
      devTools.__xstate__ = undefined;
      facades.clear();
      inspector.disconnect();
      await server.close();
    })();
    return closing;
  };
  return { server: server.address, inspect, close, [Symbol.asyncDispose]: close };
}

/** The package keeps listeners of every inspector for ever; a copy of its own for each bridge ends with it. */
function freshInspect(): Inspect {
  const path = require.resolve('@xstate/inspect/lib/server.js');
  delete require.cache[path];
  return (require(path) as { inspect: Inspect }).inspect;
}
