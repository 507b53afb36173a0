/** `inspect`: three lines to look at whatever runs in, or is known to, your own process. */
import type { AnyActorRef } from 'xstate';
import { BridleError, Cluster, openCluster } from '../../runtime/client/index.js';
import { EmbeddedCluster } from '../../runtime/cluster/embedded.js';
import { Duplication } from '../../runtime/live/index.js';
import type { InspectedRun } from './inspected-run.js';
import { killerOfOwn } from './live/killer.js';
import { openLiveRun } from './live/live-run.js';
import { OwnActors } from './own-actors.js';
import { type ServeInspectorOptions, serveInspector } from './server.js';

/** A host of a chart, such as Bridle's own. */
export interface HostOfActor {
  readonly actor: AnyActorRef;
}

/** What can be looked at. */
export type Inspectable = Duplication | EmbeddedCluster | Cluster | AnyActorRef | HostOfActor;

export interface InspectOptions extends Omit<ServeInspectorOptions, 'run'> {
  readonly title?: string | undefined;
}

export interface Inspector extends AsyncDisposable {
  /** To open in a browser. */
  readonly url: string;
  readonly run: InspectedRun;
  /** Ends the looking, and nothing else. */
  close(): Promise<void>;
}

type Part =
  | {
      readonly clusters: readonly Cluster[];
      readonly own: readonly Cluster[];
      readonly embedded: readonly EmbeddedCluster[];
    }
  | { readonly actor: AnyActorRef };

/**
 * Serves the inspector's page for a duplication, for clusters, or for XState actors of this process. What
 * is given stays the caller's. By default only this machine can open the page, and nobody can steer.
 *
 * Give an actor before it is started to see it from its first event on.
 *
 * @param what one, or several of a kind: clusters with duplications between them are best given together
 * @example
 * const inspector = await inspect(duplication);
 * console.log(inspector.url);
 * await inspector.close();
 */
export async function inspect(
  what: Inspectable | readonly Inspectable[],
  { title, ...options }: InspectOptions = {},
): Promise<Inspector> {
  const parts: Part[] = [];
  try {
    for (const one of isList(what) ? what : [what]) parts.push(await partOf(one));
    const run = await runOf(parts, title);
    try {
      const server = await serveInspector({ ...options, run });
      let closing: Promise<void> | undefined;
      const close = () => {
        closing ??= server
          .close()
          .then(() => run.close())
          .then(() => letGo(parts));
        return closing;
      };
      return { url: server.url, run, close, [Symbol.asyncDispose]: close };
    } catch (error) {
      await run.close();
      throw error;
    }
  } catch (error) {
    await letGo(parts);
    throw error;
  }
}

function isList(what: Inspectable | readonly Inspectable[]): what is readonly Inspectable[] {
  return Array.isArray(what);
}

async function partOf(one: Inspectable): Promise<Part> {
  if (one instanceof Cluster) return { clusters: [one], own: [], embedded: [] };
  if (one instanceof EmbeddedCluster) {
    const opened = await openCluster({ meta: one.meta });
    return { clusters: [opened], own: [opened], embedded: [one] };
  }
  if (one instanceof Duplication) return { clusters: one.clusters, own: [], embedded: [] };
  const actor = actorOf(one);
  if (actor !== null) return { actor };
  throw usage('it is no duplication, no cluster and no XState 5 actor');
}

/** Callers without types give all sorts of things. */
function actorOf(one: AnyActorRef | HostOfActor): AnyActorRef | null {
  if (typeof one !== 'object' || one === null) return null;
  const actor = 'actor' in one ? one.actor : one;
  return typeof actor.system?.inspect === 'function' ? actor : null;
}

async function runOf(
  parts: readonly Part[],
  title: string | undefined,
): Promise<InspectedRun & { close(): Promise<void> | void }> {
  const actors = parts.flatMap((part) => ('actor' in part ? [part.actor] : []));
  const watched = parts.filter((part) => 'clusters' in part);
  if (parts.length === 0) throw usage('there is nothing to look at');
  if (watched.length === 0) return new OwnActors(actors, { title });
  if (actors.length > 0) throw usage('actors and clusters are looked at one by one');
  const embedded = watched.flatMap((part) => part.embedded);
  const clusters = [...new Set(watched.flatMap((part) => part.clusters))];
  const killer = embedded.length === clusters.length ? killerOfOwn(embedded) : null;
  return openLiveRun({ clusters, title, killer });
}

/** Closes what was opened here. */
async function letGo(parts: readonly Part[]): Promise<void> {
  const own = parts.flatMap((part) => ('own' in part ? part.own : []));
  await Promise.all(own.map((cluster) => cluster.close()));
}

function usage(hint: string): BridleError {
  return BridleError.of('BRIDLE_USAGE', { operation: 'inspect', hint });
}
