/** Steering duplications and injecting faults in the clusters of a live run. */
import { BridleError, type Cluster } from '../../../runtime/client/index.js';
import type { ControlCommand, RunControl } from '../inspected-run.js';
import type { Killer, Server } from './killer.js';
import { isPolicyFault, notEmbedded, POLICY_FAULTS, PolicyFaults } from './policy-faults.js';

export interface ClusterControlOptions {
  readonly clusters: readonly Cluster[];
  /** Clusters that are not embedded: their names. With one of them there are no faults at all. */
  readonly real: readonly string[];
  /** Servers known by now. */
  readonly servers: () => readonly Server[];
  /** Null: nothing here may be killed. */
  readonly killer: Killer | null;
  /** Told of each fault, for the recording. */
  readonly onFault: (what: string, process?: string) => void;
}

const KILL = 'kill ';

export class ClusterControl implements RunControl {
  readonly #options: ClusterControlOptions;
  readonly #policies: PolicyFaults;

  constructor(options: ClusterControlOptions) {
    this.#options = options;
    this.#policies = new PolicyFaults(options.clusters);
  }

  get faults(): readonly string[] {
    const { real, killer, servers } = this.#options;
    if (real.length > 0) return [];
    const kills = killer === null ? [] : servers().map(({ process }) => `${KILL}${process}`);
    return [...Object.keys(POLICY_FAULTS), ...kills.sort()];
  }

  async run(command: ControlCommand, args: Readonly<Record<string, string>>): Promise<string> {
    switch (command) {
      case 'pause':
        return this.#steer(args, { status: 'DS_PAUSE' }, 'is paused');
      case 'start':
        return this.#steer(args, { status: 'DS_LOG' }, 'goes on');
      case 'retry':
        return this.#steer(args, { retryNow: true }, 'tries again');
      case 'fault':
        return this.#inject(args.fault ?? '');
      case 'heal':
        return this.#heal();
    }
  }

  async #steer(
    { duplication = '' }: Readonly<Record<string, string>>,
    change: Parameters<Cluster['modifyDuplication']>[2],
    done: string,
  ): Promise<string> {
    const [, table = '', id = ''] = /^(.+)\/(\d+)$/.exec(duplication) ?? [];
    for (const cluster of this.#options.clusters) {
      const all = await cluster.listDuplications();
      const found = all.find((one) => one.table === table && one.dupid === Number(id));
      if (found === undefined) continue;
      await cluster.modifyDuplication(table, found.dupid, change);
      return `${table} → ${found.remoteCluster}/${found.remoteTable} ${done}`;
    }
    throw BridleError.of('ERR_OBJECT_NOT_FOUND', {
      operation: 'steer',
      hint: `there is no duplication ${JSON.stringify(duplication)} here`,
    });
  }

  async #inject(fault: string): Promise<string> {
    this.#mustBeEmbedded();
    if (isPolicyFault(fault)) {
      const what = await this.#policies.inject(fault);
      this.#options.onFault(`${fault}: ${what}`);
      return what;
    }
    const { killer, servers } = this.#options;
    const server = servers().find(({ process }) => `${KILL}${process}` === fault);
    if (server === undefined || killer === null) {
      const hint = `${JSON.stringify(fault)} is none of: ${this.faults.join(', ')}`;
      throw BridleError.of('BRIDLE_USAGE', { operation: 'inject fault', hint });
    }
    await killer(server);
    this.#options.onFault(`kill -9 ${server.process}`, server.process);
    return `${server.process} was killed`;
  }

  async #heal(): Promise<string> {
    this.#mustBeEmbedded();
    const count = await this.#policies.heal();
    if (count === 0) return 'no fault of this inspector is in force';
    this.#options.onFault('the faults are healed');
    return `${count} rules were taken away`;
  }

  #mustBeEmbedded(): void {
    const [name] = this.#options.real;
    if (name !== undefined) throw notEmbedded(name);
  }
}
