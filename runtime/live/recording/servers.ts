/** The servers of the clusters that are recorded: found through their metas, named, each with its feed. */
import { BridleError, type Cluster } from '../../client/index.js';
import type { ProcessRole } from '../../observe/recording/lines.js';
import { formatAddress } from '../../pegasus/address.js';
import { ServerFeed, type ServerFeedOptions } from './server-feed.js';

export interface RecordedServer {
  readonly cluster: Cluster;
  /** `host:port` */
  readonly address: string;
  /** `east meta`, `east replica 0` */
  readonly process: string;
  readonly role: ProcessRole;
  readonly feed: ServerFeed;
}

export interface ServersOptions {
  readonly feedOf: (
    server: Omit<RecordedServer, 'feed'>,
  ) => Omit<ServerFeedOptions, 'cluster' | 'address' | 'process'>;
  /** A server was found that was not known. */
  readonly onFound: (server: RecordedServer) => void;
}

const LIST_TIMEOUT_MS = 2_000;

export class Servers {
  readonly #options: ServersOptions;
  readonly #byAddress = new Map<string, RecordedServer>();

  constructor(options: ServersOptions) {
    this.#options = options;
  }

  all(): RecordedServer[] {
    return [...this.#byAddress.values()];
  }

  nameOf(address: string): string | undefined {
    return this.#byAddress.get(address)?.process;
  }

  livingReplicas(cluster: Cluster): string[] {
    return this.all()
      .filter((server) => server.cluster === cluster && server.role === 'replica' && server.feed.alive)
      .map(({ address }) => address);
  }

  /** Adds the metas of a cluster, and the replica servers they know. @throws BridleError */
  async find(cluster: Cluster): Promise<void> {
    for (const [at, meta] of cluster.meta.entries()) {
      this.#add(cluster, formatAddress(meta), 'meta', `${cluster.name} meta${at === 0 ? '' : ` ${at}`}`);
    }
    const nodes = await cluster.listNodes({ timeoutMs: LIST_TIMEOUT_MS });
    const addresses = nodes.map(({ address }) => address).filter((address) => address !== '');
    for (const address of addresses.sort(byPort)) {
      const known = this.all().filter((server) => server.cluster === cluster && server.role === 'replica');
      this.#add(cluster, address, 'replica', `${cluster.name} replica ${known.length}`);
    }
  }

  /** As {@link find}, of a cluster whose metas may be away for the moment. */
  async findAgain(cluster: Cluster): Promise<void> {
    await this.find(cluster).catch((error: unknown) => {
      if (!(error instanceof BridleError)) throw error;
    });
  }

  #add(cluster: Cluster, address: string, role: 'meta' | 'replica', process: string): void {
    if (this.#byAddress.has(address)) return;
    const server = { cluster, address, process, role };
    const feed = new ServerFeed({ ...server, ...this.#options.feedOf(server) });
    const found = { ...server, feed };
    this.#byAddress.set(address, found);
    this.#options.onFound(found);
  }
}

function byPort(a: string, b: string): number {
  const port = (address: string) => Number(address.slice(address.lastIndexOf(':') + 1));
  return port(a) - port(b) || (a < b ? -1 : 1);
}
