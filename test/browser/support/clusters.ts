/** Two embedded clusters in a directory of their own, as a user's program starts them. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Cluster, openCluster } from '../../../runtime/client/index.js';
import { type EmbeddedCluster, startCluster } from '../../../runtime/cluster/embedded.js';

export class TwoClusters implements AsyncDisposable {
  readonly servers: readonly EmbeddedCluster[];
  readonly source: Cluster;
  readonly follower: Cluster;
  readonly #directory: string;

  private constructor(directory: string, servers: readonly EmbeddedCluster[], clients: readonly Cluster[]) {
    this.#directory = directory;
    this.servers = servers;
    [this.source, this.follower] = clients as [Cluster, Cluster];
  }

  /** `east` and `west`, with two replica servers each. */
  static async start(): Promise<TwoClusters> {
    const directory = await mkdtemp(join(tmpdir(), 'bridle-browser-live-'));
    const servers = await Promise.all(
      ['east', 'west'].map((name) => startCluster({ name, directory: join(directory, name), replicas: 2 })),
    );
    const clients = await Promise.all(servers.map(({ meta }) => openCluster({ meta })));
    return new TwoClusters(directory, servers, clients);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.source.close(), this.follower.close()]);
    await Promise.all(this.servers.map((each) => each.close()));
    await rm(this.#directory, { recursive: true, force: true, maxRetries: 5 });
  }
}
