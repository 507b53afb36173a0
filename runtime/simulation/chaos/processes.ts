/** Servers that die, and whoever starts them again. */
import type { CrashOptions } from '../virtual-cluster.js';
import type { VirtualClusters } from '../virtual-clusters.js';
import type { Judge } from './properties.js';

const TRY_AGAIN_MS = 10_000;

export class Processes {
  readonly #clusters: VirtualClusters;
  readonly #judge: Judge;
  /** Whether a server that cannot start may blame its disk. */
  readonly #isDiskTroubled: (server: string) => boolean;
  /** Counts the lives of each server, so that an old wish to start it is known as one. */
  readonly #lives = new Map<string, number>();

  constructor(clusters: VirtualClusters, judge: Judge, isDiskTroubled: (server: string) => boolean) {
    this.#clusters = clusters;
    this.#judge = judge;
    this.#isDiskTroubled = isDiskTroubled;
  }

  isUp(server: string): boolean {
    return this.#clusters.clusterOf(server).isUp(server);
  }

  /** Which life of a server this is; it is another after each end. */
  lifeOf(server: string): number {
    return this.#lives.get(server) ?? 0;
  }

  /** False: it was down already. */
  end(server: string, downMs: number, options: CrashOptions = {}): boolean {
    if (!this.isUp(server)) return false;
    this.#clusters.crash(server, options);
    const life = this.lifeOf(server) + 1;
    this.#lives.set(server, life);
    this.#startAfter(server, life, downMs);
    return true;
  }

  /** Starts what is down. */
  startAll(): void {
    for (const server of this.#clusters.servers) {
      if (!this.isUp(server)) this.#start(server, this.lifeOf(server));
    }
  }

  #startAfter(server: string, life: number, waitMs: number): void {
    const run = () => this.#start(server, life);
    const label = `start of ${server}`;
    this.#clusters.world.schedule.add({ kind: 'timer', server: 'chaos', label, run }, waitMs);
  }

  #start(server: string, life: number): void {
    if (this.isUp(server) || this.lifeOf(server) !== life) return;
    this.#clusters.start(server).catch((error: unknown) => {
      const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.#judge.check('NoAbort', this.#isDiskTroubled(server), () => `${server} cannot start: ${why}`);
      this.#startAfter(server, life, TRY_AGAIN_MS);
    });
  }
}
